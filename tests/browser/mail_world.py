"""What a foundation's people find in their mail within two weeks: every rule that everybody starts with, in both languages, out of
the coordinator's world and what happens next."""

import datetime
import time

import psycopg2

import coordinator_world
from coordinator_world import BEGIN, at  # noqa: F401
from foundation import BANYUWANGI, STUDY, fixed_id
from world import day, instant

MONDAY_AFTER = datetime.date(2026, 3, 16)


# Events that aren't heard of yet, and notices that are due.
WAITING = """select (select count(*) from event.log l join notifications.event_cursor c using (producer) where (l.transaction, l.id) > (c.transaction, c.id))
    + (select count(*) from notifications.outbox where next_at <= %s)"""


def settled(stack, count=1800):
    """Until nothing waits."""
    with psycopg2.connect(stack.postgres.url("pulih")) as connection, connection.cursor() as cursor:
        for _ in range(count):
            cursor.execute(WAITING, (stack.clock_file.read_text().strip(),))
            if cursor.fetchone()[0] == 0:
                return
            time.sleep(0.1)
    raise TimeoutError("notices are still on their way")


def move(stack, world, text):
    """move(stack, world, "2026-03-05T00:00:30Z"): what is due by then has gone, of the days that began meanwhile too."""
    settled(stack)
    stack.set_clock(text)
    world.call("admin", "PlanNow")
    settled(stack)


def english_readers(world):
    world.employ("eva", "Eva Officer", "officer", prison="LP-BWI")
    for who in ("eva", "kedua", "bayu", "admin2"):
        world.call(who, "SetMyLanguage", language="en")


def changes(world, sessions):
    """One session moves, another is made and cancelled."""
    single = world.call("koordinator", "GetSession", sessionId=sessions["single"])
    world.call("koordinator", "UpdateSession", sessionId=single["id"], version=single["version"], startsAt=instant(at("03-04 14:00")),
               endsAt=instant(at("03-04 15:00")), roomId=single["roomId"], counsellorIds=single["counsellorIds"])
    world.call("koordinator", "CreateSession", id=fixed_id("batal"), prisonId=BANYUWANGI, component="COMPONENT_VOCATIONAL", roomId=STUDY,
               startsAt=instant(at("03-06 15:00")), endsAt=instant(at("03-06 16:00")), counsellorIds=[world.ids["bayu"]], enrollmentIds=[fixed_id("case panjang")])
    world.call("koordinator", "CancelSession", sessionId=fixed_id("batal"), reason="CANCEL_REASON_OTHER", note="Ruang dipakai")
    for who in ("admin", "admin2"):
        world.call(who, "SendTestMail", id=fixed_id(f"test {who}"))


def absences(world, sessions):
    """Twice in a row, with a counsellor who reads Bahasa Indonesia and with one who reads English."""
    for officer, series, person in (("budi", sessions["series"], "dedi"), ("yan", fixed_id("series far"), "far")):
        held = world.call("koordinator", "ListSessions", seriesId=series, untilTime=instant(at("03-06 12:00")))["sessions"]
        for session in held[-2:]:
            world.call(officer, "RecordAttendance", sessionId=session["id"], lateReason="Terlambat dicatat",
                       marks=[{"participantId": fixed_id(f"person {person}"), "mark": "ATTENDANCE_MARK_REFUSED"}])


def tell(stack):
    world, facts = coordinator_world.tell(stack)
    english_readers(world)
    changes(world, facts["sessions"])
    for moment in (coordinator_world.NOW, "2026-03-05T00:00:30Z", "2026-03-05T11:00:30Z", "2026-03-05T23:00:30Z", "2026-03-06T01:00:30Z", "2026-03-06T05:30:00Z"):
        move(stack, world, moment)
    absences(world, facts["sessions"])
    for moment in ("2026-03-07T00:00:30Z", "2026-03-09T00:00:30Z", "2026-03-16T00:00:30Z"):
        move(stack, world, moment)
    # Sixteen sessions less, of which each is told once.
    world.call("koordinator", "EndSeries", seriesId=facts["sessions"]["series"], lastDay=day(MONDAY_AFTER))
    move(stack, world, "2026-03-16T00:03:00Z")
    with psycopg2.connect(stack.postgres.url("pulih")) as connection, connection.cursor() as cursor:
        cursor.execute("select id, rule from notifications.delivery where state = 'SENT'")
        rules = {str(id): rule for id, rule in cursor.fetchall()}
    return world, {**facts, "now": "2026-03-16T00:03:00Z", "rules": rules}
