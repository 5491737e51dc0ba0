"""The call sheet that goes with the roster: what is on it, and who gets it, since it is the one notice that holds names."""

import pytest

from notifications_world import World
from postgres import uuid7

MORNING = "2026-03-03T23:00:00Z"  # 06:00 in Jakarta on 4 March
DAY = "2026-03-04"


@pytest.fixture(scope="module")
def world(postgres, database):
    world = World(postgres, database)
    world.day = [world.session("2026-03-04 09:00+07"), world.session("2026-03-04 13:00+07"), world.session("2026-03-04 08:00+07")]
    world.change(world.day[2], status="CANCELLED", cancel_reason="CLOSURE", cancel_note="Apel")
    others = [world.session("2026-03-05 09:00+07"), world.session("2026-03-04 09:00+08", prison=world.makassar)]
    people = [("Zainal", "Anggrek", world.day), ("Agus", "Mawar", world.day[:2]), ("Bayu", "Anggrek", world.day[:1]),
              ("Candra", None, world.day[1:2] + others), ("Elsewhere", "Anggrek", others)]
    for name, block, sessions in people:
        expect(world, name, block, sessions)
    return world


def expect(world, name, block, sessions):
    id = uuid7()
    with world.root.cursor() as cursor:
        cursor.execute("begin; set local session_replication_role = replica")
        cursor.execute("insert into enrollment.participant (id, prison_id, register_number, name, block) values (%s, %s, %s, %s, %s)",
                       (id, world.jakarta, f"B.I {id.hex[-6:]}", name, block))
        for session in sessions:
            cursor.execute("""insert into scheduling.session_participant (session_id, participant_id, enrollment_id, prison_id, starts_at, ends_at, occupies)
                select id, %s, %s, prison_id, starts_at, ends_at, true from scheduling.session where id = %s""", (id, uuid7(), session))
        cursor.execute("commit")


def sheet(world, recipient, prison=None, rule="DAY_ROSTER"):
    """Of a roster to somebody: the row, or None."""
    [delivery] = world.sql("""insert into notifications.delivery (rule, subject_id, day, recipient_id, prison_id, due_at, useful_until)
        values (%s, %s, %s, %s, %s, %s, %s) returning id""", rule, prison or world.jakarta, DAY, recipient, prison or world.jakarta, MORNING, MORNING)
    rows = world.call("internal/call_sheet", MORNING, delivery_id=str(delivery["id"]))
    world.forget("id = %s", delivery["id"])
    return rows[0] if rows else None


def test_it_has_the_prisons_day_by_block_time_and_name(world):
    found = sheet(world, world.officer)
    assert (found["prison"], found["zone_name"], found["day"], found["iso_day"]) == (
        "Lapas Kelas IIA Banyuwangi", "WIB", "Rabu, 4 Maret 2026", DAY)
    assert found["as_of"] == "Rabu, 4 Maret 2026, 06.00 WIB"
    assert [(line["block"], line["start_time"], line["participant_name"], line["cancel_reason"]) for line in found["lines"]] == [
        ("", "13.00", "Candra", ""), ("Anggrek", "08.00", "Zainal", "CLOSURE"), ("Anggrek", "09.00", "Bayu", ""),
        ("Anggrek", "09.00", "Zainal", ""), ("Anggrek", "13.00", "Zainal", ""), ("Mawar", "09.00", "Agus", ""), ("Mawar", "13.00", "Agus", "")]
    english = sheet(world, world.person("OFFICER", world.jakarta, language="en"))
    assert (english["day"], english["lines"][0]["start_time"]) == ("Wednesday, 4 March 2026", "13:00")


def test_only_an_officer_of_that_prison_gets_names(world):
    gone, elsewhere = world.person("OFFICER", world.jakarta), world.person("OFFICER", world.makassar)
    world.sql("update identity.person set status = 'DISABLED' where id = %s", gone)
    for recipient in (world.head, world.counsellor, world.coordinator, gone, elsewhere):
        assert sheet(world, recipient) is None, world.sql("select roles, prison_id, status from identity.person where id = %s", recipient)
    assert sheet(world, world.officer) is not None


def test_the_rule_can_leave_it_out_and_no_other_rule_has_it(world):
    world.sql("update notifications.rule set attach_call_sheet = false where key = 'DAY_ROSTER'")
    assert sheet(world, world.officer) is None
    world.sql("update notifications.rule set attach_call_sheet = true where key = 'DAY_ROSTER'")
    assert sheet(world, world.officer, rule="ATTENDANCE_UNMARKED") is None
    with pytest.raises(Exception, match="rule_attaches_call_sheet_to_roster"):
        world.sql("update notifications.rule set attach_call_sheet = true where key = 'ATTENDANCE_UNMARKED'")
