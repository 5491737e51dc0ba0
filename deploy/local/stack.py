"""The whole of Pulih on one machine, as processes: a private PostgreSQL, the hub, every service, a mail catcher. For
`make run` and for the tests; a server is deployed otherwise (deploy/README.md)."""

import contextlib
import hashlib
import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.request

from client import PASSWORD, Client  # noqa: F401
from mail_catcher import MailCatcher
from private_postgres import BIN, Postgres

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATABASE, KEYSTORE = "pulih", "pulih_keystore"

# Service → the database role it logs in as.
SERVICES = {
    "identity": "pulih_identity",
    "enrollment": "pulih_enrollment",
    "scheduling": "pulih_scheduling",
    "counseling_notes": "pulih_notes",
    "notifications": "pulih_notifications",
}


CLAIMS = []


def free_port():
    """Below those that the kernel gives to connections on their way out, so that none has it when it is used."""
    while True:
        with contextlib.suppress(OSError), socket.socket() as probe:
            port = random.randrange(20000, 32768)
            probe.bind(("127.0.0.1", port))
            # Another stack that starts at this moment takes another one.
            claim = socket.socket(socket.AF_UNIX)
            claim.bind(f"\0pulih port {port}")
            CLAIMS.append(claim)
            return port


class Stack(Client):
    """`folder` holds everything: database, keys, logs, mail. `instances` of each service. `clock`, if given, is the
    instant (RFC 3339) at which an injected clock stands until set_clock(). `settings`: service → its environment beside.
    `gateway_ports`: one for each gateway, a free one if not given; there are as many gateways as they are, or none."""

    def __init__(self, folder, build=None, instances=1, clock=None, ports=None, fsync=True, settings=None,
                 gateway_ports=(None,)):
        self.folder = pathlib.Path(folder).resolve()
        self.build = pathlib.Path(build or os.environ.get("PULIH_BUILD", ROOT / "build"))
        self.instances = instances
        self.caller_port, self.service_port = ports or (free_port(), free_port())
        self.gateway_ports = [port or free_port() for port in gateway_ports]
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
        self.postgres = self.start_postgres()
        self.postgres.create_database(DATABASE)
        self.postgres.create_database(KEYSTORE)
        self.mail = MailCatcher(self.folder / "mail")
        if not self.keys.exists():
            self.pulih("keys", "generate", self.keys)
            os.chmod(self.keys, 0o700)
        self.pulih("migrate")
        self.start_all()
        return self

    def start_postgres(self):
        # Without keys this is a beginning, whatever an earlier stack in this folder left elsewhere (postgres_folder()).
        return Postgres(self.postgres_folder(), fsync=self.fsync, anew=not self.keys.exists())

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
        for number in range(len(self.gateway_ports)):
            self.start_process("gateway", number)
        self.wait_ready()

    def program(self, name="pulih"):
        return self.build / "services" / name / ("pulih" if name == "pulih" else f"pulih-{name}")

    @property
    def gateway_url(self):
        """Where a browser finds the (first) gateway."""
        return f"http://localhost:{self.gateway_ports[0]}"

    def environment(self, service, number=0):
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
        if service == "gateway":
            port, web = self.gateway_ports[number], self.build / "web"  # the page, where it has been built
            return values | {
                "PULIH_GATEWAY_LISTEN": f"127.0.0.1:{port}",
                "PULIH_GATEWAY_ORIGIN": f"http://localhost:{port}",
                "PULIH_GATEWAY_WEB": str(web) if (web / "index.html").exists() else "",
                "PULIH_GATEWAY_FOUNDATION": "Yayasan Contoh",
                "PULIH_GATEWAY_TRAINING": "true",
                "PULIH_HUB_ENDPOINTS": f"tcp://127.0.0.1:{self.caller_port}",
                "PULIH_HUB_PUBLIC_KEY_FILE": str(self.keys / "hub.pub"),
                "PULIH_HUB_SERVICE_ENDPOINTS": f"tcp://127.0.0.1:{self.service_port}",
                "PULIH_KEY_FILE": str(self.keys / "gateway.key"),
                "PULIH_GATEWAY_EVENTS_KEY_FILE": str(self.keys / "gateway-events.key"),
            } | self.settings.get(service, {})
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
        if service == "identity":
            # Everybody here has the same known password, so that a second factor would guard nothing; a server leaves it
            # required. Whoever sets one up is asked for it all the same.
            values |= {"PULIH_IDENTITY_MASTER_KEY_FILE": str(self.keys / "identity_master.key"),
                       "PULIH_IDENTITY_TOTP": "optional"}
        if service == "counseling_notes":
            values |= {"PULIH_NOTES_KEYSTORE_URL": self.postgres.url(KEYSTORE, SERVICES[service]),
                       "PULIH_NOTES_MASTER_KEY_FILE": str(self.keys / "notes_master.key")}
        if service == "notifications":
            values |= {"PULIH_SMTP_URL": self.mail.url, "PULIH_SMTP_FROM": "pulih@example.org",
                       # The catcher is on this machine and speaks no TLS.
                       "PULIH_SMTP_TLS": "none", "PULIH_WEBHOOK_PRIVATE": "true",
                       "PULIH_NOTIFICATIONS_FOUNDATION": "Yayasan Contoh", "PULIH_NOTIFICATIONS_TRAINING": "true"}
            if self.gateway_ports:
                values["PULIH_NOTIFICATIONS_PAGE"] = self.gateway_url
            # A key folder from before there were gateways has none.
            if (self.keys / "notifications_master.key").exists():
                values["PULIH_NOTIFICATIONS_MASTER_KEY_FILE"] = str(self.keys / "notifications_master.key")
        return values | self.settings.get(service, {})

    def start_process(self, service, number=0):
        name = service if service == "hub" else f"{service}-{number}"
        # A log of its own for each start, so that a crash report isn't mixed with what came after.
        log = open(self.logs / f"{name}.log", "ab")
        with log:
            self.processes[name] = subprocess.Popen([self.program(service)], env=self.environment(service, number),
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

    def dump(self, database):
        """The whole database as text."""
        return subprocess.run([BIN / "pg_dump", "-d", self.postgres.url(database)], capture_output=True, check=True).stdout

    def log_text(self):
        return "".join(path.read_text(errors="replace") for path in self.logs.glob("*.log"))

    def wait_ready(self, timeout=60):
        """Until the hub knows as many instances as were started, and the gateways reach the hub."""
        end = time.monotonic() + timeout
        while True:
            if dead := self.died():
                raise RuntimeError("; ".join(dead))
            status, out, err = self.pulih("call", "HubService/GetStatus", "--timeout", "1s", check=False)
            if status == 0 and len(json.loads(out).get("instances", [])) >= len(self.processes) - 1 and self.gateways_ready():
                return
            if time.monotonic() > end:
                raise RuntimeError(f"not ready after {timeout} s: {out}{err}")
            time.sleep(0.02)

    def gateways_ready(self):
        try:
            for port in self.gateway_ports:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=3).close()
        except OSError:
            return False
        return True

    def set_clock(self, instant):
        set_clock(self.clock_file, instant)


def set_clock(file, instant):
    """Moves an injected clock. In place, since it is the file that is watched, and in one write, so that no reader sees half of it."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT, 0o644)
    os.pwrite(descriptor, f"{instant:<39}\n".encode(), 0)
    os.close(descriptor)


def stop_on_signals():
    """SIGTERM as Ctrl-C, for `make run` under a supervisor."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
