"""People in aftercare are told of their sessions as long as they agree, neutrally, and nobody else is told in their place."""

import json

import psycopg2
import pytest

from notifications_world import World, at
from postgres import Caller, Service, uuid7

PLANNED = "2026-03-01T01:00:00Z"
EVENING = "2026-03-02T11:00:00Z"


@pytest.fixture(scope="module")
def module_world(postgres, database):
    world = World(postgres, database)
    world.enrollment = Service(postgres, database, "enrollment")
    return world


@pytest.fixture
def world(module_world):
    module_world.settle_everything()
    yield module_world
    assert module_world.unqueued() == []


def consent(world, person, given=True):
    world.sql("""insert into enrollment.consent (id, participant_id, purpose, text_version, given, given_on, witness)
        values (%s, %s, 'CONTACT_FAMILY', 1, %s, '2026-01-01', 'Budi')""", uuid7(), person, given)


def contact(world, person, role="COUNSELLOR", prison="*", **values):
    return world.enrollment.call("update_aftercare_contact", Caller(role, now=PLANNED, prison=prison), **{
        "participant_id": person, "phone": "+62 812-3456-7890", "channels": ["WHATSAPP", "SMS"], "language": "id", "version": 0, **values})


@pytest.fixture
def person(world):
    """Released; of them nothing else is known yet."""
    id, prison = uuid7(), world.prison("Lapas Kelas IIA Banyuwangi", "Asia/Jakarta")
    world.sql("""insert into enrollment.participant (id, prison_id, register_number, name, released_on)
        values (%s, %s, %s, 'Budi Santoso', '2026-02-01')""", id, prison, world.number())
    return id, prison


def appointment(world, person, starts="2026-03-03 09:00+07"):
    id, prison = person
    session = world.session(starts, prison=prison, counsellors=[])
    with world.root.cursor() as cursor:
        cursor.execute("begin; set local session_replication_role = replica")
        cursor.execute("""insert into scheduling.session_participant (session_id, participant_id, enrollment_id, prison_id,
            starts_at, ends_at, occupies) select id, %s, %s, prison_id, starts_at, ends_at, true from scheduling.session
            where id = %s""", (id, uuid7(), session))
        cursor.execute("commit")
    return session


def test_who_agrees_is_reminded_by_their_own_channels_and_neutrally(world, person):
    consent(world, person[0])
    contact(world, person[0])
    session = appointment(world, person)
    world.tell("scheduling.session_scheduled", session, now=PLANNED)
    assert [(row["rule"], row["recipient_id"], row["due_at"]) for row in world.deliveries(session)] == [
        ("AFTERCARE_DAY_BEFORE", person[0], at("2026-03-02 18:00+07"))]
    [mail] = world.compose(EVENING, world.claim(EVENING))
    assert (mail["cause"], mail["channel"], mail["next_channel"], mail["address"], mail["name"]) == (
        None, "WHATSAPP", "SMS", "+62 812-3456-7890", "B.S.")
    [shown] = world.notifications.call("list_deliveries", Caller("COORDINATOR", prison="*", now=EVENING), subject_id=session)
    assert shown["recipient_name"] == "B.S."
    said = json.loads(mail["fields"])
    assert (said["prison"], said["kind"]) == ("", "janji temu") and "{{prison}}" not in mail["body"]
    version = world.change(session, cancel_reason="CLOSURE", status="CANCELLED")
    world.tell("scheduling.session_cancelled", session, version, now=EVENING)
    assert [row["rule"] for row in world.deliveries(session, subject_version=version)] == ["AFTERCARE_CANCELLED"]


def test_a_consent_that_is_withdrawn_stops_what_was_planned(world, person):
    consent(world, person[0])
    contact(world, person[0])
    session = appointment(world, person)
    world.tell("scheduling.session_scheduled", session, now=PLANNED)
    consent(world, person[0], given=False)
    assert world.claim(EVENING) == []
    assert [row["cause"] for row in world.deliveries(session)] == ["RECIPIENT_GONE"]
    world.change(session)
    world.tell("scheduling.session_changed", session, 2, now=EVENING)
    assert world.deliveries(session, state="PENDING") == [] or world.claim(EVENING) == []


def test_who_can_be_reached_later_is_planned_for_then(world, person):
    session = appointment(world, person)
    world.tell("scheduling.session_scheduled", session, now=PLANNED)
    assert world.deliveries(session) == []
    consent(world, person[0])
    contact(world, person[0])
    world.tell("enrollment.aftercare_contact_changed", person[0], now=PLANNED)
    assert [row["rule"] for row in world.deliveries(session)] == ["AFTERCARE_DAY_BEFORE"]
    late = appointment(world, person, "2026-03-05 09:00+07")  # they joined it without a new version of it
    world.call("internal/plan_days", "2026-03-02T17:30:00Z")
    assert [row["rule"] for row in world.deliveries(late)] == ["AFTERCARE_DAY_BEFORE"]


def test_a_contact_needs_release_and_consent_and_is_the_foundations(world, person):
    prisoner = uuid7()
    world.sql("insert into enrollment.participant (id, prison_id, register_number, name) values (%s, %s, %s, 'Adi')",
              prisoner, person[1], world.number())
    consent(world, prisoner)
    for who, values, constraint in ((uuid7(), {}, "enrollment_of_participant"), (prisoner, {}, "aftercare_contact_is_after_release"),
                                    (person[0], {}, "aftercare_contact_has_consent"),
                                    (person[0], {"channels": ["EMAIL"]}, "aftercare_contact_channels_have_addresses"),
                                    (person[0], {"channels": []}, "aftercare_contact_channels_are_known"),
                                    (person[0], {"phone": "x"}, "aftercare_contact_phone_is_a_number")):
        with pytest.raises(psycopg2.IntegrityError) as refused:
            contact(world, who, **values)
        assert refused.value.diag.constraint_name == constraint
    consent(world, person[0])
    [row] = contact(world, person[0])
    assert (row["agreed"], row["version"]) == (True, 1)
    assert contact(world, person[0]) == [row], "said again"
    assert contact(world, person[0], language="en", version=1)[0]["version"] == 2
    officer = Caller("OFFICER", prison=person[1], now=PLANNED)
    assert world.enrollment.call("get_aftercare_contact", officer, participant_id=person[0]) == []


def test_a_rule_for_aftercare_is_for_nobody_else(world):
    with pytest.raises(psycopg2.errors.CheckViolation) as refused:
        world.sql("update notifications.rule set audience = '{AFTERCARE,OFFICER}' where key = 'AFTERCARE_DAY_BEFORE'")
    assert refused.value.diag.constraint_name == "rule_aftercare_stands_alone"


def test_at_a_place_outside_the_prisons_the_reminder_says_where_to_come_and_the_prison_that_they_left_sees_nothing(world, person):
    """Also when its event comes late: the reminder was due by then, and is still of use."""
    consent(world, person[0])
    contact(world, person[0])
    place = world.prison("Kantor Makassar", "Asia/Makassar", address="Jl. Melati 5", aftercare=True)
    session = appointment(world, (person[0], place), "2026-03-03 09:00+08")
    world.tell("scheduling.session_scheduled", session, now=EVENING, occurred=PLANNED)
    [mail] = world.compose(EVENING, world.claim(EVENING))
    said = json.loads(mail["fields"])
    assert mail["cause"] is None and said["room"] == "Aula, Kantor Makassar, Jl. Melati 5"
    assert said["prison"] == "" and said["time"] == "09.00–10.00 WITA"
    for who, seen in (Caller("COORDINATOR", prison="*", now=EVENING), 1), (Caller("OFFICER", prison=person[1], now=EVENING), 0):
        assert len(world.notifications.call("list_deliveries", who, subject_id=session)) == seen
