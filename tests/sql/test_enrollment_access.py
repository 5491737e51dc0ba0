"""Row-level security: a prison sees its own people and nothing of another's, on every table; scores are clinical."""

import psycopg2
import pytest

from enrollment_world import World
from postgres import Caller, uuid7

# Reference data that says nothing of anybody.
OPEN_TABLES = {"allowed_move", "component", "consent_purpose", "consent_text", "foundation", "move_reason",
               "move_reason_category", "move_reason_for", "programme", "programme_component", "programme_edition",
               "screening_band", "status", "time_zone"}
FOUNDATION_TABLES = {"aftercare_contact"}  # test_notifications_aftercare.py


@pytest.fixture(scope="module")
def world(postgres, database):
    world = World(postgres, database)
    world.agreement()
    world.running = world.case("ACTIVE")
    world.agreement(world.other_prison)
    case = world.case("ACTIVE", prison=world.other_prison)
    assert case["prison_id"] == world.other_prison
    for one in (world.running, case):
        world.one("record_referral_document", participant_id=one["participant_id"], kind="PRISON_DECREE", number="1",
                  dated_on="2026-02-01", issued_by="Kepala Lapas")
        cohort = world.one("create_cohort", id=uuid7(), prison_id=one["prison_id"], programme_id=one["programme_id"],
                           name="Angkatan I", starts_on="2026-03-01", ends_on="2026-08-31")
        world.one("assign_cohort", enrollment_ids=[one["id"]], cohort_id=cohort["id"])
    return world


def tables(world):
    return [name for name, in world.as_root("select relname::text from pg_class where relnamespace = 'enrollment'::regnamespace "
                                            "and relkind = 'r' order by 1")]


def seen(world, table, caller):
    with world.service.connection, world.service.connection.cursor() as cursor:
        for setting, value in caller.settings().items():
            cursor.execute("select set_config(%s, %s, true)", (setting, value))
        cursor.execute(f"select count(*) from enrollment.{table}")
        return cursor.fetchone()[0]


def test_every_table_that_is_not_reference_data_has_row_level_security_forced(world):
    unguarded = {name for name, in world.as_root(
        "select relname::text from pg_class where relnamespace = 'enrollment'::regnamespace and relkind = 'r' "
        "and not (relrowsecurity and relforcerowsecurity)")}
    assert unguarded == OPEN_TABLES


def test_each_table_shows_a_prison_its_own_and_the_foundation_all(world):
    everything = Caller("COUNSELLOR")
    # A caller of prison staff with a clinical role doesn't exist, but were there one, it would see its own prison's.
    here, there, nobody = (Caller("OFFICER", "COUNSELLOR", prison=prison) for prison in (
        world.prison, world.other_prison, None))
    for table in set(tables(world)) - OPEN_TABLES - FOUNDATION_TABLES:
        counts = [seen(world, table, caller) for caller in (here, there, everything, nobody)]
        assert counts[0] > 0 and counts[1] > 0, f"{table}: {counts}"
        assert counts[0] + counts[1] == counts[2], f"{table}: {counts}"
        assert counts[3] == 0, f"{table}: {counts}"


def test_officers_and_all_who_are_not_clinical_see_no_scores(world):
    for caller in (world.officer, world.coordinator, world.admin, Caller("AUDITOR"), Caller("SERVICE")):
        for table in ("screening", "screening_score"):
            assert seen(world, table, caller) == 0, f"{caller.roles} sees {table}"
    assert world.one("get_enrollment", world.officer, id=world.running["id"])["status"] == "ACTIVE"


@pytest.mark.parametrize("statement, values", [
    ("get_participant", lambda w: {"id": w.running["participant_id"]}),
    ("get_enrollment", lambda w: {"id": w.running["id"]}),
    ("get_prison", lambda w: {"id": w.prison}),
    ("get_agreement", lambda w: {"id": w.running["agreement_id"]}),
    ("list_enrollment_moves", lambda w: {"enrollment_id": w.running["id"]}),
    ("list_consents", lambda w: {"participant_id": w.running["participant_id"]}),
    ("list_participants", lambda w: {"prison_id": w.prison, "include_released": True}),
    ("list_enrollments", lambda w: {"prison_id": w.prison}),
    ("withdraw_enrollment", lambda w: {"id": w.running["id"], "reason": "DECLINED"}),
    ("release_participant", lambda w: {"id": w.running["participant_id"]}),
    ("give_consent", lambda w: {"id": uuid7(), "participant_id": w.running["participant_id"], "purpose": "TREATMENT",
                                "text_version": 1, "witness": "x"}),
])
def test_for_another_prison_there_is_no_such_thing(world, statement, values):
    assert world.rows(statement, world.other_officer, **values(world)) == []


def test_a_person_of_another_prison_can_not_be_referred(world):
    with pytest.raises(psycopg2.errors.CheckViolation) as caught:
        world.refer({"id": world.running["participant_id"]}, caller=world.other_officer)
    assert caught.value.diag.constraint_name == "enrollment_of_participant"


def test_a_prison_can_not_add_people_to_another(world):
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        world.participant(world.prison, caller=world.other_officer)


@pytest.mark.parametrize("reader", ["pulih_identity", "pulih_scheduling", "pulih_notes", "pulih_notifications"])
def test_functions_that_run_as_the_owner_are_the_services_alone(postgres, database, reader):
    connection = psycopg2.connect(postgres.url(database, reader))
    for call in ("take_over_renewals()", "take_over(gen_random_uuid())",
                 "record_screening(gen_random_uuid(), gen_random_uuid(), current_date, '[]')"):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege), connection:
            connection.cursor().execute(f"select enrollment.{call}")
    connection.close()


@pytest.mark.parametrize("reader", ["pulih_identity", "pulih_scheduling", "pulih_notes", "pulih_notifications"])
def test_published_views_show_readers_what_their_caller_may_see(world, postgres, database, reader):
    connection = psycopg2.connect(postgres.url(database, reader))
    with connection.cursor() as cursor:
        for view in ("agreement_published", "participant_published", "case_published", "consent_published"):
            counts = []
            for prison in (world.prison, world.other_prison, "*", ""):
                cursor.execute("select set_config('pulih.prison_id', %s, true)", (str(prison),))
                cursor.execute(f"select count(*) from enrollment.{view}")
                counts.append(cursor.fetchone()[0])
            assert counts[0] and counts[0] + counts[1] == counts[2] and counts[3] == 0, f"{view}: {counts}"
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute("select birth_date from enrollment.participant")
    connection.close()
