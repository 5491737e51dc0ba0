"""What the contracts say of themselves, for tests that go through all of them."""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "common/gen")]

import descriptors  # noqa: E402
from google.protobuf import message_factory  # noqa: E402

ROLES = {1: "OFFICER", 2: "PRISON_HEAD", 3: "COUNSELLOR", 4: "CLINICAL_SUPERVISOR", 5: "COORDINATOR", 6: "ADMIN",
         7: "AUDITOR", 8: "SERVICE"}


class Method:
    """`input` is the request's protobuf descriptor."""

    def __init__(self, name, proto, access, pool):
        self.name = name
        self.roles = {ROLES[number] for number in access.roles}
        self.anyone = access.anyone
        self.changes_access = access.changes_access
        self.reads = proto.options.idempotency_level == proto.options.NO_SIDE_EFFECTS
        self.input = pool.FindMessageTypeByName(proto.input_type.strip("."))

    def __repr__(self):
        return self.name


def load(build):
    """(every method that people or services may call, full name of a message → its class)."""
    files, pool, access = descriptors.load(build / "proto/all.pb")
    found = [Method(f"{file.package}.{service.name}/{method.name}", method, access(method.options), pool)
             for file in files.file for service in file.service for method in service.method]
    classes = message_factory.MessageFactory(pool)
    return found, lambda name: classes.GetPrototype(pool.FindMessageTypeByName(name))
