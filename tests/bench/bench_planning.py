"""Planning sixty days for 500 prisons after a rule change, and how late other deliveries are meanwhile.

    bench_planning.py [PRISONS [SESSIONS_A_DAY]]      (500 and 6 unless said)

Each session has a counsellor, each prison two officers: three reminders a session. First a rule that had planned nothing plans all
of them, then its time is changed and all of them move, a slice of prisons a transaction, as the planner asks for them. Meanwhile
fifty deliveries a second come due, which another connection claims, composes and marks as the dispatcher does. Asked of the first
two is a minute each; of the last that its p99 stays within two seconds.
"""

import contextlib
import pathlib
import sys
import tempfile
import threading
import time

import psycopg2

from bench import ROOT, Report

sys.path.insert(0, str(ROOT / "tests/lib"))

from postgres import Postgres, Service, migrate, number_parameters  # noqa: E402

WORLD = """
insert into enrollment.prison (id, code, name, time_zone)
select md5('prison ' || n)::uuid, 'LP-' || n, 'Lapas ' || n, 'Asia/Jakarta' from generate_series(1, {prisons}) n;
insert into identity.person (id, name, email, prison_id, roles)
select md5('officer ' || n)::uuid, 'Petugas ' || n, 'p' || n || '@example.org', md5('prison ' || (n + 1) / 2)::uuid, array['OFFICER']
from generate_series(1, {prisons} * 2) n;
insert into identity.person (id, name, email, roles)
select md5('counsellor ' || n)::uuid, 'Konselor ' || n, 'k' || n || '@example.org', array['COUNSELLOR'] from generate_series(1, {prisons}) n;
insert into identity.person (id, name, email, roles) select md5('admin')::uuid, 'Admin', 'a@example.org', array['ADMIN'];
insert into scheduling.room (id, prison_id, name) select id, id, 'Aula' from enrollment.prison;
update notifications.rule set enabled = key = 'TEST_MAIL' or occasion = 'SUMMARY';
set session_replication_role = replica;
insert into scheduling.session (id, prison_id, component, room_id, starts_at, ends_at)
select md5(p || ' ' || day || ' ' || n)::uuid, md5('prison ' || p)::uuid, 'VOCATIONAL', md5('prison ' || p)::uuid, begins, begins + interval '1 hour'
from generate_series(1, {prisons}) p, generate_series(2, 61) day, generate_series(1, {sessions}) n,
    lateral (select date_trunc('day', now()) + day * interval '1 day' + n * interval '1 hour' as begins) t;
insert into scheduling.session_counsellor (session_id, counsellor_id, prison_id, starts_at, ends_at, occupies)
select s.id, md5('counsellor ' || substr(z.code, 4))::uuid, s.prison_id, s.starts_at, s.ends_at, true
from scheduling.session s join enrollment.prison z on z.id = s.prison_id;
set session_replication_role = origin;
vacuum analyze;
"""
DUE_EACH_MS, DUE_FOR_S = 20, 300


def statement(name):
    return number_parameters((ROOT / f"services/notifications/sql/internal/{name}.sql").read_text())[0]


@contextlib.contextmanager
def service(server):
    connection = Service(server, "postgres", "notifications").connection
    connection.autocommit = True
    with contextlib.closing(connection), connection.cursor() as cursor:
        cursor.execute("set synchronous_commit = off; set pulih.prison_id = '*'; set pulih.roles = 'SERVICE'")
        yield cursor


class Others:
    """Deliveries that come due meanwhile, and how late each was when it was marked."""

    def __init__(self, server):
        self.server, self.late, self.ending = server, [], False
        self.thread = threading.Thread(target=self.run)

    def run(self):
        with service(self.server) as cursor:
            cursor.execute(f"prepare claim ({', '.join(CLAIM_TYPES)}) as {statement('claim_deliveries')}")
            cursor.execute(f"prepare compose (uuid[]) as {statement('compose_mails')}")
            cursor.execute(f"prepare mark ({', '.join(MARK_TYPES)}) as {statement('mark_deliveries')}")
            while not self.ending:
                cursor.execute("execute claim (%s, %s, %s, %s)", [CLAIM[name] for name in CLAIM_ORDER])
                rows = cursor.fetchall()
                if not rows:
                    time.sleep(0.005)
                    continue
                ids = [row[0] for row in rows]
                cursor.execute("execute compose (%s::uuid[])", (ids,))
                cursor.fetchall()
                values = {"delivery_ids": ids, "attempts": [row[1] for row in rows], "outcomes": ["SENT"] * len(rows),
                          "codes": [250] * len(rows), "retry_ms": [0] * len(rows)}
                cursor.execute(f"execute mark ({', '.join('%s::' + kind for kind in MARK_TYPES)})",
                               [values.get(name, [""] * len(rows)) for name in MARK_ORDER])
                cursor.execute("select extract(epoch from clock_timestamp() - due_at)::float from notifications.delivery where id = any (%s::uuid[])", (ids,))
                self.late += [row[0] for row in cursor.fetchall()]

    def __enter__(self):
        with service(self.server) as cursor:
            cursor.execute("""insert into notifications.delivery (rule, subject_id, recipient_id, due_at, useful_until)
                select 'TEST_MAIL', gen_random_uuid(), md5('admin')::uuid, now() + interval '2 s' + n * %s * interval '1 ms', now() + interval '1 hour'
                from generate_series(1, %s) n""", (DUE_EACH_MS, DUE_FOR_S * 1000 // DUE_EACH_MS))
        self.thread.start()
        time.sleep(2)  # until it has prepared everything
        return self

    def __exit__(self, *_):
        self.ending = True
        self.thread.join()
        with service(self.server) as cursor:
            cursor.execute("""with gone as (delete from notifications.outbox q using notifications.delivery d
                where d.id = q.delivery_id and d.rule = 'TEST_MAIL' returning q.delivery_id)
                update notifications.delivery d set state = 'SUPERSEDED', cause = 'LATE', settled_at = now() from gone where d.id = delivery_id""")


def order_of(name):
    return [parameter for parameter, _ in number_parameters((ROOT / f"services/notifications/sql/internal/{name}.sql").read_text())[1]]


CLAIM = {"limit": 32, "lease_ms": 60000, "attempts_limit": 12, "channels": ["EMAIL", "WHATSAPP", "SMS"]}
CLAIM_ORDER, MARK_ORDER = order_of("claim_deliveries"), order_of("mark_deliveries")
CLAIM_TYPES = ["text[]" if name == "channels" else "int" for name in CLAIM_ORDER]
MARK_TYPES = [{"delivery_ids": "uuid[]", "attempts": "int[]", "codes": "int[]", "retry_ms": "int[]"}.get(name, "text[]") for name in MARK_ORDER]


def processor_seconds(connection):
    fields = pathlib.Path(f"/proc/{connection.info.backend_pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def plan(server, change):
    """Seconds, of a processor, slices, how many, and the longest slice, after the change."""
    with service(server) as cursor:
        cursor.execute(change)
        cursor.execute("insert into notifications.replan (rule) values ('SESSION_DAY_BEFORE')")
        cursor.execute(f"prepare slice as {statement('plan_slice')}")
        began, planned, slices, longest, more = time.monotonic(), 0, 0, 0, True
        while more:
            slice_began = time.monotonic()
            cursor.execute("execute slice")
            count, more = cursor.fetchone()
            planned, slices, longest = planned + count, slices + 1, max(longest, time.monotonic() - slice_began)
        return time.monotonic() - began, processor_seconds(cursor.connection), slices, planned, longest


def run(report, prisons=500, sessions=6):
    server = Postgres(tempfile.mkdtemp(prefix="pulih-bench-"), fsync=False)
    try:
        migrate(server.url("postgres"))
        with contextlib.closing(psycopg2.connect(server.url("postgres"))) as root, root.cursor() as cursor:
            root.autocommit = True
            for text in WORLD.format(prisons=prisons, sessions=sessions).split(";\n"):
                if text.strip():
                    cursor.execute(text)
        for what, change in (("planning", "update notifications.rule set enabled = true where key = 'SESSION_DAY_BEFORE'"),
                             ("moving", "update notifications.rule set at_time = '17:00' where key = 'SESSION_DAY_BEFORE'")):
            with Others(server) as others:
                seconds, processor, slices, planned, longest = plan(server, change)
            assert planned == prisons * 60 * sessions * 3, f"{planned} of {prisons * 60 * sessions * 3} reminders"
            late = sorted(others.late)
            report.seconds(f"{what} {planned} reminders in {slices} slices", seconds, at_most=60)
            print(f"    {processor:.1f} s of a processor; longest slice {longest:.2f} s; {len(late)} others meanwhile, late p50 {late[len(late) // 2]:.3f} s, most {late[-1]:.3f} s")
            report.seconds(f"lateness of other deliveries while {what}, p99", late[len(late) * 99 // 100], at_most=2)
    finally:
        server.finish()


if __name__ == "__main__":
    report = Report()
    run(report, *map(int, sys.argv[1:]))
    report.finish()
