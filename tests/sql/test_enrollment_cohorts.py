"""Cohorts: who can be in one, who sees it, what is told of it."""

import pytest

from enrollment_world import World, refused
from postgres import uuid7


@pytest.fixture(scope="module")
def world(postgres, database):
    world = World(postgres, database)
    world.agreement(seats=1000)
    return world


def cohort(world, **values):
    return world.one("create_cohort", **{"id": uuid7(), "prison_id": world.prison, "programme_id": world.programme,
                                         "name": f"Angkatan {uuid7()}", "starts_on": "2026-03-01", "ends_on": "2026-08-31", **values})


def assign(world, cohort, *cases):
    return world.one("assign_cohort", enrollment_ids=[case["id"] for case in cases], cohort_id=cohort and cohort["id"])["changed_count"]


def members(world, cohort, caller=None):
    return [row["enrollment.id"] for row in world.rows("list_cohort_members", caller, cohort_id=cohort["id"])]


def test_a_cohort_is_made_once_and_read_back(world):
    made = cohort(world)
    assert (made["member_count"], made["active_count"], made["version"], made["prison_name"]) == (0, 0, 1, "Lapas")
    assert world.one("create_cohort", **{name: made[name] for name in ("id", "prison_id", "programme_id", "name", "starts_on",
                                                                       "ends_on")}) == made
    assert world.one("get_cohort", id=made["id"]) == made


@pytest.mark.parametrize("promise, values", [
    ("cohort_name_is_given", {"name": ""}), ("cohort_ends_after_it_begins", {"ends_on": "2026-02-28"}),
    ("cohort_is_in_a_known_prison", {"prison_id": uuid7()}), ("cohort_is_of_a_known_programme", {"programme_id": uuid7()})])
def test_what_is_wrong_is_refused(world, promise, values):
    with refused(promise):
        cohort(world, **values)


def test_a_name_is_once_a_prison(world):
    cohort(world, name="Angkatan I")
    with refused("cohort_name_is_unique"):
        cohort(world, name="Angkatan I")
    assert cohort(world, name="Angkatan I", prison_id=world.other_prison)


def test_a_change_names_the_version_it_read(world):
    made = cohort(world)
    change = {"id": made["id"], "name": made["name"], "starts_on": "2026-03-09", "ends_on": "2026-09-30", "version": 1}
    assert world.one("update_cohort", **change)["version"] == 2
    assert world.one("update_cohort", **{**change, "version": 2})["version"] == 2, "nothing changed"
    with refused("version_is_the_one_read"):
        world.one("update_cohort", **{**change, "ends_on": "2026-10-31"})


def test_open_cases_of_its_prison_and_programme_are_put_into_it_all_or_none(world):
    made, other = cohort(world), cohort(world)
    fitting = [world.case("WAITLISTED"), world.case("ACTIVE")]
    assert assign(world, made, *fitting) == 2 and assign(world, made, *fitting) == 0
    assert sorted(members(world, made)) == sorted(case["id"] for case in fitting)
    assert {(row["enrollment.status"], row["cohort_name"]) for row in world.rows("list_cohort_members", cohort_id=made["id"])} == {
        ("WAITLISTED", made["name"]), ("ACTIVE", made["name"])}
    read = world.one("get_cohort", id=made["id"])
    assert (read["member_count"], read["active_count"]) == (2, 1)
    stranger = world.refer(world.participant(world.other_prison), caller=world.coordinator)
    for unfit in (stranger, world.case("NOT_SUITABLE"), world.refer(programme=world.new_programme(), caller=world.coordinator)):
        with refused("cohort_fits") as refusal:
            assign(world, other, fitting[0], unfit)
        assert refusal == {"who": "Slamet"}
    assert members(world, other) == []
    assert assign(world, other, fitting[0]) == 1, "out of the one it was in"
    assert (members(world, made), members(world, other)) == ([fitting[1]["id"]], [fitting[0]["id"]])
    assert [row["id"] for row in world.rows("list_cohorts", enrollment_id=fitting[0]["id"], current_only=False)] == [other["id"]]
    assert assign(world, None, fitting[0]) == 1 and members(world, other) == []


def test_it_is_known_who_put_them_where_they_are_now(world):
    first, second, case = cohort(world), cohort(world), world.case("WAITLISTED")
    for target, caller in ((first, world.coordinator), (second, world.supervisor), (second, world.coordinator)):
        world.one("assign_cohort", caller, enrollment_ids=[case["id"]], cohort_id=target["id"])
    assert world.as_root("select cohort_id, joined_by from enrollment.cohort_member where enrollment_id = %s", case["id"]) == [
        (second["id"], world.supervisor.user)]


def test_who_or_what_isnt_there_is_said(world):
    made = cohort(world)
    with refused("cohort_member_has_a_case"):
        assign(world, made, {"id": uuid7()})
    with refused("cohort_member_has_a_cohort"):
        assign(world, {"id": uuid7()}, world.case("REFERRED"))
    for count in (0, 201):
        with refused("cohort_assignment_is_bounded"):
            assign(world, made, *[{"id": uuid7()}] * count)


def test_a_transfer_leaves_the_cohort_behind_and_an_end_does_not(world):
    made, ended, moved = cohort(world), world.case(), world.case()
    assign(world, made, ended, moved)
    world.one("complete_enrollment", id=ended["id"], reason="GOALS_REACHED")
    world.one("transfer_participant", id=moved["participant_id"], prison_id=world.other_prison)
    assert members(world, made) == [ended["id"]], "who has finished was in it all the same"


def test_the_prison_sees_its_own(world):
    made, far = cohort(world), cohort(world, prison_id=world.other_prison)
    assert made["id"] in [row["id"] for row in world.rows("list_cohorts", world.officer, current_only=False)]
    assert far["id"] not in [row["id"] for row in world.rows("list_cohorts", world.officer, current_only=False)]
    assert world.rows("get_cohort", world.officer, id=far["id"]) == []


def test_those_that_are_over_can_be_left_out(world):
    over = cohort(world, starts_on="2025-01-01", ends_on="2026-03-01")
    assert over["id"] in [row["id"] for row in world.rows("list_cohorts", current_only=False)]
    assert over["id"] not in [row["id"] for row in world.rows("list_cohorts", current_only=True)]


def test_who_joins_and_leaves_is_told_of_once(world):
    made, case = cohort(world), world.case()
    for target in (made, made, None, None):
        assign(world, target, case)
    assert world.as_root("select count(*) from event.log where subject_id = %s and type = 'enrollment.case_regrouped'",
                         case["id"]) == [(2,)]
    assert world.as_root("select type from event.log where subject_id = %s", made["id"]) == [("enrollment.cohort_created",)]
