"""Agreements: one in force a day, seats that hold under any crowd, renewals without a gap, expiry with its run-off."""

import psycopg2
import pytest

from enrollment_world import World, at_once, refused
from postgres import uuid7


@pytest.fixture
def world(postgres, database):
    return World(postgres, database)


def taken(world, agreement):
    return world.one("get_agreement", id=agreement["id"])["seats_taken"]


def state(world, agreement, now):
    world.now = now
    return world.one("get_agreement", id=agreement["id"])["state"]


def activation(world, case):
    world.coordinator.now = world.now
    return lambda service: service.call("activate_enrollment", world.coordinator, id=case["id"],
                                        counsellor_id=world.counsellor.user)[0]["status"]


def test_64_activations_at_once_for_10_seats_leave_exactly_10(world):
    agreement = world.agreement(seats=10)
    cases = [world.case("WAITLISTED") for _ in range(64)]
    outcomes = at_once(world, [activation(world, case) for case in cases])
    assert sorted(set(outcomes)) == ["ACTIVE", "agreement_seats_not_oversubscribed"], outcomes
    assert outcomes.count("ACTIVE") == 10
    statuses = [world.get(case)["status"] for case in cases]
    assert (statuses.count("ACTIVE"), statuses.count("WAITLISTED"), taken(world, agreement)) == (10, 54, 10)


def test_activations_ends_and_transfers_at_once_never_deadlock_nor_miscount(world):
    here = world.agreement(seats=10)
    there = world.agreement(world.other_prison, seats=5)
    running = [world.case("ACTIVE") for _ in range(10)]
    waiting = [world.case("WAITLISTED") for _ in range(10)]
    world.coordinator.now = world.now

    def end(case):
        return lambda service: service.call("end_enrollment_early", world.coordinator, id=case["id"], reason="DECLINED",
                                            comment=None)[0]["status"]

    def transfer(case):
        return lambda service: service.call("transfer_participant", world.coordinator, id=case["participant_id"],
                                            prison_id=world.other_prison)[0]["version"]

    outcomes = at_once(world, [activation(world, case) for case in waiting] + [end(case) for case in running[:5]] +
                       [transfer(case) for case in running])
    assert "40P01" not in outcomes, outcomes
    counted = world.as_root("select prison_id, count(*) from enrollment.enrollment where status in ('ACTIVE', 'ON_HOLD') and "
                            "agreement_id in (%s, %s) group by 1", here["id"], there["id"])
    assert dict(counted).get(world.prison, 0) == taken(world, here)
    assert dict(counted).get(world.other_prison, 0) == taken(world, there) <= 5


def test_a_held_case_keeps_its_seat_and_an_ended_one_gives_it_back(world):
    agreement = world.agreement(seats=1)
    first, second = world.case("ON_HOLD"), world.case("WAITLISTED")
    with refused("agreement_seats_not_oversubscribed"):
        world.activate(second)
    world.one("resume_enrollment", id=first["id"])
    world.one("complete_enrollment", id=first["id"])
    assert taken(world, agreement) == 0
    assert world.activate(second)["status"] == "ACTIVE"
    assert world.activate(second)["status"] == "ACTIVE", "again, with every seat taken"
    assert taken(world, agreement) == 1


def test_only_a_signed_agreement_for_the_programme_and_day_lets_a_case_become_active(world):
    case = world.case("WAITLISTED")
    world.agreement(programmes=[world.new_programme()])
    draft = world.agreement(sign=False)
    upcoming = world.agreement(valid_from="2026-06-01")
    for agreement in (draft, upcoming):
        with refused("enrollment_agreement_is_in_force"):
            world.activate(case)
    assert (draft["state"], upcoming["state"]) == ("DRAFT", "UPCOMING")
    world.now = "2026-06-01T03:00:00Z"
    assert world.activate(case)["agreement_id"] == upcoming["id"]


def test_days_are_the_prisons_and_running_care_goes_on_in_the_run_off(world):
    agreement = world.agreement(valid_until="2026-12-31", run_off_days=30)
    held, waiting = world.case("ON_HOLD"), world.case("WAITLISTED")
    # 31 December ends at 17:00 UTC in Banyuwangi, and 30 January too.
    assert state(world, agreement, "2026-12-31T16:59:59Z") == "IN_FORCE"
    assert state(world, agreement, "2026-12-31T17:00:00Z") == "RUN_OFF"
    with refused("enrollment_agreement_is_in_force"):
        world.activate(waiting)
    assert world.one("resume_enrollment", id=held["id"])["status"] == "ACTIVE"
    assert state(world, agreement, "2027-01-30T16:59:59Z") == "RUN_OFF"
    world.one("hold_enrollment", id=held["id"])
    assert state(world, agreement, "2027-01-30T17:00:00Z") == "EXPIRED"
    with refused("enrollment_agreement_is_in_force"):
        world.one("resume_enrollment", id=held["id"])
    assert world.one("end_enrollment_early", id=held["id"], reason="AGREEMENT_ENDED")["status"] == "ENDED_EARLY"


def test_two_agreements_are_never_in_force_on_one_day(world):
    world.agreement()
    second = world.agreement(valid_from="2026-12-31", valid_until="2027-06-30", sign=False)
    with refused("agreement_alone_in_force"):
        world.sign(second)
    world.agreement(programmes=[world.new_programme()])
    world.agreement(world.other_prison)
    world.agreement(valid_from="2027-01-01", valid_until="2027-06-30")


def test_two_signatures_at_once_leave_one_in_force(world):
    drafts = [world.agreement(sign=False) for _ in range(8)]
    outcomes = at_once(world, [
        lambda service, id=draft["id"]: service.call("sign_agreement", world.coordinator, id=id, signed_on="2025-12-20")[0]["id"]
        for draft in drafts])
    assert len([outcome for outcome in outcomes if outcome in [draft["id"] for draft in drafts]]) == 1, outcomes


def test_signing_and_ending_again_changes_nothing(world):
    agreement = world.agreement()
    again = world.one("sign_agreement", id=agreement["id"], signed_on="2026-02-02")
    assert again == agreement
    ended, repeated = (world.one("end_agreement", id=agreement["id"], ended_on=day, comment="dana") for day in (
        "2026-03-01", "2026-05-01"))
    assert ended == repeated
    assert (ended["state"], str(ended["run_off_until"])) == ("RUN_OFF", "2026-03-31")
    assert world.events(agreement["id"]) == ["enrollment.agreement_signed", "enrollment.agreement_ended"]
    with refused("agreement_ends_only_signed"):
        world.one("end_agreement", id=world.agreement(sign=False)["id"], ended_on="2026-05-01")


def test_an_agreement_without_a_programme_is_not_signed(world):
    with refused("agreement_covers_a_programme"):
        made = world.one("create_agreement", id=uuid7(), prison_id=world.prison, number=world.code(),
                         foundation_signatory__name="a", foundation_signatory__position="b", prison_signatory__name="c",
                         prison_signatory__position="d", valid_from="2026-01-01", valid_until="2026-12-31", programme_ids=[],
                         seats=1, visits_per_month=0, run_off_days=0)
        world.sign(made)


@pytest.mark.parametrize("valid_from, fits", [("2026-01-01", False), ("2026-01-02", True), ("2027-01-01", True),
                                              ("2027-01-02", False)])
def test_a_renewal_leaves_no_day_without_an_agreement(world, valid_from, fits):
    agreement = world.agreement()
    draft = world.renew(agreement, valid_from=valid_from, sign=False)
    if fits:
        world.sign(draft)
        assert str(world.one("get_agreement", id=agreement["id"])["replaced_from"]) == valid_from
    else:
        with refused("agreement_renewal_leaves_no_gap") as details:
            world.sign(draft)
        assert details == {"number": agreement["number"], "from": "2026-01-02", "until": "2027-01-01"}


def test_an_agreement_is_renewed_once(world):
    agreement = world.agreement()
    world.renew(agreement)
    with refused("agreement_renewed_once"):
        world.renew(agreement, valid_from="2026-12-01")


def test_live_cases_move_to_the_renewal_on_its_first_day(world):
    agreement = world.agreement(seats=5)
    active, held, done = world.case("ACTIVE"), world.case("ON_HOLD"), world.case("COMPLETED")
    renewal = world.renew(agreement, seats=4)
    take_over = lambda: world.rows("internal/take_over_renewals")[0]["moved"]
    world.now = "2026-12-31T16:59:59Z"
    assert take_over() == 0 and taken(world, agreement) == 2
    next_at = lambda: world.rows("internal/take_over_renewals")[0]["next_at"]
    assert next_at().isoformat() == "2026-12-31T17:00:00+00:00", "midnight in Jakarta"
    world.now = "2026-12-31T17:00:00Z"
    assert [take_over(), take_over()] == [2, 0]
    assert next_at() is None
    assert [world.get(case)["agreement_id"] for case in (active, held, done)] == [
        renewal["id"], renewal["id"], agreement["id"]]
    assert (taken(world, agreement), taken(world, renewal)) == (0, 2)
    assert world.moves(active)[-1] == ("ACTIVE", "ACTIVE", "AGREEMENT_RENEWED")


def test_an_activation_on_the_first_day_finds_the_cases_moved_before_it(world):
    agreement = world.agreement(seats=2)
    running, waiting = [world.case("ACTIVE") for _ in range(2)], [world.case("WAITLISTED") for _ in range(8)]
    renewal = world.renew(agreement, seats=3)
    world.now = "2027-01-01T00:00:00Z"
    outcomes = at_once(world, [activation(world, case) for case in waiting])
    assert outcomes.count("ACTIVE") == 1, outcomes
    assert set(outcomes) == {"ACTIVE", "agreement_seats_not_oversubscribed"}, outcomes
    assert {world.get(case)["agreement_id"] for case in running} == {renewal["id"]}
    assert taken(world, renewal) == 3


def test_a_renewal_with_fewer_seats_takes_those_longest_in_the_programme_first(world):
    agreement = world.agreement(seats=3)
    cases = []
    for day in ("2026-03-03", "2026-03-02", "2026-03-04"):
        world.now = f"{day}T03:00:00Z"
        cases.append(world.case("ACTIVE"))
    renewal = world.renew(agreement, seats=2)
    world.now = "2027-01-02T03:00:00Z"
    assert world.rows("internal/take_over_renewals")[0]["moved"] == 2
    assert [world.get(case)["agreement_id"] for case in cases] == [renewal["id"], renewal["id"], agreement["id"]]
    assert world.rows("internal/take_over_renewals")[0]["moved"] == 0
    world.one("complete_enrollment", id=cases[0]["id"])
    assert world.rows("internal/take_over_renewals")[0]["moved"] == 1, "the last follows when a seat is free"


def test_a_renewal_made_twice_is_one_and_takes_over_the_terms_left_out(world):
    agreement, id = world.agreement(), uuid7()
    first, second = (world.one("renew_agreement", id=id, renews_id=agreement["id"], number="PKS-2", valid_from="2027-01-01",
                               valid_until="2027-12-31", seats=4, visits_per_month=1, run_off_days=0, programme_ids=[])
                     for _ in range(2))
    assert first == second
    assert (first["foundation_signatory.name"], first["programme_ids"]) == ("Ibu Sari", agreement["programme_ids"])


def test_the_list_shows_what_ends_soon(world):
    soon = world.agreement(valid_until="2026-03-31", valid_from="2026-01-01")
    later = world.agreement(world.other_prison, valid_until="2026-06-30")
    within = lambda days: [row["id"] for row in world.rows("list_agreements", expiring_within_days=days)
                           if row["id"] in (soon["id"], later["id"])]
    assert [within(28), within(29), within(120)] == [[], [soon["id"]], [soon["id"], later["id"]]]
    world.renew(soon, valid_from="2026-04-01")
    assert within(120) == [later["id"]], "a signed renewal ends the reminding"


def test_the_published_view_says_what_reminders_need(world):
    agreement = world.agreement()
    world.renew(agreement)
    rows = world.as_root("select status, valid_until::text, renewed from enrollment.agreement_published where prison_id = %s "
                         "order by valid_from", world.prison)
    assert rows == [("SIGNED", "2026-12-31", True), ("SIGNED", "2027-12-31", False)]


def test_what_is_signed_covers_no_further_programme(world):
    agreement, programme = world.agreement(), world.new_programme()
    with pytest.raises(psycopg2.errors.InsufficientPrivilege), world.service.connection as connection:
        cursor = connection.cursor()
        cursor.execute("select set_config('pulih.prison_id', '*', true)")
        cursor.execute("insert into enrollment.agreement_programme (agreement_id, programme_id, prison_id, force) "
                       "select id, %s, prison_id, force from enrollment.agreement where id = %s",
                       (programme, agreement["id"]))
