"""Materialising sessions: what a session costs, and whether it costs more when there are many.

    bench_materialise.py [SESSIONS ...]      (100000 and 1000000 unless said)

Weekly series of 8 sessions with one counsellor, one room and one participant, 25 series a transaction as the nightly job has
them, by the service's own role. Beside it, in turns, the bare inserts of the same rows into tables with the same columns and b-trees, and the same
job in a database without foreign keys, checks, triggers and row-level security. Counted is the server's processor time, so
that a busy machine doesn't matter. Prints ratios; asserts none.
"""

import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import psycopg2  # noqa: E402

from bench import Report  # noqa: E402
from postgres import Postgres, migrate  # noqa: E402

A_SERIES, BATCH, TURNS = 8, 25, 5


class Side:
    """One way to do it, on a connection of its own."""

    def __init__(self, server, database, user, procedure, *more):
        self.connection = psycopg2.connect(server.url(database, user))
        self.connection.autocommit = True
        self.procedure, self.more, self.turns = procedure, more, []
        self.run("set synchronous_commit = off; set pulih.prison_id = '*'; set pulih.roles = 'SERVICE'")
        self.run("set enable_seqscan = off; set jit = off")  # as the job itself: tables that were empty a moment ago

    def run(self, text, *values):
        with self.connection.cursor() as cursor:
            cursor.execute(text, values)

    def processor_us(self):
        fields = pathlib.Path(f"/proc/{self.connection.info.backend_pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * 10_000

    def turn(self, first, last):
        before = self.processor_us()
        places = ", ".join(["%s"] * (3 + len(self.more)))
        self.run(f"call bench.{self.procedure}({places})", first, last, BATCH, *self.more)
        self.turns.append((self.processor_us() - before) / (last - first + 1) / A_SERIES)

    def us(self):
        return sum(self.turns) / len(self.turns)


def prepare(server, database, series):
    root = psycopg2.connect(server.url(database))
    root.autocommit = True
    with root.cursor() as cursor:
        cursor.execute(pathlib.Path(__file__).with_suffix(".sql").read_text())
        cursor.execute("set session_replication_role = replica; call bench.seed(%s, 1)", (series,))
    with root.cursor() as cursor:
        cursor.execute("vacuum analyze")
    return root


def measure(report, server, sessions):
    series = sessions // A_SERIES // TURNS // BATCH * BATCH * TURNS
    for name in ("ruled", "stripped"):
        server.create_database(f"{name}_{sessions}", "migrated")
        root = prepare(server, f"{name}_{sessions}", series)
    with root.cursor() as cursor:
        cursor.execute("call bench.strip()")
    ours = Side(server, f"ruled_{sessions}", "pulih_scheduling", "materialise", False)
    bare = Side(server, f"ruled_{sessions}", "postgres", "insert_plainly")
    stripped = Side(server, f"stripped_{sessions}", "postgres", "materialise", True)
    for turn in range(TURNS):
        for side in (bare, stripped, ours):
            side.turn(turn * series // TURNS + 1, (turn + 1) * series // TURNS)
    report.ratio(f"materialise {series * A_SERIES}, to bare inserts", ours.us() / bare.us(), at_most=3,
                 detail=f"{ours.us():.0f} µs a session; bare {bare.us():.0f} µs; the job without its rules "
                 f"{stripped.us():.0f} µs")
    return ours.us()


def run(report, *sizes):
    sizes = sizes or (100_000, 1_000_000)
    server = Postgres(tempfile.mkdtemp(prefix="pulih-pg-"), fsync=False)
    try:
        server.create_database("migrated")
        migrate(server.url("migrated"))
        costs = [measure(report, server, size) for size in sizes]
        if len(costs) > 1:
            report.ratio(f"a session's cost at {sizes[-1]}, to {sizes[0]}", costs[-1] / costs[0], at_most=1.3)
    finally:
        server.finish()


if __name__ == "__main__":
    report = Report()
    run(report, *map(int, sys.argv[1:]))
    report.finish()
