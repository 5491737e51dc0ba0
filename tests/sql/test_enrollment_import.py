"""Participants and their way in from a prison's register."""

import psycopg2
import pytest

from enrollment_world import World, refused
from postgres import uuid7


@pytest.fixture
def world(postgres, database):
    return World(postgres, database)


def row(line, register_number="B.1/2024", **cells):
    return {"line": line, "register_number": register_number, "name": "Slamet", "birth_date": "17/05/1990", "sex": "L",
            "block": "A2", "offence_articles": "Pasal 112; Pasal 127", "sentence_start": "2024-06-01",
            "two_thirds_on": "01-10-2026", "expected_release_on": "1.12.2027", **cells}


def load(world, rows, preview=False, caller=None, prison=None):
    return world.rows("import_participants", caller or world.officer, prison_id=prison or world.prison, preview=preview, rows=rows)


def outcomes(results):
    return [(result["line"], result["outcome"]) for result in results]


def problems(result):
    return [(problem["column"], problem["reason"], problem["value"]) for problem in result["problems"] or []]


def count(world):
    return world.as_root("select count(*) from enrollment.participant where prison_id = %s", world.prison)[0][0]


def test_a_row_becomes_a_participant(world):
    result, = load(world, [row(2, aliases="Mas Met;  Gondrong ")])
    person = world.one("get_participant", id=result["participant_id"])
    assert result["participant_id"].version == 7
    assert {name: str(person[name]) for name in ("register_number", "name", "birth_date", "sex", "block", "sentence_start",
                                                 "two_thirds_on", "expected_release_on")} == {
        "register_number": "B.1/2024", "name": "Slamet", "birth_date": "1990-05-17", "sex": "MALE", "block": "A2",
        "sentence_start": "2024-06-01", "two_thirds_on": "2026-10-01", "expected_release_on": "2027-12-01"}
    assert (person["aliases"], person["offence_articles"]) == (["Mas Met", "Gondrong"], ["Pasal 112", "Pasal 127"])


def test_a_preview_says_what_would_happen_and_changes_nothing(world):
    assert outcomes(load(world, [row(2)], preview=True)) == [(2, "CREATED")]
    assert count(world) == 0
    load(world, [row(2)])
    rows = [row(2), row(3, "B.2", name="Siti"), row(4, block="C")]
    assert outcomes(load(world, rows[:2], preview=True)) == [(2, "UNCHANGED"), (3, "CREATED")]
    assert outcomes(load(world, rows[2:], preview=True)) == [(4, "UPDATED")]
    assert count(world) == 1


def test_a_second_import_changes_nothing(world):
    rows = [row(i, f"B.{i}", name=f"Orang {i}") for i in range(2, 402)]
    assert {outcome for _, outcome in outcomes(load(world, rows))} == {"CREATED"}
    before = world.as_root("select id, version, xmin::text from enrollment.participant where prison_id = %s order by id",
                           world.prison)
    assert {outcome for _, outcome in outcomes(load(world, rows))} == {"UNCHANGED"}
    assert before == world.as_root("select id, version, xmin::text from enrollment.participant where prison_id = %s "
                                   "order by id", world.prison)


def test_good_rows_are_kept_and_each_bad_one_is_named_with_column_and_reason(world):
    results = load(world, [
        row(2),
        row(3, "B.3", name="", birth_date="31/02/1990", sex="X"),
        row(4, "?!"),
        row(5, name="Lain"),
        row(6, "B.6", two_thirds_on="2024-05-31"),
        row(7, "B.7", birth_date="2024-06-01", expected_release_on="2026-09-30"),
        row(8, "B.8", name="a\tb", block="x" * 51, offence_articles=";".join("x" * 30)),
        row(9, "", expected_release_on="2026-13-01", sentence_start="besok"),
    ])
    assert outcomes(results) == [(2, "CREATED"), *((line, "REFUSED") for line in range(3, 10))]
    assert [problems(result) for result in results] == [
        [],
        [("name", "REQUIRED", ""), ("birth_date", "NOT_A_DATE", "31/02/1990"), ("sex", "NOT_A_SEX", "X")],
        [("register_number", "NOT_A_REGISTER_NUMBER", "?!")],
        [("register_number", "TWICE", "B.1/2024")],
        [("two_thirds_on", "OUT_OF_ORDER", "2024-05-31")],
        [("birth_date", "OUT_OF_ORDER", "2024-06-01"), ("expected_release_on", "OUT_OF_ORDER", "2026-09-30")],
        [("name", "CONTROL_CHARACTER", "a\tb"), ("block", "TOO_LONG", "x" * 51),
         ("offence_articles", "TOO_MANY", ";".join("x" * 30))],
        [("register_number", "REQUIRED", ""), ("sentence_start", "NOT_A_DATE", "besok"),
         ("expected_release_on", "NOT_A_DATE", "2026-13-01")],
    ]
    assert count(world) == 1


def test_an_empty_cell_keeps_what_is_known_and_a_changed_one_updates(world):
    person = load(world, [row(2)])[0]["participant_id"]
    bare = {"line": 2, "register_number": "B.1/2024", "name": "Slamet", "block": " D1 "}
    assert outcomes(load(world, [bare])) == [(2, "UPDATED")]
    after = world.one("get_participant", id=person)
    assert (after["block"], str(after["birth_date"]), after["sex"], after["version"]) == ("D1", "1990-05-17", "MALE", 2)


def test_the_same_person_under_another_number_is_only_a_warning(world):
    first = load(world, [row(2, "B.1"), row(3, "B.2", name="SLAMET"), row(4, "B.3", birth_date="1991-01-01")])
    assert outcomes(first) == [(2, "CREATED"), (3, "CREATED"), (4, "CREATED")]
    assert [result["possible_duplicates"] for result in first] == [["B.2"], ["B.1"], []]
    made = world.participant(register_number="B.9", caller=world.officer)
    assert made["possible_duplicates"] == ["B.1", "B.2"]
    elsewhere = load(world, [row(2, "K.1")], caller=world.other_officer, prison=world.other_prison)
    assert elsewhere[0]["possible_duplicates"] == [], "an officer learns nothing of another prison"


def test_texts_are_taken_as_they_are(world):
    name = "Robert'); drop table enrollment.participant;-- \\ % ' \" 😀"
    person = load(world, [row(2, name=name)])[0]["participant_id"]
    assert world.one("get_participant", id=person)["name"] == name
    assert [found["id"] for found in world.rows("list_participants", world.officer, search="'); DROP",
                                                include_released=False)] == [person]
    assert world.rows("list_participants", world.officer, search="%", include_released=False)[0]["id"] == person


@pytest.mark.parametrize("rows", [[], [row(i, f"B.{i}") for i in range(501)]])
def test_an_import_is_bounded(world, rows):
    with refused("import_is_bounded"):
        load(world, rows or None)


def test_an_import_into_a_prison_that_is_not_yours_is_refused(world):
    with refused("participant_in_prison"):
        load(world, [row(2)], prison=world.other_prison)


@pytest.mark.parametrize("cell, date", [("2025-02-19", "2025-02-19"), ("19/02/2025", "2025-02-19"), ("1-2-2025", "2025-02-01"),
                                        ("2024.02.29", "2024-02-29"), ("29/02/2025", None), ("02/19/2025", None),
                                        ("19/02/25", None), ("0000-00-00", None), ("", None), ("19 Februari 2025", None)])
def test_dates_are_read_in_the_two_usual_forms(world, cell, date):
    assert world.as_root("select enrollment.read_date(%s)::text", cell)[0][0] == date


def test_a_participant_is_made_once_and_changed_by_who_read_it(world):
    id = uuid7()
    values = {"id": id, "register_number": "B.1", "name": "Siti", "aliases": [], "offence_articles": []}
    first, second = (world.one("create_participant", world.officer, prison_id=world.prison, **values) for _ in range(2))
    assert first == second
    changed = world.one("update_participant", world.officer, **{**values, "block": "A", "version": 1})
    assert changed["version"] == 2
    assert world.one("update_participant", world.officer, **{**values, "block": "A", "version": 1}) == changed, (
        "a repeat finds it done")
    with refused("version_is_the_one_read"):
        world.one("update_participant", world.officer, **{**values, "block": "B", "version": 1})
    with refused("participant_register_number_is_unique"):
        world.participant(register_number="B.1")
    with refused("participant_sentence_in_order"):
        world.participant(expected_release_on="2020-01-01")


def test_the_list_is_by_name_and_paged(world):
    for name in ("Wati", "Agus | Budi", "Slamet", "Agus | Budi"):
        world.participant(name=name, block="B" if name == "Wati" else "A")
    everyone = world.rows("list_participants", world.officer, include_released=False)
    assert [person["name"] for person in everyone] == ["Agus | Budi", "Agus | Budi", "Slamet", "Wati"]
    for i, person in enumerate(everyone):
        assert world.rows("list_participants", world.officer, include_released=False,
                          page_key=person["page_key"]) == everyone[i + 1:]
    names = lambda **filter: [person["name"] for person in world.rows("list_participants", world.officer, **{
        "include_released": False, **filter})]
    assert (names(block="B"), names(search="LAM"), names(search="zzz")) == (["Wati"], ["Slamet"], [])
    world.one("release_participant", id=everyone[3]["id"])
    assert "Wati" not in names() and "Wati" in names(include_released=True)


def test_names_with_control_characters_are_refused(world):
    for name in ("a\nb", "", "x" * 201):
        with pytest.raises(psycopg2.errors.CheckViolation):
            world.participant(name=name)
