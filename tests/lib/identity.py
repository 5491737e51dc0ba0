"""What identity's tests share: two prisons, and people made through its own statements."""

import datetime
import itertools
import os

import psycopg2

from postgres import Caller, Service, uuid7

ADMIN = Caller("ADMIN")
HUB = Caller("SERVICE")
STRANGER = Caller(prison="")
HASH = "$argon2id$v=19$m=65536,t=3,p=1$c2FsdA$aGFzaA"
NUMBERS = itertools.count()
NOON = datetime.datetime(2026, 3, 2, 12, tzinfo=datetime.timezone.utc)


class Identity(Service):
    def __init__(self, postgres, database):
        super().__init__(postgres, database, "identity")
        self.owner_url = postgres.url(database)
        self.banyuwangi, self.kendari = uuid7(), uuid7()
        code = f"{next(NUMBERS):03}"
        for prison, name, zone in (self.banyuwangi, "BWI", "Jakarta"), (self.kendari, "KDI", "Makassar"):
            self.as_owner("insert into enrollment.prison (id, code, name, time_zone) values (%s, %s, %s, %s)",
                          prison, f"LP-{name}-{code}", f"Lapas {name}", f"Asia/{zone}")

    def as_owner(self, statement, *values):
        """Rows, by a superuser whom no policy binds."""
        with psycopg2.connect(self.owner_url) as connection, connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def person(self, *roles, prison=None, name="Sri", email=None, **values):
        id = values.pop("id", None) or uuid7()
        return self.one("create_person", ADMIN, id=id, name=name, email=email or f"p{next(NUMBERS)}@contoh.or.id",
                        prison_id=prison, roles=list(roles), **values)

    def one(self, statement, caller, **values):
        rows = self.call(statement, caller, **values)
        assert len(rows) == 1, f"{statement} gave {len(rows)} rows"
        return rows[0]

    def events_of(self, id):
        return [type for type, in self.as_owner(
            "select type from event.log where subject_id = %s order by transaction, id", id)]


def by_name(error):
    """The constraint that refused, as errors.def knows it."""
    return error.value.diag.constraint_name


def at(minutes=0, *roles, prison="", **values):
    return Caller(*roles, prison=prison, now=(NOON + datetime.timedelta(minutes=minutes)).isoformat(), **values)


def with_password(identity, *roles, prison=None):
    """A person who has chosen their password."""
    person = identity.person(*roles or ("COUNSELLOR",), prison=prison)
    identity.as_owner("insert into identity.password (person_id, hash) values (%s, %s)", person["id"], HASH)
    return person


def begin(identity, email, minutes=0, source="gateway 10.0.0.1", **values):
    return identity.one("internal/begin_sign_in", at(minutes), email=email, source=source, **values)


def start(identity, person, minutes=0, checked_hash=HASH, idle_s=3600, lasts_s=12 * 3600, **values):
    token_hash = os.urandom(32)
    row = identity.one("internal/start_session", at(minutes), person_id=person["id"], checked_hash=checked_hash,
                       source="gateway 10.0.0.1", token_hash=token_hash, idle_s=idle_s, lasts_s=lasts_s, **values)
    return row, token_hash


def resolve(identity, token_hash, minutes=0):
    rows = identity.call("resolve_session", at(minutes, "SERVICE", prison="*"), token_hash=token_hash)
    return rows[0] if rows else None


def kinds(identity, person):
    return [row["kind"] for row in identity.call("list_access_entries", ADMIN, person_id=person["id"])]
