"""Claiming and marking due deliveries: our two statements beside the bare loop that a queue in SQL comes down to.

    bench_deliveries.py [COUNT [BATCH]]

The reference is a table with the same columns, primary key and queue index, and nothing else: no judging by how the session,
the person and the rule stand now, no attempts, no other index, no foreign key, no row-level security. Both sides are
prepared, on one connection, and commit each statement without waiting for the disk. Prints ratios; asserts none.
"""

import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import psycopg2  # noqa: E402

from postgres import Postgres, Service, migrate, number_parameters  # noqa: E402

NOW = "2026-03-03T00:00:00Z"

WORLD = """
insert into enrollment.prison (id, code, name, time_zone)
select md5('prison ' || n)::uuid, 'LP-' || n, 'Lapas ' || n, 'Asia/Jakarta' from generate_series(1, 200) n;
insert into identity.person (id, name, email, prison_id, roles)
select md5('person ' || n)::uuid, 'Petugas ' || n, n || '@example.org', md5('prison ' || (n - 1) / 5 + 1)::uuid, array['OFFICER']
from generate_series(1, 1000) n;
insert into scheduling.room (id, prison_id, name) select id, id, 'Aula' from enrollment.prison;
set session_replication_role = replica;
insert into scheduling.session (id, prison_id, component, room_id, starts_at, ends_at)
select md5('session ' || n)::uuid, md5('prison ' || (n - 1) % 200 + 1)::uuid, 'VOCATIONAL', md5('prison ' || (n - 1) % 200 + 1)::uuid,
    '2026-03-03T02:00Z', '2026-03-03T03:00Z' from generate_series(1, {count} / 5) n;
insert into notifications.delivery (rule, subject_id, subject_version, recipient_id, prison_id, due_at, next_at, useful_until)
select 'SESSION_SOON', md5('session ' || n)::uuid, 1, md5('person ' || ((n - 1) % 200) * 5 + k)::uuid,
    md5('prison ' || (n - 1) % 200 + 1)::uuid, due.at, due.at, '2026-03-03T02:00Z'
from generate_series(1, {count} / 5) n, generate_series(1, 5) k,
    lateral (select '2026-03-02T23:00Z'::timestamptz + (n * 7919 % 3600) * interval '1 second' as at) due;
create table bare (like notifications.delivery including defaults) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
insert into bare select * from notifications.delivery;
alter table bare add primary key (id);
create index on bare (next_at) where state = 'PENDING';
grant select, update on bare to pulih_notifications;
set session_replication_role = origin;
vacuum analyze;
"""

BARE_CLAIM = """
prepare claim (int, int, int) as
with due as materialized (
    select id from bare
    where state = 'PENDING' and next_at <= context.now() and (lease_until is null or lease_until <= clock_timestamp())
    order by next_at limit $1 for update skip locked
)
update bare b set attempt = b.attempt + 1, lease_until = clock_timestamp() + $2 * interval '1 millisecond'
from due where b.id = due.id returning b.id, b.attempt
"""
BARE_MARK = """
prepare mark (uuid[], int[], text[], int[], text[], int[]) as
update bare b set state = o.outcome, settled_at = context.now(), lease_until = null
from unnest($1, $2, $3) as o (id, attempt, outcome)
where b.id = o.id and b.attempt = o.attempt
"""


def prepared(name, types, statement):
    text, _ = number_parameters((pathlib.Path(__file__).resolve().parents[2] / "services/notifications/sql/internal" /
                                 f"{statement}.sql").read_text())
    return f"prepare {name} ({types}) as {text}"


def run(connection, statements, batch):
    """(deliveries claimed and marked, seconds)"""
    count = 0
    with connection.cursor() as cursor:
        cursor.execute("set synchronous_commit = off; set pulih.prison_id = '*'; set pulih.roles = 'SERVICE'")
        cursor.execute("set pulih.now = %s", (NOW,))
        for statement in statements:
            cursor.execute(statement)
        began = time.monotonic()
        while True:
            cursor.execute("execute claim (%s, 60000, 12)", (batch,))
            rows = [row[:2] for row in cursor.fetchall()]
            if not rows:
                break
            size = len(rows)
            cursor.execute("execute mark (%s::uuid[], %s, %s, %s, %s, %s)", (
                [row[0] for row in rows], [row[1] for row in rows], ["SENT"] * size, [250] * size, ["2.0.0 OK"] * size,
                [0] * size))
            count += size
        seconds = time.monotonic() - began
        cursor.execute("deallocate all")
    return count, seconds


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    batch = int(sys.argv[2]) if len(sys.argv) > 2 else 256
    server = Postgres(tempfile.mkdtemp(prefix="pulih-pg-"), fsync=False)
    try:
        migrate(server.url("postgres"))
        root = psycopg2.connect(server.url("postgres"))
        root.autocommit = True
        for statement in WORLD.format(count=count).split(";\n"):
            if statement.strip():
                with root.cursor() as cursor:
                    cursor.execute(statement)
        connection = Service(server, "postgres", "notifications").connection
        connection.autocommit = True
        ours = run(connection, [prepared("claim", "int, int, int", "claim_deliveries"),
                                prepared("mark", "uuid[], int[], text[], int[], text[], int[]", "mark_deliveries")], batch)
        bare = run(connection, [BARE_CLAIM, BARE_MARK], batch)
        for name, (done, seconds) in (("ours", ours), ("bare SQL", bare)):
            print(f"claim and mark {done} deliveries by {batch}, {name}: {seconds:.1f} s, {done / seconds:.0f}/s")
        print(f"ratio to the bare SQL loop: {ours[0] / ours[1] / (bare[0] / bare[1]):.2f} (wanted: 0.8)")
        connection.close()
    finally:
        server.finish()


if __name__ == "__main__":
    main()
