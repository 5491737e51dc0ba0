"""identity: the second factor, as far as the database keeps it. Codes themselves are tests/unit/test_totp.c."""

import os

import psycopg2
import pytest

from identity import ADMIN, HASH, Identity, at, begin, kinds, resolve, start, with_password

SEALED, OTHER = b"sealed secret", b"another sealed secret"
CODES = [os.urandom(32) for _ in range(10)]


@pytest.fixture(scope="module")
def identity(postgres, database):
    return Identity(postgres, database)


def set_up(identity, person, minutes=0, secret=SEALED, checked_hash=HASH, **values):
    return identity.one("internal/begin_totp_setup", at(minutes), person_id=person["id"], checked_hash=checked_hash,
                        source="gateway 10.0.0.1", new_secret=secret, new_key_id="key", **values)


def sign_in(identity, person, minutes=0, secret=SEALED, step=1, **values):
    """The session's token hash, or None."""
    row, token = start(identity, person, minutes, checked_secret=secret, step=step, **values)
    return token if row["expires_at"] else None


def weigh(identity, person, minutes=0, of_code=False):
    row = identity.one("internal/weigh_second_factor", at(minutes), person_id=person["id"], of_code=of_code)
    return {name: bytes(value) if isinstance(value, memoryview) else value for name, value in row.items()}


def enrolled(identity, *roles):
    """Somebody whose second factor is in force since step 1."""
    person = with_password(identity, *roles)
    set_up(identity, person)
    assert sign_in(identity, person, new_recovery_hashes=b"".join(CODES))
    return person


@pytest.mark.parametrize("role, needed", [("ADMIN", True), ("COORDINATOR", True), ("CLINICAL_SUPERVISOR", True),
                                          ("COUNSELLOR", False), ("AUDITOR", False)])
def test_those_who_can_do_most_harm_need_one(identity, role, needed):
    assert weigh(identity, with_password(identity, role))["needed"] is needed


def test_it_is_in_force_from_its_first_code_on(identity):
    person = with_password(identity, "ADMIN")
    assert set_up(identity, person)["email"] == person["email"]
    weighed = weigh(identity, person)
    assert (weighed["secret"], weighed["new_secret"]) == (None, SEALED)
    assert start(identity, person)[0]["expires_at"], "nothing is asked for yet"
    assert sign_in(identity, person, new_recovery_hashes=b"".join(CODES))
    weighed = weigh(identity, person)
    assert (weighed["secret"], weighed["key_id"], weighed["new_secret"]) == (SEALED, "key", None)
    assert kinds(identity, person)[:4] == ["SIGNED_IN", "TOTP_CONFIRMED", "SIGNED_IN", "TOTP_SETUP_STARTED"]


def test_a_secret_that_nobody_used_is_of_no_use_after_a_quarter_of_an_hour(identity):
    person = with_password(identity)
    set_up(identity, person)
    assert weigh(identity, person, 14)["new_secret"] == SEALED
    assert weigh(identity, person, 15)["new_secret"] is None
    assert sign_in(identity, person, 15) is None


def test_without_a_code_there_is_no_session(identity):
    assert start(identity, enrolled(identity))[0]["expires_at"] is None


def test_a_code_is_good_once_and_none_before_it_is(identity):
    person = enrolled(identity)
    assert sign_in(identity, person, step=1) is None
    assert sign_in(identity, person, step=5)
    assert [sign_in(identity, person, step=step) for step in (5, 4)] == [None, None]
    assert sign_in(identity, person, step=6)


def test_a_code_of_another_secret_is_none(identity):
    assert sign_in(identity, enrolled(identity), secret=OTHER, step=9) is None


def test_a_recovery_code_is_good_once(identity):
    person, other = enrolled(identity), with_password(identity)
    assert sign_in(identity, person, secret=None, step=0, recovery_hash=CODES[3])
    assert sign_in(identity, person, secret=None, step=0, recovery_hash=CODES[3]) is None
    assert sign_in(identity, person, secret=None, step=0, recovery_hash=os.urandom(32)) is None
    assert sign_in(identity, other, secret=None, step=0, recovery_hash=CODES[4]) is None
    look = identity.one("get_totp", at(0, "COUNSELLOR", user=person["id"]))
    assert look["recovery_codes_left"] == 9
    assert "RECOVERY_CODE_USED" in kinds(identity, person)


def test_a_new_one_takes_the_place_of_the_old_and_needs_its_code(identity):
    person = enrolled(identity)
    assert set_up(identity, person, secret=OTHER)["expires_at"] is None, "without a code"
    assert set_up(identity, person, secret=OTHER, checked_secret=SEALED, step=2)["expires_at"]
    assert sign_in(identity, person, secret=SEALED, step=3), "the old one until the new one is in force"
    assert sign_in(identity, person, secret=OTHER, step=4, new_recovery_hashes=os.urandom(32))
    assert sign_in(identity, person, secret=SEALED, step=9) is None
    assert sign_in(identity, person, secret=None, step=0, recovery_hash=CODES[0]) is None, "an old recovery code"


def test_setting_up_needs_the_password_that_was_checked(identity):
    assert set_up(identity, with_password(identity), checked_hash=HASH + "x")["expires_at"] is None


def test_changing_ones_password_asks_for_no_code_again(identity):
    person = enrolled(identity)
    row = identity.one("internal/start_session", at(0, "ADMIN", user=person["id"]), person_id=person["id"],
                       checked_hash=HASH, new_hash=HASH + "x", source="", token_hash=os.urandom(32), idle_s=60, lasts_s=60)
    assert row["expires_at"]


def test_after_ten_wrong_codes_there_is_one_an_hour_and_a_recovery_code_opens(identity):
    person = enrolled(identity)
    assert [weigh(identity, person, of_code=True)["retry_after_s"] for _ in range(10)] == [None] * 10
    assert weigh(identity, person, 1, of_code=True)["retry_after_s"] == 59 * 60
    assert weigh(identity, person, 1)["retry_after_s"] is None, "no code of the app was given"
    assert weigh(identity, person, 60, of_code=True)["retry_after_s"] is None
    assert weigh(identity, person, 61, of_code=True)["retry_after_s"] == 59 * 60
    assert sign_in(identity, person, 61, secret=None, step=0, recovery_hash=CODES[1])
    assert weigh(identity, person, 120, of_code=True)["retry_after_s"] is None
    assert sign_in(identity, person, 120, step=2)
    assert [weigh(identity, person, 121, of_code=True)["retry_after_s"] for _ in range(10)] == [None] * 10


def test_strangers_without_the_password_never_get_to_the_codes(identity):
    person = enrolled(identity)
    for i in range(50):
        begin(identity, person["email"], source=f"gateway 10.7.7.{i}")
        identity.call("internal/refuse_sign_in", at(), person_id=person["id"], source="x", at_code=False)
    assert weigh(identity, person, of_code=True)["retry_after_s"] is None


def test_an_admin_takes_one_away_and_that_ends_sessions(identity):
    person, admin = enrolled(identity), identity.person("ADMIN")
    token = sign_in(identity, person, step=7)
    assert identity.call("reset_totp", at(0, "COORDINATOR", prison="*"), person_id=person["id"]) == []
    assert resolve(identity, token)
    assert identity.one("reset_totp", at(0, "ADMIN", prison="*", user=admin["id"]), person_id=person["id"]) == {"done": True}
    assert resolve(identity, token) is None
    assert start(identity, person)[0]["expires_at"], "a password is enough again"
    assert sign_in(identity, person, secret=None, step=0, recovery_hash=CODES[2]) is None
    assert "TOTP_RESET" in kinds(identity, person)
    entry = identity.call("list_access_entries", ADMIN, person_id=person["id"], kind="TOTP_RESET")[0]
    assert entry["actor_id"] == admin["id"]


def test_one_sees_ones_own_and_an_admin_everybodys(identity):
    person = enrolled(identity, "COORDINATOR")
    own = identity.one("get_totp", at(0, "COORDINATOR", user=person["id"]))
    assert (own["recovery_codes_left"], own["for_their_roles"]) == (10, True) and own["confirmed_at"]
    other = identity.person("COORDINATOR")
    assert identity.call("get_totp", at(0, "COORDINATOR", user=other["id"]), person_id=person["id"]) == []
    seen = identity.one("get_totp", at(0, "ADMIN", user=other["id"]), person_id=person["id"])
    assert seen["confirmed_at"] == own["confirmed_at"]


def test_no_login_reads_secrets(postgres, database):
    for table in ("totp", "totp_setup", "recovery_code", "known_device"):
        with psycopg2.connect(postgres.url(database, "pulih_identity")) as connection, connection.cursor() as cursor:
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(f"select * from identity.{table}")
            connection.rollback()
