"""Reads a FileDescriptorSet with Pulih's method options, and names things as protoc-c does."""

import re
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

LABEL_REPEATED = descriptor_pb2.FieldDescriptorProto.LABEL_REPEATED
TYPE_BYTES = descriptor_pb2.FieldDescriptorProto.TYPE_BYTES
TYPE_MESSAGE = descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE
TYPE_ENUM = descriptor_pb2.FieldDescriptorProto.TYPE_ENUM


class Problem(Exception):
    """Something that must fail the build; its text says where, what and what was expected."""


def snake(name):
    """HoldEnrollment -> hold_enrollment, as protoc-c and our file names have it."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])|(?<=[A-Z])([A-Z])(?=[a-z])", r"_\1\2", name).lower()


def c_name(full_name):
    """pulih.enrollment.v1.Enrollment -> pulih__enrollment__v1__enrollment"""
    return "__".join(snake(part) for part in full_name.strip(".").split("."))


def person_roles(pool):
    """The numbers of what a person may be."""
    values = pool.FindEnumTypeByName("pulih.Role").values_by_name
    return {value.number for name, value in values.items() if name not in ("ROLE_UNSPECIFIED", "ROLE_SERVICE")}


def load(path):
    """The set in `path`, with (pulih.access) understood: returns (FileDescriptorSet, access extension or None)."""
    with open(path, "rb") as file:
        data = file.read()
    plain = descriptor_pb2.FileDescriptorSet.FromString(data)
    pool = descriptor_pool.DescriptorPool()
    for file in plain.file:
        pool.Add(file)
    try:
        pool.FindExtensionByName("pulih.access")
    except KeyError:
        return plain, pool, lambda options: None
    options_class = message_factory.MessageFactory(pool).GetPrototype(
        pool.FindMessageTypeByName("google.protobuf.MethodOptions"))

    def read_access(options):
        full = options_class.FromString(options.SerializeToString())
        extension = options_class._extensions_by_name["pulih.access"]
        if not full.HasExtension(extension):
            return None
        access = full.Extensions[extension]
        if access.every_person:
            access.roles.extend(person_roles(pool) - set(access.roles))
            access.roles.sort()
        return access

    return plain, pool, read_access


def fail(problems):
    """Prints each problem on a line of its own and ends with 1 if there are any."""
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        sys.exit(1)
