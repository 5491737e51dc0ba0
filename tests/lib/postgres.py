"""A private PostgreSQL for tests: started once a run, a fresh database a test module, gone at the end."""

import contextlib
import os
import pathlib
import pwd
import shutil
import subprocess
import sys
import tempfile
import uuid

import psycopg2
import psycopg2.extras

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path("/usr/lib/postgresql/15/bin")
sys.path.insert(0, str(ROOT / "common/gen"))

from statements import number_parameters  # noqa: E402

SERVICES = {"enrollment": "enrollment", "identity": "identity", "scheduling": "scheduling",
            "counseling_notes": "notes", "notifications": "notifications"}


class Postgres:
    """One server in a folder of its own, on a socket that only its user can reach."""

    def __init__(self, fsync=False):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="pulih-pg-"))
        self.prefix = []
        if os.getuid() == 0:
            postgres = pwd.getpwnam("postgres")
            os.chown(self.folder, postgres.pw_uid, postgres.pw_gid)
            self.prefix = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
        self._run("initdb", "-D", self.folder / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
                  "--no-instructions")
        with open(self.folder / "data/postgresql.auto.conf", "a", encoding="utf-8") as file:
            file.write(f"listen_addresses = ''\nunix_socket_directories = '{self.folder}'\nmax_connections = 200\n"
                       f"fsync = {'on' if fsync else 'off'}\nshared_buffers = '256MB'\nlog_min_messages = warning\n"
                       "timezone = 'UTC'\nmax_prepared_transactions = 0\n")
        self.start()

    def _run(self, program, *arguments):
        subprocess.run([*self.prefix, BIN / program, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL,
                       cwd="/")

    def start(self):
        self._run("pg_ctl", "-D", self.folder / "data", "-l", self.folder / "log", "-w", "start")

    def kill(self):
        """As the power would: SIGQUIT, no checkpoint."""
        with contextlib.suppress(subprocess.CalledProcessError):
            self._run("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "-w", "stop")

    def finish(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database, user="postgres"):
        return f"host={self.folder} dbname={database} user={user}"

    def create_database(self, name, template="template1"):
        connection = psycopg2.connect(self.url("postgres"))
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f'create database "{name}" template "{template}"')
        connection.close()
        return name


def migrations():
    """Every migration of the main database, in order."""
    paths = [path for path in ROOT.glob("*/*/migrations/*.sql")]
    return sorted(paths, key=lambda path: path.name)


def migrate(url):
    """Applies all migrations as `pulih migrate` does."""
    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        cursor.execute((ROOT / "common/db/roles.sql").read_text())
    for path in migrations():
        with connection, connection.cursor() as cursor:
            cursor.execute("set role pulih_owner")
            try:
                cursor.execute(path.read_text())
            except psycopg2.Error as error:
                raise AssertionError(f"{path}: {error}") from error
            cursor.execute("reset role")
    connection.close()


class Caller:
    """As whom statements run."""

    def __init__(self, *roles, user=None, prison="*", now=""):
        self.roles, self.user, self.prison, self.now = ",".join(roles), user or "", prison or "", now

    def settings(self):
        return {"pulih.user_id": str(self.user), "pulih.roles": self.roles, "pulih.prison_id": str(self.prison),
                "pulih.now": self.now}


class Service:
    """Runs a service's .sql files as the service does: its role, the caller's context, named parameters."""

    def __init__(self, postgres, database, name):
        self.name = name
        self.connection = psycopg2.connect(postgres.url(database, f"pulih_{SERVICES[name]}"))
        psycopg2.extras.register_uuid()

    def call(self, statement, caller, **values):
        """Rows as dicts. Parameters that `values` doesn't name are null; 'a.b' is written a__b. Names that the statement
        doesn't use are refused."""
        text, names = number_parameters(self.text(statement))
        known = {name for name, _ in names}
        given = {name.replace("__", "."): value for name, value in values.items()}
        assert set(given) <= known, f"{statement}: no parameters {set(given) - known}"
        if "page_limit" in known:
            given.setdefault("page_limit", 51)
        for number in range(len(names), 0, -1):
            text = text.replace(f"${number}", f"%(p{number})s")
        text = text if "%(" in text else text
        parameters = {f"p{i + 1}": adapt(given.get(name)) for i, (name, _) in enumerate(names)}
        with self.connection, self.connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
            for setting, value in caller.settings().items():
                cursor.execute("select set_config(%s, %s, true)", (setting, value))
            cursor.execute(text, parameters)
            return [dict(row) for row in cursor.fetchall()] if cursor.description else []

    def text(self, statement):
        text = (ROOT / "services" / self.name / "sql" / f"{statement}.sql").read_text()
        return text.replace("%", "%%")


def adapt(value):
    if isinstance(value, dict) or (isinstance(value, list) and value and isinstance(value[0], dict)):
        return psycopg2.extras.Json(value)
    return value


def uuid7():
    """A UUIDv7 (RFC 9562) of now, as clients make them."""
    import time
    value = (time.time_ns() // 1_000_000) << 80 | uuid.uuid4().int & ((1 << 80) - 1)
    value = value & ~(0xF << 76) | 7 << 76
    return uuid.UUID(int=value & ~(3 << 62) | 2 << 62)
