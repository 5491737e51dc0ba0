"""Which sign-in sessions are alive, asked without keeping them so."""

import datetime
import os

import pytest

from identity import Identity
from postgres import Caller

NOON = datetime.datetime(2026, 3, 2, 12, tzinfo=datetime.timezone.utc)


@pytest.fixture(scope="module")
def identity(postgres, database):
    return Identity(postgres, database)


def session_of(identity, person):
    token_hash = os.urandom(32)
    identity.as_owner("""insert into identity.sign_in_session (token_hash, person_id, created_at, last_seen_at, expires_at)
        values (%s, %s, %s, %s, %s)""", token_hash, person["id"], NOON, NOON, NOON + datetime.timedelta(hours=12))
    return token_hash


def alive(identity, *token_hashes, minutes=0):
    caller = Caller("SERVICE", now=(NOON + datetime.timedelta(minutes=minutes)).isoformat())
    return {bytes(row["token_hash"]): row for row in identity.call("list_live_sessions", caller, token_hashes=list(token_hashes))}


def test_those_that_are_alive_are_told_with_who_signed_in(identity):
    officer = identity.person("OFFICER", prison=identity.kendari)
    token = session_of(identity, officer)
    live = alive(identity, token, os.urandom(32))
    assert set(live) == {token}
    row = live[token]
    assert (row["user_id"], row["roles"], row["prison_id"]) == (officer["id"], ["OFFICER"], identity.kendari)
    assert row["expires_at"] == NOON + datetime.timedelta(hours=1)


def test_asking_keeps_none_alive(identity):
    token = session_of(identity, identity.person("COUNSELLOR"))
    for minutes in (30, 59):
        assert token in alive(identity, token, minutes=minutes), minutes
    assert alive(identity, token, minutes=61) == {}


@pytest.mark.parametrize("change", [
    "update identity.sign_in_session set ended_at = context.now() where person_id = %s",
    "update identity.person set status = 'DISABLED' where id = %s"])
def test_one_that_ended_is_not_told(identity, change):
    person = identity.person("COUNSELLOR")
    token = session_of(identity, person)
    identity.as_owner(change, person["id"])
    assert alive(identity, token) == {}
