"""How late a reminder is told, at a thousand a second: from its due time to the mail server's own log, through the notifications
service as it runs in the stack, on a database that flushes.

    bench_lateness.py [PER_SECOND [SECONDS [ROSTERS]]]      (1000, 30 and 0 unless said)

Each is of a session of its own, to one of a thousand officers in two hundred prisons. As many of these as are said get the day's
roster with its call sheet at the moment when the first reminder is due.
"""

import sys
import time

from bench import Report, stack
from bench_deliveries import PEOPLE
from bench_smtp import Sink

WORLD = """
-- Whatever the hour is, no roster falls due but those below.
set session_replication_role = replica;
update notifications.rule set at_time = (now() at time zone 'Asia/Jakarta' + interval '12 h')::time where key = 'DAY_ROSTER';
reset session_replication_role;
""" + PEOPLE + """
begin;
set local session_replication_role = replica;
insert into scheduling.session (id, prison_id, component, room_id, starts_at, ends_at)
select md5('session ' || n)::uuid, md5('prison ' || (n - 1) % 200 + 1)::uuid, 'VOCATIONAL', md5('prison ' || (n - 1) % 200 + 1)::uuid,
    now() + interval '2 h', now() + interval '3 h' from generate_series(1, {count}) n;
insert into notifications.delivery (rule, subject_id, subject_version, recipient_id, prison_id, due_at, useful_until)
select 'SESSION_SOON', md5('session ' || n)::uuid, 1, md5('person ' || (n - 1) % 200 * 5 + n % 5 + 1)::uuid,
    md5('prison ' || (n - 1) % 200 + 1)::uuid, now() + interval '20 s' + n * interval '1 s' / {per_second}, now() + interval '2 h'
from generate_series(1, {count}) n;
insert into notifications.delivery (rule, subject_id, day, recipient_id, prison_id, due_at, useful_until)
select 'DAY_ROSTER', prison_id, (now() at time zone 'Asia/Jakarta')::date, id, prison_id, now() + interval '20 s', now() + interval '2 h'
from identity.person where prison_id is not null order by prison_id limit {rosters}
on conflict on constraint delivery_is_planned_once do update set due_at = excluded.due_at, useful_until = excluded.useful_until;
insert into enrollment.participant (id, prison_id, register_number, name)
select md5('participant ' || n)::uuid, md5('prison ' || n % 200 + 1)::uuid, 'B.I ' || n, 'Warga Binaan ' || n from generate_series(1, 6000) n;
insert into scheduling.session_participant (session_id, participant_id, enrollment_id, prison_id, starts_at, ends_at, occupies)
select md5('session ' || n % 200 + 1)::uuid, md5('participant ' || n)::uuid, gen_random_uuid(), md5('prison ' || n % 200 + 1)::uuid,
    now() + interval '2 h', now() + interval '3 h', true from generate_series(1, 6000) n;
insert into notifications.outbox (delivery_id, next_at) select id, due_at from notifications.delivery
on conflict (delivery_id) do update set next_at = excluded.next_at;
commit;
analyze;
"""


def run(report, per_second=1000, seconds=30, rosters=0):
    count = per_second * seconds
    with Sink() as sink, stack(["identity", "enrollment", "scheduling", "notifications"], settings={"notifications": {
            "PULIH_SMTP_URL": f"smtp://127.0.0.1:{sink.port}", "PULIH_SMTP_TLS": "none"}}) as running:
        running.postgres.psql("pulih", WORLD.format(count=count, per_second=per_second, rosters=rosters))
        due = {row[0]: float(row[1]) for row in (line.split("|") for line in running.postgres.psql(
            "pulih", "select id, extract(epoch from due_at) from notifications.delivery where rule = 'SESSION_SOON'").splitlines())}
        until = max(due.values()) + 60
        while len(told := sink.told()) < count + rosters and time.time() < until:
            time.sleep(1)
    late = sorted(told[delivery] - when for delivery, when in due.items() if delivery in told)
    assert len(late) == count, f"{len(late)} of {count} were told"
    report.seconds(f"lateness at {per_second}/s, p99", late[count * 99 // 100], at_most=2)
    print(f"    p50 {late[count // 2]:.3f} s, most {late[-1]:.3f} s, of {count}{f'; {len(told) - count} of {rosters} rosters' if rosters else ''}")


if __name__ == "__main__":
    report = Report()
    run(report, *map(int, sys.argv[1:]))
    report.finish()
