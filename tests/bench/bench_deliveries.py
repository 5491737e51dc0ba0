"""Claiming and marking due deliveries: our two statements beside the bare loop that a queue in SQL comes down to.

    bench_deliveries.py [COUNT [BATCH]]

The bare loop is the usual one, on one table with the columns of a delivery, a primary key and the queue's partial index. It
claims with SKIP LOCKED, a lease and an attempt number, which it checks when it marks as sent, and keeps what was said, with an
event for each reader, as ours does. It has no other index (nor the one that makes planning unique), no foreign keys and other
constraints, triggers or row-level security, counts no tries and keeps no server's answer; ours does. Neither judges by how the session, the person and the rule stand now: that belongs to
composing, which is measured apart, on one batch of forty. Both are prepared on one connection, commit each statement without
waiting for the disk, and take turns, so that they have the same machine.
"""

import contextlib
import sys
import tempfile
import time

import psycopg2

from bench import ROOT, Report

sys.path.insert(0, str(ROOT / "tests/lib"))

from postgres import Postgres, Service, migrate, number_parameters  # noqa: E402

NOW = "2026-03-03T00:00:00Z"
SUBJECT, BODY = "Pengingat jadwal: Selasa, 3 Maret 2026, 09.00–10.00 WIB", "Tempat: Aula\n" * 20

# A thousand officers in two hundred prisons.
PEOPLE = """
insert into enrollment.prison (id, code, name, time_zone)
select md5('prison ' || n)::uuid, 'LP-' || n, 'Lapas ' || n, 'Asia/Jakarta' from generate_series(1, 200) n;
insert into identity.person (id, name, email, prison_id, roles)
select md5('person ' || n)::uuid, 'Petugas ' || n, n || '@example.org', md5('prison ' || (n - 1) / 5 + 1)::uuid, array['OFFICER']
from generate_series(1, 1000) n;
insert into scheduling.room (id, prison_id, name) select id, id, 'Aula' from enrollment.prison;
"""
WORLD = PEOPLE + """
set session_replication_role = replica;
insert into scheduling.session (id, prison_id, component, room_id, starts_at, ends_at)
select md5('session ' || n)::uuid, md5('prison ' || (n - 1) % 200 + 1)::uuid, 'VOCATIONAL', md5('prison ' || (n - 1) % 200 + 1)::uuid,
    '2026-03-03T02:00Z', '2026-03-03T03:00Z' from generate_series(1, {count} / 5) n;
insert into notifications.delivery (rule, subject_id, subject_version, recipient_id, prison_id, due_at, useful_until)
select 'SESSION_SOON', md5('session ' || n)::uuid, 1, md5('person ' || ((n - 1) % 200) * 5 + k)::uuid,
    md5('prison ' || (n - 1) % 200 + 1)::uuid, due.at, '2026-03-03T02:00Z'
from generate_series(1, {count} / 5) n, generate_series(1, 5) k,
    lateral (select '2026-03-02T23:00Z'::timestamptz + (n * 7919 % 3600) * interval '1 second' as at) due;
insert into notifications.outbox (delivery_id, next_at) select id, due_at from notifications.delivery;
create table bare (like notifications.delivery including defaults, next_at timestamptz, lease_until timestamptz)
    with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
insert into bare select d.*, d.due_at from notifications.delivery d;
alter table bare add primary key (id);
create table bare_notice (id uuid primary key, person uuid, prison uuid, subject text, body text, shown_at timestamptz, read_at timestamptz);
create index on bare_notice (person, shown_at, id);
create index on bare_notice (person) where read_at is null;
grant insert, select on bare_notice to pulih_notifications;
create index on bare (next_at) where state = 'PENDING';
grant select, update on bare to pulih_notifications;
set session_replication_role = origin;
vacuum analyze;
"""

CLAIM_TYPES = "text[], int, int, int"
MARK_TYPES = "uuid[], int[], text[], int[], text[], int[], text[], text[], text[], text[], text[], text[]"
BARE_CLAIM = """
with due as materialized (
    select id from bare
    where state = 'PENDING' and next_at <= context.now() and (lease_until is null or lease_until <= context.machine_now())
    order by next_at limit (select $2) for update skip locked
)
update bare set attempt = attempt + 1, lease_until = context.machine_now() + $4 * interval '1 millisecond'
where id = any (array(select id from due)) returning id, attempt
"""
BARE_MARK = """
with marked as (
    update bare b set state = o.outcome, settled_at = context.now(), lease_until = null
    from unnest($1, $2, $3, $10, $11) as o (id, attempt, outcome, subject, body)
    where b.id = o.id and b.attempt = o.attempt and b.lease_until is not null
    returning b.id, b.recipient_id, b.prison_id, o.subject, o.body
), said as (
    insert into bare_notice select id, recipient_id, prison_id, subject, body, context.now() from marked returning person
)
select event.emit_many('notifications.notice_shown', array_agg(null::uuid), array_agg(person), array_agg(1))
from (select distinct person from said) person
"""


def statement(name):
    return number_parameters((ROOT / f"services/notifications/sql/internal/{name}.sql").read_text())[0]


class Side:
    """One way to claim and mark, and how long it has taken."""

    def __init__(self, cursor, name, claim, mark):
        self.cursor, self.name, self.count, self.seconds = cursor, name, 0, 0
        cursor.execute(f"prepare {name}_claim ({CLAIM_TYPES}) as {claim}")
        cursor.execute(f"prepare {name}_mark ({MARK_TYPES}) as {mark}")

    def step(self, batch):
        """The ids of those that were due."""
        began = time.monotonic()
        self.cursor.execute(f"execute {self.name}_claim (%s, %s, 12, 60000)", (["EMAIL", "WHATSAPP", "SMS"], batch))
        rows = self.cursor.fetchall()
        if rows:
            size = len(rows)
            self.cursor.execute(f"execute {self.name}_mark (%s::uuid[], %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)", (
                [row[0] for row in rows], [row[1] for row in rows], ["SENT"] * size, [250] * size,
                ["250 2.0.0 OK"] * size, [0] * size, [""] * size, ["EMAIL"] * size, [""] * size, [SUBJECT] * size,
                [BODY] * size, [""] * size))
        self.seconds += time.monotonic() - began
        self.count += len(rows)
        return [row[0] for row in rows]


class Composing:
    """How long it takes, on one batch of forty. After they are marked, so as not to warm anything for that."""

    def __init__(self, cursor):
        self.cursor, self.batches, self.count, self.seconds = cursor, 0, 0, 0
        cursor.execute(f"prepare compose (uuid[]) as {statement('compose_mails')}")

    def step(self, ids):
        if self.batches % 40 == 0:
            began = time.monotonic()
            self.cursor.execute("execute compose (%s::uuid[])", (ids,))
            self.count += len(self.cursor.fetchall())
            self.seconds += time.monotonic() - began
        self.batches += 1


def measure(server, count, batch):
    """Ours, the bare loop and composing, with all deliveries claimed and marked."""
    migrate(server.url("postgres"))
    with contextlib.closing(psycopg2.connect(server.url("postgres"))) as root, root.cursor() as cursor:
        root.autocommit = True
        for text in WORLD.format(count=count).split(";\n"):
            if text.strip():
                cursor.execute(text)
    connection = Service(server, "postgres", "notifications").connection
    connection.autocommit = True
    with contextlib.closing(connection), connection.cursor() as cursor:
        cursor.execute("set synchronous_commit = off; set pulih.prison_id = '*'; set pulih.roles = 'SERVICE'")
        cursor.execute("set pulih.now = %s", (NOW,))
        ours = Side(cursor, "ours", statement("claim_deliveries"), statement("mark_deliveries"))
        bare = Side(cursor, "bare", BARE_CLAIM, BARE_MARK)
        composing = Composing(cursor)
        while ids := ours.step(batch):
            bare.step(batch)
            composing.step(ids)
    for side in (ours, bare):
        assert side.count == count, f"{side.name}: {side.count} of {count} deliveries"
    return ours, bare, composing


def run(report, count=1_000_000, batch=256):
    server = Postgres(tempfile.mkdtemp(prefix="pulih-bench-"), fsync=False)
    try:
        ours, bare, composing = measure(server, count, batch)
    finally:
        server.finish()
    report.ratio(f"claim and mark {count} deliveries, to the bare loop", bare.seconds / ours.seconds, at_least=0.8,
                 detail=f"{count / ours.seconds:.0f}/s; bare {count / bare.seconds:.0f}/s; composing "
                 f"{composing.count / composing.seconds:.0f}/s")


if __name__ == "__main__":
    report = Report()
    run(report, *map(int, sys.argv[1:]))
    report.finish()
