"""Signing in through the hub, as people do it: the CLI, the hub, identity, and the injected clock."""

import json
import sys

import pytest
from postgres import ROOT

sys.path.insert(0, str(ROOT / "deploy/local"))

from stack import DATABASE, KEYSTORE, Stack  # noqa: E402

ONE_TIME, OWN = "sekali pakai saja", "kuda liar berlari"


class Door(Stack):
    """The hub and two instances of identity, and nothing else."""

    def start(self, postgres):
        self.postgres = postgres
        self.postgres.create_database(DATABASE)
        self.postgres.create_database(KEYSTORE)
        self.pulih("keys", "generate", self.keys)
        self.pulih("migrate")
        self.start_process("hub")
        for number in range(2):
            self.start_process("identity", number)
        self.wait_ready()
        return self

    def session(self, name):
        return {"PULIH_SESSION_FILE": str(self.folder / name)}

    def sign_in(self, email, password, new_password=None, session="somebody"):
        """(exit status, stderr)"""
        arguments = ["login", email, "--password-file", "-"]
        if new_password:
            path = self.folder / "new password"
            path.write_text(new_password + "\n")
            path.chmod(0o600)
            arguments += ["--new-password-file", path]
        status, _, err = self.pulih(*arguments, stdin=password + "\n", check=False, environment=self.session(session))
        return status, err

    def whoami(self, session="somebody"):
        status, out, err = self.pulih("whoami", "--json", check=False, environment=self.session(session))
        return json.loads(out)["email"] if status == 0 else err

    def person(self, email, *roles):
        """Somebody who has chosen their password."""
        self.pulih("user", "add", "Sari Wulandari", email, "--role", ",".join(roles))
        self.pulih("user", "password", email, "--password-file", "-", stdin=ONE_TIME + "\n")
        assert self.sign_in(email, ONE_TIME, OWN, session=email)[0] == 0
        return email


@pytest.fixture(scope="module")
def door(postgres, tmp_path_factory):
    door = Door(tmp_path_factory.mktemp("door"), clock="2026-03-02T05:00:00Z")
    try:
        yield door.start(postgres)
    finally:
        assert door.stop_processes() == []


def test_a_one_time_password_opens_once(door):
    email = "once@example.org"
    door.pulih("user", "add", "Budi", email, "--role", "counsellor")
    door.pulih("user", "password", email, "--password-file", "-", stdin=ONE_TIME + "\n")
    status, err = door.sign_in(email, ONE_TIME)
    assert status != 0 and "--new-password-file" in err, err
    assert door.sign_in(email, ONE_TIME, OWN)[0] == 0
    assert door.whoami() == email
    assert door.sign_in(email, ONE_TIME, "rusa hutan minum")[0] != 0
    assert door.sign_in(email, OWN)[0] == 0


def test_a_wrong_password_and_an_unknown_name_are_told_alike(door):
    email = door.person("alike@example.org", "counsellor")
    assert door.sign_in(email, "kuda liar tidur") == door.sign_in("nobody@example.org", "kuda liar tidur")


def test_the_sixth_guess_has_to_wait_for_the_clock(door):
    email = door.person("guess@example.org", "counsellor")
    for _ in range(5):
        assert "wrong" in door.sign_in(email, "kuda liar tidur")[1]
    status, err = door.sign_in(email, OWN)
    assert (status, "1 seconds" in err) == (75, True), err
    door.set_clock("2026-03-02T05:00:01Z")
    assert door.sign_in(email, OWN)[0] == 0


def test_a_disabled_person_is_out_at_the_next_call(door):
    email = door.person("out@example.org", "coordinator")
    assert door.whoami(email) == email
    door.pulih("user", "disable", email, "--yes")
    assert "Sign in" in door.whoami(email)
    assert door.sign_in(email, OWN)[0] != 0


def test_a_role_taken_is_gone_at_the_next_call(door):
    email = door.person("less@example.org", "coordinator")
    people = lambda: door.pulih("call", "ListPeople", check=False, environment=door.session(email))[0]
    assert people() == 0
    door.pulih("user", "role", email, "--grant", "counsellor", "--revoke", "coordinator")
    assert people() == 5


def test_signing_out_ends_the_session(door):
    email = door.person("bye@example.org", "counsellor")
    session = (door.folder / email).read_text()
    door.pulih("logout", environment=door.session(email))
    (door.folder / email).write_text(session)
    assert "Sign in" in door.whoami(email)


def test_a_session_in_use_lasts_and_an_idle_one_ends(door):
    used, idle = door.person("used@example.org", "counsellor"), door.person("idle@example.org", "counsellor")
    for clock in ("05:40", "06:20", "07:00"):
        door.set_clock(f"2026-03-02T{clock}:00Z")
        assert door.whoami(used) == used, clock
    assert "Sign in" in door.whoami(idle)


def test_the_operator_key_has_no_password_to_change(door):
    change = json.dumps({"currentPassword": OWN, "newPassword": "rusa hutan minum"})
    assert door.pulih("call", "ChangePassword", change, check=False)[0] != 0


def test_logs_hold_no_name_and_no_secret(door):
    logs = "".join(path.read_text() for path in door.logs.iterdir())
    assert "SERVING" in logs
    for secret in ONE_TIME, OWN, "example.org", "Sari":
        assert secret not in logs
