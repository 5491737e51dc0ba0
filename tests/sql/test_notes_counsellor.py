"""A counsellor's day across prisons, and what is seen of the people in it."""

import datetime
import hashlib

import pytest

from postgres import Caller, Service, uuid7
from scheduling_world import World, at

DAY = {"from_time": at("03-03 00:00"), "until_time": at("03-04 00:00")}


@pytest.fixture(scope="module")
def world(postgres, database):
    world = World(postgres, database)
    world.notes, world.enrollment = (Service(postgres, database, name) for name in ("counseling_notes", "enrollment"))
    return world


@pytest.fixture(autouse=True)
def own_people(world):
    world.room, world.far_room = (world.new_room(prison, f"Ruang {uuid7()}") for prison in (world.banyuwangi, world.kendari))
    world.sari, world.budi = world.person("Sari", "COUNSELLOR"), world.person("Budi", "COUNSELLOR")
    world.case, world.participant = world.new_case("Agus", block="B")


def sari(world, now="03-03 08:00", role="COUNSELLOR", user=None):
    return Caller(role, user=user or world.sari, now=at(now).isoformat())


def stranger(world, role="COUNSELLOR", now="03-03 08:00"):
    return sari(world, now, role, world.person("Bima", role))


def ask(world, statement, caller, **values):
    return world.notes.call(statement, caller, **values)


def day(world, now="03-03 08:00", **values):
    values = {**DAY, "waiting_only": False, **values}
    return ask(world, "list_my_sessions", sari(world, now), **values)


def mark(world, session, name, when="03-03 09:30", participant=None):
    world.rows("record_attendance", world.at(at(when)), session_id=session["id"], marks=[
        {"participant_id": str(participant or world.participant), "mark": f"ATTENDANCE_MARK_{name}", "remark": "Catatan kecil"}])


def write(world, session=None, case=None, signed=False, now="03-03 10:30", caller=None, **values):
    """A note, as SaveDraft writes it once its body is sealed."""
    caller = caller or sari(world, now)
    values = {"id": uuid7(), "type": "INDIVIDUAL_SESSION", "prison_id": world.banyuwangi, "participant_id": world.participant,
              "enrollment_id": case or world.case, "session_id": session and session["id"], "occurred_at": at("03-03 09:00"),
              **values}
    note, = ask(world, "internal/write_draft", caller, revision=1, sealed=b"\1" + bytes(41), sealed_key=bytes(73),
                body_mac=hashlib.sha256(b"").digest(), **values)
    if signed:
        ask(world, "sign_note", caller, note_id=note["id"], revision=1)
    return note


def test_a_day_is_ones_own_in_every_prison_with_the_way_between(world):
    world.call("set_travel_time", one_prison_id=world.banyuwangi, other_prison_id=world.kendari, minutes=45)
    far = world.session(starts_at=at("03-03 12:00"), prison_id=world.kendari, room_id=world.far_room)
    near = world.session(enrollment_ids=[world.case])
    world.session(starts_at=at("03-03 09:00"), counsellor_ids=[world.budi], room_id=world.hall)
    world.session(starts_at=at("03-04 09:00"))
    first, second = day(world)
    assert [first["session_id"], second["session_id"]] == [near["id"], far["id"]]
    assert (first["zone"], first["prison_name"], first["participant_count"], first["unmarked_count"]) == (
        "WIB", "Lapas Banyuwangi", 1, 1)
    assert first["register_number"] and first["travel_minutes"] is None
    assert (second["zone"], second["travel_minutes"], second["travel_from"], second["register_number"]) == (
        "WITA", 45, "Lapas Banyuwangi", None)


def test_the_cohort_that_a_session_is_planned_for_is_named(world):
    world.series(cohort_id=world.cohort(world.case, name="Angkatan III"))
    world.session(starts_at=at("03-03 15:00"))
    planned, single = day(world)
    assert (planned["cohort_name"], single["cohort_name"]) == ("Angkatan III", None)
    detail, = ask(world, "get_my_session", sari(world), session_id=planned["session_id"])
    assert detail["session.cohort_name"] == "Angkatan III"


def test_what_waits_is_over_and_unmarked_or_unwritten(world):
    session = world.session(enrollment_ids=[world.case])
    waits = lambda now="03-03 10:00": [row["session_id"] for row in day(world, now, waiting_only=True)]  # noqa: E731
    assert waits("03-03 09:59") == [], "it isn't over"
    assert waits() == [session["id"]], "nobody is marked"
    mark(world, session, "LATE")
    assert waits() == [session["id"]], "there is no note"
    note = write(world, session)
    assert [(row["session_id"], row["note_state"]) for row in day(world, "03-03 10:00", waiting_only=True)] == [
        (session["id"], "DRAFT")]
    ask(world, "sign_note", sari(world, "03-03 10:30"), note_id=note["id"], revision=1)
    assert waits() == [] and day(world)[0]["note_state"] == "SIGNED"


def test_a_session_that_was_not_held_needs_no_note(world):
    session = world.session(enrollment_ids=[world.case])
    mark(world, session, "SESSION_CANCELLED")
    assert day(world, "03-03 10:00", waiting_only=True) == []
    (row,) = day(world)
    assert (row["not_held"], row["unmarked_count"], row["status"]) == (True, 0, "SCHEDULED")


def test_days_come_in_pages(world):
    made = [world.session(starts_at=at(f"03-03 {hour}:00"))["id"] for hour in ("09", "11", "13")]
    first = day(world, page_limit=2)
    assert [row["session_id"] for row in first] == made[:2]
    assert [row["session_id"] for row in day(world, page_key=first[-1]["page_key"])] == made[2:]


def test_a_session_tells_who_is_expected_and_how_they_came_before(world):
    other, absent = world.new_case("Bayu", block="A")
    for date, came in (("02-28", "ATTENDED"), ("03-01", "REFUSED"), ("03-02", "SICK")):
        before = world.session(world.at(at("02-20 09:00")), starts_at=at(f"{date} 09:00"), enrollment_ids=[world.case])
        mark(world, before, came, f"{date} 09:30")
    session = world.session(enrollment_ids=[world.case, other], counsellor_ids=[world.sari, world.budi])
    mark(world, session, "LATE")
    note = write(world, session)
    detail, = ask(world, "get_my_session", sari(world, "03-03 11:00"), session_id=session["id"])
    assert (detail["mine"], detail["other_counsellors"], detail["session.zone"]) == (True, ["Budi"], "WIB")
    bayu, agus = detail["people"]
    assert (bayu["participant_id"], bayu["block"], "mark" in bayu, "last_attended_at" in bayu, "note_id" in bayu) == (
        str(absent), "A", False, False, False)
    assert (agus["mark"], agus["remark"], agus["missed_since"], agus["note_id"], agus["note_signed"]) == (
        "ATTENDANCE_MARK_LATE", "Catatan kecil", 2, str(note["id"]), False)
    assert datetime.datetime.fromisoformat(agus["last_attended_at"]) == at("02-28 09:00")


def test_the_part_that_a_group_shares_stands_by_the_session(world):
    session = world.session(component="GROUP_COUNSELLING", enrollment_ids=[world.case])
    note = write(world, session, type="GROUP_SESSION", enrollment_id=None, participant_id=None, signed=True)
    detail, = ask(world, "get_my_session", sari(world, "03-03 11:00"), session_id=session["id"])
    assert (detail["group_note_id"], detail["group_note_signed"]) == (note["id"], True)


def test_another_counsellors_session_is_not_found_but_by_a_supervisor(world):
    session = world.session(enrollment_ids=[world.case])
    assert ask(world, "get_my_session", stranger(world), session_id=session["id"]) == []
    detail, = ask(world, "get_my_session", stranger(world, "CLINICAL_SUPERVISOR"), session_id=session["id"])
    assert detail["mine"] is False


def test_another_counsellors_notes_do_not_show_in_ones_session(world):
    session = world.session(enrollment_ids=[world.case], counsellor_ids=[world.sari, world.budi])
    write(world, session, caller=sari(world, "03-03 10:30", user=world.budi))
    detail, = ask(world, "get_my_session", sari(world, "03-03 11:00"), session_id=session["id"])
    assert "note_id" not in detail["people"][0] and detail["session.note_state"] is None


def test_two_drafts_of_one_thing_are_refused(world):
    session = world.session(enrollment_ids=[world.case])
    note = write(world, session)
    with pytest.raises(Exception, match="note_one_draft_of_a_session"):
        write(world, session)
    write(world, session, type="INCIDENT")
    ask(world, "sign_note", sari(world, "03-03 10:30"), note_id=note["id"], revision=1)
    write(world, session)


def test_ones_cases_are_listed_with_the_next_session(world):
    other, _ = world.new_case("Zul", prison=world.kendari)
    world.new_case("Selesai", status="COMPLETED")
    world.session(starts_at=at("03-05 09:00"), enrollment_ids=[world.case], counsellor_ids=[world.budi])
    first, second = ask(world, "list_my_cases", sari(world))
    assert (first["enrollment_id"], first["next_session_at"], second["enrollment_id"], second["next_session_at"]) == (
        world.case, at("03-05 09:00"), other, None)
    assert [row["name"] for row in ask(world, "list_my_cases", sari(world), page_key=first["page_key"])] == ["Zul"]


@pytest.mark.parametrize("statement", ["get_person_in_care", "list_timeline"])
def test_a_person_is_seen_by_whom_they_are_cared_for(world, statement):
    session = world.session(starts_at=at("03-04 09:00"), enrollment_ids=[world.case], counsellor_ids=[world.budi])
    world.as_root("insert into enrollment.enrollment_move (enrollment_id, version, to_status, prison_id) "
                  "values (%s, 1, 'REFERRED', %s)", world.case, world.banyuwangi)
    seen = lambda caller: len(ask(world, statement, caller, participant_id=world.participant))  # noqa: E731
    assert seen(sari(world)) == 1, "whose case it is"
    assert seen(sari(world, user=world.budi)) == 1, f"who meets them in {session['id']}"
    assert seen(stranger(world, "CLINICAL_SUPERVISOR")) == 1
    other = stranger(world)
    assert seen(other) == 0
    world.as_root("insert into notes.break_glass (id, prison_id, participant_id, asked_by, reason, asked_at, ends_at) values "
                  "(%s, %s, %s, %s, 'Keadaan darurat', %s, %s)", uuid7(), world.banyuwangi, world.participant, other.user,
                  at("03-03 07:00"), at("03-03 09:00"))
    assert seen(other) == 1, "who broke the glass"
    assert seen(sari(world, "03-03 09:00", user=other.user)) == 0, "it is over"


def test_a_persons_dose_is_what_get_dose_says(world):
    session = world.session(enrollment_ids=[world.case])
    mark(world, session, "ATTENDED")
    later = sari(world, "03-03 12:00")
    person, = ask(world, "get_person_in_care", later, participant_id=world.participant)
    case, = person["cases"]
    dose, = world.rows("get_dose", later, enrollment_id=world.case)
    told, = case["doses"]
    assert {**told, "component": told["component"].replace("COMPONENT_", "")} == dose
    assert (case["mine"], case["counsellor_name"], case["status"]) == (True, "Sari", "ENROLLMENT_STATUS_ACTIVE")


def test_a_timeline_is_one_story_the_latest_first(world):
    world.as_root("insert into enrollment.enrollment_move (enrollment_id, version, from_status, to_status, prison_id, reason, "
                  "moved_at, moved_by) values (%s, 2, 'WAITLISTED', 'ACTIVE', %s, 'TRANSFERRED', %s, %s)", world.case,
                  world.banyuwangi, at("02-01 09:00"), world.coordinator.user)
    world.enrollment.call("give_consent", sari(world), id=uuid7(), participant_id=world.participant, purpose="TREATMENT",
                          text_version=0, given_on="2026-01-10", witness="Pak Joko")
    screening = uuid7()
    world.as_root("insert into enrollment.screening (id, enrollment_id, conducted_on, route) values (%s, %s, '2026-01-12', "
                  "'FULL_ASSESSMENT')", screening, world.case)
    world.as_root("insert into enrollment.screening_score (screening_id, substance, score, band) values (%s, 'OPIOIDS', 27, 'HIGH')",
                  screening)
    session = world.session(enrollment_ids=[world.case])
    world.session(starts_at=at("03-09 09:00"), enrollment_ids=[world.case])
    mark(world, session, "LATE")
    note = write(world, session, signed=True, occurred_at=at("03-03 10:00"))
    write(world, type="INCIDENT", caller=sari(world, "03-03 10:30", user=world.budi))
    rows = ask(world, "list_timeline", sari(world, "03-03 12:00"), participant_id=world.participant)
    assert [row["id"].split("|")[0] for row in rows] == ["note", "session", "move", "screening", "consent"]
    told, met, moved, screened, agreed = rows
    assert (told["note.note_id"], told["note.author_name"], told["note.signed"], told["note.readable"]) == (note["id"], "Sari", True, True)
    assert (met["session.mark"], met["session.minutes"], met["session.mine"], met["session.status"]) == ("LATE", 60, True, "SCHEDULED")
    assert (moved["move.to_status"], moved["move.reason_english"], moved["move.moved_by"], moved["move.prison_name"]) == (
        "ACTIVE", "Transferred to another prison", "Rina", "Lapas Banyuwangi")
    assert screened["screening.scores"] == [{"substance": "SUBSTANCE_OPIOIDS", "score": 27, "band": "RISK_BAND_HIGH"}]
    assert (agreed["consent.purpose"], agreed["consent.given"], agreed["happened_at"]) == ("TREATMENT", True, at("01-10 12:00"))
    assert met["move.to_status"] is None and moved["session.session_id"] is None and agreed["note.note_id"] is None
    rest = ask(world, "list_timeline", sari(world, "03-03 12:00"), participant_id=world.participant, page_key=rows[1]["page_key"])
    assert rest == rows[2:]


def test_prison_staff_see_nothing_of_it(world):
    write(world, world.session(enrollment_ids=[world.case]), signed=True)
    for statement in ("list_timeline", "get_person_in_care"):
        assert ask(world, statement, world.officer, participant_id=world.participant) == []
