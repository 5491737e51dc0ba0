"""Consent, screening and the waiting list: what a case must have before it goes on."""

import psycopg2
import pytest

from enrollment_world import World, refused
from postgres import uuid7


@pytest.fixture(scope="module")
def world(postgres, database):
    world = World(postgres, database)
    world.agreement(seats=1000)
    return world


def published(world, participant_id, purpose="TREATMENT"):
    return world.as_root("select given from enrollment.consent_published where participant_id = %s and purpose = %s",
                         participant_id, purpose)


def withdraw(world, case):
    world.consent(case["participant_id"], given=False)


FORWARD = {
    "REFERRED": ("accept_referral", {}),
    "AWAITING_ASSESSMENT": ("decide_suitability", {"decision": "WAITLISTED"}),
    "SUITABLE_NOT_READY": ("decide_suitability", {"decision": "WAITLISTED"}),
    "WAITLISTED": ("activate_enrollment", {}),
    "ON_HOLD": ("resume_enrollment", {}),
}


@pytest.mark.parametrize("status", FORWARD)
def test_no_case_goes_forward_without_consent_to_treatment(world, status):
    statement, values = FORWARD[status]
    if status == "WAITLISTED":
        values = {"counsellor_id": world.counsellor.user}
    case = world.case(status)
    if status == "AWAITING_ASSESSMENT":
        world.screen(case)
    withdraw(world, case)
    with refused("enrollment_has_treatment_consent"):
        world.one(statement, id=case["id"], **values)
    world.consent(case["participant_id"])
    assert world.one(statement, id=case["id"], **values)["status"] != status


def test_a_withdrawal_ends_nothing_by_itself_but_every_way_out_is_open(world):
    case = world.case("ACTIVE")
    withdraw(world, case)
    assert world.get(case)["status"] == "ACTIVE"
    world.one("hold_enrollment", id=case["id"], reason="CONSENT_WITHDRAWN")
    assert world.one("end_enrollment_early", id=case["id"], reason="CONSENT_WITHDRAWN")["status"] == "ENDED_EARLY"


def test_the_last_entry_of_a_purpose_counts(world):
    person = world.participant()["id"]
    assert published(world, person) == []
    for given in (True, False, True):
        world.consent(person, given=given)
        assert published(world, person) == [(given,)]
    world.consent(person, "RESEARCH", given=False)
    assert published(world, person) == [(True,)], "one purpose says nothing of another"
    ledger = world.rows("list_consents", participant_id=person)
    assert [(row["purpose"], row["given"]) for row in ledger] == [
        ("RESEARCH", False), ("TREATMENT", True), ("TREATMENT", False), ("TREATMENT", True)]
    assert world.rows("list_consents", participant_id=person, page_key=ledger[1]["page_key"]) == ledger[2:]
    assert world.events(person) == ["enrollment.consent_given", "enrollment.consent_withdrawn", "enrollment.consent_given",
                                    "enrollment.consent_withdrawn"]


def test_an_entry_says_who_wrote_it_down_who_was_there_and_in_which_words(world):
    entry = world.consent(world.participant()["id"], caller=world.officer)
    assert (entry["text_version"], str(entry["given_on"]), entry["witness"], entry["recorded_by"]) == (
        1, "2026-03-02", "Pak Joko", world.officer.user)
    texts = {row["purpose"] for row in world.rows("list_consent_texts")}
    assert texts == {"TREATMENT", "SHARE_PROGRESS", "CONTACT_FAMILY", "SHARE_BNN", "RESEARCH"}


def test_an_entry_sent_twice_stands_once_and_is_never_changed(world):
    person, id = world.participant()["id"], uuid7()
    first, second = (world.one("give_consent", id=id, participant_id=person, purpose="TREATMENT", text_version=0,
                               witness=witness) for witness in ("Pak Joko", "Orang lain"))
    assert first == second
    for text in ("update enrollment.consent set given = false", "delete from enrollment.consent"):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege), world.service.connection as connection:
            connection.cursor().execute(text)


def test_words_that_do_not_exist_are_refused(world):
    with refused("consent_text_is_known"):
        world.one("give_consent", id=uuid7(), participant_id=world.participant()["id"], purpose="TREATMENT", text_version=9,
                  witness="Pak Joko")


@pytest.mark.parametrize("scores, route", [
    ({"ALCOHOL": 10}, "EDUCATION_ONLY"), ({"ALCOHOL": 11}, "FULL_ASSESSMENT"),
    ({"CANNABIS": 3}, "EDUCATION_ONLY"), ({"CANNABIS": 4}, "FULL_ASSESSMENT"),
    ({"ALCOHOL": 10, "TOBACCO": 3, "OPIOIDS": 0}, "EDUCATION_ONLY"),
    ({"ALCOHOL": 0, "AMPHETAMINES": 27}, "FULL_ASSESSMENT")])
def test_screening_sends_a_case_on(world, scores, route):
    case = world.case("AWAITING_ASSESSMENT")
    assert world.screen(case, **scores)["route"] == route
    after = world.get(case)
    assert after["screening_route"] == route
    if route == "EDUCATION_ONLY":
        assert (after["status"], after["reason"]) == ("NOT_SUITABLE", "LOW_RISK_EDUCATION_ONLY")
    else:
        assert after["status"] == "AWAITING_ASSESSMENT"
        assert world.one("decide_suitability", id=case["id"], decision="WAITLISTED")["status"] == "WAITLISTED"


@pytest.mark.parametrize("substance, bands", [
    ("ALCOHOL", {0: "LOW", 10: "LOW", 11: "MODERATE", 26: "MODERATE", 27: "HIGH", 39: "HIGH", 40: None, -1: None}),
    ("TOBACCO", {0: "LOW", 3: "LOW", 4: "MODERATE", 26: "MODERATE", 27: "HIGH", 31: "HIGH", 32: None}),
    ("OPIOIDS", {3: "LOW", 4: "MODERATE", 26: "MODERATE", 27: "HIGH", 39: "HIGH", 40: None}),
    ("COFFEE", {1: None})])
def test_bands_are_those_of_assist(world, substance, bands):
    for score, band in bands.items():
        case = world.case("AWAITING_ASSESSMENT")
        if band:
            assert world.screen(case, **{substance: score})["scores"] == [
                {"substance": f"SUBSTANCE_{substance}", "score": score, "band": f"RISK_BAND_{band}"}]
        else:
            with refused("screening_score_in_band") as details:
                world.screen(case, **{substance: score})
            assert details == {"substance": substance, "score": score}


def test_a_case_is_not_decided_before_it_is_screened(world):
    case = world.case("AWAITING_ASSESSMENT")
    with refused("enrollment_is_screened"):
        world.one("decide_suitability", id=case["id"], decision="WAITLISTED")
    with refused("screening_has_scores"):
        world.one("record_screening", world.counsellor, id=uuid7(), enrollment_id=case["id"], conducted_on="2026-03-01",
                  scores=None)
    with refused("screening_awaits_assessment"):
        world.screen(world.case("REFERRED"))


def test_a_screening_sent_twice_is_recorded_once(world):
    case, id = world.case("AWAITING_ASSESSMENT"), uuid7()
    send = lambda: world.one("record_screening", world.counsellor, id=id, enrollment_id=case["id"], conducted_on="2026-03-01",
                             scores=[{"substance": "SUBSTANCE_OPIOIDS", "score": 2}])
    assert send() == send(), "also when the case has moved on since"
    assert len(world.rows("list_screenings", world.supervisor, enrollment_id=case["id"])) == 1


def test_the_waiting_list_goes_by_two_thirds_date_then_by_referral(world):
    prison = world.new_prison()
    people = []
    for day, two_thirds in (("01", "2026-10-01"), ("02", "2026-09-01"), ("03", "2026-09-01"), ("04", "2026-11-01")):
        world.now = f"2026-02-{day}T03:00:00Z"
        people.append(world.case("WAITLISTED", prison=prison, two_thirds_on=two_thirds)["id"])
    world.case("REFERRED", prison=prison)
    rows = world.rows("list_waiting_list", prison_id=prison)
    assert [row["enrollment.id"] for row in rows] == [people[i] for i in (1, 2, 0, 3)]
    for i in range(4):
        rest = world.rows("list_waiting_list", prison_id=prison, page_key=rows[i]["page_key"])
        assert [row["enrollment.id"] for row in rest] == [row["enrollment.id"] for row in rows[i + 1:]]
    world.one("release_participant", id=rows[0]["enrollment.participant_id"])
    assert len(world.rows("list_waiting_list", prison_id=prison)) == 3
    listed = world.rows("list_enrollments", prison_id=prison, status="WAITLISTED")
    assert [row["enrollment.id"] for row in listed] == [people[i] for i in (3, 2, 0)], "newest referral first"
    assert world.rows("list_enrollments", prison_id=prison, status="WAITLISTED", page_key=listed[0]["page_key"]) == listed[1:]
