"""Hours of the week in which a prison has no activities: what they displace, what comes back, what is refused."""

import pytest

from postgres import Caller, uuid7
from scheduling_world import World, at, days, refused

FRIDAY = dict(name="Salat Jumat", weekdays=[5], from_time="11:30", until_time="13:00")
RAMADAN = dict(name="Ramadan", weekdays=[1, 2, 3, 4, 5, 6, 7], from_time="14:00", until_time="24:00")


@pytest.fixture(scope="module")
def world(postgres, database):
    return World(postgres, database)


@pytest.fixture(autouse=True)
def own_prison(world):
    world.prison_id = world.prison("Asia/Makassar", f"Lapas {uuid7()}")
    world.room = world.new_room(world.prison_id, "Aula")
    world.sari = world.person("Sari", "COUNSELLOR")
    world.here = Caller("OFFICER", user=world.person("Joko", "OFFICER", world.prison_id), prison=world.prison_id, now=world.now)


def book(world, start, **values):
    return world.session(**{"prison_id": world.prison_id, "starts_at": at(start, "+08"), "room_id": world.room,
                            "counsellor_ids": [world.sari], **values})


def series(world, start_day, start_time="12:00", **values):
    return world.series(**{"prison_id": world.prison_id, "room_id": world.room, "counsellor_ids": [world.sari],
                           "start_day": start_day, "start_time": start_time, **values})


def close(world, hours=FRIDAY, caller=None, **values):
    return world.call("create_closed_hours", caller or world.here, **{
        "id": uuid7(), "prison_id": world.prison_id, "first_day": "2026-03-02", "last_day": None, **hours, **values})


def end(world, hours, last_day, caller=None):
    row = world.call("end_closed_hours", caller or world.here, closed_hours_id=hours["id"], last_day=last_day)
    return row and (row["restored_count"], row["kept_count"])


def listed(world, caller=None):
    return world.rows("list_closed_hours", caller or world.here, prison_id=world.prison_id)


def state(world, session):
    row = world.call("get_session", world.here, session_id=session["id"])
    return row["status"], row["cancel_reason"], row["cancel_note"]


SCHEDULED, CLOSED = ("SCHEDULED", None, None), ("CANCELLED", "CLOSURE", "Salat Jumat")


def test_hours_that_come_later_cancel_what_lies_in_them(world):
    early, late, before, after, thursday = (
        book(world, when) for when in ("03-06 10:45", "03-06 12:30", "03-06 09:30", "03-06 13:30", "03-05 12:00"))
    hours = close(world)
    assert [state(world, one) for one in (early, late, before, after, thursday)] == [
        CLOSED, CLOSED, SCHEDULED, SCHEDULED, SCHEDULED]
    assert world.events(early)[-1] == "scheduling.session_cancelled"
    assert close(world, id=hours["id"]) == hours, "made once"
    assert listed(world)[0].items() >= hours.items() and hours["from_time"] == "11:30" and hours["version"] == 1


@pytest.mark.parametrize("starts_at, closed", [("03-13 10:30", False), ("03-13 13:00", False), ("03-13 12:59", True), ("03-13 10:31", True)])
def test_they_are_of_the_prisons_own_time_to_the_minute(world, starts_at, closed):
    session = book(world, starts_at)
    close(world)
    assert state(world, session) == (CLOSED if closed else SCHEDULED)


def test_they_reach_from_the_first_day_to_the_last_and_to_the_days_end(world):
    sessions = [book(world, when) for when in ("03-03 20:00", "03-04 14:30", "03-05 23:30", "03-06 15:00")]
    close(world, RAMADAN, first_day="2026-03-04", last_day="2026-03-05")
    assert [state(world, one)[0] for one in sessions] == ["SCHEDULED", "CANCELLED", "CANCELLED", "SCHEDULED"]


def test_a_series_moves_or_cancels_its_days_as_it_says_now_and_later(world):
    moving = series(world, "2026-03-06", holiday_policy="MOVE", days=days("03-06", count=2))
    keeping = series(world, "2026-03-06", room_id=world.new_room(world.prison_id, "Kelas"), holiday_policy="KEEP",
                     counsellor_ids=[world.person("Tari", "COUNSELLOR")], days=days("03-06", count=2))
    close(world)
    assert [(row["starts_at"], row["status"]) for row in world.sessions(moving)] == [
        (at("03-07 12:00", "+08"), "SCHEDULED"), (at("03-14 12:00", "+08"), "SCHEDULED")]
    assert [row["cancel_note"] for row in world.sessions(keeping)] == ["Salat Jumat"] * 2
    for one in (moving, keeping):
        world.materialise([one], days("03-20", count=1))
    assert world.sessions(moving)[-1]["starts_at"] == at("03-23 12:00", "+08"), "Idul Fitri is on the 21st and 22nd"
    assert world.sessions(keeping)[-1]["cancel_reason"] == "CLOSURE"


def test_what_only_they_had_cancelled_comes_back_when_they_end_earlier(world):
    sessions = [book(world, f"03-{day} 12:00") for day in ("06", "13", "20")]
    hours = close(world)
    world.call("create_closure", world.here, id=uuid7(), prison_id=world.prison_id, kind="CLOSED", starts_at=at("03-20 00:00", "+08"),
               ends_at=at("03-21 00:00", "+08"))
    assert end(world, hours, "2026-03-06") == (1, 0)
    assert [state(world, one) for one in sessions] == [CLOSED, SCHEDULED, CLOSED], "the 20th is closed otherwise"
    assert world.events(sessions[1])[-1] == "scheduling.session_changed"
    assert end(world, hours, "2026-03-27") == (0, 0), "over by then already"
    assert str(listed(world)[0]["last_day"]) == "2026-03-06" and listed(world)[0]["version"] == 2


def test_a_mistake_never_was_and_what_is_taken_by_now_stays_cancelled(world):
    first, second = book(world, "03-06 10:45"), book(world, "03-13 10:45")
    hours = close(world)
    book(world, "03-06 10:15", room_id=world.new_room(world.prison_id, "Kelas"))
    assert end(world, hours, "2026-03-01") == (1, 1), "the counsellor is elsewhere"
    assert (state(world, first), state(world, second)) == (CLOSED, SCHEDULED)
    assert listed(world) == []


def test_a_closure_that_is_taken_back_leaves_closed_hours_closed(world):
    inside, beside = book(world, "03-06 12:00"), book(world, "03-06 09:00")
    closure = world.call("create_closure", world.here, id=uuid7(), prison_id=world.prison_id, kind="CLOSED",
                         starts_at=at("03-06 00:00", "+08"), ends_at=at("03-07 00:00", "+08"))
    hours = close(world)
    withdrawn = world.call("withdraw_closure", world.here, closure_id=closure["id"])
    assert (withdrawn["restored_count"], state(world, inside)[0], state(world, beside)[0]) == (1, "CANCELLED", "SCHEDULED")
    assert end(world, hours, "2026-03-01") == (1, 0)


@pytest.mark.parametrize("wrong, constraint", [
    (dict(name=""), "closed_hours_name_is_given"), (dict(name="x" * 101), "closed_hours_name_is_given"), (dict(weekdays=[]), "closed_hours_have_weekdays"),
    (dict(weekdays=[0]), "closed_hours_have_weekdays"), (dict(until_time="11:30"), "closed_hours_end_after_they_start"),
    (dict(from_time="25:00"), "closed_hours_times_are_of_a_day"), (dict(until_time="24:01"), "closed_hours_times_are_of_a_day"),
    (dict(last_day="2026-03-01"), "closed_hours_last_day_is_not_before_the_first"), (dict(from_time=None), None)])
def test_hours_without_sense_are_refused(world, wrong, constraint):
    with refused(constraint):
        close(world, **wrong)


def test_another_prison_neither_sees_nor_ends_them(world):
    hours = close(world)
    assert listed(world, world.officer) == []
    assert end(world, hours, "2026-03-01", world.officer) is None
    with pytest.raises(Exception, match="row-level security"):
        close(world, caller=world.officer)
    assert len(listed(world, world.coordinator)) == 1
    with refused(None):
        end(world, hours, None)


REFUSAL = {"who": "Salat Jumat", "when": "2026-03-06 11:30–13:00 WITA"}


def test_nothing_is_put_into_them_by_hand(world):
    hours = close(world)
    session = book(world, "03-06 13:00")
    for attempt in (lambda: book(world, "03-06 12:00"),
                    lambda: world.call("update_session", session_id=session["id"], starts_at=at("03-06 12:30", "+08"))):
        with refused("session_is_in_open_hours") as info:
            attempt()
        assert info.value.details.items() > REFUSAL.items() and info.value.details["where"].startswith("Lapas")
    assert world.call("update_session", session_id=session["id"], starts_at=at("03-06 10:30", "+08"))
    end(world, hours, "2026-03-05")
    assert book(world, "03-06 12:00")


def test_a_series_whose_time_lies_in_hours_without_end_is_refused(world):
    close(world)
    daily = dict(rrule="FREQ=DAILY", days=days("03-02", every=1, count=14))
    for attempt in (lambda: series(world, "2026-03-06"), lambda: series(world, "2026-03-02", **daily)):
        with refused("session_is_in_open_hours") as info:
            attempt()
        assert info.value.details.items() > REFUSAL.items()
    assert len(world.sessions(series(world, "2026-03-02", exception_days=["2026-03-06", "2026-03-13"], **daily))) == 12
    afternoon = series(world, "2026-03-06", "14:00", room_id=world.new_room(world.prison_id, "Kelas"),
                       counsellor_ids=[world.person("Tari", "COUNSELLOR")], days=days("03-06", count=2))
    with refused("session_is_in_open_hours"):
        world.change(afternoon, days("03-06", count=2), local_start="2026-03-06T12:00")
    assert {row["status"] for row in world.sessions(afternoon)} == {"SCHEDULED"}


def test_days_of_a_series_in_hours_that_end_are_displaced_but_not_its_only_day(world):
    close(world, RAMADAN, first_day="2026-03-03", last_day="2026-03-19")
    weekly = series(world, "2026-03-03", "14:00", days=days("03-03", count=4))
    assert [row["status"] for row in world.sessions(weekly)] == ["CANCELLED"] * 3 + ["SCHEDULED"]
    with refused("session_is_in_open_hours"):
        series(world, "2026-03-04", "14:00", rrule="", days=days("03-04", count=1))


def test_a_series_that_leaves_them_takes_place_again_and_may_change_its_people_before(world):
    weekly = series(world, "2026-03-06", days=days("03-06", count=2))
    close(world)
    tari = world.person("Tari", "COUNSELLOR")
    weekly = world.change(weekly, days("03-06", count=2), counsellor_ids=[tari])
    assert [row["status"] for row in world.sessions(weekly)] == ["CANCELLED"] * 2
    world.change(weekly, days("03-06", count=2), local_start="2026-03-06T14:00")
    assert [row["starts_at"] for row in world.sessions(weekly) if row["status"] == "SCHEDULED"] == [
        at("03-06 14:00", "+08"), at("03-13 14:00", "+08")]


def test_a_session_that_somebody_cancelled_stays_so_when_its_series_changes(world):
    weekly = series(world, "2026-03-06", "09:00", days=days("03-06", count=2))
    close(world)
    first = world.sessions(weekly)[0]
    world.call("cancel_session", session_id=first["id"], reason="CLOSURE")
    world.change(weekly, days("03-06", count=2), local_start="2026-03-06T10:00")
    assert [row["status"] for row in world.sessions(weekly)] == ["CANCELLED", "SCHEDULED"]
