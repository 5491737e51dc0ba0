"""What people chose, judged when a notice is composed: quiet hours, days away."""

import datetime

import pytest

from notifications_world import World, at

PLANNED = "2026-03-01T01:00:00Z"
EVENING = "2026-03-02T11:00:00Z"  # 18:00 in Jakarta: the evening before
MORNING = "2026-03-03T00:00:00Z"  # 07:00, two hours before


@pytest.fixture(scope="module")
def module_world(postgres, database):
    return World(postgres, database)


@pytest.fixture
def world(module_world):
    module_world.settle_everything()
    yield module_world
    assert module_world.unqueued() == []


@pytest.fixture
def prison(world):
    """With nobody else to be told."""
    return world.prison("Lapas", "Asia/Jakarta")


def remind(world, prison, starts="2026-03-03 09:00+07", **choice):
    """A session, and the one who is reminded of it and chose so."""
    counsellor = world.person("COUNSELLOR")
    world.prefer(counsellor, **choice)
    session = world.session(starts, prison=prison, counsellors=[counsellor])
    world.tell("scheduling.session_scheduled", session, now=PLANNED)
    return session, counsellor


def composed(world, now):
    """(cause, until when it waits, whether there are words) of what is due."""
    claims = world.call("internal/claim_deliveries", now, limit=100, lease_ms=60000, attempts_limit=3)
    return [(mail["cause"], mail["wait_until"], mail["fields"] is not None) for mail in world.compose(now, claims)]


def test_what_can_wait_waits_until_the_quiet_hours_end(world, prison):
    remind(world, prison, quiet_from="17:30", quiet_until="05:30")
    assert composed(world, EVENING) == [(None, at("2026-03-03 05:30+07"), True)]


def test_quiet_hours_are_of_the_persons_zone_and_may_lie_within_a_day(world, prison):
    remind(world, prison, quiet_from="18:00", quiet_until="20:00", time_zone="Asia/Makassar")  # 17:00 to 19:00 in Jakarta
    remind(world, prison, quiet_from="20:00", quiet_until="22:00", time_zone="Asia/Makassar")
    assert {until for _, until, _ in composed(world, EVENING)} == {at("2026-03-02 19:00+07"), None}


def test_what_would_be_late_after_the_quiet_hours_is_dropped(world, prison):
    remind(world, prison, quiet_from="17:30", quiet_until="06:30")  # a reminder of the evening before is of use for 12 hours
    assert [cause for cause, _, _ in composed(world, EVENING)] == ["LATE"]


def test_what_is_urgent_passes_the_quiet_hours(world, prison):
    session, _ = remind(world, prison, quiet_from="18:00", quiet_until="17:00")
    assert (None, None, True) in composed(world, MORNING), "two hours before"
    today, tomorrow = world.session("2026-03-03 15:00+07", prison=prison), world.session("2026-03-04 15:00+07", prison=prison)
    [counsellor] = {row["recipient_id"] for row in world.deliveries(session)}
    for other in (today, tomorrow):
        world.counsellors(other, [counsellor])
        version = world.change(other, cancel_reason="CLOSURE", status="CANCELLED")
        world.tell("scheduling.session_cancelled", other, version, now=MORNING)
    assert {until for _, until, _ in composed(world, MORNING)} == {None, at("2026-03-03 17:00+07")}


def test_what_is_no_session_of_today_any_more_passes_them_too(world, prison):
    """Else whoever was to come today sets out in vain."""
    session, _ = remind(world, prison, quiet_from="18:00", quiet_until="17:00")
    [counsellor] = {row["recipient_id"] for row in world.deliveries(session)}
    today, tomorrow = world.session("2026-03-03 15:00+07", prison=prison), world.session("2026-03-04 15:00+07", prison=prison)
    waits = {}
    for other in (today, tomorrow):
        world.counsellors(other, [counsellor])
        version = world.change(other, starts_at=at("2026-03-10 15:00+07"), ends_at=at("2026-03-10 16:00+07"))
        world.tell("scheduling.session_changed", other, version, now=MORNING)
        claims = [claim for claim in world.call("internal/claim_deliveries", MORNING, limit=100, lease_ms=60000, attempts_limit=3)
                  if claim["delivery_id"] in {row["id"] for row in world.deliveries(other)}]
        waits[other] = {mail["wait_until"] for mail in world.compose(MORNING, claims)}
    assert waits == {today: {None}, tomorrow: {at("2026-03-03 17:00+07")}}


@pytest.mark.parametrize("away_from, cause", [("2026-02-01", "AWAY"), ("2026-03-02", "AWAY"), ("2026-03-03", None)])
def test_who_is_away_is_sent_nothing_but_it_is_written_for_their_list(world, prison, away_from, cause):
    remind(world, prison, away_from=away_from, away_until="2026-03-03" if cause is None else "2026-03-02")
    assert composed(world, EVENING) == [(cause, None, True)]


def test_where_clocks_are_put_forward_a_time_of_day_is_still_one(world):
    def next_time(text, zone, after):
        return world.sql("select notifications.next_time(%s, %s, %s) as at", text, zone, after)[0]["at"]
    assert next_time("06:00", "Asia/Jayapura", "2026-03-02T20:59:59Z") == at("2026-03-03 06:00+09")
    assert next_time("06:00", "Asia/Jayapura", "2026-03-02T21:00:00Z") == at("2026-03-04 06:00+09"), "strictly after"
    assert next_time("02:30", "Europe/Berlin", "2026-03-28T23:00:00Z") == datetime.datetime(
        2026, 3, 29, 1, 30, tzinfo=datetime.timezone.utc), "half an hour behind the gap"
