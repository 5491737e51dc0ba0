"""The day as a prison sees it: its list, a roll, what changed, closures that are taken back, people in another block."""

import psycopg2
import pytest

from postgres import Caller, Service, uuid7
from scheduling_world import World, at, days, refused


@pytest.fixture(scope="module")
def world(postgres, database):
    return World(postgres, database)


@pytest.fixture(autouse=True)
def own_prison(world):
    """A prison of its own for each test: what a day holds is counted."""
    world.prison_id = world.prison("Asia/Makassar", f"Lapas {uuid7()}")
    world.room = world.new_room(world.prison_id, "Aula")
    world.sari = world.person("Sari", "COUNSELLOR")
    world.here = Caller("OFFICER", user=world.person("Joko", "OFFICER", world.prison_id), prison=world.prison_id, now=world.now)


def book(world, start="03-03 09:00", cases=(), **values):
    return world.session(prison_id=world.prison_id, room_id=world.room, counsellor_ids=[world.sari], starts_at=at(start, "+08"),
                         enrollment_ids=list(cases), **values)


def officer(world, when):
    return Caller("OFFICER", user=world.here.user, prison=world.prison_id, now=at(when, "+08").isoformat())


def mark(world, session, when, marks, late_reason=None):
    return world.rows("record_attendance", officer(world, when), session_id=session["id"], late_reason=late_reason, marks=[
        {"participant_id": str(person), "mark": f"ATTENDANCE_MARK_{mark}"} for person, mark in marks.items()])


def close(world, first, last):
    return world.call("create_closure", world.here, id=uuid7(), prison_id=world.prison_id, kind="LOCKDOWN",
                      starts_at=at(first, "+08"), ends_at=at(last, "+08"), note="Razia")


def withdraw(world, closure):
    row = world.call("withdraw_closure", world.here, closure_id=closure["id"])
    return row["restored_count"], row["kept_count"]


def status(world, session):
    row = world.call("get_session", world.here, session_id=session["id"])
    return row["status"], row["cancel_reason"]


def test_a_day_is_the_prisons_own_and_tells_not_recorded_from_absent(world):
    (first, agus), (second, bima), (third, _) = (world.new_case(name, world.prison_id) for name in ("Agus", "Bima", "Candra"))
    session = book(world, "03-03 00:30", [first, second, third])
    other = book(world, "03-03 23:00")
    book(world, "03-04 00:00")
    world.call("cancel_session", session_id=other["id"], reason="OTHER", note="Rapat")
    mark(world, session, "03-03 01:00", {agus: "LATE", bima: "SICK"})
    rows = world.rows("get_day", world.here, prison_id=world.prison_id, day="2026-03-03")
    assert [(row["session_id"], row["status"], row["cancel_note"]) for row in rows] == [
        (session["id"], "SCHEDULED", None), (other["id"], "CANCELLED", "Rapat")]
    counts = {key: rows[0][key] for key in ("expected_count", "present_count", "unmarked_count", "counsellor_names")}
    assert counts == {"expected_count": 3, "present_count": 1, "unmarked_count": 1, "counsellor_names": ["Sari"]}


def test_a_roll_is_by_block_and_name_and_says_who_has_the_same_name(world):
    cases = [world.new_case(name, world.prison_id, block=block) for name, block in
             (("Suroso", "B"), ("Agus", "B"), ("suroso", "A"), ("Yanto", None))]
    session = book(world, cases=[case for case, _ in cases])
    mark(world, session, "03-05 08:00", {cases[1][1]: "ATTENDED"}, "Lembar tertinggal di aula")
    roll = world.call("get_roll", world.here, session_id=session["id"])["entries"]
    assert [(entry["block"], entry["name"], entry["same_name"]) for entry in roll] == [
        ("A", "suroso", True), ("B", "Agus", False), ("B", "Suroso", True), ("", "Yanto", False)]
    assert (roll[1]["mark"], roll[1]["late_reason"], roll[1]["recorded_by_name"], roll[1]["version"]) == (
        "ATTENDANCE_MARK_ATTENDED", "Lembar tertinggal di aula", "Joko", 1)
    assert (roll[0]["mark"], roll[0]["version"]) == ("ATTENDANCE_MARK_UNSPECIFIED", 0)


def test_every_value_keeps_why_it_came_late(world):
    case, person = world.new_case("Agus", world.prison_id)
    session = book(world, cases=[case])
    mark(world, session, "03-03 09:30", {person: "ATTENDED"})
    mark(world, session, "03-04 09:30", {person: "SICK"}, "Salah baris")
    mark(world, session, "03-05 09:30", {person: "SICK"}, "Lain lagi")
    entries = world.rows("list_attendance_history", world.here, session_id=session["id"])
    assert [(entry["mark"], entry["late_reason"], entry["recorded_by_name"]) for entry in entries] == [
        ("ATTENDED", "", "Joko"), ("SICK", "Salah baris", "Joko")], "the same mark again is no value"
    with refused("attendance_late_reason_fits"):
        mark(world, session, "03-05 09:30", {person: "LATE"}, "x" * 501)


def test_what_lacks_a_mark_waits_until_it_has_one(world):
    case, person = world.new_case("Agus", world.prison_id)
    sessions = [book(world, f"03-0{day} 09:00", [case]) for day in (3, 4)]

    def waiting(when):
        now = officer(world, when)
        rows = world.rows("list_unmarked_sessions", now, prison_id=world.prison_id)
        assert world.call("get_open_work", now, prison_id=world.prison_id)["unmarked_count"] == len(rows)
        return [row["session_id"] for row in rows]

    assert waiting("03-03 09:59") == []
    assert waiting("03-05 08:00") == [session["id"] for session in sessions], "oldest first"
    mark(world, sessions[0], "03-05 08:00", {person: "NOT_ESCORTED"})
    assert waiting("03-05 08:00") == [sessions[1]["id"]]
    assert waiting("05-05 08:00") == [], "after 60 days it is for a report, not for today"


def test_a_change_keeps_what_stood_before(world):
    session = book(world)
    world.call("update_session", session_id=session["id"], starts_at=at("03-03 10:00", "+08"))
    world.call("cancel_session", session_id=session["id"], reason="COUNSELLOR_ABSENT")
    rows = world.rows("list_session_changes", world.here, prison_id=world.prison_id)
    assert [(row["kind"], row["was_starts_at"], row["changed_by_name"]) for row in rows] == [
        ("CANCELLED", at("03-03 10:00", "+08"), "Rina"), ("MOVED", at("03-03 09:00", "+08"), "Rina"), ("ADDED", None, "Rina")]
    first = world.rows("list_session_changes", world.here, prison_id=world.prison_id, page_limit=1)
    assert world.rows("list_session_changes", world.here, prison_id=world.prison_id, page_key=first[0]["page_key"]) == rows[1:]


def test_what_a_series_makes_is_no_change(world):
    world.series(days=days("03-03", count=3), prison_id=world.prison_id, room_id=world.room, counsellor_ids=[world.sari])
    assert world.rows("list_session_changes", world.here, prison_id=world.prison_id) == []


def test_a_closure_that_is_taken_back_gives_its_sessions_back(world):
    case, person = world.new_case("Agus", world.prison_id)
    inside, after = book(world, cases=[case]), book(world, "03-04 09:00", [case])
    closure = close(world, "03-03 00:00", "03-04 00:00")
    assert status(world, inside) == ("CANCELLED", "CLOSURE")
    (row,) = world.rows("list_closures", world.here, prison_id=world.prison_id)
    assert (row["closure.id"], row["cancelled_count"], row["created_by_name"]) == (closure["id"], 1, "Joko")
    assert withdraw(world, closure) == (1, 0)
    assert withdraw(world, closure) == (1, 0), "taken back already changes nothing"
    assert (status(world, inside), status(world, after)) == (("SCHEDULED", None), ("SCHEDULED", None))
    assert world.rows("list_closures", world.here, prison_id=world.prison_id) == []
    assert world.events(inside) == ["scheduling.session_scheduled", "scheduling.session_cancelled", "scheduling.session_changed"]
    changes = world.rows("list_session_changes", world.here, prison_id=world.prison_id)
    assert [row["kind"] for row in changes if row["session_id"] == inside["id"]] == ["RESTORED", "CANCELLED", "ADDED"]
    with refused("session_participant_no_overlap"):
        book_again = dict(room_id=world.new_room(world.prison_id, "Kelas"), counsellor_ids=[world.person("Tari", "COUNSELLOR")])
        world.session(prison_id=world.prison_id, starts_at=at("03-03 09:00", "+08"), enrollment_ids=[case], **book_again)


def test_what_is_taken_by_now_or_closed_otherwise_stays_cancelled(world):
    nine, twelve = book(world), book(world, "03-03 12:00")
    lockdown, visit = close(world, "03-03 00:00", "03-04 00:00"), close(world, "03-03 11:00", "03-03 14:00")
    world.session(starts_at=at("03-03 08:30", "+08"), prison_id=world.prison_id, room_id=world.new_room(world.prison_id, "Kelas"),
                  counsellor_ids=[world.sari])
    assert withdraw(world, lockdown) == (0, 1), "the counsellor is elsewhere"
    assert (status(world, nine), status(world, twelve)) == (("CANCELLED", "CLOSURE"),) * 2
    assert withdraw(world, visit) == (1, 0)
    assert status(world, twelve) == ("SCHEDULED", None)


def test_what_anybody_else_cancelled_stays_cancelled(world):
    # Root has no injected clock.
    start = at("03-03 09:00").replace(year=2999)
    session = world.session(prison_id=world.prison_id, room_id=world.room, starts_at=start)
    world.call("cancel_session", session_id=session["id"], reason="OTHER")
    with pytest.raises(psycopg2.errors.CheckViolation) as error:
        world.as_root("update scheduling.session set status = 'SCHEDULED', cancel_reason = null where id = %s", session["id"])
    assert error.value.diag.constraint_name == "session_cancelled_stays_cancelled"


def test_who_has_ended_meanwhile_is_not_expected_again(world):
    case, _ = world.new_case("Agus", world.prison_id)
    other, _ = world.new_case("Bima", world.prison_id)
    session = book(world, cases=[case, other])
    closure = close(world, "03-03 00:00", "03-04 00:00")
    world.move_case(case, status="COMPLETED")
    assert withdraw(world, closure) == (1, 0)
    assert [entry["name"] for entry in world.call("get_roll", world.here, session_id=session["id"])["entries"]] == ["Bima"]


def test_the_printed_list_can_name_what_is_cancelled(world):
    case, _ = world.new_case("Agus", world.prison_id)
    session = book(world, cases=[case])
    world.call("cancel_session", session_id=session["id"], reason="COUNSELLOR_ABSENT", note="Sakit")
    sheet = dict(prison_id=world.prison_id, day="2026-03-03")
    assert world.rows("get_call_sheet", world.here, include_cancelled=False, **sheet) == []
    (row,) = world.rows("get_call_sheet", world.here, include_cancelled=True, **sheet)
    assert (row["cancel_reason"], row["cancel_note"]) == ("COUNSELLOR_ABSENT", "Sakit")


def test_who_moved_to_another_block_and_is_expected_soon_is_named(world, postgres, database):
    enrollment = Service(postgres, database, "enrollment")
    case, person = world.new_case("Agus", world.prison_id, block="A1")
    _, unexpected = world.new_case("Bima", world.prison_id, block="A1")
    book(world, cases=[case])
    for one in (person, unexpected):
        row = enrollment.call("get_participant", world.here, id=one)[0]
        for unasked in ("prison_id", "possible_duplicates", "released_on"):
            row.pop(unasked)
        enrollment.call("update_participant", world.here, **{**row, "block": "C3"})
    (move,) = world.rows("list_block_moves", world.here, prison_id=world.prison_id)
    assert (move["name"], move["block_before"], move["block"]) == ("Agus", "A1", "C3")
    assert move["next_starts_at"] == at("03-03 09:00", "+08")
    assert world.call("get_open_work", world.here, prison_id=world.prison_id)["moved_count"] == 1


def test_another_prison_sees_none_of_it(world):
    case, _ = world.new_case("Agus", world.prison_id)
    session = book(world, cases=[case])
    closure = close(world, "03-04 00:00", "03-05 00:00")
    stranger = world.officer
    assert world.call("get_roll", stranger, session_id=session["id"]) is None
    for listed in ("list_session_changes", "list_closures", "list_unmarked_sessions", "list_block_moves"):
        assert world.rows(listed, stranger, prison_id=world.prison_id) == [], listed
    assert world.rows("get_day", stranger, prison_id=world.prison_id, day="2026-03-03") == []
    assert world.call("withdraw_closure", stranger, closure_id=closure["id"]) is None
    assert status(world, session) == ("SCHEDULED", None)
