"""Attendance, what it adds up to, absent counsellors, and cases that end."""

import threading

import pytest

from postgres import Caller, Service, uuid7
from scheduling_world import Refused, World, at, days, refused


@pytest.fixture(scope="module")
def world(postgres, database):
    return World(postgres, database)


@pytest.fixture(autouse=True)
def own_room(world):
    world.room = world.new_room(world.banyuwangi, f"Ruang {uuid7()}")
    world.sari = world.person("Sari", "COUNSELLOR")
    world.case, world.participant = world.new_case("Agus")


def record(world, session, mark, when, remark="", **values):
    marks = [{"participant_id": str(world.participant), "mark": f"ATTENDANCE_MARK_{mark}", "remark": remark}]
    return world.rows("record_attendance", world.at(when, **values), session_id=session["id"], marks=marks)


def history(world, session):
    return [row["mark"] for row in world.rows("list_attendance_history", session_id=session["id"])]


def test_nothing_is_recorded_before_the_session_starts(world):
    session = world.session(enrollment_ids=[world.case])
    with refused("attendance_not_before_the_session"):
        record(world, session, "ATTENDED", at("03-03 08:59"))
    (row,) = record(world, session, "ATTENDED", at("03-03 09:00"))
    assert (row["mark"], row["version"], row["recorded_by"]) == ("ATTENDED", 1, world.coordinator.user)


def test_who_is_not_expected_has_no_attendance(world):
    session = world.session()
    with refused("attendance_is_of_who_was_expected"):
        record(world, session, "ATTENDED", at("03-03 09:30"))


def test_a_mark_is_free_to_correct_for_seven_days_and_every_value_is_kept(world):
    session = world.session(enrollment_ids=[world.case])
    record(world, session, "ATTENDED", at("03-03 09:30"))
    record(world, session, "ATTENDED", at("03-03 09:30"))
    (row,) = record(world, session, "LATE", at("03-10 09:59"))
    assert (row["mark"], row["version"]) == ("LATE", 2)
    with refused("attendance_late_correction_is_countersigned"):
        record(world, session, "SICK", at("03-10 10:00"))
    assert record(world, session, "LATE", at("03-10 10:00")) == [row], "the same again is no change"
    assert history(world, session) == ["ATTENDED", "LATE"]
    assert world.events(session)[1:] == ["scheduling.attendance_recorded"] * 2


def test_a_sheet_that_comes_late_is_still_entered(world):
    session = world.session(enrollment_ids=[world.case])
    assert record(world, session, "ATTENDED", at("03-20 09:00"))[0]["mark"] == "ATTENDED"


def test_a_late_correction_stands_when_another_signs_it(world):
    session = world.session(enrollment_ids=[world.case])
    record(world, session, "ATTENDED", at("03-03 09:30"))
    asks, id = world.at(at("03-20 09:00"), "COUNSELLOR", user=world.sari), uuid7()
    values = dict(id=id, session_id=session["id"], participant_id=world.participant, mark="SICK", reason="Salah baris")
    asked = world.call("correct_attendance", asks, **values)
    assert asked["countersigned_by"] is None and world.call("correct_attendance", asks, **values) == asked
    (waiting,) = [row for row in world.rows("list_corrections") if row["id"] == id]
    assert (waiting["standing_mark"], waiting["mark"], waiting["starts_at"]) == ("ATTENDED", "SICK", session["starts_at"])
    assert waiting["participant_name"] and waiting["register_number"] and waiting["requested_by_name"]
    with refused("attendance_correction_is_countersigned_by_another"):
        world.call("countersign_correction", asks, correction_id=id)
    assert history(world, session) == ["ATTENDED"]
    signs = world.at(at("03-21 09:00"), "CLINICAL_SUPERVISOR")
    signed = world.call("countersign_correction", signs, correction_id=id)
    assert signed["countersigned_by"] == signs.user and world.call("countersign_correction", signs, correction_id=id) == signed
    assert history(world, session) == ["ATTENDED", "SICK"]
    with refused("attendance_late_correction_is_countersigned"):
        record(world, session, "LATE", at("03-21 10:00"))


def ask(world, session, now, mark="SICK", user=None):
    return world.call("correct_attendance", world.at(at(now), "COUNSELLOR", user=user or world.sari), id=uuid7(), session_id=session["id"],
                      participant_id=world.participant, mark=mark, reason="Salah baris")


def beside(world, session):
    """What a roll and whoever holds the session see beside the mark."""
    (entry,) = world.call("get_roll", world.officer, session_id=session["id"])["entries"]
    return [entry[field].removeprefix("ATTENDANCE_MARK_") for field in ("mark", "correction", "refused_correction", "refusal", "refused_by_name")]


def test_a_refused_correction_leaves_the_mark_and_says_why(world):
    session = world.session(enrollment_ids=[world.case])
    record(world, session, "ATTENDED", at("03-03 09:30"))
    asked = ask(world, session, "03-20 09:00")
    refuses = world.at(at("03-21 09:00"), "CLINICAL_SUPERVISOR", user=world.person("Ratna", "CLINICAL_SUPERVISOR"))
    assert beside(world, session) == ["ATTENDED", "SICK", "UNSPECIFIED", "", ""]
    with refused("attendance_correction_is_countersigned_by_another"):
        world.call("refuse_correction", world.at(at("03-21 09:00"), "COORDINATOR", user=world.sari), correction_id=asked["id"], reason="Ya")
    for reason in (None, "x" * 501):
        with refused("attendance_correction_refusal_has_a_reason"):
            world.call("refuse_correction", refuses, correction_id=asked["id"], reason=reason)
    gone = world.call("refuse_correction", refuses, correction_id=asked["id"], reason="Lembar bilang hadir")
    assert (gone["refused_by"], gone["refused_at"], gone["refusal"]) == (refuses.user, at("03-21 09:00"), "Lembar bilang hadir")
    assert gone["countersigned_by"] is None
    again = world.at(at("03-22 09:00"), "COORDINATOR", user=world.coordinator.user)
    assert world.call("refuse_correction", again, correction_id=asked["id"], reason="Lain") == gone, "refused once"
    with refused("attendance_correction_is_decided_once") as refusal:
        world.call("countersign_correction", again, correction_id=asked["id"])
    assert refusal.value.details == {"decision": "refused"}
    assert history(world, session) == ["ATTENDED"]
    assert asked["id"] not in [row["id"] for row in world.rows("list_corrections")]
    assert beside(world, session) == ["ATTENDED", "UNSPECIFIED", "SICK", "Lembar bilang hadir", "Ratna"]
    assert world.events(asked) == ["scheduling.correction_requested", "scheduling.correction_refused"]

    second = ask(world, session, "03-23 09:00", "EXCUSED")
    assert beside(world, session) == ["ATTENDED", "EXCUSED", "UNSPECIFIED", "", ""], "what is asked for anew takes its place"
    world.call("countersign_correction", again, correction_id=second["id"])
    assert beside(world, session) == ["EXCUSED", "UNSPECIFIED", "UNSPECIFIED", "", ""]
    with refused("attendance_correction_is_decided_once") as refusal:
        world.call("refuse_correction", refuses, correction_id=second["id"], reason="Terlambat")
    assert refusal.value.details == {"decision": "countersigned"}
    assert world.events(second) == ["scheduling.correction_requested", "scheduling.correction_countersigned"]
    assert world.call("refuse_correction", refuses, correction_id=uuid7(), reason="Tidak ada") is None


def test_of_two_who_decide_at_once_one_does(world):
    session = world.session(enrollment_ids=[world.case])
    record(world, session, "ATTENDED", at("03-03 09:30"))
    for number in range(5):
        asked, outcomes, refusals = ask(world, session, f"03-20 09:0{number}", ("SICK", "LATE")[number % 2]), [], []
        start = threading.Barrier(2)

        def decide(statement, **values):
            service = Service(world.postgres, world.database, "scheduling")
            start.wait()
            try:
                outcomes.append(world.call(statement, world.at(at("03-21 09:00")), service, correction_id=asked["id"], **values))
            except Refused as refusal:
                refusals.append(refusal.constraint)
        threads = [threading.Thread(target=decide, args=("countersign_correction",)),
                   threading.Thread(target=decide, args=("refuse_correction",), kwargs={"reason": "Tidak"})]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        (won,) = outcomes
        assert refusals == ["attendance_correction_is_decided_once"]
        assert (won["countersigned_at"] is None) != (won["refused_at"] is None)
        assert len(world.events(asked)) == 2


def test_a_foreign_prison_has_nothing_to_do_with_a_correction(world):
    session = world.session(enrollment_ids=[world.case])
    record(world, session, "ATTENDED", at("03-03 09:30"))
    asked = ask(world, session, "03-20 09:00")
    stranger = Caller("OFFICER", user=world.officer.user, prison=world.kendari, now=world.now)
    assert world.call("refuse_correction", stranger, correction_id=asked["id"], reason="Tidak") is None
    assert world.call("get_roll", stranger, session_id=session["id"]) is None


def test_a_cancelled_session_is_marked_as_such_only(world):
    session = world.session(enrollment_ids=[world.case])
    world.call("cancel_session", session_id=session["id"])
    with refused("attendance_session_took_place"):
        record(world, session, "ATTENDED", at("03-03 09:30"))
    assert record(world, session, "SESSION_CANCELLED", at("03-03 09:30"))


def test_history_can_not_be_rewritten(world):
    session = world.session(enrollment_ids=[world.case])
    record(world, session, "ATTENDED", at("03-03 09:30"))
    for statement in ("update scheduling.attendance_entry set mark = 'LATE'", "delete from scheduling.attendance_entry",
                      "delete from scheduling.attendance"):
        with pytest.raises(Exception, match="permission denied"):
            with world.service.connection, world.service.connection.cursor() as cursor:
                cursor.execute(statement)


def test_not_recorded_is_not_absent_in_the_dose(world):
    first, second, third = (world.session(starts_at=at(f"03-0{day} 09:00"), enrollment_ids=[world.case],
                                          ends_at=at(f"03-0{day} 10:30")) for day in (3, 4, 5))
    record(world, first, "LATE", at("03-03 09:30"))
    record(world, second, "REFUSED", at("03-04 09:30"))
    (dose,) = world.rows("get_dose", world.at(at("03-05 12:00")), enrollment_id=world.case)
    assert dose == {"component": "INDIVIDUAL_COUNSELLING", "planned_minutes": 270, "delivered_minutes": 90,
                    "planned_sessions": 3, "delivered_sessions": 1, "unmarked_sessions": 1}
    missed = world.rows("list_missed_sessions", world.at(at("03-05 12:00")), enrollment_id=world.case)
    assert [(row["session_id"], row["mark"]) for row in missed] == [(second["id"], "REFUSED")]
    assert third


def test_a_make_up_takes_a_missed_session_off_the_list(world):
    missed = world.session(enrollment_ids=[world.case])
    record(world, missed, "NOT_ESCORTED", at("03-03 09:30"))
    later = world.at(at("03-03 12:00"))
    assert len(world.rows("list_missed_sessions", later, enrollment_id=world.case)) == 1
    world.session(starts_at=at("03-05 09:00"), enrollment_ids=[world.case], makes_up_id=missed["id"])
    assert world.rows("list_missed_sessions", later, enrollment_id=world.case) == []


def test_the_call_sheet_is_by_block_and_time(world):
    (other, _), (third, _) = world.new_case("Bayu", block="B"), world.new_case("Candra", block="A")
    world.session(starts_at=at("04-07 10:00"), enrollment_ids=[other, world.case])
    world.session(starts_at=at("04-07 08:00"), enrollment_ids=[third])
    world.session(starts_at=at("04-08 00:00"), enrollment_ids=[third])
    rows = world.rows("get_call_sheet", world.officer, prison_id=world.banyuwangi, day="2026-04-07")
    assert [(r["block"], r["start_time"], r["participant_name"]) for r in rows] == [
        ("A", "08:00", "Candra"), ("A", "10:00", "Agus"), ("B", "10:00", "Bayu")]
    assert rows[0]["counsellor_names"] == ["Sari"] and rows[0]["mark"] is None
    assert world.rows("get_call_sheet", world.officer, prison_id=world.kendari, day="2026-04-07") == []


def test_an_absence_lists_sessions_with_who_could_take_them(world):
    free, busy, away, far = (world.person(name, "COUNSELLOR") for name in ("Ani", "Bima", "Citra", "Dewi"))
    for counsellor in (free, busy, away, far):
        world.call("set_counsellor_qualifications", counsellor_id=counsellor, components=["INDIVIDUAL_COUNSELLING", "FAMILY"])
    session = world.session(starts_at=at("03-05 09:00"))
    world.session(starts_at=at("03-05 09:30"), counsellor_ids=[busy], room_id=world.hall)
    world.session(starts_at=at("03-05 11:00"), counsellor_ids=[far], prison_id=world.kendari, room_id=world.far_room)
    for counsellor in (away, world.sari):
        absence = world.call("create_absence", id=uuid7(), counsellor_id=counsellor, starts_at=at("03-05 00:00"),
                             ends_at=at("03-06 00:00"))
    assert absence["affected_count"] == 1
    (affected,) = world.rows("list_affected_sessions", absence_id=absence["id"])
    assert (affected["session_id"], affected["substitute_ids"]) == (session["id"], [free])
    with refused("session_counsellor_no_overlap"):
        world.call("replace_counsellor", session_id=session["id"], counsellor_id=world.sari, substitute_id=busy)
    replaced = world.call("replace_counsellor", session_id=session["id"], counsellor_id=world.sari, substitute_id=free)
    assert (replaced["counsellor_ids"], replaced["version"]) == ([free], 2)
    again = world.call("replace_counsellor", session_id=session["id"], counsellor_id=world.sari, substitute_id=free)
    assert again == replaced
    assert world.rows("list_affected_sessions", absence_id=absence["id"]) == []
    assert world.rows("list_affected_sessions", world.officer, absence_id=absence["id"]) == []


def test_nobody_is_booked_for_when_they_are_away(world):
    eka = world.person("Eka", "COUNSELLOR")
    covered = world.session(starts_at=at("04-20 17:00"), counsellor_ids=[eka])
    series = world.series(start_day="2026-04-14", start_time="18:00", days=days("04-14", count=1), counsellor_ids=[eka])
    world.call("create_absence", id=uuid7(), counsellor_id=eka, starts_at=at("04-20 00:00"), ends_at=at("04-25 00:00"))
    with refused("session_counsellor_is_present") as refusal:
        world.session(starts_at=at("04-22 17:00"), counsellor_ids=[eka])
    assert refusal.value.details == {"who": "Eka", "when": "2026-04-20 00:00–2026-04-25 00:00 WIB"}
    with refused("session_counsellor_is_present"):
        world.call("update_session", session_id=covered["id"], version=1, starts_at=at("04-22 17:00"))
    moved = world.call("update_session", session_id=covered["id"], version=1, room_id=world.hall)
    assert (moved["room_id"], moved["starts_at"]) == (world.hall, at("04-20 17:00")), "all but its time may change"
    world.materialise([series], days("04-14", count=3))
    assert [(row["starts_at"].day, row["status"], row["cancel_reason"]) for row in world.sessions(series)] == [
        (14, "SCHEDULED", None), (21, "CANCELLED", "CONFLICT"), (28, "SCHEDULED", None)]


def event(number, type, subject):
    return {"position": {"transaction": str(number), "id": str(number)}, "type": f"enrollment.{type}",
            "subject_id": str(subject), "version": 1}


def position(number):
    return {"transaction": str(number), "id": str(number)}


@pytest.fixture
def apply(world):
    world.as_root("delete from scheduling.event_cursor")

    def apply(previous, *events, service=None, now=None):
        return world.call("internal/apply_enrollment", world.at(now, "SERVICE") if now else world.machine, service,
                          previous=position(previous) if previous else None, events=list(events))
    return apply


@pytest.mark.parametrize("status,prison,type", [
    ("ON_HOLD", None, "case_on_hold"), ("COMPLETED", None, "case_completed"), ("ENDED_EARLY", None, "case_ended_early"),
    ("WAITLISTED", "kendari", "case_transferred"), ("AFTERCARE", None, "participant_released")])
def test_a_case_that_ends_leaves_what_is_to_come(world, apply, status, prison, type):
    other, _ = world.new_case("Bayu")
    alone = world.series(component="INDIVIDUAL_COUNSELLING", enrollment_ids=[world.case], days=days("03-03", count=3))
    group = world.series(enrollment_ids=[world.case, other], days=days("03-04", count=3), start_day="2026-03-04")
    world.move_case(world.case, status, prison and world.kendari)
    apply(None, event(5, type, world.participant if type == "participant_released" else world.case), now=at("03-10 12:00"))
    assert [s["cancel_reason"] for s in world.sessions(alone)] == [None, None, "NO_PARTICIPANT"], "what is past stays"
    assert [[p["name"] for p in s["participants"]] for s in world.sessions(group)] == [["Agus", "Bayu"]] + [["Bayu"]] * 2
    assert world.call("get_series", series_id=group["id"])["enrollment_ids"] == [other]
    assert world.call("get_series", series_id=alone["id"])["last_day"].isoformat() == "2026-03-10"


def test_events_take_effect_once_and_in_order(world, apply):
    series = world.series(enrollment_ids=[world.case], days=days("03-03", count=2))
    world.move_case(world.case, "ON_HOLD")
    held = event(7, "case_on_hold", world.case)
    assert apply(3, held)["id"] == 0, "an event before it is missing: it says where it stands"
    assert [len(s["participants"] or []) for s in world.sessions(series)] == [1, 1]
    services = [Service(world.postgres, world.database, "scheduling") for _ in range(4)]
    threads = [threading.Thread(target=apply, args=(None, held), kwargs={"service": s}) for s in services]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert apply(None, held)["id"] == 7
    assert [s["participants"] for s in world.sessions(series)] == [None, None]
    world.move_case(world.case, "ACTIVE")
    world.change(world.call("get_series", series_id=series["id"]), days("03-03", count=2), enrollments_given=True,
                 enrollment_ids=[world.case])
    apply(None, held)
    assert [len(s["participants"]) for s in world.sessions(series)] == [1, 1], "an old event again does nothing"


def test_a_foreign_prison_reads_no_attendance(world):
    session = world.session(enrollment_ids=[world.case])
    record(world, session, "ATTENDED", at("03-03 09:30"))
    stranger = Caller("OFFICER", user=world.officer.user, prison=world.kendari, now=world.now)
    assert world.rows("list_attendance_history", stranger, session_id=session["id"]) == []
    with pytest.raises(Exception, match="no such session"):
        world.rows("record_attendance", stranger, session_id=session["id"], marks=[])
    assert world.rows("get_dose", stranger, enrollment_id=world.case) == []


def test_a_counsellor_is_away_by_their_own_word_alone(world):
    own, other = world.at(at("03-02 09:00"), "COUNSELLOR", user=world.sari), world.person("Budi", "COUNSELLOR")
    times = dict(starts_at=at("03-05 00:00"), ends_at=at("03-06 00:00"))
    absence = world.call("create_absence", own, id=uuid7(), counsellor_id=world.sari, **times)
    with pytest.raises(Exception, match="row-level security"):
        world.call("create_absence", own, id=uuid7(), counsellor_id=other, **times)
    with pytest.raises(Exception, match="not-null constraint"):
        world.call("create_absence", own, id=uuid7(), counsellor_id=None, **times)
    theirs = world.call("create_absence", id=uuid7(), counsellor_id=other, **times)
    assert [row["id"] for row in world.rows("list_absences", own)] == [absence["id"]]
    assert {absence["id"], theirs["id"]} <= {row["id"] for row in world.rows("list_absences")}
    assert world.call("withdraw_absence", own, absence_id=theirs["id"]) is None
    assert world.rows("list_affected_sessions", own, absence_id=theirs["id"]) == []
    assert world.rows("list_absences", world.at(at("03-06 00:00"), "COUNSELLOR", user=world.sari)) == [], "it is over"


def test_a_withdrawn_absence_is_none(world):
    ani = world.person("Ani", "COUNSELLOR")
    world.call("set_counsellor_qualifications", counsellor_id=ani, components=["INDIVIDUAL_COUNSELLING"])
    session = world.session(starts_at=at("03-05 09:00"), enrollment_ids=[world.case])
    away, covered = (world.call("create_absence", id=uuid7(), counsellor_id=counsellor, starts_at=at("03-05 09:00"),
                                ends_at=at("03-05 10:00")) for counsellor in (ani, world.sari))
    affected = lambda: [(row["session_id"], row["substitute_names"], row["zone"], row["participant_count"])  # noqa: E731
                        for row in world.rows("list_affected_sessions", absence_id=covered["id"])]
    assert "Ani" not in affected()[0][1]
    assert world.call("withdraw_absence", absence_id=away["id"])["withdrawn"] is True
    assert world.call("withdraw_absence", absence_id=away["id"])["withdrawn"] is True
    assert affected() == [(session["id"], ["Ani"], "WIB", 1)]
    world.call("withdraw_absence", absence_id=covered["id"])
    assert affected() == []
