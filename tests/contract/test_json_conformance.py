"""Our ProtoJSON beside Python's, on random messages of every type in the contracts and of one that has every kind of
field. The seed is printed; PULIH_SEED repeats it."""

import json
import os
import random
import subprocess

import pytest
from build import program
from descriptors import c_name
from google.protobuf import descriptor, descriptor_pb2, descriptor_pool, json_format, message_factory

ROUNDS = 20
INTEGERS = {descriptor.FieldDescriptor.CPPTYPE_INT32: (-2**31, 2**31 - 1),
            descriptor.FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
            descriptor.FieldDescriptor.CPPTYPE_INT64: (-2**63, 2**63 - 1),
            descriptor.FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1)}
CHARACTERS = "aZ09 _-'\"\\/\n\t<&éß€漢😀\u2028\ufffd\U0010ffff"
# What no field or few fields can be.
ODD = ["null", "true", "1", "-1", "0", "1.5", "1e2", "1.0", "1e40", "4294967296", "18446744073709551616", '""', '"x"', '"1"',
       '" 1"', '"NaN"', '"-Infinity"', '"1.5s"', '"2026-03-02T18:00:00Z"', '"2026-02-30T18:00:00Z"', '"YQ"', '"Y"',
       '"\\ud83d"', '"\\ud83d\\ude00"', '"\\u0000"', '"SAMPLE_COLOUR_RED"', "[]", "[null]", "[[]]", "{}", '{"year":2026}',
       '{"x":1}', "01", "+1", ".5", "nul", "", "'x'", "//", "NaN", "Infinity"]


def read_contracts():
    """Message classes by name, from the descriptors that the tool was built with."""
    files = {}
    for path in ("proto/all.pb", "tests/tools/sample.pb"):
        for file in descriptor_pb2.FileDescriptorSet.FromString(program(path).read_bytes()).file:
            files.setdefault(file.name, file)
    pool = descriptor_pool.DescriptorPool()
    for file in files.values():
        pool.Add(file)
    names = [f"{file.package}.{message.name}" for file in files.values() for message in file.message_type
             if file.package.startswith("pulih") and file.name != "pulih/options.proto"]
    factory = message_factory.MessageFactory(pool)
    return {name: factory.GetPrototype(pool.FindMessageTypeByName(name)) for name in sorted(names)}


class Tool:
    def __init__(self):
        self.process = subprocess.Popen([program("tests/tools/json_tool")], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def run(self, operation, message_class, data):
        """(whether it was accepted, bytes)"""
        symbol = c_name(message_class.DESCRIPTOR.full_name) + "__descriptor"
        self.process.stdin.write(f"{operation} {symbol} {len(data)}\n".encode() + data)
        self.process.stdin.flush()
        outcome, size = self.process.stdout.readline().split()
        return outcome == b"ok", self.process.stdout.read(int(size))


@pytest.fixture(scope="module")
def tool():
    tool = Tool()
    yield tool
    tool.process.stdin.close()
    assert tool.process.wait() == 0


@pytest.fixture(scope="module")
def contracts():
    return read_contracts()


@pytest.fixture
def dice():
    seed = os.environ.get("PULIH_SEED") or random.randrange(1 << 32)
    print(f"PULIH_SEED={seed}")
    return random.Random(int(seed))


def random_integer(dice, least, most):
    return dice.choice([least, most, dice.randint(least, most), max(least, min(most, dice.randint(-100, 100)))])


def random_text(dice):
    return "".join(dice.choice(CHARACTERS) for _ in range(dice.randrange(12)))


def random_real(dice, single):
    value = dice.choice([0.1, 1.0, -2.5, 1e20, 1e-7, 123456789.0, dice.gauss(0, 1e6), dice.gauss(0, 1e-6), float("inf"),
                         float("-inf"), float("nan")])
    return value if not single or value != value else max(-3.4e38, min(value, 3.4e38)) if abs(value) < 1e39 else value


def random_value(dice, field):
    if field.cpp_type in INTEGERS:
        return random_integer(dice, *INTEGERS[field.cpp_type])
    if field.type == field.TYPE_BOOL:
        return dice.random() < 0.5
    if field.type == field.TYPE_ENUM:
        return dice.choice(field.enum_type.values).number
    if field.type == field.TYPE_STRING:
        return random_text(dice)
    if field.type == field.TYPE_BYTES:
        return dice.randbytes(dice.randrange(8))
    return random_real(dice, field.type == field.TYPE_FLOAT)


def fill(dice, message, depth=1):
    name = message.DESCRIPTOR.full_name
    if name == "google.protobuf.Timestamp":
        message.seconds = random_integer(dice, -62135596800, 253402300799)
        message.nanos = dice.choice([0, 500000000, 1000, dice.randrange(10**9)])
    elif name == "google.protobuf.Duration":
        message.seconds, message.nanos = dice.randint(0, 10**10), dice.choice([0, 1, 10**6])
        if dice.random() < 0.5:
            message.seconds, message.nanos = -message.seconds, -message.nanos
    elif name == "pulih.type.v1.Date":
        message.year, message.month, message.day = dice.randint(1, 9999), dice.randint(1, 12), dice.randint(1, 28)
    else:
        for field in message.DESCRIPTOR.fields:
            if dice.random() < 0.4:
                fill_field(dice, message, field, depth)
    return message


def fill_field(dice, message, field, depth):
    repeated = field.label == field.LABEL_REPEATED
    for _ in range(dice.randrange(4) if repeated else 1):
        if field.type != field.TYPE_MESSAGE:
            if repeated:
                getattr(message, field.name).append(random_value(dice, field))
            else:
                setattr(message, field.name, random_value(dice, field))
        elif depth < 4:
            target = getattr(message, field.name).add() if repeated else getattr(message, field.name)
            if not repeated:
                target.SetInParent()
            fill(dice, target, depth + 1)


def messages(dice, contracts):
    for message_class in contracts.values():
        for _ in range(ROUNDS * (20 if "test" in message_class.DESCRIPTOR.full_name else 1)):
            yield fill(dice, message_class())


def test_messages_are_written_as_python_writes_them(tool, contracts, dice):
    for message in messages(dice, contracts):
        for operation, every in (("encode", False), ("encode-all", True)):
            accepted, text = tool.run(operation, type(message), message.SerializeToString())
            assert accepted, (message, text)
            expected = json_format.MessageToJson(message, including_default_value_fields=every,
                                                 preserving_proto_field_name=every)
            assert json.loads(text) == json.loads(expected), message


def test_texts_are_read_as_python_reads_them(tool, contracts, dice):
    for message in messages(dice, contracts):
        text = json_format.MessageToJson(message, preserving_proto_field_name=dice.random() < 0.5,
                                         including_default_value_fields=dice.random() < 0.5,
                                         indent=dice.choice([None, 2]), ensure_ascii=dice.random() < 0.5)
        accepted, wire = tool.run("decode", type(message), text.encode())
        assert accepted, (text, wire)
        again = type(message).FromString(wire)
        assert again.SerializeToString(deterministic=True) == message.SerializeToString(deterministic=True), text


def places(value):
    """Every value within a parsed text, as (container, key)."""
    for key, inner in list(value.items() if isinstance(value, dict) else enumerate(value)):
        yield value, key
        if isinstance(inner, (dict, list)):
            yield from places(inner)


def with_odd_value(dice, message):
    """A text in which one value has become an odd one."""
    parsed = json.loads(json_format.MessageToJson(message))
    found = list(places(parsed))
    if not found:
        return None
    container, key = dice.choice(found)
    container[key] = "@@@"
    return json.dumps(parsed).replace('"@@@"', dice.choice(ODD))


def python_reads(message_class, text):
    try:
        return json_format.Parse(text, message_class())
    except (json_format.ParseError, ValueError):
        return None


def test_what_is_accepted_means_the_same_to_python(tool, contracts, dice):
    compared = 0
    for message in messages(dice, contracts):
        text = with_odd_value(dice, message)
        if text is None:
            continue
        accepted, wire = tool.run("decode", type(message), text.encode())
        if not accepted:
            continue
        expected = python_reads(type(message), text)
        assert expected is not None, f"only we accept {text}"
        ours = type(message).FromString(wire)
        assert ours.SerializeToString(deterministic=True) == expected.SerializeToString(deterministic=True), text
        compared += 1
    assert compared > 50, f"only {compared} odd texts were accepted"


def test_unknown_fields_are_ignored_where_asked(tool, contracts):
    message_class = contracts["pulih.event.v1.Position"]
    text = b'{"id":"3","what":{"else":[1,null,{}]}}'
    assert not tool.run("decode", message_class, text)[0]
    accepted, wire = tool.run("decode-lax", message_class, text)
    assert accepted and message_class.FromString(wire).id == 3
