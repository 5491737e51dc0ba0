"""A note is written once: drafts grow by revisions, what is signed is final."""

import psycopg2
import pytest
from notes_world import NOW, World, refused
from postgres import uuid7


@pytest.fixture(scope="module")
def world(postgres, database):
    return World(postgres, database)


def revision_of(world, note, caller):
    return [row["revision"] for row in world.bodies(note, caller)]


def test_a_draft_is_saved_again_with_the_next_revision(world):
    note = world.save()
    world.save(id=note["id"], revision=2, body="isi baru")
    assert revision_of(world, note, world.author) == [2]


@pytest.mark.parametrize("revision, body", [(1, "lain"), (3, "isi"), (2, "isi")])
def test_an_old_window_never_overwrites_a_newer_draft(world, revision, body):
    note = world.save()
    world.save(id=note["id"], revision=2, body="isi baru")
    with refused("note_revision_follows"):
        world.save(id=note["id"], revision=1 if revision == 3 else revision, body=body)
    assert revision_of(world, note, world.author) == [2]


def test_the_same_save_twice_is_one(world):
    note = world.save()
    assert world.save(id=note["id"]) == note
    assert revision_of(world, note, world.author) == [1]


def test_a_draft_is_its_authors_alone(world):
    note = world.save()
    for caller in (world.colleague, world.supervisor):
        assert world.basis(note, caller) is None
        assert world.bodies(note, caller) == []
        assert not world.sign(note, caller)
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            world.save(caller, id=note["id"], revision=2)
        world.service.call("discard_draft", caller, note_id=note["id"])
    assert world.basis(note, world.author) == "AUTHOR"


def test_a_discarded_draft_is_gone_with_its_body(world):
    note = world.save()
    world.service.call("discard_draft", world.author, note_id=note["id"])
    assert world.as_root("select count(*) from notes.note_body where note_id = %s", note["id"]) == [(0,)]


def test_signing_twice_says_the_same(world):
    note = world.save()
    first = world.sign(note)
    assert world.sign(note) == first
    assert first[0]["signed_at"].isoformat() == "2026-03-02T10:00:00+00:00"
    events = world.as_root("select count(*) from event.log where type = 'notes.note_signed' and subject_id = %s", note["id"])
    assert events == [(1,)]


def test_only_the_newest_revision_is_signed(world):
    note = world.save()
    world.save(id=note["id"], revision=2, body="isi baru")
    with refused("note_revision_follows"):
        world.sign(note, revision=1)


def test_a_signed_note_is_final(world):
    note = world.signed()
    with refused("note_signed_is_final"):
        world.save(id=note["id"], revision=2, body="isi baru")
    with refused("note_signed_is_final"):
        world.save(id=note["id"], occurred_at="2026-03-01T09:00:00Z")
    with refused("note_signed_is_final"):
        world.service.call("discard_draft", world.author, note_id=note["id"])
    assert world.save(id=note["id"])["signed_at"], "the save that was signed, once more"


@pytest.mark.parametrize("text", ["delete from notes.note where id = %s", "delete from notes.note_body where note_id = %s",
                                  "update notes.note set author_id = gen_random_uuid() where id = %s",
                                  "update notes.note_body set body_mac = sealed_key where note_id = %s"])
def test_not_even_the_owner_changes_a_signed_note(world, text):
    note = world.signed()
    with refused("note_signed_is_final"):
        world.as_root(text, note["id"])


def test_what_happened_comes_before_it_is_written(world):
    with refused("note_written_after_it_happened"):
        world.save(occurred_at="2026-03-02T10:00:01Z")
    world.save(occurred_at=NOW)


def test_a_note_stays_with_its_case(world):
    note = world.save()
    participant, case = world.new_case(world.author)
    with refused("note_case_is_fixed"):
        world.save(id=note["id"], revision=2, participant_id=participant, enrollment_id=case)


def test_a_plan_needs_a_signed_assessment(world):
    participant, case = world.new_case(world.author)
    about = {"participant_id": participant, "enrollment_id": case}
    assessment = world.save(type="ASSESSMENT", **about)
    with refused("plan_needs_assessment"):
        world.save(type="PLAN", **about)
    world.sign(assessment)
    assert world.save(type="PLAN", **about)


def test_a_note_without_a_case_is_refused(world):
    with refused("note_is_about_a_case"):
        world.save(participant_id=None, enrollment_id=None)


def test_an_amendment_stands_beside_the_note_and_never_changes(world):
    note, id = world.signed(), uuid7()
    amendment = {"id": id, "note_id": note["id"], "sealed": bytes(50), "sealed_key": bytes(73)}
    first = world.service.call("internal/write_amendment", world.author, **amendment)
    assert world.service.call("internal/write_amendment", world.author, **amendment) == first
    assert [row["amendment_id"] for row in world.bodies(note, world.author)] == [None, id]
    for text in ("delete from notes.amendment", "update notes.amendment set created_at = created_at"):
        with refused("notes_append_only"):
            world.as_root(text)


def test_a_draft_is_not_amended_nor_a_strangers_note(world):
    draft, signed = world.save(), world.signed()
    for note, caller in ((draft, world.author), (signed, world.colleague)):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            world.service.call("internal/write_amendment", caller, id=uuid7(), note_id=note["id"], sealed=bytes(50),
                               sealed_key=bytes(73))


def test_a_list_is_paged_from_the_latest(world):
    participant, case = world.new_case(world.author)
    notes = [world.save(participant_id=participant, enrollment_id=case, occurred_at=f"2026-03-01T0{hour}:00:00.123457Z")
             for hour in (1, 2, 2, 3)]
    seen, key = [], None
    while page := world.service.call("list_notes", world.author, participant_id=participant, drafts_only=True, page_key=key,
                                     page_limit=2):
        seen += [row["id"] for row in page]
        key = page[-1]["page_key"]
    assert seen == [notes[i]["id"] for i in (3, *sorted((1, 2), key=lambda i: notes[i]["id"], reverse=True), 0)]
    assert world.service.call("list_notes", world.colleague, participant_id=participant, drafts_only=False) == []
