"""Series that are planned for a cohort have in their sessions whoever is in it, whenever they joined."""

import datetime
import json
import threading

import pytest

from postgres import Service, uuid7
from scheduling_world import World, at, days, refused


@pytest.fixture(scope="module")
def world(postgres, database):
    return World(postgres, database)


@pytest.fixture(autouse=True)
def own_room(world):
    """Each test has a room and a counsellor of its own."""
    world.room = world.new_room(world.banyuwangi, f"Ruang {uuid7()}")
    world.sari = world.person("Sari", "COUNSELLOR")


def expected(world, series):
    """Of each session, the names of who is expected."""
    return [[row["name"] for row in session["participants"] or []] for session in world.sessions(series)]


def test_everybody_in_it_whose_case_is_active_takes_part(world):
    cohort = world.cohort(world.new_case("Agus")[0], world.new_case("Bagas")[0], world.new_case("Cahyo", status="WAITLISTED")[0],
                          name="Angkatan III")
    series = world.series(cohort_id=cohort)
    assert (series["cohort_id"], series["cohort_name"], len(series["enrollment_ids"])) == (cohort, "Angkatan III", 2)
    assert expected(world, series) == [["Agus", "Bagas"]] * 9
    assert world.sessions(series)[0]["cohort_name"] == "Angkatan III"
    assert [row["id"] for row in world.rows("list_series", cohort_id=cohort)] == [series["id"]]


def test_the_day_the_roll_and_the_board_name_it(world):
    series = world.series(cohort_id=world.cohort(name="Kelompok A"), start_time="16:00")
    session = world.sessions(series)[0]["id"]
    day = world.rows("get_day", world.officer, prison_id=world.banyuwangi, day="2026-03-03")
    board = world.rows("list_board", from_time=at("03-03 00:00"), until_time=at("03-04 00:00"))
    for rows in (day, board, [world.call("get_roll", world.officer, session_id=session)]):
        assert [row["cohort_name"] for row in rows if row["session_id"] == session] == ["Kelompok A"]


def test_whoever_joins_later_or_becomes_active_is_in_what_is_to_come(world):
    waiting, (late, _) = world.new_case("Cahyo", status="WAITLISTED")[0], world.new_case("Dedi")
    cohort = world.cohort(waiting)
    series = world.series(cohort_id=cohort)
    world.regroup(cohort, late)
    world.settle(late, waiting)
    assert expected(world, series) == [["Dedi"]] * 9
    world.move_case(waiting, status="ACTIVE")
    world.settle(waiting)
    world.settle(waiting)
    assert expected(world, series) == [["Cahyo", "Dedi"]] * 9
    assert world.materialise([series], days("03-03", count=10), world.at(at("03-09 01:00"), "SERVICE")) == 1
    assert expected(world, series) == [["Cahyo", "Dedi"]] * 10


def test_whoever_leaves_is_held_or_goes_elsewhere_is_in_none(world):
    cases = [world.new_case(name)[0] for name in ("Agus", "Bagas", "Cahyo", "Dedi")]
    cohort, other = world.cohort(*cases), world.cohort()
    series = world.series(cohort_id=cohort)
    world.regroup(None, cases[0])
    world.regroup(other, cases[1])
    world.move_case(cases[2], status="ON_HOLD")
    world.settle(*cases)
    assert expected(world, series) == [["Dedi"]] * 9
    world.move_case(cases[2], status="ACTIVE")
    world.settle(cases[2])
    assert expected(world, series) == [["Cahyo", "Dedi"]] * 9


def test_a_split_series_goes_on_with_the_cohort(world):
    cohort = world.cohort(world.new_case("Agus")[0])
    series = world.series(cohort_id=cohort)
    split = world.change(series, days("03-03"), new_series_id=uuid7(), from_day="2026-03-24", local_start="2026-03-03T13:00")
    assert split["cohort_id"] == cohort
    late, _ = world.new_case("Bagas")
    world.regroup(cohort, late)
    world.settle(late)
    assert expected(world, series) == [["Agus", "Bagas"]] * 3
    assert expected(world, split) == [["Agus", "Bagas"]] * 6


def test_nobody_is_named_beside_the_cohort_and_none_is_for_one_person(world):
    (case, _), cohort = world.new_case(), world.cohort()
    with refused("series_follows_its_cohort"):
        world.series(cohort_id=cohort, enrollment_ids=[case])
    series = world.series(cohort_id=cohort)
    with refused("series_follows_its_cohort"):
        world.change(series, days("03-03"), enrollments_given=True, enrollment_ids=[case])
    with refused("series_of_one_is_for_no_cohort"):
        world.series(cohort_id=cohort, component="INDIVIDUAL_COUNSELLING")
    with refused("series_is_for_a_cohort_of_its_prison"):
        world.series(cohort_id=world.cohort(prison=world.kendari))


def test_who_is_elsewhere_stays_there_is_listed_and_can_be_added_once_free(world):
    case, participant = world.new_case("Agus")
    taken = world.session(starts_at=at("03-17 09:30"), room_id=world.new_room(world.banyuwangi, "Lain"),
                          counsellor_ids=[world.person("Tari", "COUNSELLOR")], enrollment_ids=[case])
    cohort = world.cohort()
    series = world.series(cohort_id=cohort)
    world.regroup(cohort, case)
    world.settle(case)
    assert expected(world, series) == [["Agus"]] * 2 + [[]] + [["Agus"]] * 6
    gap, = world.rows("list_cohort_gaps", cohort_id=cohort)
    assert (gap["starts_at"], gap["name"], gap["enrollment_id"]) == (at("03-17 09:00"), "Agus", case)
    assert world.call("close_cohort_gaps", cohort_id=cohort)["closed_count"] == 0
    world.call("cancel_session", session_id=taken["id"], reason="OTHER")
    assert world.call("close_cohort_gaps", cohort_id=cohort)["closed_count"] == 1
    assert world.rows("list_cohort_gaps", cohort_id=cohort) == []
    assert expected(world, series) == [["Agus"]] * 9


def test_a_series_that_is_made_while_somebody_joins_misses_nobody(world):
    cohort, (case, _), series = world.cohort(), world.new_case("Agus"), uuid7()
    making = Service(world.postgres, world.database, "scheduling").connection
    with making, making.cursor() as cursor:
        for setting, value in world.coordinator.settings().items():
            cursor.execute("select set_config(%s, %s, true)", (setting, value))
        cursor.execute("""select scheduling.create_series(jsonb_populate_record(null::scheduling.series, %s), %s, '{}', %s)""", (
            json.dumps({"id": series, "prison_id": world.banyuwangi, "component": "GROUP_COUNSELLING", "room_id": world.room,
                        "local_start": "2026-03-03T09:00", "duration_minutes": 60, "rrule": "FREQ=WEEKLY", "cohort_id": cohort},
                       default=str), [world.sari], [datetime.date(2026, 3, 3), datetime.date(2026, 3, 10)]))
        world.regroup(cohort, case)
        settling = threading.Thread(target=world.settle, args=(case,))
        settling.start()
        settling.join(0.5)
        assert settling.is_alive(), "it waits for the series that is being made"
    settling.join()
    assert expected(world, {"id": series}) == [["Agus"]] * 2
