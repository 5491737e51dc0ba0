"""Two prisons in two zones, staff, and sessions as scheduling publishes them, for the tests of notifications."""

import datetime
import itertools

import psycopg2
import psycopg2.extras

from postgres import Caller, Service, uuid7

SERVICE = "SERVICE"
CHANNELS = ["EMAIL", "WHATSAPP", "SMS"]


def at(text):
    """'2026-03-02 09:00+07' as an instant."""
    return datetime.datetime.fromisoformat(text + ":00")


def shape(value):
    """Of fields: their names and what stands there."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    return [shape(value[0])] if isinstance(value, list) else type(value).__name__


class World:
    def __init__(self, postgres, database):
        self.root = psycopg2.connect(postgres.url(database))
        self.root.autocommit = True
        psycopg2.extras.register_uuid()
        self.notifications = Service(postgres, database, "notifications")
        self.position = {}
        self.numbers = itertools.count(1)
        self.jakarta = self.prison("Lapas Kelas IIA Banyuwangi", "Asia/Jakarta")
        self.makassar = self.prison("Lapas Kelas IIA Kendari", "Asia/Makassar")
        self.counsellor = self.person("COUNSELLOR")
        self.coordinator = self.person("COORDINATOR")
        self.officer = self.person("OFFICER", self.jakarta)
        self.head = self.person("PRISON_HEAD", self.jakarta, language="en")

    def sql(self, text, *values):
        with self.root.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
            cursor.execute(text, values)
            return [dict(row) for row in cursor.fetchall()] if cursor.description else []

    def number(self):
        return f"T{next(self.numbers)}"

    def prison(self, name, zone, **columns):
        id = uuid7()
        self.sql("insert into enrollment.prison (id, code, name, time_zone, address, aftercare) values (%s, %s, %s, %s, %s, %s)", id,
                 f"{self.number()}-{id.hex[-8:].upper()}", name, zone, columns.get("address", ""), columns.get("aftercare", False))
        self.sql("insert into scheduling.room (id, prison_id, name) values (%s, %s, 'Aula')", id, id)
        return id

    def person(self, role, prison=None, language="id", **columns):
        id = uuid7()
        self.sql("insert into identity.person (id, name, email, prison_id, roles, language) values (%s, %s, %s, %s, %s, %s)",
                 id, columns.get("name", f"{role} {id.hex[-4:]}"), f"{id.hex}@example.org", prison, [role], language)
        return id

    def session(self, starts, prison=None, counsellors=None, hours=1):
        """A session whose triggers don't run: what it publishes is all that counts here."""
        id, prison = uuid7(), prison or self.jakarta
        begin = at(starts)
        with self.root.cursor() as cursor:
            cursor.execute("begin; set local session_replication_role = replica")
            cursor.execute("""insert into scheduling.session (id, prison_id, component, room_id, starts_at, ends_at)
                values (%s, %s, 'GROUP_COUNSELLING', %s, %s, %s)""",
                           (id, prison, prison, begin, begin + datetime.timedelta(hours=hours)))
            cursor.execute("commit")
        self.counsellors(id, [self.counsellor] if counsellors is None else counsellors)
        return id

    def counsellors(self, session, people):
        with self.root.cursor() as cursor:
            cursor.execute("begin; set local session_replication_role = replica")
            cursor.execute("delete from scheduling.session_counsellor where session_id = %s", (session,))
            for person in people:
                cursor.execute("""insert into scheduling.session_counsellor
                    (session_id, counsellor_id, prison_id, starts_at, ends_at, occupies)
                    select id, %s, prison_id, starts_at, ends_at, true from scheduling.session where id = %s""",
                               (person, session))
            cursor.execute("commit")

    def change(self, session, **columns):
        """A new version of the session with other columns, and what scheduling keeps of the old one."""
        with self.root.cursor() as cursor:
            cursor.execute("begin; set local session_replication_role = replica")
            cursor.execute("""insert into scheduling.session_change (session_id, version, prison_id, kind, was_starts_at)
                select id, version + 1, prison_id, 'MOVED', starts_at from scheduling.session where id = %s""", (session,))
            settings = "".join(f"{name} = %s, " for name in columns)
            cursor.execute(f"update scheduling.session set {settings} version = version + 1 where id = %s returning version",
                           (*columns.values(), session))
            version = cursor.fetchone()[0]
            cursor.execute("commit")
        return version

    def prefer(self, person, **columns):
        """What somebody chose, in the zone of Jakarta unless it says another."""
        columns = {"person_id": person, "time_zone": "Asia/Jakarta", **columns}
        self.sql(f"""insert into notifications.preference ({", ".join(columns)})
            values ({", ".join(["%s"] * len(columns))})""", *columns.values())

    def call(self, statement, now, **values):
        if statement in ("internal/claim_deliveries", "internal/next_due"):
            values.setdefault("channels", CHANNELS)
        return self.notifications.call(statement, Caller(SERVICE, now=now), **values)

    def tell(self, type, subject, version=1, now="2026-03-01T00:00:00Z", occurred=None):
        """One event arrives."""
        self.tell_all(type, [(subject, version)], now, occurred)

    def tell_all(self, type, subjects, now, occurred=None):
        """Events of (subject, version), …, arrive as one batch."""
        producer = type.split(".")[0]
        previous = self.position.get(producer)
        first = int(previous["id"]) + 1 if previous else 1
        events = [{"position": {"transaction": "1", "id": str(number)}, "type": type, "subject_id": str(subject),
                   "version": version, "occurred_at": occurred or now}
                  for number, (subject, version) in enumerate(subjects, first)]
        rows = self.call(f"internal/apply_{producer}", now, previous=previous, events=events)
        assert int(rows[0]["id"]) == int(events[-1]["position"]["id"]), f"the cursor stands at {rows[0]}"
        self.position[producer] = events[-1]["position"]

    def replan(self, now):
        """What a changed rule calls for, slice by slice; how many slices that took."""
        for count in range(1, 10000):
            [slice] = self.call("internal/plan_slice", now)
            if not slice["more"]:
                return count

    def deliveries(self, subject=None, **columns):
        text = """select rule, recipient_id, subject_version, day, due_at, state, cause, next_at, id,
                coalesce(q.attempt, d.attempt) as attempt
            from notifications.delivery d left join notifications.outbox q on delivery_id = id
            where (%s::uuid is null or subject_id = %s) order by due_at, rule, id"""
        found = self.sql(text, subject, subject)
        return [row for row in found if all(row[name] == value for name, value in columns.items())]

    def claim(self, now, limit=10000, lease_ms=60000, attempts_limit=3):
        """Claims, and drops what isn't to be sent any more, as the dispatcher does."""
        claims = [row for row in self.call("internal/claim_deliveries", now, limit=limit, lease_ms=lease_ms,
                                           attempts_limit=attempts_limit) if row["taken"]]
        causes = {row["delivery_id"]: row["cause"] for row in self.compose(now, claims) if row["cause"]}
        self.mark(now, *[(claim, "DROPPED", 0, 0, causes[claim["delivery_id"]]) for claim in claims
                         if claim["delivery_id"] in causes])
        return [claim for claim in claims if claim["delivery_id"] not in causes]

    def mark(self, now, *outcomes, channel="EMAIL", next_channel="", subject=""):
        """(claim, outcome[, code[, retry_ms[, answer]]]), …"""
        rows = [outcome + (250, 0, "")[len(outcome) - 2:] for outcome in outcomes]
        size = len(rows)
        causes = [row[4] if row[1] == "DROPPED" else "REFUSED" if row[1] == "DEAD" else "" for row in rows]
        self.call("internal/mark_deliveries", now, delivery_ids=[str(row[0]["delivery_id"]) for row in rows],
                  attempts=[row[0]["attempt"] for row in rows], outcomes=[row[1] for row in rows],
                  codes=[row[2] for row in rows], answers=[row[4] for row in rows], retry_ms=[row[3] for row in rows],
                  causes=causes, channels=[channel] * size, next_channels=[next_channel] * size, subjects=[subject] * size,
                  bodies=["Isi"] * size)

    def compose(self, now, claims):
        return self.call("internal/compose_mails", now, delivery_ids=[str(claim["delivery_id"]) for claim in claims])

    def forget(self, condition, *values):
        """Of the deliveries."""
        self.sql("delete from notifications.summary_item")
        self.sql(f"""with gone as (delete from notifications.delivery where {condition} returning id)
            delete from notifications.outbox using gone where delivery_id = gone.id""", *values)

    def settle_everything(self):
        self.sql("""with gone as (delete from notifications.outbox where next_at is not null)
            update notifications.delivery set state = 'SUPERSEDED', cause = 'LATE', settled_at = due_at
            where state = 'PENDING'""")

    def unqueued(self):
        """Deliveries that aren't in the outbox as their state says."""
        return self.sql("""select id, state, next_at from notifications.delivery left join notifications.outbox on delivery_id = id
            where case state when 'PENDING' then next_at is null when 'DEAD' then delivery_id is null or next_at is not null
                else delivery_id is not null end""")
