"""identity: passwords, sessions and the throttle, at times that the injected clock says."""

import datetime
import os
import threading

import psycopg2
import pytest

from identity import ADMIN, HASH, NOON, Identity, at, begin, kinds, resolve, start, with_password

OTHER_HASH = HASH + "x"


@pytest.fixture(scope="module")
def identity(postgres, database):
    return Identity(postgres, database)


def test_a_session_says_who_signed_in(identity):
    officer = with_password(identity, "OFFICER", prison=identity.kendari)
    check = begin(identity, officer["email"].upper())
    assert (check["person_id"], check["hash"], check["one_time"]) == (officer["id"], HASH, False)
    row, token = start(identity, officer)
    assert row["person.email"] == officer["email"]
    assert row["expires_at"] == NOON + datetime.timedelta(hours=12)
    who = resolve(identity, token)
    assert (who["user_id"], who["roles"], who["prison_id"]) == (officer["id"], ["OFFICER"], identity.kendari)
    assert kinds(identity, officer)[0] == "SIGNED_IN"


def test_an_answer_holds_for_a_minute_and_never_past_the_session(identity):
    _, token = start(identity, with_password(identity))
    assert resolve(identity, token)["expires_at"] == NOON + datetime.timedelta(minutes=1)
    for minutes in range(50, 701, 50):
        assert resolve(identity, token, minutes), f"unused after {minutes} minutes"
    last = resolve(identity, token, 719.5)
    assert last["expires_at"] == NOON + datetime.timedelta(hours=12)
    assert resolve(identity, token, 720) is None


def test_an_hour_unused_ends_a_session_and_use_keeps_it(identity):
    _, idle = start(identity, with_password(identity))
    assert resolve(identity, idle, 60) is None
    _, used = start(identity, with_password(identity))
    assert resolve(identity, used, 59)
    assert resolve(identity, used, 118)
    assert resolve(identity, used, 178) is None


def test_sessions_last_as_the_settings_say(identity):
    _, idle = start(identity, with_password(identity), idle_s=600, lasts_s=3600)
    assert resolve(identity, idle, 9)
    assert resolve(identity, idle, 19) is None
    _, old = start(identity, with_password(identity), idle_s=3600, lasts_s=1200)
    assert resolve(identity, old, 19)
    assert resolve(identity, old, 20) is None


def test_looking_at_a_session_says_when_it_ends_and_is_no_use_of_it(identity):
    person = with_password(identity)
    _, token = start(identity, person)
    look = lambda minutes: identity.call("get_sign_in_session", at(minutes), token_hash=token)
    for minutes in (0, 30, 59):
        row, = look(minutes)
        ends = (row["person.id"], row["idle_ends_at"], row["expires_at"])
        assert ends == (person["id"], NOON + datetime.timedelta(hours=1), NOON + datetime.timedelta(hours=12))
    assert look(60) == [], "looking kept it alive"
    assert identity.call("get_sign_in_session", at(), token_hash=os.urandom(32)) == []
    identity.call("sign_out", at(0, "COUNSELLOR", user=person["id"]), token_hash=token)
    assert look(0) == []


def test_a_stranger_is_nobody(identity):
    assert resolve(identity, os.urandom(32)) is None
    check = begin(identity, "nobody@contoh.or.id")
    assert (check["person_id"], check["hash"], check["retry_after_s"]) == (None, None, None)


def test_a_session_has_the_roles_of_now(identity):
    person = with_password(identity)
    _, token = start(identity, person)
    identity.call("grant_role", ADMIN, person_id=person["id"], role="AUDITOR")
    assert resolve(identity, token)["roles"] == ["AUDITOR", "COUNSELLOR"]


def test_disabling_ends_sessions_for_good(identity):
    person = with_password(identity)
    _, token = start(identity, person)
    identity.call("disable_person", ADMIN, person_id=person["id"])
    assert resolve(identity, token) is None
    assert begin(identity, person["email"])["hash"] is None
    assert start(identity, person)[0]["expires_at"] is None, "disabled while the password was checked"
    identity.call("enable_person", ADMIN, person_id=person["id"])
    assert resolve(identity, token) is None
    assert begin(identity, person["email"])["hash"] == HASH


def test_a_session_of_a_disabled_person_is_none_however_it_came_to_be(identity):
    person = with_password(identity)
    identity.call("disable_person", ADMIN, person_id=person["id"])
    token = os.urandom(32)
    identity.as_owner("insert into identity.sign_in_session (token_hash, person_id, expires_at, last_seen_at)"
                      " values (%s, %s, %s, %s)", token, person["id"], NOON + datetime.timedelta(hours=1), NOON)
    assert resolve(identity, token) is None


def test_signing_out_ends_ones_own_session_only(identity):
    one, other = with_password(identity), with_password(identity)
    _, token = start(identity, one)
    assert identity.call("sign_out", at(0, "COUNSELLOR", user=other["id"]), token_hash=token) == []
    assert resolve(identity, token)
    for _ in range(2):
        assert identity.one("sign_out", at(0, "COUNSELLOR", user=one["id"]), token_hash=token) == {"done": True}
    assert resolve(identity, token) is None
    assert kinds(identity, one)[0] == "SIGNED_OUT"
    assert identity.events_of(one["id"])[-1] == "identity.access_changed"


def test_signing_out_everywhere(identity):
    one, other = with_password(identity), with_password(identity)
    tokens = [start(identity, one)[1] for _ in range(3)]
    nobody_elses = at(0, "COUNSELLOR", user=other["id"])
    assert identity.call("sign_out_everywhere", nobody_elses, person_id=one["id"]) == []
    assert resolve(identity, tokens[0])
    assert identity.one("sign_out_everywhere", at(0, "COUNSELLOR", user=one["id"])) == {"ended": 3}
    assert [resolve(identity, token) for token in tokens] == [None] * 3
    start(identity, one)
    assert identity.one("sign_out_everywhere", at(0, "ADMIN", user=other["id"]), person_id=one["id"]) == {"ended": 1}


def test_a_one_time_password_is_good_once_and_for_a_week(identity):
    person = identity.person("COUNSELLOR")
    set_it = lambda caller: identity.call("internal/set_password_hash", caller, person_id=person["id"], hash=HASH,
                                          good_for_s=7 * 24 * 3600)
    assert set_it(at(0, "COORDINATOR", prison="*")) == []
    assert set_it(at(0, "ADMIN", prison="*")) == [{"expires_at": NOON + datetime.timedelta(days=7)}]
    week = 7 * 24 * 60
    assert begin(identity, person["email"], week - 1)["one_time"] is True
    assert begin(identity, person["email"], week)["hash"] is None
    row, token = start(identity, person, new_hash=OTHER_HASH)
    assert row["expires_at"]
    assert start(identity, person, new_hash=HASH + "y")[0]["expires_at"] is None, "the one-time password was used up"
    assert resolve(identity, token)
    check = begin(identity, person["email"], week)
    assert (check["hash"], check["one_time"]) == (OTHER_HASH, False)
    assert kinds(identity, person)[:3] == ["SIGNED_IN", "PASSWORD_CHOSEN", "PASSWORD_SET"]


def test_a_changed_password_ends_the_sessions_before(identity):
    person = with_password(identity)
    _, before = start(identity, person)
    check = begin(identity, None, person_id=person["id"])
    assert check["hash"] == HASH
    _, after = start(identity, person, new_hash=OTHER_HASH)
    assert resolve(identity, before) is None
    assert resolve(identity, after)
    assert start(identity, person)[0]["expires_at"] is None, "the old password still opens"
    identity.call("internal/set_password_hash", at(0, "ADMIN", prison="*"), person_id=person["id"], hash=HASH,
                  good_for_s=60)
    assert resolve(identity, after) is None


def test_refusals_are_recorded_for_people_and_not_for_names(identity):
    person = with_password(identity)
    before = identity.as_owner("select count(*) from identity.access_log")
    identity.call("internal/refuse_sign_in", at(), person_id=None, source="x")
    assert identity.as_owner("select count(*) from identity.access_log") == before
    identity.call("internal/refuse_sign_in", at(), person_id=person["id"], source="x")
    assert kinds(identity, person)[0] == "SIGN_IN_REFUSED"


@pytest.mark.parametrize("exists", [True, False])
def test_guessing_from_one_source_has_to_wait_longer_each_time(identity, exists):
    email = with_password(identity)["email"] if exists else f"nobody-{os.urandom(4).hex()}@contoh.or.id"
    assert [begin(identity, email)["retry_after_s"] for _ in range(5)] == [None] * 5
    assert begin(identity, email)["retry_after_s"] == 1
    second = 1 / 60
    assert begin(identity, email, 1 * second)["retry_after_s"] is None
    assert begin(identity, email, 1 * second)["retry_after_s"] == 2
    # A long siege: the wait is five minutes at most, and an hour of quiet ends it.
    identity.as_owner("update identity.sign_in_throttle set attempts = 5000")
    assert begin(identity, email, 30)["retry_after_s"] is None
    assert begin(identity, email, 30)["retry_after_s"] == 300
    assert [begin(identity, email, 91)["retry_after_s"] for _ in range(5)] == [None] * 5


def test_strangers_elsewhere_slow_a_victim_down_and_never_lock_them_out(identity):
    victim = with_password(identity)
    for i in range(200):
        begin(identity, victim["email"], source=f"gateway 10.6.6.{i}")
    check = begin(identity, victim["email"], source="site-bwi 10.0.0.9")
    assert (check["retry_after_s"], check["slow_down_ms"], check["hash"]) == (None, 3000, HASH)
    assert begin(identity, with_password(identity)["email"])["slow_down_ms"] == 0


def test_a_browser_that_is_known_is_not_held_up_by_whom_it_shares_an_address_with(identity):
    victim, stranger = with_password(identity), with_password(identity)
    device, other = os.urandom(32), os.urandom(32)
    begin(identity, victim["email"], device_hash=device)
    start(identity, victim, device_hash=device)
    for i in range(200):
        begin(identity, victim["email"], source=f"gateway 10.6.6.{i}")
    while begin(identity, victim["email"])["retry_after_s"] is None:
        pass
    assert begin(identity, victim["email"], device_hash=other)["retry_after_s"], "a browser that only says so"
    check = begin(identity, victim["email"], device_hash=device)
    assert (check["retry_after_s"], check["slow_down_ms"], check["hash"]) == (None, 0, HASH)
    for _ in range(4):
        begin(identity, victim["email"], device_hash=device)
    assert begin(identity, victim["email"], device_hash=device)["retry_after_s"], "a known browser may guess no more either"
    while begin(identity, stranger["email"])["retry_after_s"] is None:
        pass
    assert begin(identity, stranger["email"], device_hash=device)["retry_after_s"], "known for the victim alone"


def test_ten_browsers_are_remembered(identity):
    person = with_password(identity)
    devices = [os.urandom(32) for _ in range(12)]
    for minute, device in enumerate(devices):
        start(identity, person, minute, device_hash=device)
    kept = identity.as_owner("select device_hash from identity.known_device where person_id = %s order by seen_at",
                             person["id"])
    assert [bytes(row[0]) for row in kept] == devices[2:]


def test_a_success_takes_its_attempts_back(identity):
    person = with_password(identity)
    for _ in range(4):
        begin(identity, person["email"])
    start(identity, person)
    assert [begin(identity, person["email"])["retry_after_s"] for _ in range(5)] == [None] * 5


def test_many_attempts_at_once_are_no_way_around(postgres, database, identity):
    email, admitted = with_password(identity)["email"], []

    def attempt():
        if begin(Identity(postgres, database), email)["retry_after_s"] is None:
            admitted.append(1)

    threads = [threading.Thread(target=attempt) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(admitted) == 5


def test_what_was_typed_for_a_name_is_not_kept(identity):
    begin(identity, "my password is kuda")
    kept = identity.as_owner("select string_agg(encode(key, 'escape'), ' ') from identity.sign_in_throttle")[0][0]
    assert "kuda" not in kept


@pytest.mark.parametrize("role", ["pulih_identity", "pulih_scheduling", "pulih_notifications"])
def test_no_login_reads_passwords_or_writes_the_record(postgres, database, role):
    for statement in ("select hash from identity.password", "update identity.password set hash = ''",
                      "insert into identity.access_log (kind) values ('SIGNED_IN')",
                      "delete from identity.access_log", "update identity.access_log set kind = 'SIGNED_IN'",
                      "delete from identity.sign_in_session"):
        with psycopg2.connect(postgres.url(database, role)) as connection, connection.cursor() as cursor:
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(statement)
            connection.rollback()


def test_no_other_service_signs_in(postgres, database):
    with psycopg2.connect(postgres.url(database, "pulih_scheduling")) as connection, connection.cursor() as cursor:
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute("select identity.begin_sign_in('a@b', null, '', null)")
        connection.rollback()
