"""A delivery's life in the database: claimed, judged, marked, tried again, given up, sent again."""

import datetime
import json
import threading

import psycopg2
import pytest

from notifications_world import CHANNELS, World, at, shape
from postgres import Caller, Service, uuid7

PLANNED = "2026-03-01T01:00:00Z"
DUE = "2026-03-03T00:00:00Z"  # 07:00 in Jakarta, two hours before the session


@pytest.fixture(scope="module")
def module_world(postgres, database):
    return World(postgres, database)


@pytest.fixture
def world(module_world):
    module_world.settle_everything()
    yield module_world
    assert module_world.unqueued() == []


@pytest.fixture
def session(world):
    """At 09:00 in Jakarta on 3 March, with two reminders due at DUE and none of the evening before."""
    session = world.session("2026-03-03 09:00+07")
    world.tell("scheduling.session_scheduled", session, now=PLANNED)
    world.forget("subject_id = %s and rule = 'SESSION_DAY_BEFORE'", session)
    return session


def states(world, session):
    return sorted((row["state"], row["cause"]) for row in world.deliveries(session))


def outcomes(world, claim):
    """Of the delivery's attempts, as the API tells them."""
    [row] = world.notifications.call("get_delivery", Caller("ADMIN", now=DUE), delivery_id=claim["delivery_id"])
    return [(attempt["number"], attempt["outcome"].removeprefix("ATTEMPT_OUTCOME_"), attempt["code"])
            for attempt in row["attempts"]]


def test_what_is_due_is_claimed_once_until_its_lease_ends(world, session):
    assert world.claim("2026-03-02T23:59:59Z") == [], "not due yet"
    claims = world.claim(DUE, lease_ms=300)
    assert [(claim["attempt"], claim["tries"]) for claim in claims] == [(1, 1), (1, 1)]
    assert world.claim(DUE) == [], "claimed again under a valid lease"
    [due] = world.call("internal/next_due", DUE)
    assert due["due_at"] is None and 0 < due["lease_ms"] <= 300, due
    world.sql("select pg_sleep(0.35)")
    [due] = world.call("internal/next_due", DUE)
    assert due["due_at"] == at("2026-03-03 07:00+07") and due["lease_ms"] == 0, due
    assert [claim["attempt"] for claim in world.claim(DUE)] == [2, 2]


def test_what_is_claimed_in_vain_is_not_claimed_together_for_ever(world, session):
    """One whose words take longer than a lease would hold up whatever is claimed with it."""
    world.claim(DUE, lease_ms=1)
    world.sql("select pg_sleep(0.01)")
    claims = world.claim(DUE, lease_ms=60000)
    leases = [row["ms"] for row in world.sql("""select extract(epoch from lease_until - context.machine_now()) * 1000 as ms
        from notifications.outbox where delivery_id = any (%s)""", [claim["delivery_id"] for claim in claims])]
    assert len(set(leases)) == 2 and all(59000 < lease <= 120000 for lease in leases), leases


def test_an_outcome_counts_for_its_claim_alone_and_once(world, session):
    first = world.claim(DUE, lease_ms=1)
    world.sql("select pg_sleep(0.01)")
    second = world.claim(DUE)
    world.mark(DUE, *[(claim, "DEAD", 550) for claim in first])
    assert states(world, session) == [("PENDING", None)] * 2, "an old claim's outcome was taken"
    world.mark(DUE, *[(claim, "SENT") for claim in second])
    world.mark(DUE, *[(claim, "SENT") for claim in second])
    assert states(world, session) == [("SENT", None)] * 2
    assert [outcomes(world, claim) for claim in second] == [[(1, "DEAD", 550), (2, "SENT", 250)]] * 2


def test_a_mail_that_was_sent_too_late_is_an_attempt_like_any_other(world, session):
    first = world.claim(DUE, lease_ms=1)
    world.sql("select pg_sleep(0.01)")
    second = world.claim(DUE)
    world.mark(DUE, *[(claim, "SENT") for claim in first])
    assert states(world, session) == [("PENDING", None)] * 2, "an old claim's outcome was taken"
    world.mark(DUE, *[(claim, "RETRY", 451) for claim in second])
    assert [outcomes(world, claim) for claim in second] == [[(1, "SENT", 250), (2, "RETRY", 451)]] * 2


def test_what_a_claim_had_twice_in_one_statement_counts_once(world, session):
    first = world.claim(DUE, lease_ms=1)
    world.sql("select pg_sleep(0.01)")
    second = world.claim(DUE)
    world.mark(DUE, *[(claim, "DEAD", 550) for claim in first], *[(claim, "SENT") for claim in second])
    assert states(world, session) == [("SENT", None)] * 2


def test_a_failure_is_tried_again_after_its_wait(world, session):
    claims = world.claim(DUE)
    world.mark(DUE, *[(claim, "RETRY", 451, 90000) for claim in claims])
    assert world.claim("2026-03-03T00:01:29Z") == []
    [due] = world.call("internal/next_due", DUE)
    assert due["due_at"] == datetime.datetime(2026, 3, 3, 0, 1, 30, tzinfo=datetime.timezone.utc)
    assert [claim["attempt"] for claim in world.claim("2026-03-03T00:01:30Z")] == [2, 2]


def test_what_kills_its_sender_each_time_is_dead_in_the_end(world, session):
    for _ in range(3):
        assert len(world.claim(DUE, lease_ms=1)) == 2
        world.sql("select pg_sleep(0.01)")
    assert world.claim(DUE) == []
    assert states(world, session) == [("DEAD", "ATTEMPTS_USED")] * 2


@pytest.mark.parametrize("columns", [{"cancel_reason": "CLOSURE", "status": "CANCELLED"}, {}])
def test_a_changed_session_is_seen_when_claiming_even_before_its_event(world, session, columns):
    world.change(session, **columns)
    assert world.claim(DUE) == []
    assert states(world, session) == [("SUPERSEDED", "CHANGED")] * 2


def test_a_session_that_changes_under_a_claim_is_seen_when_composing(world, session):
    claims = world.claim(DUE)
    world.change(session, starts_at=at("2026-03-03 09:30+07"))
    assert [(mail["cause"], mail["fields"]) for mail in world.compose(DUE, claims)] == [("CHANGED", None)] * 2


def test_a_retry_of_a_changed_session_is_superseded(world, session):
    claims = world.claim(DUE)
    version = world.change(session, starts_at=at("2026-03-03 09:30+07"))
    world.tell("scheduling.session_changed", session, version, now=DUE)
    assert [row["state"] for row in world.deliveries(session, subject_version=1)] == ["PENDING"] * 2, "in a sender's hands"
    world.mark(DUE, *[(claim, "RETRY", 451, 1000) for claim in claims])
    later = "2026-03-03T00:05:00Z"
    old = {row["id"] for row in world.deliveries(session, subject_version=1)}
    assert not old & {claim["delivery_id"] for claim in world.claim(later)}
    assert {row["cause"] for row in world.deliveries(session, subject_version=1)} == {"CHANGED"}


@pytest.mark.parametrize("change", ["status = 'DISABLED'", "roles = array['PRISON_HEAD']", "prison_id = other"])
def test_who_may_not_read_it_any_more_gets_nothing(world, change):
    prison = world.prison("Lapas", "Asia/Jakarta")
    officer = world.person("OFFICER", prison)
    session = world.session("2026-03-03 09:00+07", prison=prison, counsellors=[])
    world.tell("scheduling.session_scheduled", session, now=PLANNED)
    world.sql("update identity.person set " + change.replace("other", f"'{world.makassar}'") + " where id = %s", officer)
    assert world.claim(PLANNED.replace("03-01", "03-02").replace("T01", "T12")) == []
    assert {row["cause"] for row in world.deliveries(session, rule="SESSION_DAY_BEFORE")} == {"RECIPIENT_GONE"}


def test_what_is_of_no_use_any_more_is_late(world, session):
    assert world.claim("2026-03-03T02:00:00Z") == [], "the session has begun"
    assert states(world, session) == [("SUPERSEDED", "LATE")] * 2


def test_a_rule_that_is_off_sends_nothing(world, session):
    world.sql("update notifications.rule set enabled = false where key = 'SESSION_SOON'")
    try:
        assert world.claim(DUE) == []
        assert states(world, session) == [("SUPERSEDED", "RULE_OFF")] * 2
    finally:
        world.sql("update notifications.rule set enabled = true where key = 'SESSION_SOON'")


def test_a_dead_letter_is_seen_and_sent_again(world, session):
    [claim, other] = world.claim(DUE)
    world.mark(DUE, (claim, "DEAD", 550), (other, "SENT"))
    admin = Caller("ADMIN", now=DUE)
    [letter] = [row for row in world.notifications.call("list_dead_letters", admin) if row["id"] == claim["delivery_id"]]
    assert (letter["cause"], letter["attempts"][0]["code"]) == ("REFUSED", 550)
    assert letter["attempts"][0]["outcome"] == "ATTEMPT_OUTCOME_DEAD"
    [again] = world.notifications.call("resend_delivery", admin, delivery_id=letter["id"])
    assert (again["state"], again["cause"], len(again["attempts"])) == ("PENDING", None, 1)
    [twice] = world.notifications.call("resend_delivery", admin, delivery_id=letter["id"])
    assert twice == again, "resending what is under way changes something"
    told = world.sql("select count(*) from event.log where type = 'notifications.delivery_resent' and subject_id = %s",
                     letter["id"])
    assert told == [{"count": 1}]
    [claim] = world.claim(DUE)
    assert (claim["attempt"], claim["tries"]) == (2, 1), "its attempts are not its own again"
    world.notifications.call("resend_delivery", admin, delivery_id=letter["id"])
    assert world.claim(DUE) == [], "resending took it out of its sender's hands"
    with pytest.raises(psycopg2.errors.CheckViolation) as refused:
        world.notifications.call("resend_delivery", admin, delivery_id=other["delivery_id"])
    assert refused.value.diag.constraint_name == "delivery_move_is_allowed"


def test_two_instances_claim_apart(world, postgres, database):
    sessions = [world.session(f"2026-03-03 09:{minute:02}+07") for minute in range(20)]
    for session in sessions:
        world.tell("scheduling.session_scheduled", session, now=PLANNED)
    world.forget("rule = 'SESSION_DAY_BEFORE' and state = 'PENDING'")
    now, taken = "2026-03-03T00:30:00Z", [[], []]

    def claim_all(number):
        service = Service(postgres, database, "notifications")
        while rows := service.call("internal/claim_deliveries", Caller("SERVICE", now=now), limit=3, lease_ms=60000,
                                   attempts_limit=3, channels=CHANNELS):
            taken[number] += [row["delivery_id"] for row in rows if row["taken"]]
        service.connection.close()

    threads = [threading.Thread(target=claim_all, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken[0]) + len(taken[1]) == len(set(taken[0] + taken[1])) == 20 * 2


def test_every_notice_has_the_fields_of_its_example(world):
    """A template that was checked against the example can't fail on the real thing."""
    world.session("2026-05-04 09:00+07")  # Monday
    world.session("2026-05-05 09:00+07")
    session = world.session("2026-05-06 09:00+07")
    participant, agreement = uuid7(), uuid7()
    with world.root.cursor() as cursor:
        cursor.execute("begin; set local session_replication_role = replica")
        cursor.execute("insert into enrollment.participant (id, prison_id, register_number, name) values (%s, %s, %s, 'Budi')",
                       (participant, world.jakarta, world.number()))
        cursor.execute("""insert into enrollment.enrollment (id, prison_id, participant_id, programme_id, programme_edition,
            status_since) values (%s, %s, %s, %s, 1, '2026-04-21T03:00:00Z')""",
                       (uuid7(), world.jakarta, participant, uuid7()))
        cursor.execute("""insert into scheduling.session_participant (session_id, participant_id, enrollment_id, prison_id,
            starts_at, ends_at, occupies) select id, %s, %s, prison_id, starts_at, ends_at, true from scheduling.session""",
                       (participant, uuid7()))
        cursor.execute("""insert into enrollment.agreement (id, prison_id, number, foundation_signatory_name,
            foundation_signatory_position, prison_signatory_name, prison_signatory_position, valid_from, valid_until, seats,
            visits_per_month, signed_on) values (%s, %s, 'PKS/1', 'A', 'B', 'C', 'D', '2025-01-01', '2026-08-01', 10, 4,
            '2025-01-01')""", (agreement, world.jakarta))
        cursor.execute("commit")
    examples = {row["name"]: row["example"] for row in world.sql(
        "select name, example from notifications.occasion where name not in ('SUMMARY', 'SESSIONS_MISSED', 'CORRECTION_REQUESTED',"
        " 'CORRECTION_DECIDED')")}  # they have tests of their own
    for occasion, example in examples.items():
        subject = agreement if occasion == "AGREEMENT_EXPIRING" else session if occasion.startswith("SESSION") \
            else world.jakarta
        for language in ("id", "en"):
            [row] = world.sql("""select set_config('pulih.now', '2026-05-05T00:00:00Z', false), notifications.fields_of(
                %s, %s, %s, '2026-05-05', 14, %s) as fields""", occasion, subject, world.counsellor, language)
            assert shape(row["fields"]) == shape(example), (occasion, language)


def test_what_there_is_nothing_to_say_of_makes_no_mail(world):
    empty = world.prison("Lapas kosong", "Asia/Jakarta")
    officer = world.person("OFFICER", empty)
    world.call("internal/plan_days", "2026-06-01T17:30:00Z")
    now = "2026-06-01T23:30:00Z"
    mine = {row["id"] for row in world.deliveries(recipient_id=officer)}
    assert [claim for claim in world.claim(now) if claim["delivery_id"] in mine] == []
    assert [row["cause"] for row in world.deliveries(recipient_id=officer, rule="DAY_ROSTER")] == ["EMPTY"]


def test_a_mail_says_local_times_with_the_zones_name(world, session):
    mails = world.compose(DUE, world.claim(DUE))
    assert len(mails) == 2
    fields = json.loads(mails[0]["fields"])
    assert (fields["day"], fields["time"]) == ("Selasa, 3 Maret 2026", "09.00–10.00 WIB")
    [row] = world.sql("select notifications.say_times('2026-03-03T01:00Z', '2026-03-03T02:30Z', 'Asia/Makassar', 'WITA', 'en')"
                      " as times, notifications.say_day('2026-03-03', 'en') as day")
    assert row == {"times": "09:00–10:30 WITA", "day": "Tuesday, 3 March 2026"}


def test_initials_are_all_that_is_left_of_a_name(world):
    found = [world.sql("select notifications.initials(%s) as i", name)[0]["i"] for name in
             ("Budi Santoso", " suharto ", "I Made  Wayan", "Émile")]
    assert found == ["B.S.", "S.", "I.M.W.", "É."]


def test_deliveries_are_listed_by_page_and_filter(world, session):
    auditor = Caller("AUDITOR", now=DUE)
    rows = world.notifications.call("list_deliveries", auditor, subject_id=session, page_limit=1)
    rest = world.notifications.call("list_deliveries", auditor, subject_id=session, page_limit=10, page_key=rows[0]["page_key"])
    assert len(rows) == len(rest) == 1 and rows[0]["id"] > rest[0]["id"]
    assert world.notifications.call("list_deliveries", auditor, subject_id=session, state="SENT") == []
    assert len(world.notifications.call("list_deliveries", auditor, subject_id=session, recipient_id=world.officer)) == 1
    [row] = world.notifications.call("get_delivery", auditor, delivery_id=rest[0]["id"])
    assert row["attempts"] == [] and row["recipient_name"]


def test_a_prison_sees_its_own_and_a_person_theirs(world, session):
    def seen(**caller):
        return len(world.notifications.call("list_deliveries", Caller("OFFICER", now=DUE, **caller), subject_id=session))
    assert seen(prison=world.jakarta) == 2
    assert seen(prison=world.makassar) == 0
    assert seen(prison=world.makassar, user=world.counsellor) == 1
    assert seen(prison="") == 0


def test_a_rule_changes_only_within_its_occasion(world):
    coordinator = Caller("COORDINATOR", now=DUE)
    rules = {rule["key"]: rule for rule in world.notifications.call("list_rules", coordinator)}
    version = rules["DAY_ROSTER"]["version"]
    def update(**values):
        return world.notifications.call("update_rule", coordinator, key="DAY_ROSTER", **values)
    with pytest.raises(psycopg2.errors.CheckViolation) as refused:
        update(enabled=True, times__lead_minutes=30, times__at_time="06:00", version=version)
    assert refused.value.diag.constraint_name == "rule_has_its_times"
    with pytest.raises(psycopg2.errors.CheckViolation) as refused:
        update(enabled=True, times__at_time="05:00", version=version + 1)
    assert refused.value.diag.constraint_name == "version_is_the_one_read"
    [row] = update(enabled=True, times__at_time="06:00", version=version)
    assert row["version"] == version, "a change that changes nothing made a version"
    assert update(enabled=True, times__at_time="06:00", version=version, )[0]["times"]["at_time"] == "06:00"
    assert world.notifications.call("update_rule", coordinator, key="NONE", enabled=True, version=1) == []


def test_a_test_mail_goes_once_to_the_admin_who_asked(world):
    admin, request = world.person("ADMIN", name="Wahyu"), uuid7()
    caller = Caller("ADMIN", user=admin, now=PLANNED)
    first = world.notifications.call("send_test_mail", caller, id=request)
    again = world.notifications.call("send_test_mail", caller, id=request)
    assert [(row["id"], row["rule"], row["state"]) for row in first] == [(row["id"], "TEST_MAIL", "PENDING") for row in again]
    [claim] = world.claim(PLANNED)
    [mail] = world.call("internal/compose_mails", PLANNED, delivery_ids=[claim["delivery_id"]])
    assert (mail["cause"], json.loads(mail["fields"])["name"], mail["address"]) == (None, "Wahyu", f"{admin.hex}@example.org")
