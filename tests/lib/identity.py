"""What identity's tests share: two prisons, and people made through its own statements."""

import itertools

import psycopg2

from postgres import Caller, Service, uuid7

ADMIN = Caller("ADMIN")
HUB = Caller("SERVICE")
STRANGER = Caller(prison="")
HASH = "$argon2id$v=19$m=65536,t=3,p=1$c2FsdA$aGFzaA"
NUMBERS = itertools.count()


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
