"""Series: making their sessions, changing them, holidays and closures."""

import datetime
import threading

import pytest

from postgres import Service, uuid7
from scheduling_world import World, at, days, refused

TUESDAY = "2026-03-03"


@pytest.fixture(scope="module")
def world(postgres, database):
    return World(postgres, database)


@pytest.fixture(autouse=True)
def own_room(world):
    """Each test has a room and a counsellor of its own."""
    world.room = world.new_room(world.banyuwangi, f"Ruang {uuid7()}")
    world.sari = world.person("Sari", "COUNSELLOR")


def starts(sessions):
    return [(session["starts_at"], session["status"]) for session in sessions]


def test_a_series_has_sessions_in_the_prisons_time(world):
    case, participant = world.new_case()
    series = world.series(enrollment_ids=[case])
    sessions = world.sessions(series)
    assert [s["starts_at"] for s in sessions] == [at("03-03 09:00") + datetime.timedelta(weeks=w) for w in range(9)]
    assert sessions[0]["participants"][0]["participant_id"] == str(participant)
    assert series["materialised_until"] == datetime.date(2026, 5, 1)
    there = world.series(prison_id=world.kendari, room_id=world.new_room(world.kendari, "B"), start_day="2026-03-05")
    assert world.sessions(there)[0]["starts_at"] == at("03-05 09:00", "+08")


def test_nothing_is_made_beyond_the_horizon_or_in_the_past(world):
    series = world.series(start_day="2026-02-03", days=days("02-03", count=30), rrule="FREQ=WEEKLY")
    first, last = world.sessions(series)[0], world.sessions(series)[-1]
    assert (first["starts_at"], last["starts_at"]) == (at("03-03 09:00"), at("04-28 09:00"))


def test_left_out_days_and_the_last_day_hold(world):
    series = world.series(exception_days=["2026-03-10"], last_day="2026-03-24")
    assert [s["series_day"].isoformat() for s in world.sessions(series)] == ["2026-03-03", "2026-03-17", "2026-03-24"]


def test_a_clash_refuses_the_whole_series(world):
    world.session(starts_at=at("03-17 09:30"))
    id = uuid7()
    with refused("session_room_no_overlap"):
        world.series(id=id)
    assert world.call("get_series", series_id=id) is None


def test_a_repeated_create_gives_the_first(world):
    series = world.series()
    assert world.series(id=series["id"], start_time="13:00") == series
    assert len(world.sessions(series)) == 9


def test_materialising_again_does_nothing(world):
    series = world.series()
    versions = [s["version"] for s in world.sessions(series)]
    assert world.materialise([series], days("03-03")) == 0
    assert [s["version"] for s in world.sessions(series)] == versions


def test_the_next_night_makes_the_next_day(world):
    series = world.series()
    a_week_later = world.at(at("03-09 01:00"), "SERVICE")
    due = [row for row in world.rows("internal/list_due_series", a_week_later, limit=1000) if row["id"] == series["id"]]
    assert [(row["start_minute"], row["until_day"] - row["from_day"]) for row in due] == [(540, 6)]
    assert world.materialise([series], days("03-03", count=20), a_week_later) == 1
    assert not [row for row in world.rows("internal/list_due_series", a_week_later, limit=1000) if row["id"] == series["id"]]


def test_eight_at_once_materialise_once(world):
    series = world.series(days=days("03-03", count=1))
    later, made, services = world.at(at("03-03 12:00"), "SERVICE"), [], [
        Service(world.postgres, world.database, "scheduling") for _ in range(8)]
    threads = [threading.Thread(target=lambda service=service: made.append(
        world.materialise([series], days("03-03"), later, service))) for service in services]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [0] * 7 + [8], made
    assert len(world.sessions(series)) == 9
    scheduled = world.as_root("""select count(*) from event.log e join scheduling.session s on s.id = e.subject_id
        where s.series_id = %s and e.type = 'scheduling.session_scheduled'""", series["id"])[0][0]
    assert scheduled == 9, f"{scheduled} events of 9 sessions"


def test_a_night_that_clashes_keeps_the_day_as_cancelled(world):
    series = world.series(days=days("03-03", count=1))
    world.session(starts_at=at("03-17 09:30"))
    assert world.materialise([series], days("03-03", count=4)) == 3
    sessions = world.sessions(series)
    assert [(s["status"], s["cancel_reason"]) for s in sessions] == [
        ("SCHEDULED", None), ("SCHEDULED", None), ("CANCELLED", "CONFLICT"), ("SCHEDULED", None)]
    assert sessions[2]["counsellor_ids"] == [world.sari]
    assert world.events(sessions[2]) == ["scheduling.session_cancelled"]


def test_of_many_series_at_once_only_the_day_that_clashes_is_cancelled(world):
    first = world.series(days=days("03-03", count=1), enrollment_ids=[world.new_case()[0]])
    other = world.series(days=days("03-03", count=1), room_id=world.new_room(world.banyuwangi, "Kelas"),
                         counsellor_ids=[world.person("Tari", "COUNSELLOR")],
                         enrollment_ids=[case for case, _ in (world.new_case(), world.new_case())])
    world.session(starts_at=at("03-17 09:30"))
    assert world.materialise([other, first], days("03-03", count=4)) == 6
    assert [s["cancel_reason"] for s in world.sessions(first)] == [None, None, "CONFLICT", None]
    assert [s["cancel_reason"] for s in world.sessions(other)] == [None] * 4
    assert [len(s["participants"]) for one in (first, other) for s in world.sessions(one)] == [1] * 4 + [2] * 4


def test_changing_all_keeps_ids_and_what_has_begun(world):
    series = world.series()
    before = world.sessions(series)
    caller = world.at(at("03-10 09:30"))
    changed = world.change(series, days("03-03"), caller, local_start=f"{TUESDAY}T13:00", counsellor_ids=[world.budi])
    after = world.sessions(series)
    assert changed["version"] == 2 and changed["id"] == series["id"]
    assert after[:2] == before[:2], "the session that ran, and the one before"
    assert [s["id"] for s in after] == [s["id"] for s in before]
    assert {(s["starts_at"].hour, s["version"], *s["counsellor_ids"]) for s in after[2:]} == {(6, 2, world.budi)}
    assert world.events(after[3]) == ["scheduling.session_scheduled", "scheduling.session_changed"]
    world.call("end_series", series_id=series["id"], last_day="2026-03-03")


def test_this_and_following_goes_on_in_another_series(world):
    series = world.series()
    before, new = world.sessions(series), uuid7()
    went_on = world.change(series, days("03-03", count=4), new_series_id=new, from_day="2026-03-17",
                           local_start=f"{TUESDAY}T10:00")
    assert (went_on["id"], went_on["continues_id"], went_on["first_day"].isoformat()) == (new, series["id"], "2026-03-17")
    assert world.sessions(series) == before[:2]
    after = world.sessions(went_on)
    assert [s["id"] for s in after] == [s["id"] for s in before[2:]]
    assert [(s["starts_at"].hour, s["status"], s["cancel_reason"]) for s in after] == [
        (3, "SCHEDULED", None)] * 2 + [(2, "CANCELLED", "SERIES_CHANGED")] * 5
    assert world.change(series, [], new_series_id=new, from_day="2026-03-17") == went_on, "a repeated split"
    assert world.call("get_series", series_id=series["id"])["last_day"].isoformat() == "2026-03-16"


def test_a_day_that_was_given_up_can_come_back(world):
    series = world.series(days=days("03-03", count=3))
    fewer = world.change(series, days("03-03", count=2))
    assert [s["cancel_reason"] for s in world.sessions(series)] == [None, None, "SERIES_CHANGED"]
    world.change(fewer, days("03-03", count=3))
    assert [s["cancel_reason"] for s in world.sessions(series)] in ([None] * 2 + [None, "SERIES_CHANGED"],
                                                                    [None] * 2 + ["SERIES_CHANGED", None])


def test_a_change_that_clashes_changes_nothing(world):
    series = world.series()
    world.session(starts_at=at("03-24 13:30"))
    before = world.sessions(series)
    with refused("session_room_no_overlap"):
        world.change(series, days("03-03"), local_start=f"{TUESDAY}T13:00")
    assert world.sessions(series) == before
    with refused("version_is_the_one_read"):
        world.change({**series, "version": 7}, days("03-03"))


def test_a_series_may_move_onto_its_own_days(world):
    series = world.series(rrule="FREQ=DAILY", days=days("03-03", every=1, count=5))
    world.change(series, days("03-04", every=1, count=5), local_start="2026-03-04T09:00")
    assert [s["series_day"].day for s in world.sessions(series) if s["status"] == "SCHEDULED"] == [4, 5, 6, 7, 8]


def test_the_group_changes_with_the_series(world):
    (first, _), (second, other) = world.new_case("Agus"), world.new_case("Bayu")
    series = world.series(enrollment_ids=[first])
    world.change(series, days("03-03"), world.at(at("03-10 09:30")), enrollments_given=True, enrollment_ids=[second])
    expected = [[p["name"] for p in s["participants"]] for s in world.sessions(series)]
    assert expected == [["Agus"]] * 2 + [["Bayu"]] * 7
    assert other


def test_ending_a_series_cancels_what_follows(world):
    series = world.series()
    ended = world.call("end_series", series_id=series["id"], last_day="2026-03-20")
    assert ended["last_day"].isoformat() == "2026-03-20"
    assert [s["cancel_reason"] for s in world.sessions(series)] == [None] * 3 + ["SERIES_ENDED"] * 6
    assert world.call("end_series", series_id=series["id"], last_day="2026-03-20") == ended


# 2026-03-19 is Nyepi, 21 and 22 are Idul Fitri.
def on_nyepi(world, policy, **values):
    series = world.series(start_day="2026-03-19", days=days("03-19", count=1), rrule="", holiday_policy=policy, **values)
    return series, world.sessions(series)


def test_a_holiday_cancels_moves_or_is_kept(world):
    _, (cancelled,) = on_nyepi(world, "CANCEL")
    assert (cancelled["status"], cancelled["cancel_reason"]) == ("CANCELLED", "HOLIDAY")
    _, (moved,) = on_nyepi(world, "MOVE")
    assert (moved["starts_at"], moved["series_day"].day) == (at("03-20 09:00"), 19)
    _, (kept,) = on_nyepi(world, "KEEP")
    assert (kept["starts_at"], kept["status"]) == (at("03-19 09:00"), "SCHEDULED")


def test_two_holidays_in_a_row_are_passed_over(world):
    series = world.series(start_day="2026-03-21", days=days("03-21", count=1), rrule="", holiday_policy="MOVE")
    assert starts(world.sessions(series)) == [(at("03-23 09:00"), "SCHEDULED")]


def test_a_holiday_that_comes_later_moves_sessions(world):
    moving, cancelling = (world.series(start_day="2026-04-14", days=days("04-14", count=1), rrule="", holiday_policy=policy,
                                       start_time=time) for policy, time in (("MOVE", "09:00"), ("CANCEL", "11:00")))
    blocker = world.session(starts_at=at("04-15 09:30"))
    world.call("create_holiday", day="2026-04-14", name="Hari libur")
    assert starts(world.sessions(moving)) == [(at("04-16 09:00"), "SCHEDULED")], "the day between is taken"
    (gone,) = world.sessions(cancelling)
    assert (gone["cancel_reason"], gone["cancel_note"], gone["version"]) == ("HOLIDAY", "Hari libur", 2)
    assert blocker
    again = world.call("import_holidays", holidays=[{"day": {"year": 2026, "month": 4, "day": 14}, "name": "x"}])
    assert again["added_count"] == 0


def test_a_lockdown_takes_sessions_out(world):
    moving = world.series(holiday_policy="MOVE", days=days("03-03", count=2))
    kept = world.series(holiday_policy="KEEP", days=days("03-03", count=2), start_time="11:00")
    alone = world.session(starts_at=at("03-10 14:00"))
    outside = world.session(starts_at=at("03-10 18:00"))
    world.call("create_closure", world.officer, id=uuid7(), prison_id=world.banyuwangi, kind="LOCKDOWN",
               starts_at=at("03-10 06:00"), ends_at=at("03-10 18:00"), note="Penggeledahan")
    assert starts(world.sessions(moving)) == [(at("03-03 09:00"), "SCHEDULED"), (at("03-11 09:00"), "SCHEDULED")]
    assert [s["cancel_reason"] for s in world.sessions(kept)] == [None, "CLOSURE"]
    assert world.call("get_session", session_id=alone["id"])["cancel_note"] == "Penggeledahan"
    assert world.call("get_session", session_id=outside["id"])["status"] == "SCHEDULED"


def test_a_closure_known_before_binds_new_sessions(world):
    world.call("create_closure", id=uuid7(), prison_id=world.banyuwangi, kind="CLOSED", starts_at=at("04-07 00:00"),
               ends_at=at("04-08 00:00"))
    series = world.series(start_day="2026-04-07", days=days("04-07", count=2), holiday_policy="KEEP")
    assert [s["cancel_reason"] for s in world.sessions(series)] == ["CLOSURE", None]


def test_lists_go_on_where_they_stopped(world):
    series = world.series()
    whole = world.sessions(series)
    page = world.rows("list_sessions", series_id=series["id"], page_limit=4)
    rest = world.rows("list_sessions", series_id=series["id"], page_key=page[-1]["page_key"])
    assert page + rest == whole
    found = world.rows("list_sessions", counsellor_id=world.sari, from_time=at("03-24 09:30"), until_time=at("03-31 09:00"))
    assert starts(found) == [(at("03-24 09:00"), "SCHEDULED")], "one that is running"
    assert world.rows("list_series", counsellor_id=world.sari, current_only=True)[0]["id"] == series["id"]


def test_a_prison_sees_its_own_alone(world):
    series = world.series(prison_id=world.kendari, room_id=world.new_room(world.kendari, "C"))
    session = world.call("get_session", session_id=world.sessions(series)[0]["id"])
    for statement, values in (("get_series", dict(series_id=series["id"])), ("get_session", dict(session_id=session["id"])),
                              ("list_sessions", dict(series_id=series["id"])),
                              ("cancel_session", dict(session_id=session["id"])),
                              ("end_series", dict(series_id=series["id"], last_day="2026-03-01"))):
        assert world.rows(statement, world.officer, **values) == [], statement
    assert world.call("get_session", session_id=session["id"]) == session
