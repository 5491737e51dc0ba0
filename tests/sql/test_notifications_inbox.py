"""What people were told: whose it is, in which order, and what reading it changes."""

import pytest

from notifications_world import World
from postgres import Caller

PLANNED, DUE = "2026-03-01T01:00:00Z", "2026-03-03T00:00:00Z"


@pytest.fixture(scope="module")
def world(postgres, database):
    return World(postgres, database)


@pytest.fixture
def told(world):
    """Three notices to one officer and one to a counsellor; gives (officer, counsellor, their ids by when they were given out)."""
    officer, counsellor = world.person("OFFICER", world.jakarta), world.person("COUNSELLOR")
    ids = []
    for hour, person in ((1, officer), (3, officer), (2, officer), (4, counsellor)):
        session = world.session("2026-03-03 09:00+07", counsellors=[counsellor])
        world.tell("scheduling.session_scheduled", session, now=PLANNED)
        [delivery] = world.deliveries(session, recipient_id=person, rule="SESSION_SOON")
        show(world, (delivery["id"], person, f"Jadwal {hour}"), now=f"2026-03-03T0{hour}:00:00Z")
        ids.append(str(delivery["id"]))
    world.settle_everything()
    return officer, counsellor, ids


def show(world, *notices, now=DUE):
    """As marking does."""
    with world.root.cursor() as cursor:
        cursor.execute("begin; set local role pulih_notifications; set local pulih.roles = 'SERVICE'; set local pulih.prison_id = '*'")
        cursor.execute("select set_config('pulih.now', %s, true)", (now,))
        cursor.execute("""insert into notifications.notice (delivery_id, person_id, prison_id, subject, body)
            select n.delivery_id, n.person_id, %s, n.subject, 'Isi' from unnest(%s::uuid[], %s::uuid[], %s::text[]) as n (delivery_id, person_id, subject)
            on conflict on constraint notice_pkey do update set subject = excluded.subject, body = excluded.body""",
                       (world.jakarta, *map(list, zip(*notices))))
        cursor.execute("commit")


def reader(world, person, **values):
    return Caller("OFFICER", user=person, prison=world.jakarta, **values)


def inbox(world, person, **asked):
    values = {"unread": False, "page_key": None, "page_limit": 50} | asked
    return world.notifications.call("list_my_notices", reader(world, person), **values)


def unread(world, person):
    [row] = world.notifications.call("count_my_unread_notices", reader(world, person))
    return row["count"]


def mark(world, person, ids=(), up_to_id=None):
    [row] = world.notifications.call("mark_notices_read", reader(world, person, now="2026-03-03T09:00:00Z"), ids=list(ids), up_to_id=up_to_id)
    return row["unread_count"]


def events(world):
    return world.sql("select type, subject_id, prison_id from event.log where type like 'notifications.notice%%' order by id")


def test_a_list_is_its_readers_own_and_newest_first_page_by_page(world, told):
    officer, counsellor, ids = told
    assert [row["subject"] for row in inbox(world, officer)] == ["Jadwal 3", "Jadwal 2", "Jadwal 1"]
    first = inbox(world, officer, page_limit=2)
    second = inbox(world, officer, page_limit=2, page_key=first[-1]["page_key"])
    assert [row["subject"] for row in first + second] == ["Jadwal 3", "Jadwal 2", "Jadwal 1"]
    assert [str(row["id"]) for row in inbox(world, counsellor)] == [ids[3]]
    [row] = inbox(world, counsellor)
    assert (row["rule"], row["occasion"], row["prison_id"]) == ("SESSION_SOON", "SESSION_UPCOMING", world.jakarta)


def test_what_one_has_seen_is_read_and_what_came_meanwhile_is_not(world, told):
    officer, counsellor, (one, three, two, other) = told
    assert unread(world, officer) == 3
    assert mark(world, officer, up_to_id=two) == 1, "the newest came after what was seen"
    assert [row["subject"] for row in inbox(world, officer, unread=True)] == ["Jadwal 3"]
    assert mark(world, officer, up_to_id=two) == 1, "said twice"
    assert mark(world, officer, ids=[three]) == 0
    assert unread(world, officer) == 0 and unread(world, counsellor) == 1


def test_nobody_reads_for_somebody_else(world, told):
    officer, counsellor, ids = told
    assert mark(world, counsellor, ids=ids[:3]) == 1, "the counsellor's own count"
    assert mark(world, counsellor, up_to_id=ids[1]) == 1, "another's notice says nothing about when"
    assert unread(world, officer) == 3
    colleague = world.person("OFFICER", world.jakarta)
    assert inbox(world, colleague) == []
    with pytest.raises(Exception, match="row-level security"):
        world.notifications.call("mark_notices_read", reader(world, officer), ids=[], up_to_id=None)
        with world.notifications.connection.cursor() as cursor:
            cursor.execute("insert into notifications.notice (delivery_id, person_id, subject, body) values (gen_random_uuid(), %s, 'x', 'x')", (officer,))
    world.notifications.connection.rollback()


def test_the_foundation_looks_up_what_somebody_was_told(world, told):
    _, _, (one, *_) = told
    [said] = world.notifications.call("get_notice", Caller("COORDINATOR"), delivery_id=one)
    assert (said["subject"], said["body"], said["rule"]) == ("Jadwal 1", "Isi", "SESSION_SOON")
    assert world.notifications.call("get_notice", Caller("OFFICER", prison=world.makassar), delivery_id=one) == []


def test_each_person_is_told_once_of_many_and_of_what_they_read_elsewhere(world, told):
    officer, counsellor, ids = told
    before = len(events(world))
    another = [world.sql("select gen_random_uuid() as id")[0]["id"] for _ in range(5)]
    show(world, *[(id, officer, "x") for id in another[:4]], (another[4], counsellor, "x"))
    new = [(row["type"], row["subject_id"], row["prison_id"]) for row in events(world)[before:]]
    assert sorted(new, key=str) == sorted([("notifications.notice_shown", officer, None), ("notifications.notice_shown", counsellor, None)], key=str)
    before = len(events(world))
    mark(world, officer, ids=ids[:3])
    mark(world, officer, ids=ids[:3])
    assert [(row["type"], row["subject_id"]) for row in events(world)[before:]] == [("notifications.notice_read", officer)], "once, when it changed something"


def test_a_notice_that_is_sent_again_says_what_it_said_last_and_keeps_its_place(world, told):
    officer, _, (one, *_) = told
    mark(world, officer, ids=[one])
    show(world, (one, officer, "Jadwal 1, lagi"), now="2026-03-03T08:00:00Z")
    last = inbox(world, officer)[-1]
    assert (last["subject"], last["shown_at"].hour) == ("Jadwal 1, lagi", 1), last
    assert last["read_at"] is not None
