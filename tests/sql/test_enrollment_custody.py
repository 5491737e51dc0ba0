"""A person is transferred or released: the cases follow, and each side hears of it once."""

import psycopg2
import pytest

from enrollment_world import World, refused

LIVE = ("REFERRED", "AWAITING_ASSESSMENT", "SUITABLE_NOT_READY", "WAITLISTED", "ACTIVE", "ON_HOLD", "COMPLETED", "ENDED_EARLY")


@pytest.fixture
def world(postgres, database):
    world = World(postgres, database)
    world.here = world.agreement(seats=20)
    return world


def transfer(world, case, **values):
    return world.one("transfer_participant", id=case["participant_id"], prison_id=world.other_prison,
                     register_number=world.code(), **values)


@pytest.mark.parametrize("status", LIVE)
def test_a_live_case_follows_under_the_new_prisons_agreement(world, status):
    there = world.agreement(world.other_prison, seats=1)
    case = world.case(status)
    transfer(world, case, block="C")
    after = world.get(case)
    assert (after["status"], after["prison_id"], after["reason"]) == (status, world.other_prison, "TRANSFERRED")
    seat = status in ("ACTIVE", "ON_HOLD")
    assert after["agreement_id"] == (there["id"] if seat else case["agreement_id"])
    assert world.one("get_agreement", id=there["id"])["seats_taken"] == seat
    assert world.one("get_agreement", id=world.here["id"])["seats_taken"] == 0
    assert world.events(case["id"])[-1] == "enrollment.case_transferred"
    assert world.moves(case)[-1] == (status, status, "TRANSFERRED")


@pytest.mark.parametrize("status", ["ACTIVE", "ON_HOLD"])
@pytest.mark.parametrize("seats", [None, 1])
def test_without_a_seat_there_it_waits_there(world, status, seats):
    if seats:
        world.agreement(world.other_prison, seats=seats)
        transfer(world, world.case("ACTIVE"))
    case = world.case(status)
    transfer(world, case)
    after = world.get(case)
    assert (after["status"], after["prison_id"], after["agreement_id"]) == ("WAITLISTED", world.other_prison, None)
    assert world.events(case["id"])[-2:] == ["enrollment.case_waitlisted", "enrollment.case_transferred"]
    assert world.one("get_agreement", id=world.here["id"])["seats_taken"] == 0


@pytest.mark.parametrize("status", ["NOT_SUITABLE", "WITHDRAWN"])
def test_what_ended_for_good_stays_where_it_ended(world, status):
    case = world.case(status)
    transfer(world, case)
    assert world.get(case) == case


def test_a_transfer_sent_twice_is_made_once(world):
    case = world.case("ACTIVE")
    first = transfer(world, case, block="C")
    second = world.one("transfer_participant", id=case["participant_id"], prison_id=world.other_prison)
    assert first == second
    assert world.events(case["id"]).count("enrollment.case_transferred") == 1


def test_the_event_belongs_to_the_prison_that_was_left(world):
    case = world.case("ACTIVE")
    transfer(world, case)
    assert world.as_root("select prison_id from event.log where subject_id = %s and type = 'enrollment.case_transferred'",
                         case["id"]) == [(world.prison,)]


def test_a_seat_is_never_given_up_by_a_move_to_the_waiting_list_without_a_transfer(world):
    case = world.case("ACTIVE")
    with refused("enrollment_move_is_allowed"):
        world.as_root("update enrollment.enrollment set status = 'WAITLISTED' where id = %s", case["id"])


def test_an_officer_can_not_transfer(world):
    case = world.case("ACTIVE")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        world.one("transfer_participant", world.officer, id=case["participant_id"], prison_id=world.other_prison)


@pytest.mark.parametrize("before, after", [
    ("REFERRED", "WITHDRAWN"), ("AWAITING_ASSESSMENT", "WITHDRAWN"), ("SUITABLE_NOT_READY", "WITHDRAWN"),
    ("WAITLISTED", "WITHDRAWN"), ("ACTIVE", "AFTERCARE"), ("ON_HOLD", "AFTERCARE"), ("COMPLETED", "AFTERCARE"),
    ("ENDED_EARLY", "AFTERCARE"), ("NOT_SUITABLE", "NOT_SUITABLE"), ("WITHDRAWN", "WITHDRAWN")])
def test_release_removes_what_waits_and_opens_aftercare_for_the_rest(world, before, after):
    case = world.case(before)
    released = world.one("release_participant", world.officer, id=case["participant_id"])
    assert str(released["released_on"]) == "2026-03-02"
    assert world.get(case)["status"] == after
    assert world.one("get_agreement", id=world.here["id"])["seats_taken"] == 0


def test_a_case_on_hold_is_ended_before_aftercare(world):
    case = world.case("ON_HOLD")
    world.one("release_participant", id=case["participant_id"])
    assert world.moves(case)[-2:] == [("ON_HOLD", "ENDED_EARLY", "RELEASED"), ("ENDED_EARLY", "AFTERCARE", "RELEASED")]


def test_a_second_release_changes_nothing_and_nothing_begins_after_the_first(world):
    case = world.case("ACTIVE")
    first = world.one("release_participant", id=case["participant_id"], released_on="2026-03-01")
    second = world.one("release_participant", id=case["participant_id"], released_on="2026-04-01")
    assert first == second
    assert world.events(case["participant_id"]).count("enrollment.participant_released") == 1
    with refused("participant_is_in_prison"):
        world.refer({"id": case["participant_id"]})
    with refused("participant_is_in_prison"):
        transfer(world, case)


def test_a_release_is_recorded_on_its_day_or_later(world):
    case = world.case("ACTIVE")
    with refused("participant_release_day_has_come"):
        world.one("release_participant", id=case["participant_id"], released_on="2026-03-03")
    assert world.get(case)["status"] == "ACTIVE"


def test_a_person_in_two_programmes_takes_both_cases_along(world):
    second = world.new_programme()
    agreement = world.agreement(programmes=[second])
    first = world.case("ACTIVE")
    case = world.refer({"id": first["participant_id"]}, programme=second)
    world.one("accept_referral", id=case["id"])
    world.screen(case)
    world.one("decide_suitability", id=case["id"], decision="WAITLISTED")
    world.activate(case)
    world.agreement(world.other_prison, programmes=[second])
    transfer(world, first)
    assert [world.get(c)["status"] for c in (first, case)] == ["WAITLISTED", "ACTIVE"]
    assert world.one("get_agreement", id=agreement["id"])["seats_taken"] == 0
