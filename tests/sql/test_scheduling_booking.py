"""Nobody and nothing is in two places at once."""

import datetime
import random
import threading

import psycopg2
import pytest

from postgres import Service, uuid7
from scheduling_world import World, at, days, refused

MINUTES = datetime.timedelta(minutes=1)


@pytest.fixture(scope="module")
def world(postgres, database):
    return World(postgres, database)


@pytest.fixture(autouse=True)
def empty(world):
    """No sessions left of the test before."""
    yield
    world.as_root("""set session_replication_role = replica; delete from scheduling.session_participant;
        delete from scheduling.session_counsellor; delete from scheduling.session; set session_replication_role = origin""")


def test_a_counsellor_is_refused_with_who_where_and_when(world):
    world.session()
    with refused("session_counsellor_no_overlap") as info:
        world.session(room_id=world.hall, starts_at=at("03-03 09:30"))
    assert info.value.details == {"who": "Sari", "where": "Lapas Banyuwangi, Ruang 1", "when": "2026-03-03 09:00–10:00 WIB"}


def test_a_room_and_a_participant_are_refused_too(world):
    case, _ = world.new_case("Agus")
    world.session(enrollment_ids=[case])
    with refused("session_room_no_overlap") as info:
        world.session(counsellor_ids=[world.budi], starts_at=at("03-03 08:30"))
    assert info.value.details["who"] == "Ruang 1"
    with refused("session_participant_no_overlap") as info:
        world.session(counsellor_ids=[world.budi], room_id=world.hall, enrollment_ids=[case])
    assert info.value.details["who"] == "Agus"


def test_nobody_is_booked_who_isnt_known(world):
    with refused("session_counsellor_is_known"):
        world.session(counsellor_ids=[uuid7()])
    session, (_, participant) = world.session(), world.new_case()
    world.call("cancel_session", session_id=session["id"], reason="OTHER")
    with pytest.raises(psycopg2.errors.CheckViolation, match="session_participant_is_active_here"):
        world.as_root("""insert into scheduling.session_participant
            select id, %s, %s, prison_id, starts_at, ends_at, false from scheduling.session""", participant, uuid7())


def test_one_session_may_begin_when_another_ends(world):
    world.session()
    assert world.session(starts_at=at("03-03 10:00")) and world.session(starts_at=at("03-03 08:00"))


def test_one_that_lies_within_another_is_seen(world):
    world.session(starts_at=at("03-03 08:00"), ends_at=at("03-03 12:00"))
    with refused("session_counsellor_no_overlap"):
        world.session(room_id=world.hall, starts_at=at("03-03 09:00"))
    with refused("session_room_no_overlap"):
        world.session(counsellor_ids=[world.budi], starts_at=at("03-03 07:00"), ends_at=at("03-03 13:00"))


def test_a_cancelled_session_is_in_nobodys_way(world):
    session = world.session()
    cancelled = world.call("cancel_session", session_id=session["id"], reason="OTHER", note="Listrik padam")
    assert (cancelled["status"], cancelled["version"]) == ("CANCELLED", 2)
    assert world.session()
    assert world.events(session) == ["scheduling.session_scheduled", "scheduling.session_cancelled"]


def test_cancelling_again_changes_nothing(world):
    session = world.session()
    first = world.call("cancel_session", session_id=session["id"], reason="OTHER", note="a")
    again = world.call("cancel_session", session_id=session["id"], reason="CLOSURE", note="b")
    assert again == first


def test_a_repeated_create_gives_the_first(world):
    session = world.session()
    assert world.session(id=session["id"], starts_at=at("03-09 09:00")) == session


def test_moving_a_session_is_checked_like_making_one(world):
    world.session()
    other = world.session(starts_at=at("03-03 11:00"))
    with refused("session_room_no_overlap"):
        world.call("update_session", session_id=other["id"], version=0, starts_at=at("03-03 09:59"), counsellor_ids=[])
    moved = world.call("update_session", session_id=other["id"], version=1, starts_at=at("03-03 10:00"), counsellor_ids=[])
    assert (moved["starts_at"], moved["ends_at"], moved["version"]) == (at("03-03 10:00"), at("03-03 11:00"), 2)
    with refused("version_is_the_one_read"):
        world.call("update_session", session_id=other["id"], version=1, starts_at=at("03-03 12:00"), counsellor_ids=[])


def test_time_and_counsellor_together_are_one_change(world):
    session = world.session()
    changed = world.call("update_session", session_id=session["id"], version=1, starts_at=at("03-04 09:00"),
                         counsellor_ids=[world.budi], room_id=world.hall)
    assert (changed["version"], changed["counsellor_ids"]) == (2, [world.budi])
    assert world.events(session) == ["scheduling.session_scheduled", "scheduling.session_changed"]


def test_between_prisons_there_is_time_to_travel(world):
    world.session()
    there = dict(prison_id=world.kendari, room_id=world.far_room)
    for starts_at in (at("03-03 11:59"), at("03-03 06:01")):
        with refused("session_counsellor_has_time_to_travel") as info:
            world.session(starts_at=starts_at, **there)
        assert info.value.details["where"] == "Lapas Banyuwangi, Ruang 1"
    assert world.session(starts_at=at("03-03 12:00"), **there)
    world.call("set_travel_time", one_prison_id=world.banyuwangi, other_prison_id=world.kendari, minutes=300)
    try:
        with refused("session_counsellor_has_time_to_travel"):
            world.session(starts_at=at("03-03 17:59"))
    finally:
        world.call("set_travel_time", one_prison_id=world.kendari, other_prison_id=world.banyuwangi, minutes=120)


def test_a_prison_learns_nothing_of_another(world):
    world.session(prison_id=world.kendari, room_id=world.far_room, starts_at=at("03-03 08:30"))
    with refused("session_counsellor_no_overlap") as info:
        world.session(world.officer)
    assert info.value.details == {"who": "Sari", "where": "lapas lain", "when": "2026-03-03 09:00–10:00 WIB"}


def test_only_active_cases_of_the_prison_are_expected(world):
    for case, _ in (world.new_case(status="ON_HOLD"), world.new_case(prison=world.kendari), (uuid7(), None)):
        with refused("session_participant_is_active_here"):
            world.session(enrollment_ids=[case])


def test_what_somebody_has_just_left_can_still_be_moved(world):
    """The event that their case has ended is yet to come."""
    case, _ = world.new_case()
    alone = world.session(enrollment_ids=[case])
    series = world.series(enrollment_ids=[case], start_time="13:00")
    world.move_case(case, status="COMPLETED")
    moved = world.call("update_session", session_id=alone["id"], version=1, starts_at=at("03-03 10:00"), counsellor_ids=[])
    assert moved["starts_at"] == at("03-03 10:00")
    assert world.change(series, days("03-03"), local_start="2026-03-03T14:00")
    series = world.call("get_series", series_id=series["id"])
    assert world.change(series, days("03-03"), local_start="2026-03-03T15:00", new_series_id=uuid7(), from_day="2026-03-17")


def test_what_has_begun_never_changes(world):
    session = world.session()
    later = world.at(at("03-03 09:01"))
    for values in (dict(starts_at=at("03-05 09:00")), dict(room_id=world.hall), dict(counsellor_ids=[world.budi])):
        with refused("session_past_never_changes"):
            world.call("update_session", later, session_id=session["id"], version=0, **{"counsellor_ids": [], **values})
    with refused("session_past_never_changes"):
        world.call("cancel_session", later, session_id=session["id"])
    with refused("session_past_never_changes"):
        world.call("update_session", session_id=session["id"], version=0, starts_at=at("03-01 09:00"), counsellor_ids=[])


def test_a_script_can_not_break_it(world):
    """Straight writes to the tables, as their owner could: also moved apart from their session."""
    first, second = world.session(), world.session(starts_at=at("03-03 11:00"))
    for statement, error in (
            ("update scheduling.session set starts_at = '2026-03-03T02:30Z', ends_at = '2026-03-03T03:30Z' where id = %s",
             psycopg2.errors.ExclusionViolation),
            ("update scheduling.session_counsellor set starts_at = starts_at + interval '1 hour' where session_id = %s",
             psycopg2.errors.CheckViolation),
            ("update scheduling.session_counsellor set occupies = false where session_id = %s", psycopg2.errors.CheckViolation),
            ("delete from scheduling.session where id = %s", psycopg2.errors.CheckViolation)):
        with pytest.raises(error):
            world.as_root("set pulih.prison_id = '*'; set pulih.now = '2026-03-02T02:00:00Z'; " + statement, second["id"])
    assert world.call("get_session", session_id=second["id"]) == second and first


def test_booking_needs_read_committed(world):
    world.service.connection.set_session(isolation_level="REPEATABLE READ")
    try:
        with pytest.raises(Exception, match="read committed"):
            world.session()
    finally:
        world.service.connection.set_session(isolation_level="READ COMMITTED")


def test_64_clients_never_overlap_and_never_deadlock(world):
    """Everybody books, moves and cancels the same few slots, counsellors, rooms and participants."""
    counsellors = [world.person(f"K{i}", "COUNSELLOR") for i in range(4)]
    rooms = [world.new_room(world.banyuwangi, f"Bilik {i}") for i in range(4)]
    cases = [world.new_case(f"W{i}")[0] for i in range(6)]
    outcomes, surprises, lock = {}, [], threading.Lock()

    def client(number):
        chance = random.Random(number)
        service = Service(world.postgres, world.database, "scheduling")
        mine = []
        for _ in range(12):
            starts_at = at("03-10 08:00") + 15 * MINUTES * chance.randrange(16)
            values = dict(starts_at=starts_at, ends_at=starts_at + 15 * MINUTES * chance.randrange(1, 5),
                          room_id=chance.choice(rooms), counsellor_ids=chance.sample(counsellors, 2))
            try:
                if mine and chance.random() < 0.4:
                    world.call("update_session", service=service, session_id=chance.choice(mine), version=0, **values)
                elif mine and chance.random() < 0.3:
                    world.call("cancel_session", service=service, session_id=mine.pop(), reason="OTHER")
                else:
                    session = world.session(service=service, enrollment_ids=chance.sample(cases, 3), **values)
                    mine.append(session["id"])
                outcome = "done"
            except Exception as error:  # noqa: BLE001
                outcome = getattr(error, "constraint", None) or repr(error)
            with lock:
                outcomes[outcome] = outcomes.get(outcome, 0) + 1
                if not str(outcome).startswith(("done", "session_")):
                    surprises.append(outcome)
        service.connection.close()

    threads = [threading.Thread(target=client, args=(number,)) for number in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not surprises, surprises[:3]
    assert outcomes["done"] > 20 and outcomes.get("session_room_no_overlap"), outcomes
    for table, resource in (("session", "room_id"), ("session_counsellor", "counsellor_id"),
                            ("session_participant", "participant_id")):
        occupies = "status = 'SCHEDULED'" if table == "session" else "occupies"
        overlaps = world.as_root(f"""
            select count(*) from scheduling.{table} a join scheduling.{table} b using ({resource})
            where a.{occupies} and b.{occupies} and a.ctid < b.ctid
                and tstzrange(a.starts_at, a.ends_at) && tstzrange(b.starts_at, b.ends_at)""")[0][0]
        assert overlaps == 0, f"{overlaps} overlaps of {resource}; {outcomes}"
    apart = world.as_root("""select count(*) from scheduling.session s join scheduling.session_counsellor c on c.session_id = s.id
        where (c.starts_at, c.ends_at, c.occupies) is distinct from (s.starts_at, s.ends_at, s.status = 'SCHEDULED')""")[0][0]
    assert apart == 0
