"""Signing in through the hub, as people do it: the CLI, the hub, identity, and the injected clock."""

import json

import pytest

from door import ONE_TIME, OWN, Door

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
