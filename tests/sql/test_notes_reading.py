"""Who sees that there is a note, and who reads its body."""

import psycopg2
import pytest
from notes_world import World, refused
from postgres import Caller, uuid7


@pytest.fixture(scope="module")
def world(postgres, database):
    return World(postgres, database)


def break_glass(world, caller, minutes=60, **values):
    return world.service.call("internal/write_break_glass", caller, id=uuid7(), participant_id=world.participant,
                              reason="Gawat darurat di blok C", minutes=minutes, **values)[0]


def review(world, caller, request, verdict):
    return world.service.call("internal/write_verdict", caller, break_glass_id=request["id"], verdict=verdict)


def later(caller, now):
    return Caller(*caller.roles.split(","), user=caller.user, prison=caller.prison, now=now)


@pytest.mark.parametrize("reader", ["officer", "head", "coordinator", "admin", "auditor"])
def test_who_is_not_clinical_sees_no_row(world, reader):
    note, caller = world.signed(), getattr(world, reader)
    assert world.basis(note, caller) is None
    assert world.bodies(note, caller) == []
    assert world.service.call("list_notes", caller, participant_id=world.participant, drafts_only=False) == []
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        world.save(caller)


def test_without_a_caller_nothing_is_seen(world):
    world.signed()
    with world.service.connection as connection, connection.cursor() as cursor:
        for table in ("note", "note_body", "amendment", "break_glass", "key_destruction", "audit"):
            cursor.execute(f"select count(*) from notes.{table}")
            assert cursor.fetchone() == (0,), table


@pytest.mark.parametrize("reader, basis", [("author", "AUTHOR"), ("supervisor", "SUPERVISOR"), ("colleague", "")])
def test_the_basis_is_named(world, reader, basis):
    note, caller = world.signed(), getattr(world, reader)
    assert world.basis(note, caller) == basis
    assert len(world.bodies(note, caller)) == (1 if basis else 0)


def test_the_counsellor_of_the_case_reads_and_loses_that_with_the_case(world):
    participant, case = world.new_case(world.colleague)
    note = world.signed(participant_id=participant, enrollment_id=case)
    assert world.basis(note, world.colleague) == "CASE"
    world.as_root("update enrollment.enrollment set counsellor_id = %s where id = %s", world.author.user, case)
    assert world.basis(note, world.colleague) == ""
    assert world.bodies(note, world.colleague) == []


def test_an_author_who_is_no_counsellor_any_more_reads_nothing(world):
    note = world.signed()
    assert world.basis(note, Caller("COORDINATOR", user=world.author.user)) is None


def test_break_glass_opens_for_a_while(world):
    note, reader = world.signed(), world.person("COUNSELLOR")
    break_glass(world, reader, minutes=60)
    assert world.basis(note, reader) == "BREAK_GLASS"
    assert len(world.bodies(note, reader)) == 1
    ended = later(reader, "2026-03-02T11:00:00Z")
    assert world.basis(note, ended) == ""
    assert world.bodies(note, ended) == []


def test_a_break_glass_found_unjustified_ends(world):
    note, reader = world.signed(), world.person("COUNSELLOR")
    request = break_glass(world, reader)
    assert review(world, world.supervisor, request, "NOT_JUSTIFIED")
    assert world.basis(note, reader) == ""


def test_a_second_person_reviews_once(world):
    both = world.person("CLINICAL_SUPERVISOR")
    both.roles = "COUNSELLOR,CLINICAL_SUPERVISOR"
    request = break_glass(world, both)
    with refused("break_glass_reviewed_by_another"):
        review(world, both, request, "JUSTIFIED")
    first = review(world, world.supervisor, request, "JUSTIFIED")
    assert review(world, world.supervisor, request, "JUSTIFIED") == first
    with refused("break_glass_reviewed_once"):
        review(world, world.supervisor, request, "NOT_JUSTIFIED")
    assert review(world, world.author, request, "JUSTIFIED") == [], "a counsellor reviews nothing"


@pytest.mark.parametrize("minutes", [0, 1441])
def test_break_glass_is_short(world, minutes):
    with refused("break_glass_is_short"):
        break_glass(world, world.colleague, minutes=minutes)




def test_a_group_note_is_read_by_the_counsellors_of_its_parts(world):
    session = world.new_session()
    shared = world.save(type="GROUP_SESSION", participant_id=None, enrollment_id=None, session_id=session)
    participant, case = world.new_case(world.colleague)
    part = world.save(type="GROUP_SESSION", participant_id=participant, enrollment_id=case, session_id=session,
                      group_note_id=shared["id"])
    assert world.basis(shared, world.colleague) is None, "it is a draft"
    world.sign(shared), world.sign(part)
    assert world.basis(shared, world.colleague) == "CASE"
    assert world.basis(part, world.colleague) == "CASE"
    stranger = world.person("COUNSELLOR")
    assert (world.basis(shared, stranger), world.basis(part, stranger)) == ("", "")


def test_a_discarded_part_takes_its_counsellors_right_along(world):
    session = world.new_session()
    shared = world.signed(type="GROUP_SESSION", participant_id=None, enrollment_id=None, session_id=session)
    participant, case = world.new_case(world.colleague)
    part = world.save(type="GROUP_SESSION", participant_id=participant, enrollment_id=case, session_id=session,
                      group_note_id=shared["id"])
    assert world.basis(shared, world.colleague) == "CASE"
    world.service.call("discard_draft", world.author, note_id=part["id"])
    assert world.basis(shared, world.colleague) == ""


def test_a_group_note_is_not_discarded_under_its_parts(world):
    session = world.new_session()
    shared = world.save(type="GROUP_SESSION", participant_id=None, enrollment_id=None, session_id=session)
    world.save(type="GROUP_SESSION", session_id=session, group_note_id=shared["id"])
    with refused("note_group_exists"):
        world.service.call("discard_draft", world.author, note_id=shared["id"])


def test_nobody_reads_anothers_group_note_by_hanging_a_part_on_it(world):
    session = world.new_session()
    shared = world.signed(type="GROUP_SESSION", participant_id=None, enrollment_id=None, session_id=session)
    participant, case = world.new_case(world.colleague)
    with refused("group_part_by_its_author"):
        world.save(world.colleague, type="GROUP_SESSION", participant_id=participant, enrollment_id=case,
                   session_id=session, group_note_id=shared["id"])
    assert world.basis(shared, world.colleague) == ""


def test_a_key_is_destroyed_by_two_people(world):
    participant, _ = world.new_case(world.author)
    ask = {"participant_id": participant, "reason": "Permintaan penghapusan data"}
    asked = world.service.call("internal/write_key_destruction", world.admin, **ask)
    assert world.service.call("internal/write_key_destruction", world.admin, **ask) == asked
    assert asked[0]["confirmed_at"] is None
    both = Caller("ADMIN", "CLINICAL_SUPERVISOR", user=world.admin.user, now=world.admin.now)
    with refused("key_destruction_confirmed_by_another"):
        world.service.call("internal/confirm_key_destruction", both, participant_id=participant)
    assert world.service.call("internal/confirm_key_destruction", world.admin, participant_id=participant) == []
    first = world.service.call("internal/confirm_key_destruction", world.supervisor, participant_id=participant)
    assert first[0]["confirmed_by"] == world.supervisor.user
    other = world.person("CLINICAL_SUPERVISOR")
    assert world.service.call("internal/confirm_key_destruction", other, participant_id=participant) == first
