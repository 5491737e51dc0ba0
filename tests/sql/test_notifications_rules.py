"""Rules as data: the coordinator's own, who they are for, by which channels; and what is missed in a row."""

import datetime
import json

import psycopg2
import pytest

from notifications_world import World, at, shape
from postgres import Caller, uuid7

PLANNED = "2026-03-01T01:00:00Z"
COORDINATOR = Caller("COORDINATOR", now=PLANNED)
OWN = {"name": "Kepala, sehari sebelumnya", "occasion": "SESSION_UPCOMING", "times__at_time": "17:00", "times__days_before": 1,
       "audiences": ["PRISON_HEAD"], "template": "SESSION_UPCOMING", "channels": [], "useful_for_minutes": 600,
       "attach_call_sheet": False}


@pytest.fixture(scope="module")
def module_world(postgres, database):
    return World(postgres, database)


@pytest.fixture
def world(module_world):
    module_world.settle_everything()
    yield module_world
    assert module_world.unqueued() == []
    module_world.sql("update notifications.rule set deleted = true, enabled = false where not built_in")


def create(world, **values):
    [rule] = world.notifications.call("create_rule", COORDINATOR, **{"id": uuid7(), **OWN, **values})
    return rule


def update(world, rule, **values):
    given = {"key": rule["key"], "name": rule["name"], "enabled": rule["enabled"], "audiences": rule["audiences"],
             "template": rule["template"], "channels": rule["channels"], "useful_for_minutes": rule["useful_for_minutes"],
             "attach_call_sheet": rule["attach_call_sheet"], "version": rule["version"],
             **{f"times__{name}": value or None if name == "at_time" else value for name, value in rule["times"].items()}}
    [changed] = world.notifications.call("update_rule_details", COORDINATOR, **{**given, **values})
    return changed


def rules(world):
    return {rule["key"]: rule for rule in world.notifications.call("list_rules", COORDINATOR)}


def told(world, rule, **columns):
    [row] = world.sql("select id from notifications.rule where key = %s", rule["key"])
    world.tell("notifications.rule_changed", row["id"], now=PLANNED)
    world.replan(PLANNED)
    return {(row["recipient_id"], row["due_at"]) for row in world.deliveries(rule=rule["key"], **columns)}


def test_every_rule_of_the_domain_is_there_from_the_first(world):
    assert {(key, *sorted(rule["audiences"])) for key, rule in rules(world).items() if rule["enabled"]} >= {
        ("SESSION_DAY_BEFORE", "COUNSELLOR", "OFFICER"), ("SESSION_SOON", "COUNSELLOR", "OFFICER"),
        ("DAY_ROSTER", "OFFICER"), ("SESSION_CHANGED", "COUNSELLOR", "OFFICER"), ("SESSION_CANCELLED", "COUNSELLOR", "OFFICER"),
        ("ATTENDANCE_UNMARKED", "OFFICER"), ("SESSIONS_MISSED", "COUNSELLOR"), ("CASES_WAITING", "COORDINATOR"),
        *((f"AGREEMENT_{days}_DAYS", "COORDINATOR", "PRISON_HEAD") for days in (90, 60, 30, 7)),
        ("WEEKLY_DIGEST", "COORDINATOR")}
    assert rules(world)["DAY_ROSTER"]["attach_call_sheet"]


def test_an_own_rule_plans_and_is_told_like_the_others(world):
    session = world.session("2026-03-03 09:00+07")
    world.tell("scheduling.session_scheduled", session, now=PLANNED)
    id = uuid7()
    rule = create(world, id=id)
    assert (rule["version"], rule["enabled"], rule["times"]["days_before"], rule["times"]["at_time"]) == (1, True, 1, "17:00")
    assert create(world, id=id) == rule, "said again"
    assert world.sql("select count(*) from event.log where type = 'notifications.rule_changed' and subject_id = %s", id) == [{"count": 1}]
    assert (world.head, at("2026-03-02 17:00+07")) in told(world, rule)
    rule = update(world, rule, audiences=["PRISON_HEAD", "COORDINATOR"])
    assert {person for person, _ in told(world, rule)} >= {world.head, world.coordinator}
    update(world, rule, audiences=["COORDINATOR"])
    due = "2026-03-02T10:00:00Z"
    claims = [str(claim["delivery_id"]) for claim in world.claim(due)]
    assert [row["recipient_id"] for row in world.deliveries(session, rule=rule["key"]) if str(row["id"]) in claims] == [world.coordinator]


def test_a_deleted_rule_sends_nothing_and_is_shown_no_more(world):
    session = world.session("2026-03-03 09:00+07")
    rule = create(world)
    told(world, rule)
    for _ in range(2):
        assert world.notifications.call("delete_rule", COORDINATOR, key=rule["key"]) == [{"done": True}]
    assert rule["key"] not in rules(world)
    assert world.notifications.call("update_rule", COORDINATOR, key=rule["key"], enabled=True, version=3) == []
    world.claim("2026-03-02T10:00:00Z")
    assert {row["cause"] for row in world.deliveries(session, rule=rule["key"])} == {"RULE_OFF"}


@pytest.mark.parametrize("values, constraint", [
    ({"name": None}, "rule_name_is_given"), ({"name": "a\nb"}, "rule_name_is_a_line"),
    ({"times__at_time": None, "times__days_before": 0}, "rule_has_its_times"), ({"times__weekday": 1}, "rule_has_its_times"),
    ({"times__at_time": "7"}, "rule_time_is_of_a_day"), ({"audiences": []}, "rule_audience_is_known"),
    ({"audiences": ["ADMIN"]}, "rule_audience_is_known"), ({"channels": ["PIGEON"]}, "rule_channels_are_known"),
    ({"useful_for_minutes": 4}, "rule_useful_for_is_sensible"), ({"attach_call_sheet": True}, "rule_attaches_call_sheet_to_roster"),
    ({"template": "DAY_ROSTER"}, "rule_template_speaks_every_language"), ({"template": "NONE"}, "rule_template_speaks_every_language"),
    ({"occasion": "SUMMARY", "times__at_time": None, "times__days_before": 0, "template": "SUMMARY"}, "rule_occasion_can_be_chosen"),
    ({"occasion": "SESSIONS_MISSED", "times__days_before": 0, "times__missed_sessions": 1, "audiences": ["COUNSELLOR"],
      "template": "SESSIONS_MISSED"}, "rule_missed_sessions_is_sensible"),
])
def test_a_rule_that_makes_no_sense_is_refused_by_its_name(world, values, constraint):
    with pytest.raises(psycopg2.Error) as refused:
        create(world, **values)
    assert refused.value.diag.constraint_name == constraint


def test_rules_that_came_with_it_stay_and_keep_their_names(world):
    every = rules(world)
    for key, values, constraint in (("DAY_ROSTER", {"name": "Saya"}, "rule_name_is_given"), ("SUMMARY", {"enabled": False}, "rule_summary_stays_on")):
        with pytest.raises(psycopg2.errors.CheckViolation) as refused:
            update(world, every[key], **values)
        assert refused.value.diag.constraint_name == constraint
    with pytest.raises(psycopg2.errors.CheckViolation) as refused:
        world.notifications.call("delete_rule", COORDINATOR, key="DAY_ROSTER")
    assert refused.value.diag.constraint_name == "rule_own_can_be_deleted"
    assert update(world, every["SESSION_SOON"]) == every["SESSION_SOON"], "as it was"


def test_a_rule_may_leave_only_some_channels(world):
    found = [world.sql("select notifications.channels_of(%s::text[], %s) as c", rule, chosen)[0]["c"] for rule, chosen in (
        ([], None), ([], ["SMS", "EMAIL"]), (["EMAIL", "WHATSAPP"], ["SMS", "WHATSAPP", "EMAIL"]), (["WHATSAPP"], ["EMAIL"]))]
    assert found == [["EMAIL"], ["SMS", "EMAIL"], ["WHATSAPP", "EMAIL"], ["WHATSAPP"]]


def test_a_change_is_planned_a_few_prisons_at_a_time_and_goes_on_where_it_stood(world):
    prisons = [world.prison(f"Lapas {number}", "Asia/Jakarta") for number in range(10)]
    heads = [world.person("PRISON_HEAD", prison) for prison in prisons]
    for prison in prisons:
        world.session("2026-03-03 09:00+07", prison=prison)
    id = uuid7()
    rule = create(world, id=id)
    world.tell("notifications.rule_changed", id, now=PLANNED)

    def planned():
        return [head for head in heads if world.deliveries(recipient_id=head, rule=rule["key"])]
    seen, slices, more = [0], 0, True
    while more:
        [slice] = world.call("internal/plan_slice", PLANNED)  # each its own transaction: a kill loses one at most
        more, slices = slice["more"], slices + 1
        seen.append(len(planned()))
    assert len(seen) > 3 and seen == sorted(seen) and seen[-1] == 10 and max(b - a for a, b in zip(seen, seen[1:])) <= 4, seen
    update(world, rule, times__at_time="16:00")
    world.tell("notifications.rule_changed", id, now=PLANNED)
    world.call("internal/plan_slice", PLANNED)
    changed = update(world, {**rule, "version": 2}, times__at_time="15:00")
    world.tell("notifications.rule_changed", id, now=PLANNED)
    world.replan(PLANNED)
    assert changed["version"] == 3
    assert {row["due_at"] for head in heads for row in world.deliveries(recipient_id=head, rule=rule["key"])} == {at("2026-03-02 15:00+07")}


# Missed in a row

def attend(world, prison, participant, enrollment, marks, hour=9):
    """Sessions on the days before 2 March, the last mark the day before; theirs."""
    made = []
    for day, mark in enumerate(reversed(marks)):
        session = world.session(f"{datetime.date(2026, 3, 1) - datetime.timedelta(days=day)} {hour:02}:00+07", prison=prison)
        with world.root.cursor() as cursor:
            cursor.execute("begin; set local session_replication_role = replica")
            cursor.execute("""insert into scheduling.session_participant (session_id, participant_id, enrollment_id, prison_id,
                starts_at, ends_at, occupies) select id, %s, %s, prison_id, starts_at, ends_at, true from scheduling.session
                where id = %s""", (participant, enrollment, session))
            if mark:
                cursor.execute("insert into scheduling.attendance (session_id, participant_id, prison_id, mark) values (%s, %s, %s, %s)",
                               (session, participant, prison, mark))
            cursor.execute("commit")
        made.insert(0, session)
    return made


@pytest.fixture
def case(world):
    prison, participant, enrollment, counsellor = world.prison("Lapas", "Asia/Jakarta"), uuid7(), uuid7(), world.person("COUNSELLOR")
    with world.root.cursor() as cursor:
        cursor.execute("begin; set local session_replication_role = replica")
        cursor.execute("insert into enrollment.participant (id, prison_id, register_number, name) values (%s, %s, %s, 'Budi Santoso')",
                       (participant, prison, world.number()))
        cursor.execute("""insert into enrollment.enrollment (id, prison_id, participant_id, programme_id, programme_edition,
            status_since, counsellor_id) values (%s, %s, %s, %s, 1, '2026-03-01', %s)""",
                       (enrollment, prison, participant, uuid7(), counsellor))
        cursor.execute("commit")
    return prison, participant, enrollment, counsellor


@pytest.mark.parametrize("marks, missed", [
    (["ATTENDED", "REFUSED", "SICK"], 2), (["REFUSED"], None), (["REFUSED", "ATTENDED", "SICK"], None), (["REFUSED", "SICK", "LATE"], None),
    (["REFUSED", None, "SICK"], 2), (["REFUSED", "SESSION_CANCELLED", "EXCUSED"], 2), (["SICK", "SICK", "SICK"], None), (["SICK"] * 4, 4)])
def test_who_misses_several_in_a_row_is_told_of_by_initials(world, case, marks, missed):
    prison, participant, enrollment, counsellor = case
    last = attend(world, prison, participant, enrollment, marks)[-1]
    for _ in range(2):
        world.tell("scheduling.attendance_recorded", last, now="2026-03-01T08:00:00Z")
    rows = world.deliveries(last)
    assert [(row["rule"], row["recipient_id"], row["due_at"]) for row in rows] == (
        [("SESSIONS_MISSED", counsellor, at("2026-03-02 07:00+07"))] if missed else [])
    if missed:
        [mail] = world.compose("2026-03-02T00:00:00Z", world.claim("2026-03-02T00:00:00Z"))
        fields = json.loads(mail["fields"])
        assert fields["rows"] == [{"initials": "B.S.", "missed": missed}]
        [row] = world.sql("select example from notifications.occasion where name = 'SESSIONS_MISSED'")
        assert shape(fields) == shape(row["example"])


def test_a_miss_that_was_corrected_is_not_told_of(world, case):
    last = attend(world, *case[:3], ["REFUSED", "SICK"])[-1]
    world.tell("scheduling.attendance_recorded", last, now="2026-03-01T08:00:00Z")
    world.sql("set session_replication_role = replica; update scheduling.attendance set mark = 'LATE' where session_id = %s;"
              " reset session_replication_role", last)
    assert world.claim("2026-03-02T00:00:00Z") == []
    assert [row["cause"] for row in world.deliveries(last)] == ["EMPTY"]
