"""People who work with a running stack, through `pulih` alone: what the demonstration and the scenario tests are told in."""

import copy
import datetime
import json
import time
import uuid


class Refused(Exception):
    """A call that ended with a status. `exit_code` is what `pulih` ended with."""

    def __init__(self, exit_code, error):
        self.exit_code = exit_code
        self.reason = error.get("reason", "")
        self.message = error.get("message", "")
        self.fields = {violation["field"]: violation["description"] for violation in error.get("violations", [])}
        self.details = {detail["name"]: detail.get("value", "") for detail in error.get("details", [])}
        super().__init__(f"{self.reason}: {self.message} {self.fields or ''}")


def new_id():
    """A UUIDv7 (RFC 9562) of now."""
    value = (time.time_ns() // 1_000_000) << 80 | uuid.uuid4().int & ((1 << 80) - 1)
    value = value & ~(0xF << 76) | 7 << 76
    return str(uuid.UUID(int=value & ~(3 << 62) | 2 << 62))


def day(value):
    """A date as the contracts have it."""
    return {"year": value.year, "month": value.month, "day": value.day}


def instant(value):
    return value.astimezone(datetime.timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")


class World:
    """`people`: short name → session file, filled by employ()."""

    def __init__(self, stack):
        self.stack = stack
        self.people = {}
        self.ids = {}
        self.environment = {}

    def at(self, key_file):
        """The same people, where this key connects instead of the operator's."""
        there = copy.copy(self)
        there.environment = {"PULIH_KEY_FILE": str(key_file)}
        return there

    def employ(self, short, name, *roles, prison=None):
        email = f"{short}@example.org"
        self.people[short] = self.stack.add_person(name, email, *roles, prison=prison)
        self.ids[short] = json.loads(self.stack.pulih("whoami", "--json", "--user", self.people[short])[1])["id"]
        return self.ids[short]

    def _run(self, who, *arguments, **options):
        """(exit code, stdout, stderr), signed in again where the session has ended meanwhile."""
        signed_in = ["--user", self.people[who]] if who else []
        options |= {"check": False, "environment": self.environment}
        answer = self.stack.pulih(*arguments, *signed_in, **options)
        if who and '"NOT_SIGNED_IN"' in answer[1] + answer[2]:
            self.stack.sign_in(self.people[who])
            answer = self.stack.pulih(*arguments, *signed_in, **options)
        return answer

    def call(self, who, method, **request):
        """The answer as a dict; Refused when it ended otherwise. `who` is a short name, or None for the operator."""
        code, out, err = self._run(who, "call", method, json.dumps(request), "--json")
        if code:
            raise Refused(code, json.loads(err) if err.startswith("{") else {"message": err})
        return json.loads(out)

    def call_many(self, who, calls, in_flight=16):
        """[(method, request), …] in one process: [answer or Refused, …] in the same order."""
        lines = "".join(json.dumps({"method": method, "request": request}) + "\n" for method, request in calls)
        _, out, err = self._run(who, "call", "--lines", "--in-flight", in_flight, stdin=lines, timeout=300)
        answers = [json.loads(line) for line in out.splitlines()]
        assert len(answers) == len(calls), f"{len(answers)} answers to {len(calls)} calls: {err}"
        return [Refused(1, answer["error"]) if "error" in answer else answer["response"] for answer in answers]
