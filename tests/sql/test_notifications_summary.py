"""Storms and digests: many notices as one, and what it says as things stand when it is sent."""

import datetime
import json
import threading

import pytest

from notifications_world import World, at, shape
from postgres import Caller, Service

PLANNED = "2026-03-01T00:00:00Z"
STORM = "2026-03-02T02:00:00Z"  # 09:00 in Jakarta
AFTER = "2026-03-02T02:01:00Z"


@pytest.fixture(scope="module")
def module_world(postgres, database):
    return World(postgres, database)


@pytest.fixture
def world(module_world):
    module_world.settle_everything()
    yield module_world
    assert module_world.unqueued() == []


@pytest.fixture
def prison(world):
    return world.prison("Lapas Badai", "Asia/Jakarta")


@pytest.fixture
def officer(world, prison):
    return world.person("OFFICER", prison)


def sessions(world, prison, count, counsellors=(), first="2026-03-03 09:00+07"):
    """On consecutive days, told and reminded of."""
    made = [world.session(str(at(first) + datetime.timedelta(days=day))[:16] + first[-3:], prison=prison, counsellors=list(counsellors))
            for day in range(count)]
    world.tell_all("scheduling.session_scheduled", [(session, 1) for session in made], PLANNED)
    return made


def cancel(world, made, now=STORM, batch=None):
    changed = [(session, world.change(session, cancel_reason="CLOSURE", status="CANCELLED")) for session in made]
    for first in range(0, len(changed), batch or len(changed)):
        world.tell_all("scheduling.session_cancelled", changed[first:first + (batch or len(changed))], now)


def mails(world, recipient, now):
    """(rule, fields) of what goes out to them now; it is marked as sent."""
    claims = world.claim(now)
    rules = {str(row["id"]): row["rule"] for row in world.deliveries(recipient_id=recipient)}
    composed = [mail for mail in world.compose(now, claims) if str(mail["delivery_id"]) in rules]
    world.mark(now, *[(claim, "SENT") for claim in claims])
    assert [mail["cause"] for mail in composed] == [None] * len(composed)
    return [(rules[str(mail["delivery_id"])], json.loads(mail["fields"])) for mail in composed]


def kinds(fields):
    return [(next(kind for kind in ("cancelled", "changed", "upcoming") if group[kind]), group["count"])
            for group in fields["groups"]]


def test_a_storm_is_one_summary_to_each(world, prison, officer):
    counsellor = world.person("COUNSELLOR")
    cancel(world, sessions(world, prison, 60, [counsellor]), batch=7)
    assert world.claim(STORM) == [], "nothing goes out alone before the summary"
    for person in (officer, counsellor):
        summaries = [row["due_at"] for row in world.deliveries(recipient_id=person, rule="SUMMARY")]
        assert summaries == [at("2026-03-02 09:01+07")]
        news = world.deliveries(recipient_id=person, rule="SESSION_CANCELLED")
        assert len(news) == 60 and {(row["state"], row["cause"]) for row in news} == {("SUPERSEDED", "SUMMED_UP")}
    [(rule, fields)] = mails(world, officer, AFTER)
    assert (rule, kinds(fields), fields["session_count"]) == ("SUMMARY", [("cancelled", 60)], 60)
    [group] = fields["groups"]
    assert (len(group["rows"]), group["more"], group["more_count"]) == (20, True, 40)
    assert group["rows"][0]["day"] == "Selasa, 3 Maret 2026", "the nearest first"
    assert mails(world, officer, "2026-03-02T03:00:00Z") == []


def test_four_changes_are_four_notices(world, prison, officer):
    cancel(world, sessions(world, prison, 4))
    assert [rule for rule, _ in mails(world, officer, STORM)] == ["SESSION_CANCELLED"] * 4


def test_who_has_little_in_the_first_batch_waits_for_the_others(world, prison, officer):
    counsellor = world.person("COUNSELLOR")
    first, second = sessions(world, prison, 6), sessions(world, prison, 10, [counsellor], first="2026-03-03 13:00+07")
    cancel(world, [*first, second[0]])
    assert world.claim(STORM) == []
    cancel(world, second[1:])
    assert [kinds(fields) for _, fields in mails(world, counsellor, AFTER)] == [[("cancelled", 10)]]
    alone = world.person("COUNSELLOR")
    cancel(world, sessions(world, prison, 1, [alone], first="2026-03-04 16:00+07") + sessions(world, prison, 5, first="2026-03-04 18:00+07"))
    assert [rule for rule, _ in mails(world, alone, "2026-03-02T02:00:16Z")] == ["SESSION_CANCELLED"]


EVENING = "2026-03-02T11:00:00Z"  # 18:00 in Jakarta, when tomorrow is reminded of


def tomorrow(world, prison, count, counsellors=()):
    """Sessions in one day."""
    made = [world.session(f"2026-03-03 {8 + number // 4:02}:{15 * (number % 4):02}+07", prison=prison, counsellors=list(counsellors))
            for number in range(count)]
    world.tell_all("scheduling.session_scheduled", [(session, 1) for session in made], PLANNED)
    return made


def test_reminders_of_one_moment_are_one_summary(world, prison, officer):
    counsellor = world.person("COUNSELLOR")
    made = tomorrow(world, prison, 30, [counsellor])
    world.change(made[0], cancel_reason="CLOSURE", status="CANCELLED")  # its event comes too late
    while claims := world.call("internal/claim_deliveries", EVENING, limit=17, lease_ms=60000, attempts_limit=3):
        causes = {mail["delivery_id"]: mail["cause"] for mail in world.compose(EVENING, claims)}
        assert set(causes.values()) <= {"SUMMED_UP", "CHANGED"}, "nothing goes out alone"
        world.mark(EVENING, *[(claim, "DROPPED", 0, 0, causes[claim["delivery_id"]]) for claim in claims])
    claims = world.claim("2026-03-02T11:01:00Z")
    for mail in world.compose("2026-03-02T11:01:00Z", claims):
        assert kinds(json.loads(mail["fields"])) == [("upcoming", 29)]
    assert len(claims) == 2, "one to the counsellor, one to the officer"


def test_four_reminders_are_four_mails(world, prison, officer):
    tomorrow(world, prison, 4)
    assert [rule for rule, _ in mails(world, officer, EVENING)] == ["SESSION_DAY_BEFORE"] * 4


def test_reminders_wait_for_no_digest_that_comes_too_late(world, prison, officer):
    world.prefer(officer, digest_at="17:30")
    tomorrow(world, prison, 6)
    assert world.claim(EVENING) == []
    assert [kinds(fields) for _, fields in mails(world, officer, "2026-03-02T11:01:00Z")] == [[("upcoming", 6)]]


def test_a_reminder_that_was_tried_goes_its_own_way(world, prison, officer):
    tomorrow(world, prison, 4)
    claims = world.claim(EVENING)
    world.mark(EVENING, *[(claim, "DEAD") for claim in claims])
    late = world.session("2026-03-03 15:00+07", prison=prison, counsellors=[])
    world.tell("scheduling.session_scheduled", late, now="2026-03-02T10:59:00Z")
    world.sql("""update notifications.delivery set state = 'PENDING', cause = null, settled_at = null where recipient_id = %s""", officer)
    world.sql("update notifications.outbox set next_at = %s where delivery_id = any (%s::uuid[])", EVENING,
              [str(claim["delivery_id"]) for claim in claims])
    causes = [mail["cause"] for mail in world.compose(EVENING, claims)]
    assert causes == [None] * 4


def test_a_summary_says_what_is_true_when_it_is_sent(world, prison, officer):
    made = sessions(world, prison, 8)
    for session in made:
        world.change(session, starts_at=at("2026-03-05 09:00+07"), ends_at=at("2026-03-05 10:00+07"))
    world.tell_all("scheduling.session_changed", [(session, 2) for session in made], STORM)
    world.change(made[0], cancel_reason="CLOSURE", status="CANCELLED")  # its event comes too late
    world.change(made[1], starts_at=at("2026-03-06 15:00+07"), ends_at=at("2026-03-06 16:00+07"))
    world.change(made[2], starts_at=at("2026-03-02 09:00+07"), ends_at=at("2026-03-02 10:00+07"))
    [(_, fields)] = mails(world, officer, AFTER)
    assert kinds(fields) == [("cancelled", 1), ("changed", 6)], "what has begun is left out"
    assert [row["day"] for row in fields["groups"][1]["rows"]] == ["Kamis, 5 Maret 2026"] * 5 + ["Jumat, 6 Maret 2026"]


def test_a_prison_that_comes_back_after_three_days_sends_nothing_that_is_over(world, prison, officer):
    made = sessions(world, prison, 12, first="2026-02-27 09:00+07")  # four are over
    cancel(world, made, now=STORM)
    [(_, fields)] = mails(world, officer, AFTER)
    assert kinds(fields) == [("cancelled", 8)]


def test_what_comes_while_a_summary_is_in_hand_joins_the_next(world, prison, officer):
    cancel(world, sessions(world, prison, 5))
    [claim] = world.claim(AFTER)
    made = sessions(world, prison, 5, first="2026-03-03 13:00+07")
    cancel(world, made, now=AFTER)
    world.mark(AFTER, (claim, "SENT"))
    assert [row["state"] for row in world.deliveries(recipient_id=officer, rule="SUMMARY")] == ["SENT", "PENDING"]
    [(_, fields)] = mails(world, officer, "2026-03-02T02:02:00Z")
    assert kinds(fields) == [("cancelled", 5)], "what the first told is not told again"


def test_what_comes_while_a_summary_is_open_joins_it(world, prison, officer):
    cancel(world, sessions(world, prison, 5))
    cancel(world, sessions(world, prison, 1, first="2026-03-03 13:00+07"), now="2026-03-02T02:00:30Z")
    assert [kinds(fields) for _, fields in mails(world, officer, AFTER)] == [[("cancelled", 6)]]


def test_two_planners_at_once_make_one_summary(world, postgres, database, prison, officer):
    made = sessions(world, prison, 40)
    changed = [world.change(session, cancel_reason="CLOSURE", status="CANCELLED") for session in made]
    assert set(changed) == {2}

    def plan(part):
        service = Service(postgres, database, "notifications")
        with service.connection as connection, connection.cursor() as cursor:
            for setting, value in Caller("SERVICE", now=STORM).settings().items():
                cursor.execute("select set_config(%s, %s, true)", (setting, value))
            cursor.execute("""insert into notifications.delivery (rule, subject_id, subject_version, recipient_id, prison_id,
                due_at, useful_until) select 'SESSION_CANCELLED', s, 2, %s, %s, %s, '2026-06-01' from unnest(%s) s""",
                           (officer, prison, STORM, part))
        service.connection.close()

    threads = [threading.Thread(target=plan, args=(made[number::4],)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [kinds(fields) for _, fields in mails(world, officer, AFTER)] == [[("cancelled", 40)]]


# Digest

def test_a_digest_gathers_what_can_wait_and_what_cannot_goes_at_once(world, prison, officer):
    world.prefer(officer, digest_at="17:00")
    made = sessions(world, prison, 2, first="2026-03-02 16:00+07")  # today and tomorrow
    cancel(world, made)
    assert [rule for rule, _ in mails(world, officer, STORM)] == ["SESSION_CANCELLED"], "today's"
    [row] = world.deliveries(recipient_id=officer, rule="SUMMARY")
    assert (row["state"], row["due_at"]) == ("PENDING", at("2026-03-02 17:00+07"))
    world.call("internal/plan_days", STORM)
    world.claim(STORM)
    [(_, fields)] = [mail for mail in mails(world, officer, "2026-03-02T10:00:00Z") if mail[0] == "SUMMARY"]
    assert kinds(fields) == [("cancelled", 1)]


def test_a_digest_has_every_notices_own_words(world, prison, officer):
    world.prefer(officer, digest_at="08:00")
    sessions(world, prison, 1, first="2026-04-06 15:00+07")
    assert mails(world, officer, "2026-04-05T11:00:00Z") == [], "the evening before"
    world.call("internal/plan_days", "2026-04-05T17:00:00Z")
    assert mails(world, officer, "2026-04-05T23:30:00Z") == [], "06:30"
    [(rule, fields)] = mails(world, officer, "2026-04-06T01:00:00Z")
    assert (rule, fields["has_sessions"], kinds(fields)) == ("SUMMARY", True, [("upcoming", 1)])
    [part] = fields["parts"]
    assert part["subject"] == "Jadwal hari ini: {{day}}" and part.pop("fields")["session_count"] == 1
    [row] = world.sql("select example from notifications.occasion where name = 'SUMMARY'")
    assert shape(fields) == shape(row["example"]), "a template that was checked with the example can't fail"


def test_what_would_be_over_by_the_digest_goes_alone(world, prison, officer):
    world.prefer(officer, digest_at="05:00")
    sessions(world, prison, 1, first="2026-05-04 15:00+07")
    world.call("internal/plan_days", "2026-05-03T20:00:00Z")
    assert [rule for rule, _ in mails(world, officer, "2026-05-03T23:00:00Z")] == ["DAY_ROSTER"], "of no use tomorrow at 05:00"


def test_a_summary_waits_for_the_quiet_hours_unless_something_in_it_is_urgent(world, prison, officer):
    world.prefer(officer, quiet_from="08:00", quiet_until="12:00")
    cancel(world, sessions(world, prison, 5))
    [claim] = world.claim(AFTER)
    [mail] = world.compose(AFTER, [claim])
    assert mail["wait_until"] == at("2026-03-02 12:00+07")
    world.sql("""update notifications.outbox set lease_until = null, next_at = %s, attempts_before = attempts_before + 1
        where delivery_id = %s""", mail["wait_until"], claim["delivery_id"])
    cancel(world, sessions(world, prison, 1, first="2026-03-02 16:00+07"), now=AFTER)
    now = "2026-03-02T02:02:00Z"
    [claim] = world.claim(now)
    [mail] = world.compose(now, [claim])
    assert (mail["wait_until"], kinds(json.loads(mail["fields"]))) == (None, [("cancelled", 6)])
