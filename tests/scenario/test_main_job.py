"""The main job: from a signed agreement to a delivered reminder. Tests run in order, each where the last one stopped."""

import datetime
import pathlib
import re
import time

import pytest

from foundation import (AGREEMENT, AGREEMENT_KENDARI, BANYUWANGI, HALL, HALL_KENDARI, KENDARI, PROGRAMME, STUDY, refer)
from stack import DATABASE, KEYSTORE
from world import Refused, day, instant, new_id

ROOT = pathlib.Path(__file__).resolve().parents[2]
INSTANCES = 2
MONDAY = datetime.date(2026, 3, 2)
WIB = datetime.timezone(datetime.timedelta(hours=7))


def at(date, hour, minute=0):
    return datetime.datetime(date.year, date.month, date.day, hour, minute, tzinfo=WIB)


def move_clock(running, moment):
    running.set_clock(instant(moment))


def register(world, prison):
    page, people = "", []
    while True:
        answer = world.call("koordinator", "ListParticipants", prisonId=prison, pageSize=200, pageToken=page)
        people += answer.get("participants", [])
        page = answer.get("nextPageToken", "")
        if not page:
            return people


@pytest.fixture(scope="module")
def story():
    """What one test leaves for the next."""
    return {}


def test_two_prisons_have_their_own_zones(world):
    prisons = world.call("koordinator", "ListPrisons")["prisons"]
    assert {(prison["code"], prison["timeZoneShortName"]) for prison in prisons} == {("LP-BWI", "WIB"), ("LP-KDI", "WITA")}


def test_a_signed_agreement_is_in_force(world):
    agreement = world.call("koordinator", "GetAgreement", id=AGREEMENT)
    assert (agreement["state"], agreement["seats"]) == ("AGREEMENT_STATE_IN_FORCE", 10)


def test_a_register_is_previewed_then_imported_then_nothing_changes(running, world):
    for name, code, prison, count in (("banyuwangi", "LP-BWI", BANYUWANGI, 250), ("kendari", "LP-KDI", KENDARI, 150)):
        command = ("import", "participants", ROOT / f"deploy/demo/register-{name}.csv", "--prison", code, "--json", "--user",
                   world.people["koordinator"])
        running.pulih(*command, "--preview")
        assert register(world, prison) == []
        running.pulih(*command)
        before = register(world, prison)
        assert len(before) == count
        running.pulih(*command)
        assert register(world, prison) == before


def test_a_referral_waits_for_consent(world, story):
    people = register(world, BANYUWANGI)
    story["people"] = people
    case = new_id()
    world.call("budi", "CreateReferral", id=case, participantId=people[0]["id"], programmeId=PROGRAMME)
    with pytest.raises(Refused) as refused:
        world.call("koordinator", "AcceptReferral", id=case)
    assert "CONSENT" in refused.value.reason
    world.call("koordinator", "WithdrawEnrollment", id=case, reason="REFERRED_IN_ERROR")


def test_a_case_goes_from_referral_to_the_waiting_list(world, story):
    story["cases"] = [new_id() for _ in range(14)]
    for case, person in zip(story["cases"], story["people"][:14]):
        assert refer(world, person["id"], case, MONDAY)["status"] == "ENROLLMENT_STATUS_WAITLISTED"
    waiting = world.call("koordinator", "ListWaitingList", prisonId=BANYUWANGI)["rows"]
    order = [tuple(row["twoThirdsOn"].values()) for row in waiting]
    assert len(order) == 14 and order == sorted(order, key=lambda date: (date[0], date[1], date[2]))


def test_low_risk_ends_in_education_only(world, story):
    case, person = new_id(), story["people"][20]
    world.call("budi", "CreateReferral", id=case, participantId=person["id"], programmeId=PROGRAMME)
    world.call("budi", "GiveConsent", id=new_id(), participantId=person["id"], purpose="CONSENT_PURPOSE_TREATMENT",
               textVersion=1, givenOn=day(MONDAY), witness="Budi")
    world.call("koordinator", "AcceptReferral", id=case)
    screening = world.call("sari", "RecordScreening", id=new_id(), enrollmentId=case, conductedOn=day(MONDAY),
                           scores=[{"substance": "SUBSTANCE_ALCOHOL", "score": 10}, {"substance": "SUBSTANCE_OPIOIDS", "score": 3}])
    assert screening["route"] == "SCREENING_ROUTE_EDUCATION_ONLY"
    assert world.call("koordinator", "GetEnrollment", id=case)["status"] == "ENROLLMENT_STATUS_NOT_SUITABLE"


def test_an_illegal_move_is_refused_by_name(world, story):
    with pytest.raises(Refused) as refused:
        world.call("koordinator", "CompleteEnrollment", id=story["cases"][0], reason="GOALS_REACHED")
    assert refused.value.reason == "ENROLLMENT_MOVE_NOT_ALLOWED"


def test_sixty_four_activations_for_ten_seats_leave_ten(world, story):
    calls = [("ActivateEnrollment", {"id": story["cases"][n % 14], "counsellorId": world.ids["sari"]}) for n in range(64)]
    answers = world.call_many("koordinator", calls, in_flight=64)
    reasons = {answer.reason for answer in answers if isinstance(answer, Refused)}
    active = [case for case in story["cases"]
              if world.call("koordinator", "GetEnrollment", id=case)["status"] == "ENROLLMENT_STATUS_ACTIVE"]
    assert len(active) == 10, reasons
    assert reasons and all("SEATS" in reason for reason in reasons), reasons
    assert world.call("koordinator", "GetAgreement", id=AGREEMENT)["seatsTaken"] == 10
    story["active"] = active


def test_a_hold_is_repeated_without_effect(world, story):
    case = story["active"][9]
    first = world.call("sari", "HoldEnrollment", id=case, reason="ILLNESS")
    assert world.call("sari", "HoldEnrollment", id=case, reason="ILLNESS")["version"] == first["version"]
    assert world.call("sari", "ResumeEnrollment", id=case)["status"] == "ENROLLMENT_STATUS_ACTIVE"


def test_a_weekly_series_becomes_sessions_sixty_days_ahead(world, story):
    story["series"] = new_id()
    world.call("koordinator", "CreateSeries", id=story["series"], prisonId=BANYUWANGI, component="COMPONENT_GROUP_COUNSELLING",
               roomId=HALL, startDay=day(MONDAY + datetime.timedelta(days=2)), startTime="09:00", durationMinutes=90,
               rrule="FREQ=WEEKLY;BYDAY=WE", holidayPolicy="HOLIDAY_POLICY_CANCEL", counsellorIds=[world.ids["sari"]],
               enrollmentIds=story["active"])
    sessions = world.call("koordinator", "ListSessions", seriesId=story["series"], pageSize=100)["sessions"]
    assert len(sessions) in (8, 9)
    assert sessions[0]["startsAt"] == "2026-03-04T02:00:00Z"
    before = [session["id"] for session in sessions]
    world.call("koordinator", "MaterialiseSessions", prisonId=BANYUWANGI)
    world.call("koordinator", "MaterialiseSessions", prisonId=BANYUWANGI)
    again = world.call("koordinator", "ListSessions", seriesId=story["series"], pageSize=100)["sessions"]
    assert [session["id"] for session in again] == before
    story["sessions"] = sessions


def test_a_conflict_says_who_where_and_when(world, story):
    def book(prison, room, start, cases=()):
        return world.call("koordinator", "CreateSession", id=new_id(), prisonId=prison, component="COMPONENT_INDIVIDUAL_COUNSELLING",
                          roomId=room, startsAt=instant(start), endsAt=instant(start + datetime.timedelta(hours=1)),
                          counsellorIds=[world.ids["sari"]], enrollmentIds=list(cases))

    wednesday = MONDAY + datetime.timedelta(days=2)
    with pytest.raises(Refused) as refused:
        book(BANYUWANGI, STUDY, at(wednesday, 10), story["active"][:1])
    assert refused.value.reason == "SESSION_COUNSELLOR_BUSY"
    assert "Sari" in refused.value.message and "Banyuwangi" in refused.value.message, refused.value.message
    with pytest.raises(Refused) as refused:
        book(KENDARI, HALL_KENDARI, at(wednesday, 11))
    assert refused.value.reason == "SESSION_COUNSELLOR_TRAVEL"


def test_sixty_four_bookings_of_one_slot_leave_one(world, story):
    friday = at(MONDAY + datetime.timedelta(days=4), 13)
    calls = [("CreateSession", {"id": new_id(), "prisonId": BANYUWANGI, "component": "COMPONENT_INDIVIDUAL_COUNSELLING",
                                "roomId": STUDY, "startsAt": instant(friday), "endsAt": instant(friday + datetime.timedelta(hours=1)),
                                "counsellorIds": [world.ids["bayu"]], "enrollmentIds": [story["active"][n % 10]]})
             for n in range(64)]
    answers = world.call_many("koordinator", calls, in_flight=64)
    booked = [answer for answer in answers if not isinstance(answer, Refused)]
    reasons = {answer.reason for answer in answers if isinstance(answer, Refused)}
    assert len(booked) == 1, reasons
    assert all(reason.startswith("SESSION_") for reason in reasons), reasons
    story["individual"] = booked[0]


def mails_to(running, address):
    return [mail for mail in running.mail.mails() if address in mail["X-Envelope-To"]]


def mails_that_say(running, address, hour, minute):
    text = re.compile(f"{hour}[.:]{minute}")
    return [mail for mail in mails_to(running, address) if text.search(mail.get_body(("plain",)).get_content())]


def deliveries(world, subject):
    return world.call("koordinator", "ListDeliveries", subjectId=subject, pageSize=100).get("deliveries", [])


def wait_until(condition, timeout=60):
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if result := condition():
            return result
        time.sleep(0.05)
    raise TimeoutError(condition)


def test_reminders_are_planned_once_for_a_session_version(world, story):
    session = story["sessions"][0]
    planned = wait_until(lambda: len(deliveries(world, session["id"])) >= 4 and deliveries(world, session["id"]))
    keys = [(delivery["rule"], delivery["recipientId"]) for delivery in planned]
    assert len(keys) == len(set(keys)), keys


def test_the_evening_before_the_reminder_goes_out(running, world, story):
    move_clock(running, at(MONDAY + datetime.timedelta(days=1), 18, 0))
    wait_until(lambda: mails_to(running, "sari@example.org"))
    mail = mails_to(running, "sari@example.org")[0]
    text = mail.get_body(("plain",)).get_content()
    assert "09.00" in text or "09:00" in text, text
    assert "WIB" in text, text
    names = {person["name"] for person in story["people"]}
    assert not [name for name in names if name in text]


def test_a_cancelled_session_never_sends_its_old_reminder(running, world, story):
    wednesday = MONDAY + datetime.timedelta(days=2)
    session = story["sessions"][0]
    before = len(running.mail.mails())
    cancelled = world.call("koordinator", "CancelSession", sessionId=session["id"], reason="CANCEL_REASON_CLOSURE", note="Razia")
    assert cancelled["version"] > session["version"]
    wait_until(lambda: len(mails_to(running, "sari@example.org")) >= 2)
    assert len(running.mail.mails()) > before
    count = len([mail for mail in mails_to(running, "sari@example.org")])
    move_clock(running, at(wednesday, 7, 0))
    wait_until(lambda: {"DELIVERY_STATE_SUPERSEDED"} <= {d["state"] for d in deliveries(world, session["id"])})
    states = {(d["subjectVersion"], d["state"]) for d in deliveries(world, session["id"])}
    assert (session["version"], "DELIVERY_STATE_PENDING") not in states, states
    move_clock(running, at(wednesday, 8, 0))
    reminders = [mail for mail in mails_to(running, "sari@example.org")[count:]]
    assert not reminders, [mail["Subject"] for mail in reminders]


def test_a_moved_session_is_told_with_its_new_time(running, world, story):
    session = story["individual"]
    later = at(MONDAY + datetime.timedelta(days=4), 14, 30)
    moved = world.call("koordinator", "UpdateSession", sessionId=session["id"], version=session["version"],
                       startsAt=instant(later), endsAt=instant(later + datetime.timedelta(hours=1)))
    assert moved["version"] == session["version"] + 1
    assert wait_until(lambda: mails_that_say(running, "bayu@example.org", 14, 30))
    with pytest.raises(Refused) as refused:
        world.call("koordinator", "UpdateSession", sessionId=session["id"], version=session["version"], roomId=HALL)
    assert refused.value.reason == "VERSION_CHANGED"


def test_the_roster_comes_at_six(running, world, story):
    friday = MONDAY + datetime.timedelta(days=4)
    before = len(mails_that_say(running, "budi@example.org", 14, 30))
    move_clock(running, at(friday, 6, 0))
    assert wait_until(lambda: len(mails_that_say(running, "budi@example.org", 14, 30)) > before)


def test_attendance_is_recorded_corrected_and_countersigned(running, world, story):
    session = world.call("budi", "GetSession", sessionId=story["individual"]["id"])
    participant = session["participants"][0]["participantId"]

    def mark(value):
        return world.call("budi", "RecordAttendance", sessionId=session["id"],
                          marks=[{"participantId": participant, "mark": f"ATTENDANCE_MARK_{value}"}])

    with pytest.raises(Refused):
        mark("ATTENDED")
    move_clock(running, at(MONDAY + datetime.timedelta(days=4), 16))
    mark("ATTENDED")
    mark("LATE")
    history = world.call("ratna", "ListAttendanceHistory", sessionId=session["id"])["entries"]
    assert [entry["mark"] for entry in history if entry["participantId"] == participant] == \
        ["ATTENDANCE_MARK_ATTENDED", "ATTENDANCE_MARK_LATE"]
    move_clock(running, at(MONDAY + datetime.timedelta(days=14), 9))
    with pytest.raises(Refused):
        mark("SICK")
    correction = world.call("budi", "CorrectAttendance", id=new_id(), sessionId=session["id"], participantId=participant,
                            mark="ATTENDANCE_MARK_SICK", reason="Salah catat")
    signed = world.call("ratna", "CountersignCorrection", correctionId=correction["id"])
    assert signed["countersignedBy"] == world.ids["ratna"]


def test_a_note_is_sealed_before_the_database_and_amended_not_edited(running, world, story):
    secret = "rahasia-yang-tidak-boleh-bocor"
    note = new_id()
    request = {"id": note, "type": "NOTE_TYPE_INDIVIDUAL_SESSION", "enrollmentId": story["active"][0],
               "occurredAt": instant(at(MONDAY + datetime.timedelta(days=4), 15)), "body": {"text": secret}, "revision": 1}
    world.call("sari", "SaveDraft", **request)
    world.call("sari", "SignNote", noteId=note, revision=1)
    assert world.call("sari", "GetNote", noteId=note)["body"]["text"] == secret
    with pytest.raises(Refused):
        world.call("sari", "SaveDraft", **{**request, "revision": 2, "body": {"text": "lain"}})
    world.call("sari", "AmendNote", id=new_id(), noteId=note, body={"text": secret + " tambahan"})
    read = world.call("sari", "GetNote", noteId=note)
    assert read["body"]["text"] == secret and read["amendments"][0]["body"]["text"] == secret + " tambahan"
    for who in ("budi", "koordinator", "admin", "kepala", "auditor"):
        with pytest.raises(Refused) as refused:
            world.call(who, "GetNote", noteId=note)
        assert refused.value.reason == "NOT_ALLOWED", who
    for database in (DATABASE, KEYSTORE):
        dump = running.dump(database)
        assert len(dump) > 1000 and secret.encode() not in dump
    assert secret not in running.log_text()
    assert world.call("auditor", "VerifyAudit")["intact"]


def test_a_transfer_ends_what_was_planned_at_the_old_prison(world, story):
    case = story["active"][1]
    person = world.call("koordinator", "GetEnrollment", id=case)["participantId"]
    world.call("koordinator", "TransferParticipant", id=person, prisonId=KENDARI, registerNumber="B.I 999/2026", block="Mawar")
    moved = world.call("koordinator", "GetEnrollment", id=case)
    assert moved["prisonId"] == KENDARI

    def expected():
        rows = world.call("koordinator", "ListSessions", participantId=person, fromTime=instant(at(MONDAY + datetime.timedelta(days=15), 0)),
                          status="SESSION_STATUS_SCHEDULED").get("sessions", [])
        return not [row for row in rows if row["prisonId"] == BANYUWANGI]

    wait_until(expected)


def test_release_opens_aftercare(world, story):
    case = story["active"][2]
    person = world.call("koordinator", "GetEnrollment", id=case)["participantId"]
    today = MONDAY + datetime.timedelta(days=14)
    world.call("koordinator", "ReleaseParticipant", id=person, releasedOn=day(today))
    assert world.call("koordinator", "GetEnrollment", id=case)["status"] == "ENROLLMENT_STATUS_AFTERCARE"
    story["released"] = case, person


def test_who_was_released_is_reminded_and_met_outside_the_prisons(running, world, story):
    case, person = story["released"]
    place, room, session = new_id(), new_id(), new_id()
    evening = MONDAY + datetime.timedelta(days=14)
    starts = at(evening + datetime.timedelta(days=1), 10)
    world.call("koordinator", "CreatePrison", id=place, code="KT-BWI", name="Kantor Banyuwangi", timeZone="Asia/Jakarta",
               address="Jl. Melati 5", aftercare=True)
    world.call("koordinator", "CreateRoom", id=room, prisonId=place, name="Ruang tamu")
    world.call("sari", "GiveConsent", id=new_id(), participantId=person, purpose="CONSENT_PURPOSE_CONTACT_FAMILY", witness="Sari")
    world.call("sari", "UpdateAftercareContact", participantId=person, email="di.luar@example.org", channels=["CONTACT_CHANNEL_EMAIL"],
               language="id")
    world.call("sari", "CreateSession", id=session, prisonId=place, component="COMPONENT_INDIVIDUAL_COUNSELLING", roomId=room,
               startsAt=instant(starts), endsAt=instant(starts + datetime.timedelta(hours=1)), counsellorIds=[world.ids["sari"]],
               enrollmentIds=[case])
    move_clock(running, at(evening, 18))
    mail = wait_until(lambda: mails_to(running, "di.luar@example.org"))[0]
    text = " ".join(mail.get_body(("plain",)).get_content().split())
    assert "10.00–11.00 WIB" in text and "Ruang tamu, Kantor Banyuwangi, Jl. Melati 5" in text
    name = world.call("koordinator", "GetParticipant", id=person)["name"]
    whole = (mail["Subject"] + text + mail.get_body(("html",)).get_content()).lower()
    assert not [word for word in ("Lapas", "rehab", "konseling", "http", name) if word.lower() in whole], whole
    assert "List-Unsubscribe" not in mail
    with pytest.raises(Refused):
        world.call("budi", "GetSession", sessionId=session)
    move_clock(running, starts + datetime.timedelta(minutes=70))
    world.call("sari", "RecordAttendance", sessionId=session, marks=[{"participantId": person, "mark": "ATTENDANCE_MARK_ATTENDED"}])
    note = new_id()
    world.call("sari", "SaveDraft", id=note, type="NOTE_TYPE_AFTERCARE_CONTACT", enrollmentId=case, sessionId=session,
               occurredAt=instant(starts), body={"text": "Sudah bekerja."}, revision=1)
    world.call("sari", "SignNote", noteId=note, revision=1)
    assert world.call("koordinator", "CloseEnrollment", id=case, reason="AFTERCARE_DONE")["status"] == "ENROLLMENT_STATUS_CLOSED"


def test_a_case_is_completed_and_another_ended_early(world, story):
    assert world.call("sari", "CompleteEnrollment", id=story["active"][3],
                      reason="GOALS_REACHED")["status"] == "ENROLLMENT_STATUS_COMPLETED"
    assert world.call("sari", "EndEnrollmentEarly", id=story["active"][4],
                      reason="DECLINED")["status"] == "ENROLLMENT_STATUS_ENDED_EARLY"


def test_a_case_that_becomes_active_is_in_the_sessions_of_its_cohort(world, story):
    waiting = next(case for case in story["cases"] if world.call("koordinator", "GetEnrollment", id=case)["status"] == "ENROLLMENT_STATUS_WAITLISTED")
    cohort, series = new_id(), new_id()
    world.call("koordinator", "CreateCohort", id=cohort, prisonId=BANYUWANGI, programmeId=PROGRAMME, name="Angkatan I",
               startsOn=day(MONDAY), endsOn=day(MONDAY + datetime.timedelta(days=180)))
    world.call("koordinator", "AssignCohort", enrollmentIds=[waiting], cohortId=cohort)
    world.call("koordinator", "CreateSeries", id=series, prisonId=BANYUWANGI, component="COMPONENT_GROUP_COUNSELLING", roomId=HALL,
               startDay=day(MONDAY + datetime.timedelta(days=25)), startTime="14:00", durationMinutes=60, rrule="FREQ=WEEKLY;BYDAY=FR",
               holidayPolicy="HOLIDAY_POLICY_KEEP", counsellorIds=[world.ids["bayu"]], cohortId=cohort)

    def expected():
        return [[person["enrollmentId"] for person in session.get("participants", [])]
                for session in world.call("koordinator", "ListSessions", seriesId=series, pageSize=100)["sessions"]]

    assert expected() and not any(expected())
    world.call("koordinator", "ActivateEnrollment", id=waiting, counsellorId=world.ids["sari"])
    wait_until(lambda: all(people == [waiting] for people in expected()))


def test_one_following_and_all_are_edited_apart_and_the_past_stays(world, story):
    def starts():
        rows = world.call("koordinator", "ListSessions", seriesId=story["series"], pageSize=200)
        return {row["id"]: (row["startsAt"], row["status"]) for row in rows["sessions"]}

    before = starts()
    series = world.call("koordinator", "GetSeries", seriesId=story["series"])
    from_day = datetime.date(2026, 4, 8)
    following = new_id()
    world.call("koordinator", "UpdateSeries", seriesId=story["series"], version=series["version"],
               scope="SERIES_SCOPE_THIS_AND_FOLLOWING", fromDay=day(from_day), newSeriesId=following, startTime="10:00")
    moved = world.call("koordinator", "ListSessions", seriesId=following, pageSize=200)["sessions"]
    assert moved and all(row["startsAt"].endswith("T03:00:00Z") for row in moved), moved[:2]
    after = starts()
    untouched = {key: value for key, value in before.items() if value[0] < "2026-04-07"}
    assert {key: after[key] for key in untouched} == untouched


def test_the_ladder_is_climbed_and_stops_at_renewal(running, world):
    """90, 60, 30 and 7 days before the end, to coordinator and head; none once a renewal is signed."""
    end = datetime.date.fromisoformat("2027-03-02")

    def told(days):
        before = len(mails_to(running, "koordinator@example.org"))
        move_clock(running, at(end - datetime.timedelta(days=days), 9))
        return wait_until(lambda: [mail for mail in mails_to(running, "koordinator@example.org")[before:]
                                   if re.search(rf"\b{days}\b", mail["Subject"] + mail.get_body(("plain",)).get_content())])

    assert told(90)
    assert wait_until(lambda: mails_to(running, "kepala@example.org"))
    assert told(60)
    for agreement, number in ((AGREEMENT, "PKS-003"), (AGREEMENT_KENDARI, "PKS-004")):
        renewal = new_id()
        world.call("koordinator", "RenewAgreement", id=renewal, renewsId=agreement, number=number,
                   foundationSignatory={"name": "Rina", "position": "Ketua"},
                   prisonSignatory={"name": "Hadi", "position": "Kepala Lapas"},
                   validFrom=day(end + datetime.timedelta(days=1)), validUntil=day(end + datetime.timedelta(days=365)),
                   programmeIds=[PROGRAMME], seats=12, visitsPerMonth=8, runOffDays=30)
        world.call("koordinator", "SignAgreement", id=renewal, signedOn=day(end - datetime.timedelta(days=59)))
    before = len(mails_to(running, "kepala@example.org"))
    move_clock(running, at(end - datetime.timedelta(days=30), 9))
    assert not [mail for mail in mails_to(running, "kepala@example.org")[before:] if "PKS" in mail.get_body(("plain",)).get_content()]


def test_after_the_renewal_takes_over_the_cases_are_its_own(running, world, story):
    move_clock(running, at(datetime.date(2027, 3, 3), 8))
    case = story["active"][5]
    wait_until(lambda: world.call("koordinator", "GetEnrollment", id=case)["agreementId"] != AGREEMENT)
