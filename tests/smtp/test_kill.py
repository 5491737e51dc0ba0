"""Two instances are killed over and over while thousands of notifications go out; sessions are cancelled and moved meanwhile.
What went out is told by the mail server's own log, what should have by the database.

`make soak` lives it with PULIH_KILL_COUNT=100000; here it is 3,000."""

import collections
import datetime
import os
import random
import subprocess
import time

import pytest
from test_outbox import DUE, Foundation

from build import program

COUNT = int(os.environ.get("PULIH_KILL_COUNT", "3000"))
SEED = int(os.environ.get("PULIH_SEED", "0")) or random.randrange(1 << 32)
SLOTS = 32
# Short, so that what the dead held is soon another's; but the one summary of all that a prison's officer is told takes a second to write.
LEASE = "3s" if COUNT <= 3000 else "10s"
# After DUE: what is cancelled or moved is so before it is due.
LATER = "2026-03-03T00:40:00Z"

WORLD = """
begin;
set local session_replication_role = replica;
create temporary table made as
    select n, gen_random_uuid() as person, gen_random_uuid() as session, n %% 10 as fate from generate_series(1, %(count)s) n;
insert into identity.person (id, name, email, roles, language)
    select person, 'Konselor ' || n, 'n' || n || '@d' || n %% 40 || '.example', '{COUNSELLOR}', case n %% 2 when 0 then 'id' else 'en' end
    from made;
insert into scheduling.session (id, prison_id, component, room_id, starts_at, ends_at)
    select session, %(prison)s, 'VOCATIONAL', %(prison)s, '2026-03-03T02:41Z', '2026-03-03T03:30Z' from made;
insert into scheduling.session_counsellor (session_id, counsellor_id, prison_id, starts_at, ends_at, occupies)
    select session, person, %(prison)s, '2026-03-03T02:41Z', '2026-03-03T03:30Z', true from made;
insert into notifications.delivery (rule, subject_id, subject_version, recipient_id, prison_id, due_at, useful_until)
    select 'SESSION_SOON', session, 1, person, %(prison)s,
        case when fate < 2 then '2026-03-03T00:40Z'::timestamptz else '2026-03-03T00:00Z' end, '2026-03-03T02:41Z' from made;
insert into notifications.outbox (delivery_id, next_at) select id, due_at from notifications.delivery where rule = 'SESSION_SOON';
create table fate as select session, fate from made;
commit;
"""


class Sink:
    def __init__(self, folder):
        self.log = folder / "mails"
        self.process = subprocess.Popen([program("tests/tools/smtp_sink"), str(self.log)], stdout=subprocess.PIPE, text=True)
        self.url = f"smtp://127.0.0.1:{self.process.stdout.readline().split()[1]}"

    def arrived(self):
        """[(milliseconds since 1970, address, delivery id)]"""
        rows = [line.split("\t") for line in self.log.read_text().splitlines()] if self.log.exists() else []
        return [(int(when), address, message.strip("<>").partition("@")[0]) for when, address, message in rows]

    def count(self):
        """Roughly, for who asks all the time."""
        return self.log.stat().st_size // 85 if self.log.exists() else 0

    def stop(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def foundation(postgres, tmp_path):
    foundation = Foundation(postgres, postgres.create_database("kill", "migrated"), tmp_path)
    foundation.server.stop()
    foundation.server = Sink(tmp_path)
    yield foundation
    foundation.finish()


def make_world(foundation):
    # They are all in one prison, and on one day: nobody's roster.
    foundation.sql("update notifications.rule set enabled = false where key = 'DAY_ROSTER'")
    with foundation.root.cursor() as cursor:
        for statement in (WORLD % {"count": COUNT, "prison": f"'{foundation.jakarta}'"}).split(";\n"):
            if statement.strip():
                cursor.execute(statement)


def waiting(foundation, due):
    return foundation.sql("select count(*) from notifications.outbox where next_at < %s::timestamptz + interval '5 minutes'", due)[0]["count"]


def storm(foundation, chance, due):
    """From `due` on kills one and starts another until nothing of it is left; how many were killed. Attempts that end with their
    process count, too, so there are many. The clock goes on, since who has to wait after a failure waits by it."""
    def move_clock():
        foundation.set_clock((datetime.datetime.fromisoformat(due.replace("Z", "+00:00")) + datetime.timedelta(seconds=int(time.monotonic() - began))).isoformat())

    def start():
        return foundation.start(foundation.clock.read_text(), PULIH_NOTIFICATIONS_ATTEMPTS="100", PULIH_NOTIFICATIONS_LEASE=LEASE,
                                PULIH_NOTIFICATIONS_BACKOFF_FIRST="1s", PULIH_SMTP_SEND_TIMEOUT="1s", PULIH_WEBHOOK_TIMEOUT="1s")
    began = time.monotonic()
    move_clock()
    instances, killed = [start(), start()], 0
    while left := waiting(foundation, due):
        assert time.monotonic() < began + 1200, f"{left} still wait after {killed} kills, seed {SEED}"
        # While it works, in the middle of things.
        before, patience, more = foundation.server.count(), time.monotonic() + 5, chance.randrange(1, min(COUNT // 8, 3000))
        while (arrived := foundation.server.count() - before) < more and time.monotonic() < patience:
            time.sleep(0.05)
            move_clock()
        if not arrived:
            continue  # what is left is held by the dead
        victim = chance.randrange(2)
        instances[victim].kill()
        killed += 1
        instances[victim] = start()
    for instance in instances:
        instance.stop()
    foundation.instances.clear()
    return killed


def change_what_is_not_due(foundation):
    """A tenth of the sessions is cancelled and a tenth moved, before their reminders are due."""
    for fate, changes, event in ((0, "status = 'CANCELLED', cancel_reason = 'CLOSURE'", "scheduling.session_cancelled"),
                                 (1, "starts_at = starts_at + interval '1 hour', ends_at = ends_at + interval '1 hour'", "scheduling.session_changed")):
        foundation.sql(f"""begin; set local session_replication_role = replica;
            update scheduling.session s set {changes}, version = version + 1 from fate f where f.session = s.id and f.fate = {fate}; commit""")
        sessions = [(row["session"], 2) for row in foundation.sql("select session from fate where fate = %s", fate)]
        for first in range(0, len(sessions), 500):
            foundation.tell_all(event, sessions[first:first + 500], DUE)


def test_nothing_is_lost_and_nothing_of_an_old_time_goes_out(foundation, capsys):
    chance = random.Random(SEED)
    make_world(foundation)
    began = time.monotonic()
    killed = storm(foundation, chance, DUE)
    change_what_is_not_due(foundation)
    killed += storm(foundation, chance, LATER)
    seconds = time.monotonic() - began

    mails = foundation.server.arrived()
    counts = collections.Counter(identifier for _, _, identifier in mails)
    rows = foundation.sql("""select d.id::text, d.state, d.cause, d.rule, d.due_at <= %s as is_due, d.attempt, d.subject_version, f.fate, lower(p.email) as email
        from notifications.delivery d left join fate f on f.session = d.subject_id join identity.person p on p.id = d.recipient_id""", LATER)
    wrong = collections.Counter()
    for row in rows:
        arrived = counts[row["id"]]
        wrong["sent and never arrived"] += row["state"] == "SENT" and not arrived
        wrong["arrived and isn't sent"] += row["state"] != "SENT" and arrived > 0
        wrong["neither sent nor superseded"] += row["is_due"] and row["state"] not in ("SENT", "SUPERSEDED")
        wrong["of a cancelled session or an old time"] += arrived > 0 and row["rule"] == "SESSION_SOON" and row["subject_version"] == 1 and row["fate"] in (0, 1)
        wrong["doubled without a second claim"] += arrived > 1 and row["attempt"] < 2
    wrong["that nobody planned"] = len(set(counts) - {row["id"] for row in rows})
    wrong["at another's address"] = len({(identifier, address) for _, address, identifier in mails} - {(row["id"], row["email"]) for row in rows})
    reminded = sum(row["rule"] == "SESSION_SOON" and row["state"] == "SENT" and row["subject_version"] == 1 for row in rows)
    doubled = len(mails) - len(counts)
    with capsys.disabled():
        print(f"\n{doubled} of {len(mails)} mails doubled by {killed} kills in {seconds:.0f} s (seed {SEED})")
    assert not +wrong, (dict(+wrong), SEED)
    assert reminded == COUNT * 8 // 10, reminded
    assert doubled <= killed * SLOTS, "more than were in hand when something was killed"
