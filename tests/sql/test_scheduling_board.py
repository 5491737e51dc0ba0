"""The board: every prison's sessions of a time, with who and how many, never with a participant's name."""

import pytest

from postgres import Caller
from scheduling_world import World, at


@pytest.fixture(scope="module")
def world(postgres, database):
    world = World(postgres, database)
    case, world.person_inside = world.new_case("Agus Rahasia")
    world.near = world.session(starts_at=at("03-03 09:00"), enrollment_ids=[case], counsellor_ids=[world.sari, world.budi])
    world.far = world.session(starts_at=at("03-03 12:00"), prison_id=world.kendari, room_id=world.far_room, counsellor_ids=[world.sari])
    return world


def board(world, caller=None, first="03-03 00:00", last="03-04 00:00", **values):
    return world.rows("list_board", caller, from_time=at(first), until_time=at(last), **values)


def test_all_prisons_stand_by_time(world):
    rows = board(world)
    assert [(row["session_id"], row["counsellor_names"], row["time_zone_short_name"]) for row in rows] == [
        (world.near["id"], ["Budi", "Sari"], "WIB"), (world.far["id"], ["Sari"], "WITA")]
    assert rows[0]["counsellor_ids"] == [world.budi, world.sari], "in the order of their names"
    assert "Rahasia" not in str(rows)


def test_it_is_narrowed_to_a_prison_a_counsellor_and_a_time(world):
    assert [row["session_id"] for row in board(world, prison_id=world.kendari)] == [world.far["id"]]
    assert [row["session_id"] for row in board(world, counsellor_id=world.budi)] == [world.near["id"]]
    assert [row["session_id"] for row in board(world, first="03-03 09:59", last="03-03 12:00")] == [world.near["id"]], "ends after it"
    assert board(world, first="03-03 10:00", last="03-03 12:00") == []


def test_pages_follow_each_other(world):
    first = board(world, page_limit=1)
    assert [row["session_id"] for row in board(world, page_key=first[0]["page_key"])] == [world.far["id"]]


def test_attendance_is_missing_only_once_a_session_is_over(world):
    assert [row["unmarked_count"] for row in board(world, world.at(at("03-03 09:30")))] == [0, 0]
    assert [row["unmarked_count"] for row in board(world, world.at(at("03-03 10:00")))] == [1, 0]


def test_a_prison_sees_its_own(world):
    there = Caller("COUNSELLOR", user=world.sari, prison=world.kendari)
    assert [row["session_id"] for row in board(world, there)] == [world.far["id"]]
