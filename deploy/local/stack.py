"""The whole of Pulih on one machine, as processes: a private PostgreSQL, the hub, every service, a mail catcher. For
`make run` and for the tests; a server is deployed otherwise (deploy/README.md)."""

import contextlib
import hashlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

from mail_catcher import MailCatcher
from private_postgres import Postgres

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATABASE, KEYSTORE = "pulih", "pulih_keystore"

# Of everybody in a demonstration or a test; a real person chooses their own.
ONE_TIME_PASSWORD, PASSWORD = "hanya sekali pakai", "pulih kembali bersama"

# Service → the database role it logs in as.
SERVICES = {
    "identity": "pulih_identity",
    "enrollment": "pulih_enrollment",
    "scheduling": "pulih_scheduling",
    "counseling_notes": "pulih_notes",
    "notifications": "pulih_notifications",
}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Stack:
    """`folder` holds everything: database, keys, logs, mail. `instances` of each service. `clock`, if given, is the
    instant (RFC 3339) at which an injected clock stands until set_clock(). `settings`: service → its environment beside."""

    def __init__(self, folder, build=None, instances=1, clock=None, ports=None, fsync=True, settings=None):
        self.folder = pathlib.Path(folder).resolve()
        self.build = pathlib.Path(build or os.environ.get("PULIH_BUILD", ROOT / "build"))
        self.instances = instances
        self.caller_port, self.service_port = ports or (free_port(), free_port())
        self.fsync = fsync
        self.settings = settings or {}
        self.processes = {}  # name → Popen
        self.keys = self.folder / "keys"
        self.logs = self.folder / "logs"
        self.clock_file = self.folder / "clock" if clock else None
        for folder in (self.folder, self.logs):
            folder.mkdir(parents=True, exist_ok=True)
        if clock:
            self.set_clock(clock)

    # Starting and stopping.

    def start(self):
        self.postgres = Postgres(self.postgres_folder(), fsync=self.fsync)
        self.postgres.create_database(DATABASE)
        self.postgres.create_database(KEYSTORE)
        self.mail = MailCatcher(self.folder / "mail")
        if not self.keys.exists():
            self.pulih("keys", "generate", self.keys)
            os.chmod(self.keys, 0o700)
        self.pulih("migrate")
        self.start_all()
        return self

    def postgres_folder(self):
        """Root's PostgreSQL runs as another user, who may not be able to enter root's folders."""
        if os.getuid() != 0:
            return self.folder / "postgres"
        name = hashlib.sha256(str(self.folder).encode()).hexdigest()[:12]
        return pathlib.Path(f"/var/tmp/pulih-postgres-{name}")

    def start_all(self):
        self.start_process("hub")
        for service in SERVICES:
            for number in range(self.instances):
                self.start_process(service, number)
        self.wait_ready()

    def program(self, name):
        return self.build / "services" / name / ("pulih" if name == "pulih" else f"pulih-{name}")

    def environment(self, service):
        """The settings of one process; nothing else that is called PULIH_ gets through."""
        values = {key: value for key, value in os.environ.items() if not key.startswith("PULIH_")}
        if self.clock_file:
            values["PULIH_CLOCK_FILE"] = str(self.clock_file)
        if service == "hub":
            return values | {
                "PULIH_HUB_CALLER_ENDPOINT": f"tcp://127.0.0.1:{self.caller_port}",
                "PULIH_HUB_SERVICE_ENDPOINT": f"tcp://127.0.0.1:{self.service_port}",
                "PULIH_HUB_SECRET_KEY_FILE": str(self.keys / "hub.key"),
                "PULIH_HUB_KEYS_FILE": str(self.keys / "hub_keys"),
            }
        if service == "pulih":
            return values | {
                "PULIH_HUB_ENDPOINTS": f"tcp://127.0.0.1:{self.caller_port}",
                "PULIH_HUB_PUBLIC_KEY_FILE": str(self.keys / "hub.pub"),
                "PULIH_KEY_FILE": str(self.keys / "operator.key"),
                "PULIH_DATABASE_URL": self.postgres.url(DATABASE),
                "PULIH_NOTES_KEYSTORE_URL": self.postgres.url(KEYSTORE),
                "PULIH_SESSION_FILE": str(self.folder / "session"),
            }
        values |= {
            "PULIH_DATABASE_URL": self.postgres.url(DATABASE, SERVICES[service]),
            "PULIH_HUB_ENDPOINTS": f"tcp://127.0.0.1:{self.service_port}",
            "PULIH_HUB_PUBLIC_KEY_FILE": str(self.keys / "hub.pub"),
            "PULIH_KEY_FILE": str(self.keys / f"{service}.key"),
        }
        if service == "counseling_notes":
            values |= {"PULIH_NOTES_KEYSTORE_URL": self.postgres.url(KEYSTORE, SERVICES[service]),
                       "PULIH_NOTES_MASTER_KEY_FILE": str(self.keys / "notes_master.key")}
        if service == "notifications":
            values |= {"PULIH_SMTP_URL": self.mail.url, "PULIH_SMTP_FROM": "pulih@example.org",
                       # The catcher is on this machine and speaks no TLS.
                       "PULIH_SMTP_TLS": "none"}
        return values | self.settings.get(service, {})

    def start_process(self, service, number=0):
        name = service if service == "hub" else f"{service}-{number}"
        # A log of its own for each start, so that a crash report isn't mixed with what came after.
        log = open(self.logs / f"{name}.log", "ab")
        with log:
            self.processes[name] = subprocess.Popen([self.program(service)], env=self.environment(service),
                                                    stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                                    start_new_session=True)
        return self.processes[name]

    def kill_process(self, name):
        """kill -9, and waits until it is gone."""
        self.processes[name].kill()
        self.processes[name].wait()

    def restart_process(self, name):
        self.kill_process(name)
        service, _, number = name.rpartition("-") if name != "hub" else ("hub", "", "0")
        return self.start_process(service, int(number))

    def stop_processes(self):
        """SIGTERM to all; returns the names of those that didn't end by themselves with 0."""
        for process in self.processes.values():
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        bad = []
        for name, process in self.processes.items():
            try:
                if process.wait(timeout=15) != 0:
                    bad.append(f"{name}: {process.returncode}")
            except subprocess.TimeoutExpired:
                process.kill()
                bad.append(f"{name}: had to be killed")
        self.processes.clear()
        return bad

    def stop(self, forget=False):
        """Ends everything in order; with `forget` the database goes too. Gives what didn't end well."""
        bad = self.stop_processes()
        if hasattr(self, "mail"):
            self.mail.stop()
        if hasattr(self, "postgres"):
            self.postgres.finish() if forget else self.postgres.stop()
        return bad

    # Looking and acting.

    def died(self):
        return [f"{name} ended with {process.returncode}; see {self.logs / name}.log"
                for name, process in self.processes.items() if process.poll() is not None]

    def pulih(self, *arguments, stdin=None, check=True, environment=None, timeout=60):
        """Runs the CLI; gives (exit status, stdout, stderr)."""
        done = subprocess.run([self.program("pulih"), *map(str, arguments)], input=stdin, text=True, timeout=timeout,
                              env=self.environment("pulih") | (environment or {}), capture_output=True, check=False)
        if check and done.returncode:
            raise RuntimeError(f"pulih {' '.join(map(str, arguments))}: exit {done.returncode}\n{done.stderr}")
        return done.returncode, done.stdout, done.stderr

    def add_person(self, name, email, *roles, prison=None, identifier=None):
        """Someone who can sign in and has: gives their session file, for `pulih --user`."""
        session = self.folder / f"session-{email}"
        if session.exists():
            return session
        options = ["--prison", prison] if prison else []
        options += ["--id", identifier] if identifier else []
        self.pulih("user", "add", name, email, "--role", ",".join(roles), *options)
        self.pulih("user", "password", email, "--password-file", "-", stdin=ONE_TIME_PASSWORD + "\n")
        password = self.folder / "password"
        password.write_text(PASSWORD + "\n")
        self.pulih("login", email, "--password-file", "-", "--new-password-file", password, "--user", session,
                   stdin=ONE_TIME_PASSWORD + "\n")
        return session

    def sign_in(self, session):
        """Again, for someone whom add_person() added: the day is over and the session with it."""
        email = session.name.removeprefix("session-")
        self.pulih("login", email, "--password-file", self.folder / "password", "--user", session)

    def wait_ready(self, timeout=20):
        """Until the hub knows as many instances as were started."""
        end = time.monotonic() + timeout
        while True:
            if dead := self.died():
                raise RuntimeError("; ".join(dead))
            status, out, err = self.pulih("call", "HubService/GetStatus", "--timeout", "1s", check=False)
            if status == 0 and len(json.loads(out).get("instances", [])) >= len(self.processes) - 1:
                return
            if time.monotonic() > end:
                raise RuntimeError(f"not ready after {timeout} s: {out}{err}")
            time.sleep(0.02)

    def set_clock(self, instant):
        """Moves the injected clock. In place and in one write, so that no reader sees half of it."""
        descriptor = os.open(self.clock_file, os.O_WRONLY | os.O_CREAT, 0o644)
        os.pwrite(descriptor, f"{instant:<39}\n".encode(), 0)
        os.close(descriptor)


def stop_on_signals():
    """SIGTERM as Ctrl-C, for `make run` under a supervisor."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
