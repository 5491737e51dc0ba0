"""Papers of a referral: one of each kind a person, known by number and day."""

import psycopg2
import pytest

from enrollment_world import World


@pytest.fixture(scope="module")
def world(postgres, database):
    return World(postgres, database)


def note(world, person, kind="PRISON_DECREE", number="W15-PK.01-77", caller=None):
    return world.rows("record_referral_document", caller or world.officer, participant_id=person["id"], kind=kind, number=number,
                      dated_on="2026-02-20", issued_by="Kepala Lapas")


def test_a_later_paper_takes_the_place_of_the_one_before(world):
    person = world.participant()
    (first,) = note(world, person)
    assert note(world, person) == [first], "the same again changes nothing"
    note(world, person, "MEDICAL_RECORD", "RM 4")
    note(world, person, number="W15-PK.01-78")
    kept = world.rows("list_referral_documents", world.officer, participant_id=person["id"])
    assert [(row["kind"], row["number"], row["recorded_by_name"]) for row in kept] == [
        ("MEDICAL_RECORD", "RM 4", "Seseorang"), ("PRISON_DECREE", "W15-PK.01-78", "Seseorang")]


def test_a_paper_without_a_number_is_refused(world):
    person = world.participant()
    with pytest.raises(psycopg2.errors.CheckViolation) as refused:
        note(world, person, number="")
    assert refused.value.diag.constraint_name == "referral_document_number_is_given"


def test_another_prison_neither_sees_nor_writes_them(world):
    person = world.participant()
    note(world, person)
    assert note(world, person, number="X", caller=world.other_officer) == []
    assert world.rows("list_referral_documents", world.other_officer, participant_id=person["id"]) == []
