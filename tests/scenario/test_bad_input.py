"""What comes in broken is refused by name, and everybody goes on."""

import datetime
import json
import random
import uuid

import pytest

import contract
from foundation import BANYUWANGI, HALL, KENDARI, PROGRAMME
from raw_client import RawClient, token_of
from world import Refused, day, new_id

MONDAY = datetime.date(2026, 3, 2)
FRAME_LIMIT = 4 << 20  # PULIH_HUB_FRAME_LIMIT's default
CREATE = "pulih.enrollment.v1.ParticipantService/CreateParticipant"
LIST = "pulih.enrollment.v1.ProgrammeService/ListPrisons"


@pytest.fixture(scope="module")
def contracts(running):
    return contract.load(running.build)


@pytest.fixture
def client(running, world, contracts):
    client = RawClient(running, running.keys / "operator.key", contracts[1])
    yield client
    client.close()


@pytest.fixture(autouse=True)
def everybody_lives_and_serves(running, world):
    """After each test: the same processes, and each service answers."""
    before = {name: process.pid for name, process in running.processes.items()}
    yield
    assert running.died() == []
    assert {name: process.pid for name, process in running.processes.items()} == before
    for who, method in (("koordinator", "ListPrisons"), ("koordinator", "ListRooms"), ("koordinator", "ListRules"),
                        ("koordinator", "ListPeople"), ("ratna", "ListBreakGlass")):
        world.call(who, method)
    bad = [f"{path.name}: {line}" for path in running.logs.glob("*.log") for line in path.read_text(errors="replace").splitlines()
           if "ERROR: AddressSanitizer" in line or "runtime error:" in line]
    assert not bad, bad


def varint(number):
    out = bytearray()
    while True:
        out.append(number & 0x7F | (0x80 if number > 0x7F else 0))
        number >>= 7
        if not number:
            return bytes(out)


def field(number, wire_type, payload):
    """One field on the wire; of wire type 2 with its length."""
    length = varint(len(payload)) if wire_type == 2 else b""
    return varint(number << 3 | wire_type) + length + payload


def good_participant(contracts, **fields):
    values = {"id": new_id(), "prison_id": BANYUWANGI, "register_number": "B.I 1/2026", "name": "Sehat",
              "birth_date": {"year": 1990, "month": 1, "day": 1}, "block": "Mawar"} | fields
    return contracts[1]("pulih.enrollment.v1.CreateParticipantRequest")(**values)


def reason(status):
    return status.reason if status else "OK"


# Headers

def test_what_is_no_request_is_dropped(running, client, contracts):
    good = client.request(LIST)
    header = good.SerializeToString()
    bad_text = client.request("x" * 20).SerializeToString().replace(b"x" * 20, b"\xff\xfe" + b"x" * 18)
    for frames in ([b""], [b"", b""], [header, b"", b""], [header, b"", b"", b""], [b"\0"], [b"\xff" * 100], [random.Random(1).randbytes(5000)],
                   [header + b"\0"], [header + b"\xff"], [bad_text], [client.request("a\0b").SerializeToString()],
                   [client.header().SerializeToString(), b""], [field(1, 2, b"\x0a" * 65536)], [b"\x0b" * 60000],
                   [client.header(ping={"number": 1}).SerializeToString()], [client.header(welcome={}).SerializeToString()],
                   [client.header(goodbye={}).SerializeToString()], [client.header(reply={"id": bytes(16)}).SerializeToString()],
                   [client.header(hello={"service": "identity", "instance": "evil", "methods": [LIST], "credit": 1000}).SerializeToString()],
                   [client.header(events={"producer": "scheduling"}).SerializeToString()],
                   *[[client.request(LIST, id=bytes(size)).SerializeToString()] for size in (0, 1, 15, 17, 1000)]):
        client.send(*frames)
        answers = client.until("pulih.hub.v1.HubService/GetStatus")
        assert not answers, (frames[0][:60], answers)


def test_every_beginning_of_a_header_and_of_a_body_is_refused_or_dropped(client, contracts, world):
    header = client.request(CREATE, session_token=token_of(world.people["budi"])).SerializeToString()
    for size in range(len(header)):
        client.send(header[:size], b"")
    answers = client.until("pulih.hub.v1.HubService/GetStatus")
    assert not answers, answers
    body = good_participant(contracts, register_number="TERPOTONG").SerializeToString()
    statuses = client.call_all([(client.request(CREATE, session_token=token_of(world.people["budi"])), body[:size])
                                for size in range(len(body))])
    assert {reason(status) for status in statuses} <= {"MESSAGE_MALFORMED", "FIELD_INVALID", "FIELD_REQUIRED", "OK", "REGISTER_NUMBER_INVALID",
                                                       "PARTICIPANT_NAME_INVALID", "REGISTER_NUMBER_EXISTS"}, statuses


def test_a_header_that_asks_for_nonsense_is_told_why(client, world, contracts):
    token = token_of(world.people["koordinator"])
    cases = [
        (dict(method=""), "METHOD_UNKNOWN"),
        (dict(method="pulih.enrollment.v1.ProgrammeService/DropEverything"), "METHOD_UNKNOWN"),
        (dict(method="ListPrisons"), "METHOD_UNKNOWN"),
        (dict(method="x" * 100000), "METHOD_UNKNOWN"),
        (dict(timeout_ms=0), "FIELD_INVALID"),
        (dict(timeout_ms=120001), "FIELD_INVALID"),
        (dict(timeout_ms=2**32 - 1), "FIELD_INVALID"),
        (dict(session_token=token[:31]), "NOT_SIGNED_IN"),
        (dict(session_token=bytes(32)), "NOT_SIGNED_IN"),
        (dict(session_token=token + token), "NOT_SIGNED_IN"),
        (dict(traceparent="0" * 10000), "OK"),
    ]
    for fields, expected in cases:
        header = client.request(**({"method": LIST, "session_token": token} | fields))
        status, = client.call_all([(header, b"")])
        assert reason(status) == expected, (fields, status)
        if "timeout_ms" in fields:
            assert [violation.field for violation in status.violations] == ["timeout_ms"]


def test_a_forged_caller_is_nobody(running, client, world, contracts):
    """The hub alone says who calls."""
    caller = {"user_id": world.ids["koordinator"], "roles": list(contract.ROLES), "every_prison": True, "key_name": "identity"}
    for method in ("pulih.identity.v1.IdentityService/ListKeys", CREATE, "pulih.notes.v1.NotesService/ListNotes"):
        status, = client.call_all([(client.request(method, caller=caller), b"")])
        assert reason(status) == "NOT_ALLOWED", (method, status)
    get = contracts[1]("pulih.enrollment.v1.GetPrisonRequest")(id=KENDARI).SerializeToString()
    status, = client.call_all([(client.request("pulih.enrollment.v1.ProgrammeService/GetPrison", caller=caller,
                                               session_token=token_of(world.people["budi"])), get)])
    assert reason(status) == "NOT_FOUND", status
    stranger = RawClient(running, running.keys / "gateway.key", contracts[1])
    status, = stranger.call_all([(stranger.request(LIST, caller=caller), b"")])
    stranger.close()
    assert reason(status) == "NOT_SIGNED_IN", status


def test_a_deadline_that_has_passed_is_still_answered(client, world):
    token = token_of(world.people["koordinator"])
    statuses = client.call_all([(client.request(LIST, timeout_ms=1, session_token=token), b"") for _ in range(500)], in_flight=500)
    assert {reason(status) for status in statuses} <= {"OK", "DEADLINE_EXCEEDED", "TOO_BUSY"}, {reason(status) for status in statuses}


def test_the_same_id_for_two_calls_at_once_is_answered_and_done_once(running, client, world, contracts):
    body = good_participant(contracts, register_number="DUA KALI").SerializeToString()
    header = client.request(CREATE, session_token=token_of(world.people["budi"]))
    for _ in range(50):
        client.send(header.SerializeToString(), body)
    client.until("pulih.hub.v1.HubService/GetStatus")
    world.call("budi", "ListParticipants", search="DUA KALI")
    assert running.postgres.psql("pulih", "select count(*) from enrollment.participant where register_number = 'DUA KALI'") == "1"


# Bodies

def test_a_body_that_is_no_message_is_told_what_is_wrong(client, world, contracts):
    token = token_of(world.people["budi"])
    good = good_participant(contracts)
    body = good.SerializeToString()
    name = good.DESCRIPTOR.fields_by_name["name"].number
    birth = good.DESCRIPTOR.fields_by_name["birth_date"].number
    aliases = good.DESCRIPTOR.fields_by_name["aliases"].number
    sex = good.DESCRIPTOR.fields_by_name["sex"].number
    nested = b""
    for _ in range(20000):
        nested = field(birth, 2, nested[:100000])
    cases = {
        "noise": (random.Random(2).randbytes(4000), "MESSAGE_MALFORMED"),
        "a name that is a number": (body + field(name, 0, varint(7)), "MESSAGE_MALFORMED"),
        "a date that is a text": (body + field(birth, 2, b"\xff" * 9), "MESSAGE_MALFORMED"),
        "a number that never ends": (body + field(sex, 0, b"\xff" * 20), "MESSAGE_MALFORMED"),
        "a length beyond the end": (body + varint(name << 3 | 2) + varint(2**40), "MESSAGE_MALFORMED"),
        "field number 0": (body + b"\x02\x00", "MESSAGE_MALFORMED"),
        "an end of no group": (body + varint(99 << 3 | 4), "MESSAGE_MALFORMED"),
        "groups in groups": (body + varint(99 << 3 | 3) * 50000, "MESSAGE_MALFORMED"),
        "a message in itself": (body + nested, "MESSAGE_MALFORMED"),
        "no UTF-8": (body + field(name, 2, b"\xc3\x28"), "FIELD_INVALID"),
        "an overlong NUL": (body + field(name, 2, b"\xc0\x80"), "FIELD_INVALID"),
        "half of a pair": (body + field(name, 2, b"\xed\xa0\x80"), "FIELD_INVALID"),
        "an enum's number that isn't": (body + field(sex, 0, varint(99)), "FIELD_INVALID"),
        "more fields than there may be": (body + field(aliases, 2, b"") * 250000, None),
        "a name of a megabyte": (body + field(name, 2, b"a" * (1 << 20)), None),
        "the largest frame": (body + field(name, 2, b"a" * (FRAME_LIMIT - len(body) - 5)), None),
        "an unknown field": (good_participant(contracts, register_number="MASA DEPAN").SerializeToString() + field(5000, 2, b"later"), "OK"),
    }
    for what, (bytes_sent, expected) in cases.items():
        status, = client.call_all([(client.request(CREATE, session_token=token), bytes_sent)])
        assert reason(status) == expected if expected else reason(status) not in ("OK", "INTERNAL"), (what, reason(status), status)
        if reason(status) == "FIELD_INVALID":
            assert len(status.violations) == 1, (what, status)


def test_a_frame_beyond_the_limit_ends_the_connection_and_nothing_else(running, client, contracts):
    other = RawClient(running, running.keys / "operator.key", contracts[1])
    other.until("pulih.hub.v1.HubService/GetStatus")
    for frames in ([bytes(FRAME_LIMIT + 1)], [client.request(LIST).SerializeToString(), bytes(8 << 20)]):
        client.send(*frames)
        client.until("pulih.hub.v1.HubService/GetStatus")
        other.until("pulih.hub.v1.HubService/GetStatus")
    other.close()


def test_changed_bytes_are_refused_and_harm_nobody(client, world, contracts):
    chance = random.Random(20260302)
    token = token_of(world.people["budi"])
    for _ in range(60):
        for _ in range(50):
            header = client.request(CREATE, session_token=token).SerializeToString()
            body = good_participant(contracts, register_number=f"ACAK {chance.random()}").SerializeToString()
            whole = bytearray(header + body)
            for _ in range(chance.randint(1, 6)):
                whole[chance.randrange(len(whole))] = chance.randrange(256)
            if chance.random() < 0.2:
                whole = whole[:chance.randrange(len(whole))]
            client.send(bytes(whole[:len(header)]), bytes(whole[len(header):]))
        for _, status in client.until("pulih.hub.v1.HubService/GetStatus"):
            assert reason(status) != "INTERNAL", status


# Texts

NASTY = {
    "SQL": b"'; drop table enrollment.participant; --",
    "a dollar quote": b"$$; select pg_sleep(100) $$",
    "JSON": b'"}], "a": [{"',
    "an array": b'{"a",NULL,b}',
    "percent": b"%s%n%00",
    "backslash": b"\\",
    "a path": b"../../../etc/passwd",
    "line break": b"x\r\nBcc: all@example.org",
    "NUL": b"a\0b",
    "a control": b"a\x1bb",
    "delete": b"a\x7fb",
    "no UTF-8": b"a\xff\xfe",
    "long": b"x" * 10000,
    "turned": "\u202eabc\u202c \U0001f600 e\u0301".encode(),
}
NEVER = {"NUL", "a control", "delete", "no UTF-8", "line break"}  # "\r" is no text either
PLACE = "\ue000" * 8  # what stands where the bytes go, of which some are no text that Python would take


def places(descriptor, depth=3):
    """Paths to every text field of a message: tuples of field descriptors."""
    for at in descriptor.fields:
        if at.type == at.TYPE_STRING:
            yield (at,)
        elif at.type == at.TYPE_MESSAGE and depth and not at.message_type.full_name.startswith("google."):
            yield from ((at, *rest) for rest in places(at.message_type, depth - 1))


def fill(message, path, ids):
    """Something fit in every field; PLACE where `path` leads."""
    for at in message.DESCRIPTOR.fields:
        rest = path[1:] if path and path[0] is at else None
        if at.name == "page_token" and rest is None:
            continue
        many = at.label == at.LABEL_REPEATED
        if at.type == at.TYPE_MESSAGE:
            inner = getattr(message, at.name).add() if many else getattr(message, at.name)
            if at.message_type.full_name == "google.protobuf.Timestamp":
                inner.seconds = 1772500000
            elif at.message_type.full_name == "pulih.type.v1.Date":
                inner.year, inner.month, inner.day = 2026, 3, 3
            else:
                fill(inner, rest, ids)
            continue
        value = {at.TYPE_STRING: PLACE if rest == () else str(uuid.uuid4()) if at.name.rstrip("s").endswith("id") else "08:00",
                 at.TYPE_BYTES: b"x" * 32, at.TYPE_BOOL: True}.get(at.type, 1)
        if ids.get(at.name) and rest is None:
            value = ids[at.name]
        if many:
            getattr(message, at.name).append(value)
        else:
            setattr(message, at.name, value)


def replace(data, old, new):
    """A serialised message with `new` for `old`, and every length around it."""
    out, at = bytearray(), 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(data):
        tag = number()
        if tag & 7 == 0:
            out += varint(tag) + varint(number())
            continue
        assert tag & 7 == 2, tag
        size = number()
        inner, at = data[at:at + size], at + size
        if inner == old:
            inner = new
        elif old in inner:
            inner = replace(inner, old, new)
        out += varint(tag) + varint(len(inner)) + inner
    return bytes(out)


def test_no_text_in_any_field_of_any_method_harms(running, world, contracts):
    methods, messages = contracts
    # These texts are a person's own: SetPassword, SignIn and ChangePassword hash them, at a fifth of a second each.
    slow = ("SetPassword", "SignIn", "ChangePassword")
    person = {"OFFICER": "budi", "PRISON_HEAD": "kepala", "COUNSELLOR": "sari", "CLINICAL_SUPERVISOR": "ratna",
              "COORDINATOR": "koordinator", "ADMIN": "admin", "AUDITOR": "auditor"}
    clients = {"person": RawClient(running, running.keys / "operator.key", messages),
               "SERVICE": RawClient(running, running.keys / "identity.key", messages)}
    ids = {"prison_id": BANYUWANGI, "programme_id": PROGRAMME, "room_id": HALL, "counsellor_id": world.ids["sari"]}
    wrong, answered = [], {}
    for method in methods:
        short = method.name.rpartition("/")[2]
        role = next((role for role in ("COORDINATOR", "ADMIN", "COUNSELLOR", "CLINICAL_SUPERVISOR", *person) if role in method.roles), "SERVICE")
        client = clients["SERVICE" if role == "SERVICE" and not method.anyone else "person"]
        token = token_of(world.people[person[role]]) if role in person else b""
        calls, about = [], []
        for path in places(method.input):
            for what, value in NASTY.items():
                if short in slow and what not in ("SQL", "NUL", "long", "no UTF-8"):
                    continue
                message = messages(method.input.full_name)()
                fill(message, path, ids)
                calls.append((client.request(method.name, session_token=token), replace(message.SerializeToString(), PLACE.encode(), value)))
                about.append((method.name, ".".join(at.name for at in path), what))
        for (name, path, what), status in zip(about, client.call_all(calls)):
            answered[reason(status)] = answered.get(reason(status), 0) + 1
            blamed = [violation.field for violation in status.violations] if status else []
            plain = [part.partition("[")[0] for part in ".".join(blamed).split(".")]
            if status and (status.code == 13 or not status.reason or not status.message):
                wrong.append(f"{name} {path} {what}: {status}")
            elif what in NEVER and (reason(status) != "FIELD_INVALID" or path.split(".") != plain):
                wrong.append(f"{name} {path} {what}: {reason(status)} blames {blamed}")
            elif status and status.code == 3 and not blamed:
                wrong.append(f"{name} {path} {what}: blames no field: {status}")
    for client in clients.values():
        client.close()
    assert not wrong, f"{len(wrong)} of {sum(answered.values())} {answered}\n" + "\n".join(wrong)
    assert sum(answered.values()) > 2000, answered


# JSON

def test_json_that_means_nothing_is_refused_by_field(running, world):
    person = {"id": new_id(), "prisonId": BANYUWANGI, "registerNumber": "B.I 7/2026", "name": "Siapa", "block": "Mawar"}
    series = {"id": new_id(), "prisonId": BANYUWANGI, "component": "COMPONENT_GROUP_COUNSELLING", "roomId": HALL, "startDay": day(MONDAY),
              "startTime": "09:00", "durationMinutes": 60, "rrule": "FREQ=WEEKLY;COUNT=2", "holidayPolicy": "HOLIDAY_POLICY_KEEP",
              "counsellorIds": [world.ids["sari"]]}
    session = {"id": new_id(), "prisonId": BANYUWANGI, "component": "COMPONENT_GROUP_COUNSELLING", "roomId": HALL,
               "startsAt": "2026-03-03T01:00:00Z", "endsAt": "2026-03-03T02:00:00Z", "counsellorIds": [world.ids["sari"]]}
    cases = [
        ("CreateParticipant", person | {"birthDate": {"year": 2026, "month": 2, "day": 30}}, "FIELD_INVALID", "birth_date"),
        ("CreateParticipant", person | {"birthDate": {"year": 0, "month": 1, "day": 1}}, "FIELD_INVALID", "birth_date"),
        ("CreateParticipant", person | {"birthDate": {"year": 2025, "month": 2, "day": 29}}, "FIELD_INVALID", "birth_date"),
        ("CreateParticipant", person | {"birthDate": {"year": -1, "month": 13, "day": 99}}, "FIELD_INVALID", "birth_date"),
        ("CreateParticipant", person | {"sex": 99}, "FIELD_INVALID", "sex"),
        ("CreateParticipant", person | {"sex": "SEX_OTHER"}, "FIELD_INVALID", "sex"),
        ("CreateParticipant", person | {"name": 7}, "FIELD_INVALID", "name"),
        ("CreateParticipant", person | {"name": None}, "PARTICIPANT_NAME_INVALID|FIELD_REQUIRED", "name"),
        ("CreateParticipant", person | {"name": "a" * 10000}, "PARTICIPANT_NAME_INVALID", "name"),
        ("CreateParticipant", person | {"name": "a\nb"}, "PARTICIPANT_NAME_INVALID", "name"),
        ("CreateParticipant", person | {"aliases": "Budi"}, "FIELD_INVALID", "aliases"),
        ("CreateParticipant", person | {"aliases": ["x"] * 100000}, "PARTICIPANT_ALIASES_TOO_MANY", "aliases"),
        ("CreateParticipant", person | {"id": "7"}, "FIELD_INVALID", "id"),
        ("CreateParticipant", person | {"id": ""}, "FIELD_REQUIRED", "id"),
        ("CreateParticipant", person | {"nama": "Siapa"}, "FIELD_INVALID", "nama"),
        ("ListParticipants", {"pageSize": 2**31}, "FIELD_INVALID", "page_size"),
        ("ListParticipants", {"pageSize": -(2**31) - 1}, "FIELD_INVALID", "page_size"),
        ("ListParticipants", {"pageSize": 1.5}, "FIELD_INVALID", "page_size"),
        ("ListParticipants", {"pageSize": 1e300}, "FIELD_INVALID", "page_size"),
        ("ListParticipants", {"pageToken": "garbage"}, "PAGE_TOKEN_INVALID", "page_token"),
        ("CreateSeries", series | {"rrule": "FREQ=WEEKLY;COUNT=1000000000"}, "RRULE_INVALID", "rrule"),
        ("CreateSeries", series | {"rrule": "FREQ=SECONDLY"}, "RRULE_INVALID", "rrule"),
        ("CreateSeries", series | {"id": "bukan-uuid"}, "FIELD_INVALID", "id"),
        ("CreateSeries", series | {"rrule": "FREQ=MINUTELY;INTERVAL=1"}, "RRULE_INVALID", "rrule"),
        ("CreateSeries", series | {"rrule": "setiap Senin"}, "RRULE_INVALID", "rrule"),
        ("CreateSeries", series | {"rrule": "FREQ=WEEKLY;BYDAY=" + ",".join(["MO"] * 10000)}, "RRULE_INVALID", "rrule"),
        ("CreateSeries", series | {"rrule": "FREQ=WEEKLY;INTERVAL=0"}, "RRULE_INVALID", "rrule"),
        ("CreateSeries", series | {"rrule": "FREQ=WEEKLY;INTERVAL=99999999999999999999"}, "RRULE_INVALID", "rrule"),
        ("CreateSeries", series | {"rrule": "FREQ=WEEKLY;UNTIL=20261301"}, "RRULE_INVALID", "rrule"),
        ("CreateSeries", series | {"rrule": "FREQ=WEEKLY\nDTSTART:20200101T000000Z"}, "RRULE_INVALID", "rrule"),
        ("CreateSeries", series | {"startTime": "25:00"}, None, "start_time"),
        ("CreateSeries", series | {"startTime": "pagi"}, None, "start_time"),
        ("CreateSeries", series | {"exceptionDays": ["2026-02-30"]}, None, "exception_days"),
        ("CreateSeries", series | {"durationMinutes": 2**31 - 1}, "SERIES_DURATION_INVALID", "duration_minutes"),
        ("CreateSeries", series | {"durationMinutes": -1}, "SERIES_DURATION_INVALID", "duration_minutes"),
        ("CreateSeries", series | {"component": 77}, "FIELD_INVALID", "component"),
        ("CreateSession", session | {"startsAt": "2026-02-30T01:00:00Z"}, "FIELD_INVALID", "starts_at"),
        ("CreateSession", session | {"startsAt": "tomorrow"}, "FIELD_INVALID", "starts_at"),
        ("CreateSession", session | {"endsAt": "2026-03-03T00:00:00Z"}, "SESSION_TIMES_INVALID", "ends_at"),
        ("CreateSession", session | {"endsAt": "9999-12-31T23:59:59Z"}, "SESSION_TIMES_INVALID", "ends_at"),
        ("CreateSession", session | {"counsellorIds": []}, "SESSION_COUNSELLOR_MISSING", "counsellor_ids"),
        ("CreateSession", session | {"counsellorIds": [new_id()] * 5000}, None, "counsellor_ids"),
    ]
    answers = world.call_many("koordinator", [(method, request) for method, request, _, _ in cases], in_flight=4)
    wrong = []
    for (method, request, expected, blamed), answer in zip(cases, answers):
        refused = isinstance(answer, Refused)
        fields = {name.partition("[")[0] for name in answer.fields} if refused else set()
        if not refused or answer.reason == "INTERNAL" or blamed not in fields or (expected and answer.reason not in expected.split("|")):
            wrong.append(f"{method} {blamed} {str(request)[-80:]}: {str(answer)[:300]}")
    assert not wrong, "\n".join(wrong)


def test_json_that_is_none_is_refused_on_its_line(running, world):
    lines = ['{"method": "ListPrisons", "request": {}}', "", "{", "[]", "null", '{"method": "ListPrisons", "request": {]}}', '{"request": {}}',
             '{"method": "ListPrisons", "request": {"pageSize": 1, "pageSize": 2}}', '{"method": "ListPrisons", "request": ' + "[" * 100000,
             '{"method": "ListPrisons", "request": {"pageToken": "\\ud800"}}', '{"method": "ListPrisons", "request": {"pageToken": "\\u0000"}}',
             '{"method": "ListPrisons"} {"method": "ListPrisons"}', '{"method": "ListPrisons", "request": {}}']
    status, out, _ = running.pulih("call", "--lines", "--user", world.people["koordinator"], stdin="\n".join(lines) + "\n", check=False)
    answers = [json.loads(line) for line in out.splitlines()]
    assert status != 0
    assert [answer["line"] for answer in answers] == [number + 1 for number, line in enumerate(lines) if line]
    assert "response" in answers[0] and "response" in answers[-1]
    for answer in answers[1:-1]:
        assert answer["error"]["reason"] in ("MESSAGE_MALFORMED", "FIELD_INVALID"), answer


NAMES = ("Siti ‘Aisyah binti Abu Bakr", "عبد الرحمن بن عوف", "חנה", "Nguyễn Thị Ánh", "王小明", "😀👩‍👩‍👧‍👦 Budi", "O'Brien; DROP", "e\u0301 dan é",
         "ꦧꦸꦢꦶ", "Sri \\ \"Ayu\"", "a" * 200, "😀" * 200)


def test_names_of_the_world_come_back_unchanged(world):
    people = [{"id": new_id(), "prisonId": BANYUWANGI, "registerNumber": f"NAMA {number}", "name": name, "block": "Mawar", "aliases": [name[:50]]}
              for number, name in enumerate(NAMES)]
    for person, answer in zip(people, world.call_many("budi", [("CreateParticipant", person) for person in people])):
        assert not isinstance(answer, Refused), (person["name"], answer)
    for person in people:
        read = world.call("budi", "GetParticipant", id=person["id"])
        assert (read["name"], read["aliases"]) == (person["name"], person["aliases"])
