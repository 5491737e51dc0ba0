"""Cases: every move that DOMAIN allows is made, every other is refused by the database, and all leave their traces."""

import json

import psycopg2
import pytest

from enrollment_world import World, at_once, refused
from postgres import uuid7

STATUSES = ("REFERRED", "AWAITING_ASSESSMENT", "SUITABLE_NOT_READY", "WAITLISTED", "ACTIVE", "ON_HOLD", "COMPLETED",
            "ENDED_EARLY", "NOT_SUITABLE", "WITHDRAWN", "AFTERCARE", "CLOSED")
ALLOWED = {
    "REFERRED": {"AWAITING_ASSESSMENT", "WITHDRAWN"},
    "AWAITING_ASSESSMENT": {"SUITABLE_NOT_READY", "NOT_SUITABLE", "WAITLISTED", "WITHDRAWN"},
    "SUITABLE_NOT_READY": {"WAITLISTED", "NOT_SUITABLE", "WITHDRAWN"},
    "WAITLISTED": {"SUITABLE_NOT_READY", "NOT_SUITABLE", "ACTIVE", "WITHDRAWN"},
    "ACTIVE": {"ON_HOLD", "COMPLETED", "ENDED_EARLY"},
    "ON_HOLD": {"ACTIVE", "ENDED_EARLY"},
    "AFTERCARE": {"CLOSED"},
}
REASONS = {"NOT_SUITABLE": "NEEDS_OTHER_CARE", "WITHDRAWN": "DECLINED", "ENDED_EARLY": "DECLINED"}


@pytest.fixture(scope="module")
def world(postgres, database):
    world = World(postgres, database)
    world.agreement(seats=1000)
    return world


def move(world, case, status):
    """As a script would, past every method but as the service's role."""
    with world.service.connection, world.service.connection.cursor() as cursor:
        for setting, value in world.coordinator.settings().items():
            cursor.execute("select set_config(%s, %s, true)", (setting, value))
        cursor.execute("select set_config('pulih.now', %s, true)", (world.now,))
        cursor.execute("update enrollment.enrollment set status = %s, status_reason = %s, counsellor_id = %s where id = %s",
                       (status, REASONS.get(status), case["counsellor_id"] or world.counsellor.user, case["id"]))


@pytest.mark.parametrize("before", STATUSES)
def test_only_the_moves_of_the_domain_are_made(world, before):
    for after in STATUSES:
        if after == before:
            continue
        case = world.case(before)
        if after in ALLOWED.get(before, ()):
            if before == "REFERRED":
                world.consent(case["participant_id"])
            if before == "AWAITING_ASSESSMENT":
                world.screen(case)
            move(world, case, after)
            assert world.get(case)["status"] == after
        else:
            with refused("enrollment_move_is_allowed") as details:
                move(world, case, after)
            assert details == {"from": before, "to": after}
            assert world.get(case)["status"] == before


def test_a_move_past_the_trigger_meets_the_key(world):
    case = world.case("REFERRED")
    world.as_root("alter table enrollment.enrollment disable trigger move_case")
    try:
        with refused("enrollment_move_is_allowed"):
            world.as_root("update enrollment.enrollment set previous_status = status, status = 'CLOSED', "
                          "screening_route = 'FULL_ASSESSMENT' where id = %s", case["id"])
    finally:
        world.as_root("alter table enrollment.enrollment enable trigger move_case")


def test_a_case_begins_referred(world):
    with refused("enrollment_begins_referred"):
        world.as_root("insert into enrollment.enrollment (id, participant_id, programme_id, status, previous_status, "
                      "screening_route) values (%s, %s, %s, 'WAITLISTED', 'AWAITING_ASSESSMENT', 'FULL_ASSESSMENT')",
                      uuid7(), world.participant()["id"], world.programme)


@pytest.mark.parametrize("columns", ["previous_status = 'ACTIVE'", "seats_taken = 0", "prison_id = gen_random_uuid()",
                                     "version = 9", "referred_at = now()"])
def test_the_service_has_no_grant_to_write_what_triggers_keep(world, columns):
    table = "agreement" if "seats" in columns else "enrollment"
    with pytest.raises(psycopg2.errors.InsufficientPrivilege), world.service.connection as connection:
        connection.cursor().execute(f"update enrollment.{table} set {columns}")


def test_moving_again_to_the_same_status_changes_nothing(world):
    case = world.case("ACTIVE")
    held = world.one("hold_enrollment", id=case["id"], reason="ILLNESS", comment="demam")
    again = world.one("hold_enrollment", id=case["id"], reason="SAFETY", comment="lain")
    assert again == held
    assert world.moves(case)[-1] == ("ACTIVE", "ON_HOLD", "ILLNESS")
    assert world.events(case["id"]).count("enrollment.case_on_hold") == 1


def test_the_history_says_who_when_why_and_in_which_words(world):
    case = world.case("ACTIVE")
    world.one("end_enrollment_early", world.supervisor, id=case["id"], reason="SAFETY", comment="berkelahi")
    rows = world.rows("list_enrollment_moves", enrollment_id=case["id"])
    assert [(row["from_status"], row["to_status"]) for row in rows] == [
        (None, "REFERRED"), ("REFERRED", "AWAITING_ASSESSMENT"), ("AWAITING_ASSESSMENT", "WAITLISTED"),
        ("WAITLISTED", "ACTIVE"), ("ACTIVE", "ENDED_EARLY")]
    last = rows[-1]
    assert (last["reason"], last["comment"], last["moved_by"]) == ("SAFETY", "berkelahi", world.supervisor.user)
    assert last["moved_at"].isoformat() == "2026-03-02T03:00:00+00:00", last["moved_at"]
    assert last["version"] == world.get(case)["version"]
    page = world.rows("list_enrollment_moves", enrollment_id=case["id"], page_key=rows[1]["page_key"], page_limit=2)
    assert page == rows[2:4]


def test_history_can_neither_be_changed_nor_written_by_the_service(world):
    for text in ("update enrollment.enrollment_move set comment = ''", "delete from enrollment.enrollment_move",
                 "insert into enrollment.enrollment_move (enrollment_id, version, to_status, prison_id) "
                 "select id, 99, 'CLOSED', prison_id from enrollment.enrollment"):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege), world.service.connection as connection:
            connection.cursor().execute(text)


def test_each_status_has_its_event(world):
    case = world.case("CLOSED")
    assert world.events(case["id"]) == [f"enrollment.case_{status}" for status in (
        "referred", "awaiting_assessment", "waitlisted", "active", "aftercare", "closed")]
    assert world.events(case["participant_id"]) == ["enrollment.consent_given", "enrollment.participant_released"]


def test_an_end_needs_a_reason_that_fits(world):
    case = world.case("ACTIVE")
    with refused("enrollment_end_has_reason"):
        world.one("end_enrollment_early", id=case["id"])
    with refused("enrollment_reason_fits_status"):
        world.one("end_enrollment_early", id=case["id"], reason="REFERRED_IN_ERROR")
    fitting = {row["code"] for row in world.rows("list_move_reasons", status="ENDED_EARLY")}
    assert "SAFETY" in fitting and "REFERRED_IN_ERROR" not in fitting, fitting


def test_a_referral_needs_complete_data(world):
    person = world.participant(offence_articles=[], two_thirds_on=None)
    with refused("enrollment_referral_is_complete") as details:
        world.refer(person)
    assert details == {"missing": "offence_articles, two_thirds_on"}


def test_a_referral_sent_twice_is_made_once(world):
    person, id = world.participant(), uuid7()
    first, second = (world.one("create_referral", world.officer, id=id, participant_id=person["id"],
                               programme_id=world.programme) for _ in range(2))
    assert first == second
    assert world.events(id) == ["enrollment.case_referred"]
    world.one("release_participant", id=person["id"])
    repeated = world.one("create_referral", world.officer, id=id, participant_id=person["id"], programme_id=world.programme)
    assert repeated["status"] == "WITHDRAWN", "a repeat after the release gives what became of the case"


def test_a_referral_sent_many_times_at_once_is_made_once(world):
    person, id = world.participant(), uuid7()
    world.officer.now = world.now
    outcomes = at_once(world, 16 * [lambda service: service.call("create_referral", world.officer, id=id,
                                                                 participant_id=person["id"],
                                                                 programme_id=world.programme)[0]["status"]])
    assert outcomes == 16 * ["REFERRED"]
    assert world.events(id) == ["enrollment.case_referred"]


def test_a_set_of_referrals_gives_each_its_own_and_equal_ones_the_same(world):
    people = [world.participant() for _ in range(3)]
    asked = [{"id": uuid7(), "participant_id": person["id"], "programme_id": world.programme, "comment": f"{i}"}
             for i, person in enumerate(people)]
    asked.insert(1, asked[2])
    world.officer.now = world.now
    made = world.service.call_set("create_referral", world.officer, asked)
    assert [(row["member"], row["id"], row["participant_id"], row["comment"]) for row in made] == [
        (i + 1, one["id"], one["participant_id"], one["comment"]) for i, one in enumerate(asked)]
    for row in made:
        assert world.events(row["id"]) == ["enrollment.case_referred"]
        moves = world.rows("list_enrollment_moves", enrollment_id=row["id"])
        assert [(move["to_status"], move["comment"]) for move in moves] == [("REFERRED", row["comment"])]


def test_sets_of_the_same_people_do_not_deadlock(world):
    people = [world.participant() for _ in range(40)]
    world.officer.now = world.now

    def refer(service, programme, order):
        return len(service.call_set("create_referral", world.officer, [
            {"id": uuid7(), "participant_id": person["id"], "programme_id": programme} for person in people[::order]]))

    outcomes = at_once(world, [lambda service, programme=world.new_programme(), order=order: refer(service, programme, order)
                               for order in 4 * [1, -1]])
    assert outcomes == 8 * [40]


def test_a_person_has_one_open_case_a_programme(world):
    case = world.case("ENDED_EARLY")
    person = {"id": case["participant_id"]}
    world.refer(person)
    with refused("enrollment_one_open_case"):
        world.refer(person)


def test_only_a_published_programme_takes_referrals(world):
    draft = world.one("create_programme", id=uuid7(), code=world.code(), name="Rancangan", edition=1, planned_weeks=4)["id"]
    for programme in (draft, uuid7()):
        with refused("enrollment_in_published_programme"):
            world.refer(programme=programme)


def test_a_programme_that_ends_after_the_release_warns(world):
    assert world.refer(world.participant(expected_release_on="2026-12-01"))["warnings"] == []
    assert world.refer(world.participant(two_thirds_on="2026-05-01", expected_release_on="2026-08-30"))["warnings"] == [
        "FINISH_AFTER_RELEASE"], "26 weeks from 2 March end on 31 August"


def test_a_case_is_kept_by_a_counsellor(world):
    case = world.case("WAITLISTED")
    with refused("enrollment_counsellor_is_one"):
        world.one("activate_enrollment", id=case["id"], counsellor_id=world.coordinator.user)
    with refused("enrollment_seat_has_counsellor"):
        world.one("activate_enrollment", id=case["id"])
    case = world.activate(case)
    other = world.person("COUNSELLOR")
    assigned = world.one("assign_counsellor", id=case["id"], counsellor_id=other.user)
    assert (assigned["counsellor_id"], assigned["version"]) == (other.user, case["version"] + 1)
    assert world.events(case["id"])[-1] == "enrollment.case_assigned"


def test_details_are_plain_json(world):
    case = world.case("REFERRED")
    with pytest.raises(psycopg2.errors.CheckViolation) as caught:
        world.one("close_enrollment", id=case["id"])
    assert json.loads(caught.value.diag.message_detail) == {"from": "REFERRED", "to": "CLOSED"}
