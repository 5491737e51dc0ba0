"""CountEnrollments: what a prison and what the foundation sees."""

import pytest

from enrollment_world import World, refused


@pytest.fixture(scope="module")
def world(postgres, database):
    world = World(postgres, database)
    world.agreement(seats=10)
    for status in ("REFERRED", "REFERRED", "ACTIVE"):
        world.case(status)
    return world


def test_cases_are_counted_by_status(world):
    counts = world.rows("count_enrollments", prison_id=world.prison)
    assert [(row["status"], row["count"]) for row in counts] == [("ACTIVE", 1), ("REFERRED", 2)]
    assert world.rows("count_enrollments") == counts
    assert world.rows("count_enrollments", prison_id=world.other_prison) == []


def test_a_prison_counts_its_own_only(world):
    head = world.person("PRISON_HEAD", world.other_prison)
    assert world.rows("count_enrollments", head, prison_id=world.prison) == []
    assert world.rows("count_enrollments", head) == []


def names(world, caller=None, **values):
    return sorted(row["enrollment.id"] for row in world.rows("list_enrollments", caller, **values))


def test_groups_of_cases_are_told_apart(world):
    mine, ended = world.case("ACTIVE"), world.case("NOT_SUITABLE")
    open_cases = names(world, group="OPEN")
    assert mine["id"] in open_cases and ended["id"] not in open_cases
    assert names(world, group="ENDED") == [ended["id"]]
    assert mine["id"] not in names(world, group="UNASSIGNED") and names(world, group="UNASSIGNED")
    assert names(world, world.counsellor, group="MINE") == sorted(
        row["enrollment.id"] for row in world.rows("list_enrollments") if row["enrollment.counsellor_id"] == world.counsellor.user)
    assert names(world, world.person("COORDINATOR"), group="MINE") == []
    assert mine["id"] in names(world, world.coordinator, group="MINE"), "moved by them"


def test_a_case_is_found_by_its_persons_name_and_says_who_and_where(world):
    case = world.case("ACTIVE")
    [number] = [row["register_number"] for row in world.rows("list_enrollments") if row["enrollment.id"] == case["id"]]
    [row] = world.rows("list_enrollments", search=number)
    assert (row["counsellor_name"], row["prison_name"], row["programme_name"] is None) == ("Seseorang", "Lapas", False)
    assert names(world, search="tidak ada") == []


def test_a_counsellor_is_not_assigned_over_somebody_elses_change(world):
    case, other = world.case("ACTIVE"), world.person("COUNSELLOR")
    changed = world.one("assign_counsellor", id=case["id"], counsellor_id=other.user, version=case["version"])
    assert changed["version"] == case["version"] + 1
    with refused("version_is_the_one_read"):
        world.one("assign_counsellor", id=case["id"], counsellor_id=world.counsellor.user, version=case["version"])
    assert world.one("assign_counsellor", id=case["id"], counsellor_id=world.counsellor.user, version=0)["version"] == case["version"] + 2
