"""Which deliveries the changes of the world call for."""

import datetime

import pytest

from notifications_world import World, at
from postgres import Caller, uuid7

MORNING = "2026-03-01T01:00:00Z"  # Sunday 1 March, 08:00 in Jakarta


@pytest.fixture(scope="module")
def module_world(postgres, database):
    return World(postgres, database)


@pytest.fixture
def world(module_world):
    module_world.settle_everything()
    yield module_world
    assert module_world.unqueued() == []


def planned(world, session, **columns):
    return {(row["rule"], row["recipient_id"], row["due_at"]) for row in world.deliveries(session, **columns)}


def test_a_session_is_reminded_of_the_evening_before_and_two_hours_before(world):
    session = world.session("2026-03-03 09:00+07")
    world.tell("scheduling.session_scheduled", session, now=MORNING)
    expected = {(rule, person, due) for person in (world.counsellor, world.officer)
                for rule, due in (("SESSION_DAY_BEFORE", at("2026-03-02 18:00+07")), ("SESSION_SOON", at("2026-03-03 07:00+07")))}
    assert planned(world, session) == expected


def test_local_time_is_the_prisons(world):
    officer = world.person("OFFICER", world.makassar)
    session = world.session("2026-03-03 09:00+08", prison=world.makassar)
    world.tell("scheduling.session_scheduled", session, now=MORNING)
    assert ("SESSION_DAY_BEFORE", officer, at("2026-03-02 18:00+08")) in planned(world, session)


def test_an_event_that_comes_twice_plans_once(world):
    session = world.session("2026-03-03 09:00+07")
    world.tell("scheduling.session_scheduled", session, now=MORNING)
    before = planned(world, session)
    world.tell("scheduling.session_scheduled", session, now=MORNING)
    assert len(world.deliveries(session)) == len(before) == 4


def test_a_moved_session_supersedes_the_old_versions_reminders(world):
    session = world.session("2026-03-03 09:00+07")
    world.tell("scheduling.session_scheduled", session, now=MORNING)
    version = world.change(session, starts_at=at("2026-03-04 09:00+07"), ends_at=at("2026-03-04 10:00+07"))
    world.tell("scheduling.session_changed", session, version, now=MORNING)
    old = world.deliveries(session, subject_version=1)
    assert {(row["state"], row["cause"]) for row in old} == {("SUPERSEDED", "CHANGED")}
    new = planned(world, session, subject_version=2)
    assert {due for rule, _, due in new if rule == "SESSION_SOON"} == {at("2026-03-04 07:00+07")}
    assert {person for rule, person, _ in new if rule == "SESSION_CHANGED"} == {world.counsellor, world.officer}


def test_a_cancelled_session_is_told_and_reminded_of_no_more(world):
    session = world.session("2026-03-03 09:00+07")
    world.tell("scheduling.session_scheduled", session, now=MORNING)
    version = world.change(session, cancel_reason="CLOSURE", status="CANCELLED")
    world.tell("scheduling.session_cancelled", session, version, now=MORNING)
    pending = world.deliveries(session, state="PENDING")
    assert [(row["rule"], row["due_at"]) for row in pending] == [("SESSION_CANCELLED", at("2026-03-01 08:00+07"))] * 2


def test_a_session_that_was_cancelled_when_it_was_made_is_no_news(world):
    session = world.session("2026-03-03 09:00+07")
    world.sql("set session_replication_role = replica; update scheduling.session set status = 'CANCELLED', "
              "cancel_reason = 'HOLIDAY' where id = %s; reset session_replication_role", session)
    world.tell("scheduling.session_cancelled", session, 1, now=MORNING)
    assert world.deliveries(session) == []


def test_events_of_a_version_that_is_over_plan_nothing(world):
    session = world.session("2026-03-03 09:00+07")
    version = world.change(session, starts_at=at("2026-03-03 11:00+07"), ends_at=at("2026-03-03 12:00+07"))
    world.tell("scheduling.session_scheduled", session, version - 1, now=MORNING)
    assert world.deliveries(session) == []
    world.tell("scheduling.session_changed", session, version, now=MORNING)
    assert {row["subject_version"] for row in world.deliveries(session)} == {version}


def test_a_reminder_whose_time_had_passed_is_not_planned(world):
    session = world.session("2026-03-01 10:30+07")
    world.tell("scheduling.session_scheduled", session, now="2026-03-01T02:00:00Z")  # 09:00, an hour and a half before
    assert world.deliveries(session) == []


def test_a_reminder_whose_time_passed_while_we_were_away_is_planned_if_it_is_of_use(world):
    session = world.session("2026-03-01 10:30+07")
    world.tell("scheduling.session_scheduled", session, now="2026-03-01T02:00:00Z", occurred="2026-02-20T00:00:00Z")
    assert {row["rule"] for row in world.deliveries(session)} == {"SESSION_SOON"}
    session = world.session("2026-03-01 08:30+07")
    world.tell("scheduling.session_scheduled", session, now="2026-03-01T02:00:00Z", occurred="2026-02-20T00:00:00Z")
    assert world.deliveries(session) == [], "it has begun already"


def test_a_counsellor_who_is_replaced_is_told_and_the_new_one_reminded(world):
    old, new = world.person("COUNSELLOR"), world.person("COUNSELLOR")
    session = world.session("2026-03-03 09:00+07", counsellors=[old])
    world.tell("scheduling.session_scheduled", session, now=MORNING)
    version = world.change(session)
    world.counsellors(session, [new])
    world.tell("scheduling.session_changed", session, version, now=MORNING)
    assert {row["rule"] for row in world.deliveries(session, recipient_id=old, state="PENDING")} == {"SESSION_CHANGED"}
    assert {row["rule"] for row in world.deliveries(session, recipient_id=new, state="PENDING")} == {
        "SESSION_CHANGED", "SESSION_DAY_BEFORE", "SESSION_SOON"}
    claims = [claim for claim in world.claim(MORNING) if claim["delivery_id"] in
              {row["id"] for row in world.deliveries(session, recipient_id=old)}]
    assert [mail["fields"].find('"yours": false') > 0 for mail in world.compose(MORNING, claims)] == [True]


def test_an_officer_who_comes_later_is_planned_for(world):
    session = world.session("2026-03-03 09:00+07")
    world.tell("scheduling.session_scheduled", session, now=MORNING)
    late = world.person("OFFICER", world.jakarta)
    world.tell("identity.person_changed", late, now=MORNING)
    assert {row["rule"] for row in world.deliveries(session, recipient_id=late)} == {"SESSION_DAY_BEFORE", "SESSION_SOON"}
    assert {row["rule"] for row in world.deliveries(recipient_id=late)} >= {"DAY_ROSTER"}, "the day's notices, too"


def plan(world, now):
    return world.call("internal/plan_days", now)[0]


def test_the_day_is_planned_once_and_local(world):
    plan(world, "2026-03-05T17:30:00Z")  # 00:30 on the 6th in Jakarta
    rows = [row for row in world.deliveries(recipient_id=world.officer) if row["day"] == datetime.date(2026, 3, 6)]
    assert {(row["rule"], row["due_at"]) for row in rows} == {
        ("DAY_ROSTER", at("2026-03-06 06:00+07")), ("ATTENDANCE_UNMARKED", at("2026-03-06 07:00+07"))}
    assert plan(world, "2026-03-05T17:30:00Z")["planned_count"] == 0, "planned again"


def test_the_next_day_begins_where_it_begins_first(world):
    assert plan(world, "2026-03-05T10:00:00Z")["next_day_at"] == at("2026-03-06 00:00+09")


def test_after_downtime_only_what_is_still_of_use_is_planned(world):
    plan(world, "2026-03-20T03:00:00Z")  # 10:00 in Jakarta
    rows = world.deliveries(recipient_id=world.officer)
    days = {row["day"] for row in rows if row["day"] and row["day"] > datetime.date(2026, 3, 6)}
    assert days == {datetime.date(2026, 3, 20)}, "rosters of the days before are stale"


def agreement(world, until, signed=True, **columns):
    id = uuid7()
    world.sql("""insert into enrollment.agreement (id, prison_id, number, foundation_signatory_name,
        foundation_signatory_position, prison_signatory_name, prison_signatory_position, valid_from, valid_until, seats,
        visits_per_month, signed_on) values (%s, %s, %s, 'A', 'B', 'C', 'D', '2025-01-01', %s, 10, 4, %s)""", id,
              world.jakarta, world.number(), until, datetime.date(2025, 1, 1) if signed else None)
    return id


def test_an_agreement_has_its_ladder_and_a_renewed_one_has_none(world):
    ends = agreement(world, "2026-06-30")
    draft = agreement(world, "2026-06-30", signed=False)
    renewed = agreement(world, "2026-06-30")
    world.sql("update enrollment.agreement set replaced_from = '2026-06-01' where id = %s", renewed)
    seen = {}
    for day in range(95):
        now = datetime.datetime(2026, 3, 29, 22, tzinfo=datetime.timezone.utc) + datetime.timedelta(days=day)
        plan(world, now.isoformat())
    for row in world.deliveries(ends):
        seen.setdefault(row["rule"], set()).add((row["recipient_id"], row["day"]))
    people = {world.coordinator, world.head}
    assert seen == {f"AGREEMENT_{days}_DAYS": {(person, datetime.date(2026, 6, 30) - datetime.timedelta(days=days))
                                              for person in people} for days in (90, 60, 30, 7)}
    assert world.deliveries(draft) == [] and world.deliveries(renewed) == []


def test_a_signed_renewal_takes_the_ladder_back(world):
    ends = agreement(world, "2026-09-30")
    plan(world, "2026-08-31T17:30:00Z")
    assert len(world.deliveries(ends, state="PENDING")) == 2
    world.sql("update enrollment.agreement set replaced_from = '2026-09-01' where id = %s", ends)
    world.tell("enrollment.agreement_signed", uuid7(), now="2026-08-31T17:31:00Z")
    assert len(world.deliveries(ends, state="PENDING")) == 2, "another prison's"
    world.call("internal/apply_enrollment", "2026-08-31T17:32:00Z", previous=world.position["enrollment"], events=[
        {"position": {"transaction": "2", "id": "2"}, "type": "enrollment.agreement_signed", "subject_id": str(uuid7()),
         "prison_id": str(world.jakarta), "version": 2, "occurred_at": "2026-08-31T17:32:00Z"}])
    assert len(world.deliveries(ends, state="PENDING")) == 0


def test_waiting_cases_are_told_each_fortnight_to_the_coordinator(world):
    programme, participant, case = uuid7(), uuid7(), uuid7()
    world.sql("insert into enrollment.programme (id, code, name) values (%s, %s, 'Rehabilitasi')", programme, world.number())
    world.sql("insert into enrollment.programme_edition (programme_id, edition, planned_weeks) values (%s, 1, 24)", programme)
    world.sql("insert into enrollment.participant (id, prison_id, register_number, name) values (%s, %s, %s, 'Budi Santoso')",
              participant, world.makassar, world.number())
    with world.root.cursor() as cursor:
        cursor.execute("begin; set local session_replication_role = replica")
        cursor.execute("""insert into enrollment.enrollment (id, prison_id, participant_id, programme_id, programme_edition,
            status_since) values (%s, %s, %s, %s, 1, '2026-10-01T03:00:00Z')""", (case, world.makassar, participant, programme))
        cursor.execute("commit")
    for day in range(1, 31):
        plan(world, f"2026-10-{day:02}T17:30:00Z")
    rows = world.deliveries(world.makassar, rule="CASES_WAITING")
    assert [(row["recipient_id"], row["day"].day) for row in rows] == [(world.coordinator, 15), (world.coordinator, 29)]
    now = "2026-10-29T01:00:00Z"
    claims = [claim for claim in world.claim(now) if claim["delivery_id"] == rows[1]["id"]]
    [mail] = world.compose(now, claims)
    assert '"initials": "B.S."' in mail["fields"] and "Budi" not in mail["fields"], mail["fields"]


def test_the_digest_is_mondays_and_each_coordinators_own(world):
    for day in range(1, 15):
        plan(world, f"2026-11-{day:02}T10:00:00Z")
    rows = [row for row in world.deliveries(world.coordinator, rule="WEEKLY_DIGEST")
            if row["day"] >= datetime.date(2026, 11, 1)]
    assert [(row["day"].day, row["due_at"]) for row in rows] == [
        (2, at("2026-11-02 07:00+07")), (9, at("2026-11-09 07:00+07"))]


def test_a_changed_rule_moves_what_it_planned(world):
    session = world.session("2026-12-03 09:00+07")
    world.tell("scheduling.session_scheduled", session, now="2026-12-01T00:00:00Z")
    coordinator = Caller("COORDINATOR", user=world.coordinator, now="2026-12-01T00:00:00Z")
    [rule] = [rule for rule in world.notifications.call("list_rules", coordinator) if rule["key"] == "SESSION_SOON"]
    try:
        [changed] = world.notifications.call("update_rule", coordinator, key="SESSION_SOON", enabled=True,
                                             times__lead_minutes=180, version=rule["version"])
        assert (changed["times"]["lead_minutes"], changed["version"]) == (180, rule["version"] + 1)
        id = world.sql("select id from notifications.rule where key = 'SESSION_SOON'")[0]["id"]
        world.tell("notifications.rule_changed", id, changed["version"], now="2026-12-01T00:00:00Z")
        world.replan("2026-12-01T00:00:00Z")
        assert {row["due_at"] for row in world.deliveries(session, rule="SESSION_SOON")} == {at("2026-12-03 06:00+07")}
    finally:
        world.sql("update notifications.rule set lead = '2 hours' where key = 'SESSION_SOON'")


def test_plan_now_tells_the_dispatchers(world):
    [row] = world.notifications.call("plan_now", Caller("ADMIN", now="2027-01-04T00:30:00Z"))
    assert row["planned_count"] > 0
    assert world.sql("select count(*) from event.log where type = 'notifications.days_planned'")[0]["count"] == 1
