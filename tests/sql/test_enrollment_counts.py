"""CountEnrollments: what a prison and what the foundation sees."""

import pytest

from enrollment_world import World


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
