"""A delivery's walk through its recipient's channels."""

import pytest

from notifications_world import World, at
from postgres import Caller

PLANNED = "2026-03-01T01:00:00Z"
DUE = "2026-03-03T00:00:00Z"  # 07:00 in Jakarta, two hours before the session
LATER = "2026-03-03T00:10:00Z"


@pytest.fixture(scope="module")
def module_world(postgres, database):
    return World(postgres, database)


@pytest.fixture
def world(module_world):
    module_world.settle_everything()
    return module_world


@pytest.fixture
def session(world):
    """At 09:00 in Jakarta on 3 March, with one reminder due at DUE."""
    prison = world.prison("Lapas", "Asia/Jakarta")
    session = world.session("2026-03-03 09:00+07", prison=prison, counsellors=[world.counsellor])
    world.tell("scheduling.session_scheduled", session, now=PLANNED)
    world.forget("subject_id = %s and rule = 'SESSION_DAY_BEFORE'", session)
    return session


def delivery(world, session):
    [row] = world.sql("select id from notifications.delivery where subject_id = %s", session)
    [row] = world.notifications.call("get_delivery", Caller("ADMIN", now=LATER), delivery_id=str(row["id"]))
    return row


def stands(world, session):
    row = delivery(world, session)
    return row["state"], row["cause"], row["channel"]


def attempts(world, session):
    return [(row["number"], row["outcome"].removeprefix("ATTEMPT_OUTCOME_"), row["channel"].removeprefix("CHANNEL_"))
            for row in delivery(world, session)["attempts"]]


def test_the_next_channel_has_its_turn_at_once_and_all_its_attempts(world, session):
    [claim] = world.claim(DUE)
    world.mark(DUE, (claim, "RETRY", 451, 1), channel="EMAIL")
    [claim] = world.claim(LATER)
    assert claim["tries"] == 2
    world.mark(LATER, (claim, "NEXT", 550), channel="EMAIL", next_channel="SMS")
    assert stands(world, session) == ("PENDING", None, "EMAIL")
    [claim] = world.claim(LATER)
    assert (claim["attempt"], claim["tries"]) == (3, 1)
    world.mark(LATER, (claim, "SENT", 200), channel="SMS")
    assert stands(world, session) == ("SENT", None, "SMS")
    assert attempts(world, session) == [(1, "RETRY", "EMAIL"), (2, "NEXT", "EMAIL"), (3, "SENT", "SMS")]


def test_what_is_put_off_has_used_no_attempt(world, session):
    for minute in range(5):
        [claim] = world.claim(f"2026-03-03T00:0{minute}:00Z")
        assert claim["tries"] == 1
        world.mark(f"2026-03-03T00:0{minute}:00Z", (claim, "WAIT", 0, 60000), channel="")
    assert attempts(world, session) == []
    assert world.claim("2026-03-03T00:04:59Z") == [], "before its time"


def test_a_channel_whose_server_is_down_is_passed_over_where_its_deliveries_lie(world, session):
    others = {"limit": 10, "lease_ms": 1000, "attempts_limit": 3, "channels": ["WHATSAPP", "SMS"]}
    assert world.call("internal/claim_deliveries", DUE, **others) == []
    assert world.call("internal/next_due", DUE, channels=["SMS"])[0]["due_at"] is None
    assert world.call("internal/next_due", DUE)[0]["due_at"] == at("2026-03-03 07:00+07")


def test_what_is_awaited_is_sent_and_its_fallback_begins_when_nothing_is_heard(world, session):
    [claim] = world.claim(DUE)
    world.mark(DUE, (claim, "AWAITED", 200, 300000), channel="WHATSAPP", next_channel="EMAIL", subject="Pengingat")
    assert stands(world, session) == ("SENT", None, "WHATSAPP")
    assert world.claim("2026-03-03T00:04:59Z") == []
    [claim] = world.claim("2026-03-03T00:05:00Z")
    assert claim["tries"] == 1
    world.mark(LATER, (claim, "DEAD", 550), channel="EMAIL", subject="Pengingat")
    assert stands(world, session) == ("DEAD", "REFUSED", "EMAIL")
    assert attempts(world, session) == [(1, "SENT", "WHATSAPP"), (2, "DEAD", "EMAIL")]


def test_a_change_ends_a_fallback_and_leaves_what_was_sent(world, session):
    [claim] = world.claim(DUE)
    world.mark(DUE, (claim, "AWAITED", 200, 300000), channel="WHATSAPP", next_channel="EMAIL")
    version = world.change(session, starts_at=at("2026-03-03 09:30+07"))
    world.tell("scheduling.session_changed", session, version, now=DUE)
    [row] = world.deliveries(session, subject_version=1)
    assert (row["state"], row["next_at"]) == ("SENT", None)


def test_a_change_that_a_fallback_sees_first_leaves_what_was_sent(world, session):
    [claim] = world.claim(DUE)
    world.mark(DUE, (claim, "AWAITED", 200, 1000), channel="WHATSAPP", next_channel="EMAIL")
    world.change(session, status="CANCELLED", cancel_reason="CLOSURE")
    assert world.claim(LATER) == [], "composed though the session is off"
    assert stands(world, session) == ("SENT", None, "WHATSAPP")


def test_what_was_said_is_kept_once_as_it_was_said_last(world, session):
    [claim] = world.claim(DUE)
    world.mark(DUE, (claim, "RETRY", 451, 1), subject="Pertama")
    [claim] = world.claim(LATER)
    for _ in range(2):
        world.mark(LATER, (claim, "SENT"), subject="Kedua")
    notices = world.sql("select subject, body, person_id, read_at from notifications.notice where delivery_id = %s",
                        claim["delivery_id"])
    assert [tuple(row.values()) for row in notices] == [("Kedua", "Isi", world.counsellor, None)]


def test_a_dead_letter_begins_again_with_its_first_channel(world, session):
    [claim] = world.claim(DUE)
    world.mark(DUE, (claim, "NEXT", 550), channel="EMAIL", next_channel="SMS")
    [claim] = world.claim(DUE)
    world.mark(DUE, (claim, "DEAD", 400), channel="SMS")
    world.notifications.call("resend_delivery", Caller("ADMIN", now=LATER), delivery_id=claim["delivery_id"])
    [row] = world.sql("select step from notifications.delivery where id = %s", claim["delivery_id"])
    assert row["step"] == 0
    assert [row["tries"] for row in world.claim(LATER)] == [1]
