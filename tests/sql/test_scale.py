"""What is asked for every day costs what that day has, however many years the prison has been at it."""

import pytest

from postgres import Caller, Service
from scheduling_world import World, days

DAYS, A_DAY = 1500, 20
TODAY = "2026-03-02"
NOON = Caller("COORDINATOR", now=f"{TODAY}T05:00:00Z")

# One after another at 07:25, 07:50 …; what is three days old has its marks.
YEARS = """
set session_replication_role = replica;
insert into scheduling.session (id, prison_id, component, room_id, starts_at, ends_at)
select md5('session ' || d || ' ' || n)::uuid, '{prison}', 'MENTAL', '{room}', begins, begins + interval '20 minutes'
from generate_series(0, {days} - 1) d, generate_series(1, {a_day}) n,
    lateral (select ('{today}'::date - d + time '07:00') at time zone 'Asia/Jakarta' + n * interval '25 minutes' as begins) slot;
insert into scheduling.session_participant (session_id, participant_id, enrollment_id, prison_id, starts_at, ends_at, occupies)
select id, '{participant}', '{case}', prison_id, starts_at, ends_at, true from scheduling.session;
insert into scheduling.attendance (session_id, participant_id, prison_id, mark)
select id, '{participant}', prison_id, 'ATTENDED' from scheduling.session where starts_at < '{today}'::date - 2;
set session_replication_role = origin;
vacuum analyze
"""


@pytest.fixture(scope="module")
def world(postgres, database):
    world = World(postgres, database)
    case, participant = world.new_case()
    text = YEARS.format(prison=world.banyuwangi, room=world.room, days=DAYS, a_day=A_DAY, today=TODAY, case=case, participant=participant)
    for statement in text.split(";\n"):
        world.as_root(statement)
    world.notifications = Service(postgres, database, "notifications")
    return world


def sessions_read(world, service, ask):
    """How many sessions were looked at, and what came of it."""
    def total():
        return world.as_root("""select seq_tup_read + idx_tup_fetch from pg_stat_user_tables
            where schemaname = 'scheduling' and relname = 'session'""")[0][0]
    before = total()
    rows = ask()
    with service.connection, service.connection.cursor() as cursor:
        cursor.execute("select pg_stat_force_next_flush()")
    return total() - before, rows


@pytest.mark.parametrize("statement, values, rows, most", [
    ("get_day", {"day": TODAY}, A_DAY, A_DAY),
    ("get_call_sheet", {"day": TODAY, "include_cancelled": True}, A_DAY, A_DAY),
    # Two months back, two weeks on.
    ("get_open_work", {}, 1, 62 * A_DAY),
    ("list_unmarked_sessions", {}, 51, 62 * A_DAY),
    ("list_sessions", {"from_time": f"{TODAY}T00:00:00Z", "until_time": f"{TODAY}T12:00:00Z"}, 20, 2 * A_DAY),
])
def test_a_day_on_the_page(world, statement, values, rows, most):
    read, found = sessions_read(world, world.service, lambda: world.service.call(
        statement, NOON, prison_id=world.banyuwangi, **values))
    assert len(found) == rows and read <= 2 * most, (len(found), read)


@pytest.mark.parametrize("fields, most", [
    ("roster_fields(%(prison)s, '2026-03-02', 'id')", A_DAY),
    ("unmarked_fields(%(prison)s, '2026-03-02', 'id')", A_DAY),
    ("digest_fields('2026-03-02', 'id')", 7 * A_DAY),
])
def test_a_days_mail(world, fields, most):
    def ask():
        with world.notifications.connection as connection, connection.cursor() as cursor:
            for setting, value in Caller("SERVICE", now=NOON.now).settings().items():
                cursor.execute("select set_config(%s, %s, true)", (setting, value))
            cursor.execute(f"select notifications.{fields} is not null", {"prison": world.banyuwangi})
            return cursor.fetchone()[0]
    read, said = sessions_read(world, world.notifications, ask)
    assert said and read <= 2 * most, read


def test_a_series_asks_for_its_own_cases_alone(world):
    mine = world.new_case()[0]
    world.as_root("""set session_replication_role = replica;
        insert into enrollment.enrollment (id, prison_id, participant_id, programme_id, programme_edition, agreement_id, counsellor_id,
            status, previous_status, screening_route)
        select gen_random_uuid(), prison_id, gen_random_uuid(), programme_id, 1, gen_random_uuid(), counsellor_id, status,
            previous_status, screening_route
        from enrollment.enrollment, generate_series(1, 2000) where id = %s;
        set session_replication_role = origin""", mine)
    for statement in ("vacuum analyze enrollment.enrollment", "vacuum analyze enrollment.participant"):
        world.as_root(statement)
    series = world.series(enrollment_ids=[mine], counsellor_ids=[world.budi], room_id=world.hall)

    def total():
        return world.as_root("""select sum(idx_tup_read) + (select seq_tup_read from pg_stat_user_tables
            where schemaname = 'enrollment' and relname = 'enrollment') from pg_stat_user_indexes
            where schemaname = 'enrollment' and relname = 'enrollment'""")[0][0]
    before = total()
    made = world.materialise([series], days("03-04"))
    with world.service.connection as connection, connection.cursor() as cursor:
        cursor.execute("select pg_stat_force_next_flush()")
    assert made == 9 and total() - before <= 10 * made, total() - before
    # And when the case ends.
    world.move_case(mine, "COMPLETED")
    before = total()
    with world.service.connection as connection, connection.cursor() as cursor:
        for name, value in world.machine.settings().items():
            cursor.execute("select set_config(%s, %s, true)", (name, value))
        cursor.execute("select scheduling.settle_cases(array[%s]), pg_stat_force_next_flush()", (mine,))
    assert {session["participants"] and len(session["participants"]) for session in world.sessions(series)} == {None}
    assert total() - before <= 10 * made, total() - before
