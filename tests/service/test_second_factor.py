"""The second factor, required, through the hub and the CLI, with two instances of identity and the injected clock."""

import datetime
import json

import pytest

from door import ONE_TIME, OWN, Door, totp

START = datetime.datetime(2026, 3, 2, 5, tzinfo=datetime.timezone.utc)


class Clock:
    """Moves by itself for each code, since one is good once."""

    def __init__(self, door):
        self.door, self.now = door, START

    def later(self, **time):
        self.now += datetime.timedelta(**time)
        self.door.set_clock(self.now.isoformat())
        return int(self.now.timestamp())

    def code(self, secret):
        return totp(secret, self.later(seconds=30))


@pytest.fixture(scope="module")
def door(postgres, tmp_path_factory):
    door = Door(tmp_path_factory.mktemp("door"), clock=START.isoformat(),
                settings={"identity": {"PULIH_IDENTITY_TOTP": "required", "PULIH_IDENTITY_SESSION_IDLE": "20m"}})
    try:
        yield door.start(postgres)
    finally:
        assert door.stop_processes() == []


@pytest.fixture(scope="module")
def clock(door):
    return Clock(door)


def hired(door, email, role):
    door.pulih("user", "add", "Sari Wulandari", email, "--role", role)
    door.pulih("user", "password", email, "--password-file", "-", stdin=ONE_TIME + "\n")
    return email


def set_up(door, clock, email, password=OWN, **values):
    """The secret, after the first sign-in with it, and the recovery codes."""
    secret = door.call("SetUpTotp", email=email, password=password, **values)["secret"]
    answer = door.call("SignIn", email=email, password=password, newPassword=OWN if password != OWN else "",
                       code=clock.code(secret))
    return secret, answer["recoveryCodes"]


def enrolled(door, clock, email, role="coordinator"):
    return set_up(door, clock, hired(door, email, role), ONE_TIME)


def test_a_coordinators_first_day(door, clock):
    email = hired(door, "first@example.org", "coordinator")
    status, err = door.sign_in(email, ONE_TIME, OWN)
    assert status != 0 and "otpauth://totp/Pulih:first%40example.org?secret=" in err, err
    secret = door.call("SetUpTotp", email=email, password=ONE_TIME)["secret"]
    status, err = door.sign_in(email, ONE_TIME, OWN, code=clock.code(secret), session=email)
    assert status == 0 and "each good once" in err, err
    assert door.whoami(email) == email
    assert door.call("GetTotp", session=email)["recoveryCodesLeft"] == 10
    # From now on password and code.
    assert "--code-file" in door.sign_in(email, OWN)[1]
    assert door.sign_in(email, OWN, code=clock.code(secret))[0] == 0


def test_a_counsellor_needs_none_and_may_have_one(door, clock):
    email = hired(door, "may@example.org", "counsellor")
    assert door.sign_in(email, ONE_TIME, OWN)[0] == 0
    secret, _ = set_up(door, clock, email)
    assert door.call("SignIn", email=email, password=OWN) == "TOTP_CODE_REQUIRED"
    assert door.sign_in(email, OWN, code=clock.code(secret))[0] == 0


def test_a_role_that_needs_one_asks_at_the_next_sign_in(door, clock):
    email = hired(door, "risen@example.org", "counsellor")
    assert door.sign_in(email, ONE_TIME, OWN)[0] == 0
    door.pulih("user", "role", email, "--grant", "coordinator", "--revoke", "counsellor")
    assert door.call("SignIn", email=email, password=OWN) == "TOTP_SET_UP_REQUIRED"


def test_a_code_is_good_once_on_every_instance(door, clock):
    secret, _ = enrolled(door, clock, "once-code@example.org")
    code = clock.code(secret)
    answers = [door.call("SignIn", email="once-code@example.org", password=OWN, code=code) for _ in range(3)]
    assert "token" in answers[0] and answers[1:] == ["TOTP_CODE_WRONG"] * 2, answers


def test_a_code_may_come_a_step_late_and_not_two(door, clock):
    secret, _ = enrolled(door, clock, "late@example.org")
    sign_in = lambda code: door.call("SignIn", email="late@example.org", password=OWN, code=code)
    code = clock.code(secret)
    clock.later(seconds=60)
    assert sign_in(code) == "TOTP_CODE_WRONG"
    code = clock.code(secret)
    clock.later(seconds=30)
    assert "token" in sign_in(code)


def test_recovery_codes_open_once_each(door, clock):
    _, codes = enrolled(door, clock, "lost@example.org")
    assert len(set(codes)) == 10
    assert door.sign_in("lost@example.org", OWN, code=codes[0].upper().replace("-", " "), session="lost")[0] == 0
    assert door.call("GetTotp", session="lost")["recoveryCodesLeft"] == 9
    assert "wrong" in door.sign_in("lost@example.org", OWN, code=codes[0])[1]


def test_guessing_codes_is_stopped_and_a_recovery_code_still_opens(door, clock):
    secret, codes = enrolled(door, clock, "siege@example.org")
    person = door.call("ListPeople", text="siege@")["people"][0]["id"]
    guess = lambda number, code: door.call("SignIn", email="siege@example.org", password=OWN, code=code,
                                           source=f"10.0.0.{number}")
    wrong = [guess(number // 4, "000000") for number in range(10)]
    assert wrong == ["TOTP_CODE_WRONG"] * 10
    assert guess(200, clock.code(secret)) == "TOTP_TOO_OFTEN"
    assert "token" in guess(201, codes[5])
    clock.later(hours=1)
    assert "token" in guess(202, clock.code(secret))
    refused = door.call("ListAccessEntries", personId=person, kind="ACCESS_ENTRY_KIND_SIGN_IN_REFUSED")["entries"]
    assert json.loads(refused[0]["detail"])["at"] == "CODE"


def test_an_admin_resets_password_and_second_factor_of_who_lost_both(door, clock):
    email = "both@example.org"
    secret, _ = enrolled(door, clock, email)
    assert door.sign_in(email, OWN, code=clock.code(secret), session=email)[0] == 0
    person = door.call("ListPeople", text="both@")["people"][0]["id"]
    assert door.call("ResetTotp", personId=person) == {}
    assert "Sign in" in door.whoami(email)
    made = door.pulih("user", "password", email)[1].strip()
    assert door.call("SignIn", email=email, password=OWN) == "SIGN_IN_REFUSED"
    assert door.call("SignIn", email=email, password=made) == "PASSWORD_CHANGE_REQUIRED"
    assert "token" not in door.call("SignIn", email=email, password=made, newPassword=OWN)
    set_up(door, clock, email, made)
    kinds = [entry["kind"].removeprefix("ACCESS_ENTRY_KIND_") for entry in door.call("ListAccessEntries", personId=person)["entries"]]
    assert {"TOTP_RESET", "PASSWORD_SET", "TOTP_CONFIRMED", "TOTP_SETUP_STARTED"} <= set(kinds), kinds


def test_a_made_password_is_good_for_a_day(door, clock):
    email = hired(door, "day@example.org", "counsellor")
    made = door.pulih("user", "password", email)[1].strip()
    clock.later(hours=24)
    assert door.call("SignIn", email=email, password=made, newPassword=OWN) == "SIGN_IN_REFUSED"


def test_the_idle_time_is_the_settings(door, clock):
    email = hired(door, "idle20@example.org", "counsellor")
    assert door.sign_in(email, ONE_TIME, OWN, session=email)[0] == 0
    clock.later(minutes=19)
    assert door.whoami(email) == email
    clock.later(minutes=20)
    assert "Sign in" in door.whoami(email)


def test_no_secret_and_no_code_is_in_logs_or_in_the_database(door, clock):
    secret, codes = enrolled(door, clock, "quiet@example.org")
    logs = "".join(path.read_text() for path in door.logs.iterdir())
    tables = "".join(door.postgres.psql("pulih", f"select encode(t.{column}, 'escape') from identity.{table} t")
                     for table, column in (("totp", "secret"), ("recovery_code", "hash")))
    for text in (secret, codes[0], codes[0].replace("-", "")):
        assert text not in logs and text not in tables
