"""The database as tests see it: migrated, and statements run as a service and a caller would run them."""

import pathlib
import sys
import time
import uuid

import psycopg2
import psycopg2.extras

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "common/gen"), str(ROOT / "deploy/local")]

from private_postgres import Postgres  # noqa: E402, F401
from statements import headers, number_parameters  # noqa: E402

SERVICES = {"enrollment": "enrollment", "identity": "identity", "scheduling": "scheduling",
            "counseling_notes": "notes", "notifications": "notifications"}


def migrations():
    """Every migration of the main database, in order."""
    paths = [path for path in ROOT.glob("*/*/migrations/*.sql")]
    return sorted(paths, key=lambda path: path.name)


def migrate(url):
    """Applies all migrations as `pulih migrate` does: what is sent at once is one transaction, unless it says it can't be."""
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute((ROOT / "common/db/roles.sql").read_text())
        cursor.execute("set role pulih_owner")
        for path in migrations():
            text = path.read_text()
            try:
                for part in text.removesuffix(";\n").split(";\n") if text.startswith("-- outside a transaction\n") else [text]:
                    cursor.execute(part)
            except psycopg2.Error as error:
                raise AssertionError(f"{path}: {error}") from error
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
        return self.call_set(statement, caller, [values])

    def call_set(self, statement, caller, members):
        """The same for many requests at once, which only a statement that takes a set can serve."""
        text, names = number_parameters(self.text(statement))
        known = {name for name, _ in names}
        given = [{name.replace("__", "."): value for name, value in values.items()} for values in members]
        for values in given:
            assert set(values) <= known, f"{statement}: no parameters {set(values) - known}"
        if "page_limit" in known:
            given[0].setdefault("page_limit", 51)
        for number in range(len(names), 0, -1):
            text = text.replace(f"${number}", f"%(p{number})s")
        takes_set = "set" in headers(statement, text)
        assert takes_set or len(members) == 1, f"{statement} takes no set"
        values = [[adapt(values.get(name)) for values in given] for name, _ in names]
        parameters = {f"p{i + 1}": value if takes_set else value[0] for i, value in enumerate(values)}
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
    value = (time.time_ns() // 1_000_000) << 80 | uuid.uuid4().int & ((1 << 80) - 1)
    value = value & ~(0xF << 76) | 7 << 76
    return uuid.UUID(int=value & ~(3 << 62) | 2 << 62)
