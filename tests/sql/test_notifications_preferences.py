"""How people want to be told: theirs alone to change, and refused where it makes no sense."""

import datetime

import psycopg2
import pytest

from notifications_world import World
from postgres import Caller

NOW = "2026-03-02T00:00:00Z"
DEFAULT = {"channels": ["EMAIL"], "fallback_wait_minutes": 30, "quiet_hours.from": None, "quiet_hours.until": None,
           "time_zone": "Asia/Jakarta", "digest_at": None, "away.from": None, "away.until": None, "version": 0}
CHOSEN = {"channels": ["EMAIL"], "fallback_wait_minutes": 10, "quiet_hours__from": "21:00", "quiet_hours__until": "06:00",
          "time_zone": "Asia/Makassar", "digest_at": "06:30", "away__from": datetime.date(2026, 3, 9),
          "away__until": datetime.date(2026, 3, 9), "version": 0}


@pytest.fixture(scope="module")
def world(postgres, database):
    return World(postgres, database)


@pytest.fixture
def me(world):
    return Caller("COUNSELLOR", user=world.person("COUNSELLOR"), now=NOW)


def update(world, caller, **values):
    return world.notifications.call("update_my_preferences", caller, **{**CHOSEN, **values})[0]


def test_who_never_chose_is_told_by_mail_at_any_hour(world, me):
    assert [dict(row) for row in world.notifications.call("get_my_preferences", me)] == [DEFAULT]
    officer = Caller("OFFICER", user=world.person("OFFICER", world.makassar), prison=world.makassar, now=NOW)
    assert world.notifications.call("get_my_preferences", officer)[0]["time_zone"] == "Asia/Makassar"


def test_what_is_chosen_is_kept_and_a_repetition_changes_nothing(world, me):
    first = update(world, me)
    assert first == {name.replace("__", "."): value for name, value in CHOSEN.items()} | {"version": 1}
    assert update(world, me) == first, "said again with the version that was read"
    assert world.notifications.call("get_my_preferences", me) == [first]
    none = update(world, me, quiet_hours__from=None, quiet_hours__until=None, digest_at=None, away__from=None,
                  away__until=None, version=1)
    assert (none["quiet_hours.from"], none["digest_at"], none["away.from"], none["version"]) == (None, None, None, 2)


def test_what_was_changed_elsewhere_is_not_overwritten(world, me):
    update(world, me)
    with pytest.raises(psycopg2.errors.CheckViolation) as refused:
        update(world, me, fallback_wait_minutes=20)
    assert refused.value.diag.constraint_name == "version_is_the_one_read"


@pytest.mark.parametrize("values, constraint", [
    ({"channels": []}, "preference_channels_are_known"),
    ({"channels": ["EMAIL", "EMAIL"]}, "preference_channels_are_known"),
    ({"channels": [None]}, "preference_channels_are_known"),
    ({"channels": ["EMAIL", "SMS"]}, "preference_channel_needs_a_phone"),
    ({"fallback_wait_minutes": 0}, "preference_fallback_wait_is_sensible"),
    ({"fallback_wait_minutes": 1441}, "preference_fallback_wait_is_sensible"),
    ({"quiet_hours__until": None}, "preference_quiet_hours_are_whole"),
    ({"quiet_hours__until": "21:00"}, "preference_quiet_hours_are_whole"),
    ({"quiet_hours__from": "24:00"}, "preference_quiet_from_is_of_a_day"),
    ({"quiet_hours__until": "6"}, "preference_quiet_until_is_of_a_day"),
    ({"digest_at": "06.30"}, "preference_digest_at_is_of_a_day"),
    ({"time_zone": "Mars/Olympus"}, "preference_time_zone_is_known"),
    ({"away__until": datetime.date(2026, 3, 8)}, "preference_away_is_in_order"),
    ({"away__until": datetime.date(2027, 3, 11)}, "preference_away_is_in_order"),
    ({"away__until": None}, "preference_away_is_in_order"),
])
def test_what_makes_no_sense_is_refused_by_its_name(world, me, values, constraint):
    with pytest.raises(psycopg2.Error) as refused:
        update(world, me, **values)
    assert refused.value.diag.constraint_name == constraint
    assert world.notifications.call("get_my_preferences", me) == [DEFAULT], "half of it was kept"


def test_a_channel_by_telephone_needs_a_number(world, me):
    world.sql("update identity.person set phone = '+62 812-3456-7890' where id = %s", me.user)
    assert update(world, me, channels=["WHATSAPP", "EMAIL"])["channels"] == ["WHATSAPP", "EMAIL"]


def ask(world, role, text):
    with world.notifications.connection as connection, connection.cursor() as cursor:
        for setting, value in Caller(role, now=NOW).settings().items():
            cursor.execute("select set_config(%s, %s, true)", (setting, value))
        cursor.execute(text)
        return [row[0] for row in cursor.fetchall()]


def test_one_persons_choice_is_nobody_elses(world, me):
    update(world, me)
    seen = {role: me.user in ask(world, role, "select person_id from notifications.preference")
            for role in ("COUNSELLOR", "COORDINATOR", "ADMIN", "SERVICE", "AUDITOR")}
    assert seen == {"COUNSELLOR": False, "COORDINATOR": True, "ADMIN": True, "SERVICE": True, "AUDITOR": False}
    assert ask(world, "ADMIN", "update notifications.preference set away_from = null returning person_id") == []
