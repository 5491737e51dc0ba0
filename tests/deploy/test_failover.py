"""The leader of three PostgreSQL under Patroni dies while work goes on: nothing that was acknowledged is lost, service is back within
half a minute, and nothing of ours was started again."""

import contextlib
import datetime
import json
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request

import pytest

from foundation import BANYUWANGI, set_up
from private_postgres import BIN
from stack import Stack, free_port
from world import day, new_id

ROOT = pathlib.Path(__file__).resolve().parents[2]
NODES = ("one", "two", "three")
BACK_WITHIN_S = 30
IN_FLIGHT = 24


class Cluster:
    """deploy/patroni/cluster, as what private_postgres.Postgres is to a stack."""

    def __init__(self, folder):
        self.folder = folder
        self.data = folder / "cluster"
        self.port = free_port_block()
        shutil.copytree(ROOT / "deploy/patroni", folder / "patroni")
        self.prefix = []
        if os.getuid() == 0:
            self.prefix = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
            owner = pwd.getpwnam("postgres")
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        self.run("start")
        shutil.copy2(self.data / "postgres.crt", folder / "ca.crt")
        self.passwords = {"postgres": (self.data / "superuser.password").read_text().strip()}

    def run(self, command):
        done = subprocess.run([*self.prefix, "nice", self.folder / "patroni/cluster", command, self.data], cwd="/", text=True, check=False,
                              env={"PATH": "/usr/bin:/bin", "PULIH_CLUSTER_PORT": str(self.port)}, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=200)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def url(self, database, user="postgres"):
        password = self.passwords.setdefault(user, f"password-of-{user}")
        return (f"host=127.0.0.1,127.0.0.1,127.0.0.1 port={self.port},{self.port + 1},{self.port + 2} dbname={database} user={user} "
                f"password={password} target_session_attrs=read-write sslmode=verify-full sslrootcert={self.folder}/ca.crt")

    def psql(self, database, command):
        done = subprocess.run([BIN / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", self.url(database), "-c", command], check=True,
                              stdout=subprocess.PIPE, text=True)
        return done.stdout.strip()

    def create_database(self, name):
        self.psql("postgres", f'create database "{name}"')

    def leader(self):
        for number, node in enumerate(NODES):
            with contextlib.suppress(urllib.error.URLError, OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{self.port + 10 + number}/leader", timeout=1).close()
                return node
        return None

    def processes(self, node):
        """The postmaster, then its children."""
        postmaster = int((self.data / node / "data/postmaster.pid").read_text().split()[0])
        return [postmaster, *map(int, pathlib.Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split())]

    def cut_off(self, node):
        """Nothing of it reaches a standby any more, as when the line between them fails first."""
        for process in self.processes(node):
            with contextlib.suppress(FileNotFoundError):
                if b"walsender" in pathlib.Path(f"/proc/{process}/cmdline").read_bytes():
                    os.kill(process, signal.SIGSTOP)

    def kill(self, node):
        """As a machine dies: Patroni, PostgreSQL and all its processes at once."""
        for process in (int((self.data / f"{node}.pid").read_text()), *self.processes(node)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)

    def stop(self):
        self.run("stop")

    def finish(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def free_port_block():
    while (port := free_port()) > 60000:
        pass
    return port


class ClusterStack(Stack):
    def start_postgres(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="pulih-patroni-", dir="/var/tmp"))
        folder.chmod(0o755)
        return Cluster(folder)

    def start_all(self):
        roles = [f"pulih_{role}" for role in ("identity", "enrollment", "scheduling", "notes", "notifications")]
        passwords = self.folder / "roles.pgpass"
        for role in roles:
            self.postgres.url("pulih", role)
        passwords.write_text("".join(f"*:*:*:{role}:{self.postgres.passwords[role]}\n" for role in roles))
        self.pulih("migrate", "--passwords", passwords)
        super().start_all()


class Load(threading.Thread):
    """New participants without a pause, through the hub."""

    def __init__(self, running, session):
        super().__init__()
        self.running, self.session = running, session
        self.acknowledged, self.unsure = {}, {}  # id → request
        self.answered = []  # (begin, end) of each batch of which something was done
        self.numbers = 0
        self.stopping = threading.Event()
        self.failure = None

    def run(self):
        try:
            while not self.stopping.is_set():
                self.ask([self.participant() for _ in range(IN_FLIGHT)])
        except BaseException as failure:  # told by the test's own thread
            self.failure = failure

    def participant(self):
        self.numbers += 1
        return {"id": new_id(), "prisonId": BANYUWANGI, "registerNumber": f"REG {self.numbers}", "name": f"Warga {self.numbers}",
                "birthDate": day(datetime.date(1990, 1, 1)), "sex": "SEX_MALE", "block": "Mawar", "offenceArticles": ["Pasal 112"],
                "sentenceStart": day(datetime.date(2025, 1, 1)), "twoThirdsOn": day(datetime.date(2028, 1, 1)),
                "expectedReleaseOn": day(datetime.date(2029, 1, 1))}

    def ask(self, requests):
        begin = time.monotonic()
        lines = "".join(json.dumps({"method": "CreateParticipant", "request": request}) + "\n" for request in requests)
        _, out, error = self.running.pulih("call", "--lines", "--in-flight", IN_FLIGHT, "--timeout", "2s", "--user", self.session,
                                           stdin=lines, check=False, timeout=60)
        answers = [json.loads(line) for line in out.splitlines()]
        assert len(answers) == len(requests), f"{len(answers)} answers to {len(requests)} calls: {error}"
        for request, answer in zip(requests, answers):
            (self.unsure if "error" in answer else self.acknowledged)[request["id"]] = request
        if any("error" not in answer for answer in answers):
            self.answered.append((begin, time.monotonic()))

    def wait_for(self, done, limit_s):
        end = time.monotonic() + limit_s
        while not done() and not self.failure:
            assert time.monotonic() < end, f"{len(self.acknowledged)} acknowledged, {len(self.unsure)} not, and no more within {limit_s} s"
            time.sleep(0.02)


@pytest.fixture(scope="module")
def running():
    stack = ClusterStack(tempfile.mkdtemp(prefix="pulih-failover-"), gateway_ports=())
    try:
        yield stack.start()
    finally:
        bad = stack.stop(forget=True)
        shutil.rmtree(stack.folder, ignore_errors=True)
        assert not bad, bad


def test_the_leader_dies_and_nothing_acknowledged_is_lost(running):
    world = set_up(running, datetime.date.today())
    processes = {name: process.pid for name, process in running.processes.items()}
    load = Load(running, world.people["koordinator"])
    load.start()
    try:
        load.wait_for(lambda: len(load.acknowledged) >= 20 * IN_FLIGHT, 60)
        leader = running.postgres.leader()
        # What is written from here on is on one disk: it mustn't be acknowledged. In the moment of the death alone there would be too little.
        running.postgres.cut_off(leader)
        time.sleep(1)
        running.postgres.kill(leader)
        killed = time.monotonic()
        load.wait_for(lambda: load.answered and load.answered[-1][0] > killed, 90)
        back_s = next(end for begin, end in load.answered if begin > killed) - killed
        before = len(load.acknowledged)
        load.wait_for(lambda: len(load.acknowledged) >= before + 20 * IN_FLIGHT, 60)
    finally:
        load.stopping.set()
        load.join()
    assert not load.failure, load.failure
    print(f"\n{leader} died, {running.postgres.leader()} leads: service was back after {back_s:.1f} s, limit {BACK_WITHIN_S} s; "
          f"{len(load.acknowledged)} acknowledged, {len(load.unsure)} not")
    assert back_s <= BACK_WITHIN_S and running.postgres.leader() not in (None, leader)
    kept = set(running.postgres.psql("pulih", "select id from enrollment.participant").split())
    assert not set(load.acknowledged) - kept, f"{len(set(load.acknowledged) - kept)} of {len(load.acknowledged)} are lost"
    assert {name: process.pid for name, process in running.processes.items()} == processes and not running.died()

    # What wasn't known is asked again with the same id, and is there once.
    unsure = list(load.unsure.values())
    for begin in range(0, len(unsure), IN_FLIGHT):
        load.ask(unsure[begin:begin + IN_FLIGHT])
    numbers = running.postgres.psql("pulih", "select count(*), count(distinct register_number) from enrollment.participant")
    assert numbers == f"{load.numbers}|{load.numbers}", (numbers, load.numbers)


def test_who_died_comes_back_as_a_standby(running):
    shown = running.postgres.run("start")
    assert shown.count("Leader") == 1 and shown.count("Sync Standby") == 1, shown
    end = time.monotonic() + 60
    while running.postgres.run("list").count("running") < 3:
        assert time.monotonic() < end, running.postgres.run("list")
        time.sleep(1)
