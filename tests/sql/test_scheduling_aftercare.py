"""People in aftercare are met at places of the foundation's outside the prisons, which see nothing of it."""

import pytest

from enrollment_world import World as Foundation, refused as not_taken
from postgres import Caller, uuid7
from scheduling_world import World, at, code, days, refused


@pytest.fixture(scope="module")
def world(postgres, database):
    return World(postgres, database)


@pytest.fixture(scope="module")
def foundation(postgres, database):
    return Foundation(postgres, database)


@pytest.fixture
def place(world):
    """(place, room), and a counsellor who has nothing else to do."""
    world.sari = world.person("Sari", "COUNSELLOR")
    id = world.as_root("insert into enrollment.prison (id, code, name, time_zone, aftercare) values (%s, %s, %s, 'Asia/Jakarta', true)"
                       " returning id", uuid7(), code(), "Kantor Banyuwangi")[0][0]
    return id, world.new_room(id, "Ruang tamu")


def at_place(place, **values):
    return {"prison_id": place[0], "room_id": place[1], **values}


def expected(world, session):
    return world.as_root("select participant_id from scheduling.session_participant where session_id = %s", session["id"])


def test_who_is_in_aftercare_is_met_there_wherever_they_were_released(world, place):
    cases = [world.new_case("Agus", prison=world.kendari, status="AFTERCARE"), world.new_case("Bagas", status="AFTERCARE")]
    one = world.session(**at_place(place, enrollment_ids=[cases[0][0]]))
    assert [str(row["participant_id"]) for row in one["participants"]] == [str(cases[0][1])]
    series = world.series(**at_place(place, start_time="13:00", enrollment_ids=[case for case, _ in cases]))
    assert {len(expected(world, session)) for session in world.sessions(series)} == {2}
    changed = world.change(series, days("03-03"), local_start="2026-03-03T14:00")
    assert {len(expected(world, session)) for session in world.sessions(changed)} == {2}


@pytest.mark.parametrize("status", ["ACTIVE", "COMPLETED", "CLOSED", "WAITLISTED"])
def test_nobody_else_is(world, place, status):
    case, _ = world.new_case(status=status)
    with refused("session_participant_is_active_here"):
        world.session(**at_place(place, enrollment_ids=[case]))
    with refused("session_participant_is_active_here"):
        world.series(**at_place(place, enrollment_ids=[case], start_time="15:00"))


def test_who_is_in_aftercare_is_in_no_session_of_a_prison(world):
    case, _ = world.new_case(status="AFTERCARE")
    with refused("session_participant_is_active_here"):
        world.session(enrollment_ids=[case], starts_at=at("03-05 09:00"))


def test_nobody_is_in_two_places_and_a_counsellor_needs_time_to_get_there(world, place):
    case, _ = world.new_case(status="AFTERCARE")
    world.session(**at_place(place, enrollment_ids=[case], starts_at=at("03-06 09:00")))
    with refused("session_participant_no_overlap"):
        world.session(**at_place(place, enrollment_ids=[case], starts_at=at("03-06 09:30"), room_id=world.new_room(place[0], "Teras"),
                                 counsellor_ids=[world.budi]))
    with refused("session_counsellor_has_time_to_travel"):
        world.session(starts_at=at("03-06 10:30"))


def test_the_prisons_see_nothing_of_it(world, place):
    case, _ = world.new_case(status="AFTERCARE")
    session = world.session(**at_place(place, enrollment_ids=[case], starts_at=at("03-07 09:00")))
    assert world.call("get_session", world.officer, session_id=session["id"]) is None
    assert world.rows("list_board", world.officer, from_time=at("03-07 00:00"), until_time=at("03-08 00:00")) == []
    assert [row["session_id"] for row in world.rows("list_board", from_time=at("03-07 00:00"), until_time=at("03-08 00:00"),
                                                    prison_id=place[0])] == [session["id"]]


def test_release_takes_them_out_of_the_prisons_sessions_and_the_end_of_aftercare_out_of_these(world, place):
    case, _ = world.new_case()
    inside = world.session(enrollment_ids=[case], starts_at=at("03-09 09:00"))
    world.move_case(case, status="AFTERCARE")
    outside = world.session(**at_place(place, enrollment_ids=[case], starts_at=at("03-10 09:00")))
    series = world.series(**at_place(place, component="INDIVIDUAL_COUNSELLING", enrollment_ids=[case], start_time="16:00"))
    world.settle(case)
    assert world.call("get_session", session_id=inside["id"])["cancel_reason"] == "NO_PARTICIPANT"
    assert len(expected(world, outside)) == 1
    world.move_case(case, status="CLOSED")
    world.settle(case)
    assert world.call("get_session", session_id=outside["id"])["cancel_reason"] == "NO_PARTICIPANT"
    assert {session["status"] for session in world.sessions(series)} == {"CANCELLED"}


def test_such_a_place_holds_nobody_and_stays_what_it_is(foundation):
    admin = Caller("ADMIN", user=foundation.admin.user)
    made = foundation.one("create_prison", admin, id=uuid7(), code=foundation.code(), name="Kantor", time_zone="Asia/Jakarta",
                          address="Jl. Melati 5", aftercare=True)
    assert made["aftercare"] and foundation.one("get_prison", id=made["id"])["aftercare"]
    for attempt in (lambda: foundation.participant(made["id"]), lambda: foundation.agreement(made["id"]),
                    lambda: foundation.person("OFFICER", made["id"]),
                    lambda: foundation.one("transfer_participant", id=foundation.participant()["id"], prison_id=made["id"])):
        with not_taken("prison_holds_people"):
            attempt()
    foundation.one("update_prison", admin, id=made["id"], version=made["version"], name="Kantor baru", time_zone="Asia/Makassar")
    assert foundation.one("get_prison", id=made["id"])["aftercare"]
    assert not foundation.rows("list_prison_overviews", days=30, prison_id=made["id"]), "it reports on nobody"
