"""The overview of prisons and a prison's month: what is counted, what is hidden, who sees it, and how it is found."""

import datetime

import pytest

from postgres import Caller, Service, uuid7
from scheduling_world import World, at


@pytest.fixture(scope="module")
def world(postgres, database):
    """March at Banyuwangi: six people in a group on the 3rd and the 10th, of which one was cancelled on the 17th."""
    world = World(postgres, database)
    world.enrollment = Service(postgres, database, "enrollment")
    world.cases = [world.new_case(f"Orang {number}") for number in range(6)]
    world.group = [world.session(starts_at=at(f"03-{day} 09:00"), component="GROUP_COUNSELLING",
                                 enrollment_ids=[case for case, _ in world.cases]) for day in ("03", "10", "17")]
    world.call("cancel_session", session_id=world.group[2]["id"])
    marks = ["ATTENDED"] * 5 + ["SICK"]
    record(world, world.group[0], dict(zip((person for _, person in world.cases), marks)), at("03-03 11:00"))
    return world


def record(world, session, marks, now):
    world.call("record_attendance", world.at(now), session_id=session["id"],
               marks=[{"participant_id": str(person), "mark": f"ATTENDANCE_MARK_{mark}"} for person, mark in marks.items()])


def overview(world, now, prison=None, **values):
    rows = world.rows("list_prison_overviews", world.at(now), world.enrollment, prison_id=prison or world.banyuwangi, days=0, **values)
    assert len(rows) == 1
    return rows[0]


def month(world, now, prison=None, caller=None, **values):
    return world.call("get_month_report", caller or world.at(now), world.enrollment, prison_id=prison or world.banyuwangi, **values)


def test_only_what_has_ended_counts_and_what_is_not_recorded_is_not_absent(world):
    seen = overview(world, at("03-10 09:30"))
    assert (seen["session_count"], seen["expected_count"], seen["unmarked_count"]) == (1, 6, 0)
    seen = overview(world, at("03-18 09:00"))
    assert (seen["session_count"], seen["cancelled_count"], seen["expected_count"], seen["unmarked_count"]) == (2, 1, 12, 6)
    assert not seen["has_not_reported"]


def test_a_percentage_that_would_leave_a_few_over_is_hidden(world):
    assert overview(world, at("03-04 09:00"))["attended"] == {"hidden": True}, "5 of 6 attended: the sixth could be named"
    with world.root.cursor() as cursor:
        shares = [((5, 5), {"percent": 100}), ((4, 4), {"hidden": True}), ((5, 10), {"percent": 50}), ((0, 0), None), ((0, 7), {"percent": 0})]
        for (part, whole), expected in shares:
            cursor.execute("select enrollment.share(%s, %s)", (part, whole))
            assert cursor.fetchone()[0] == expected, (part, whole)


@pytest.mark.parametrize("counts, hidden", [
    ([20, 12], [False, False]), ([20, 2, 3], [False, True, True]), ([20, 12, 4], [False, True, True]), ([3], [True]), ([0, 9], [False, False])])
def test_small_numbers_are_hidden_and_no_total_gives_one_away(world, counts, hidden):
    found = [world.as_root("select enrollment.is_hidden(%s, %s::bigint[])", count, counts)[0][0] for count in counts]
    assert found == hidden, counts


def test_a_prison_whose_sessions_nobody_records_has_not_reported(world):
    case, _ = world.new_case("Jauh", world.kendari)
    world.session(prison_id=world.kendari, room_id=world.far_room, counsellor_ids=[world.budi], starts_at=at("03-04 09:00"), enrollment_ids=[case])
    seen = overview(world, at("03-05 09:00"), world.kendari)
    assert (seen["has_not_reported"], seen["unmarked_count"], seen["attended"]) == (True, 1, None)
    assert overview(world, at("06-01 09:00"), world.kendari)["session_count"] == 0, "older than 30 days"


def test_the_last_contact_is_the_last_use_of_its_own_staff(world):
    assert overview(world, at("03-05 09:00"))["last_contact_at"] is None
    for person, seen in ((world.officer.user, "2026-03-04T01:00:00Z"), (world.coordinator.user, "2026-03-04T05:00:00Z")):
        world.as_root("""insert into identity.sign_in_session (token_hash, person_id, last_seen_at, expires_at)
            values (sha256(%s), %s, %s, '2026-03-05')""", str(person).encode(), person, seen)
    assert overview(world, at("03-05 09:00"))["last_contact_at"] == at("03-04 08:00")


def agreement(world, number, first, last, **columns):
    id = uuid7()
    values = {"id": id, "prison_id": world.banyuwangi, "number": number, "foundation_signatory_name": "A",
              "foundation_signatory_position": "B", "prison_signatory_name": "C", "prison_signatory_position": "D",
              "valid_from": first, "valid_until": last, "seats": 10, "visits_per_month": 8, "signed_on": first, **columns}
    world.as_root(f"insert into enrollment.agreement ({', '.join(values)}) values ({', '.join(['%s'] * len(values))})", *values.values())
    return id


def test_the_agreement_shown_is_the_one_to_think_of_next(world):
    old = agreement(world, "PKS-1", "2025-03-01", "2026-03-10")
    seen = overview(world, at("03-04 09:00"))
    assert (seen["agreement_id"], seen["agreement_days_left"], seen["seats"]) == (old, 6, 10)
    assert overview(world, at("03-12 09:00"))["agreement_days_left"] == -2
    new = agreement(world, "PKS-2", "2026-03-11", "2027-03-10", renews_id=old)
    world.as_root("update enrollment.agreement set replaced_from = '2026-03-11' where id = %s", old)
    seen = overview(world, at("03-04 09:00"))
    assert (seen["agreement_id"], seen["agreement_until"]) == (new, datetime.date(2027, 3, 10)), "the old one is renewed"


def test_a_month_has_its_marks_dose_and_statuses(world):
    now = at("04-02 09:00")
    report = month(world, now, month="2026-03-20")
    assert (report["month"], report["running"], report["session_count"], report["cancelled_count"]) == (datetime.date(2026, 3, 1), False, 2, 1)
    assert (report["expected_count"], report["unmarked_count"], report["unrecorded_session_count"], report["visit_days"]) == (12, 6, 1, 2)
    assert report["marks"] == [{"mark": "ATTENDED", "count": 0, "hidden": True},
                               {"mark": "SICK", "count": 0, "hidden": True}]
    assert report["components"] == [{"component": "COMPONENT_GROUP_COUNSELLING", "session_count": 2, "planned_minutes": 18 * 60,
                                     "delivered_minutes": 5 * 60, "people_count": 5, "hidden": False}]
    assert (report["agreed_visits"], report["agreement_numbers"]) == (8, ["PKS-2"])


def test_a_month_counts_moves_and_where_cases_stood_at_its_end(world):
    for number, (case, _) in enumerate(world.cases):
        world.as_root("""insert into enrollment.enrollment_move (enrollment_id, version, from_status, to_status, prison_id, moved_at)
            values (%s, 1, 'WAITLISTED', 'ACTIVE', %s, '2026-03-05'), (%s, 2, 'ACTIVE', 'COMPLETED', %s, '2026-04-05')""",
                      case, world.banyuwangi, case, world.banyuwangi)
    march, april = month(world, at("04-20 09:00"), month="2026-03-01"), month(world, at("04-20 09:00"))
    active = [{"status": "ENROLLMENT_STATUS_ACTIVE", "count": 6, "hidden": False}]
    assert (march["statuses"], march["completed"], april["running"]) == (active, None, True)
    assert [figure["status"] for figure in april["statuses"]] == ["ENROLLMENT_STATUS_COMPLETED"]
    assert (april["moves"], april["completed"]) == (
        [{"to_status": "ENROLLMENT_STATUS_COMPLETED", "reason": "", "count": 6, "hidden": False}], {"percent": 100})


def test_a_prisons_head_reads_their_own_month_only(world):
    head = Caller("PRISON_HEAD", user=world.officer.user, prison=world.banyuwangi, now="2026-03-20T00:00:00Z")
    assert month(world, None, caller=head)["prison_id"] == world.banyuwangi
    assert month(world, None, world.kendari, caller=head) is None


def nodes(plan):
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def test_both_read_their_prisons_rows_by_index(world):
    """With rows enough that a whole table would cost: no sequential scan of sessions, places, marks, cases or moves."""
    world.as_root("""set session_replication_role = replica;
        insert into scheduling.session (id, prison_id, component, room_id, starts_at, ends_at)
        select gen_random_uuid(), gen_random_uuid(), 'MENTAL', gen_random_uuid(), t, t + interval '1 hour'
        from generate_series('2025-06-01'::timestamptz, '2026-06-01', '10 minutes') t;
        insert into scheduling.session_participant (session_id, participant_id, enrollment_id, prison_id, starts_at, ends_at, occupies)
        select s.id, gen_random_uuid(), gen_random_uuid(), s.prison_id, s.starts_at, s.ends_at, true
        from scheduling.session s where s.component = 'MENTAL';
        insert into enrollment.enrollment_move (enrollment_id, version, to_status, prison_id, moved_at)
        select gen_random_uuid(), 1, 'ACTIVE', gen_random_uuid(), '2026-03-01' from generate_series(1, 20000);
        set session_replication_role = origin;
        analyze scheduling.session, scheduling.session_participant, enrollment.enrollment_move""")
    large = {"session", "session_participant", "enrollment_move"}
    statements = (("enrollment", "list_prison_overviews", {"prison_id": None, "days": 30}),
                  ("enrollment", "get_month_report", {"prison_id": str(world.banyuwangi)}),
                  ("scheduling", "list_board", {"from_time": "2026-03-02T00:00Z", "until_time": "2026-03-03T00:00Z"}))
    for name, statement, values in statements:
        service = {"enrollment": world.enrollment, "scheduling": world.service}[name]
        text = service.text
        service.text = lambda statement: "explain (format json) " + text(statement)
        try:
            [row] = service.call(statement, world.at(at("03-20 09:00")), **values)
        finally:
            del service.text
        scanned = [node["Relation Name"] for node in nodes(row["QUERY PLAN"][0]["Plan"])
                   if node["Node Type"] == "Seq Scan" and node.get("Relation Name") in large]
        assert scanned == [], f"{statement} reads all of {scanned}"
