"""A small foundation for the tests of scheduling: two prisons in two zones, rooms, counsellors, cases, and a clock."""

import datetime
import json

import psycopg2
import psycopg2.errors
import psycopg2.extras
import pytest

from postgres import Caller, Service, uuid7

# A Monday, 09:00 in Jakarta.
NOW = "2026-03-02T02:00:00Z"


def at(text, zone="+07"):
    """at("03-03 09:00"): an instant of 2026, written in Jakarta's time."""
    return datetime.datetime.fromisoformat(f"2026-{text}:00{zone}:00")


def days(first, *, every=7, count=9):
    """What recurrence.c makes of a rule, as the statements take it."""
    start = (datetime.date.fromisoformat(f"2026-{first}") - datetime.date(1970, 1, 1)).days
    return [start + every * i for i in range(count)]


class Refused(Exception):
    """The constraint that refused, and its details."""

    def __init__(self, error):
        super().__init__(str(error))
        self.constraint = error.diag.constraint_name
        detail = error.diag.message_detail or ""
        self.details = json.loads(detail) if detail.startswith("{") else {}


class World:
    def __init__(self, postgres, database, now=NOW):
        self.postgres, self.database, self.now = postgres, database, now
        self.root = psycopg2.connect(postgres.url(database))
        self.root.autocommit = True
        psycopg2.extras.register_uuid()
        self.service = Service(postgres, database, "scheduling")
        self.banyuwangi, self.kendari = self.prison("Asia/Jakarta", "Lapas Banyuwangi"), self.prison("Asia/Makassar", "Lapas Kendari")
        self.programme = uuid7()
        self.as_root("insert into enrollment.programme (id, code, name) values (%s, %s, 'Rehabilitasi')", self.programme, code())
        self.coordinator = Caller("COORDINATOR", user=self.person("Rina", "COORDINATOR"), now=now)
        self.officer = Caller("OFFICER", user=self.person("Joko", "OFFICER", self.banyuwangi), prison=self.banyuwangi, now=now)
        self.machine = Caller("SERVICE", now=now)
        self.sari, self.budi = self.person("Sari", "COUNSELLOR"), self.person("Budi", "COUNSELLOR")
        self.room, self.hall = self.new_room(self.banyuwangi, "Ruang 1"), self.new_room(self.banyuwangi, "Aula")
        self.far_room = self.new_room(self.kendari, "Ruang A")

    def at(self, now, *roles, **values):
        """A caller at another time."""
        return Caller(*(roles or ("COORDINATOR",)), user=values.pop("user", self.coordinator.user), now=now.isoformat(), **values)

    def as_root(self, text, *values):
        with self.root.cursor() as cursor:
            cursor.execute(text, values)
            return cursor.fetchall() if cursor.description else None

    def prison(self, zone, name):
        id = uuid7()
        self.as_root("insert into enrollment.prison (id, code, name, time_zone) values (%s, %s, %s, %s)", id, code(), name, zone)
        return id

    def person(self, name, role, prison=None):
        id = uuid7()
        self.as_root("insert into identity.person (id, name, email, prison_id, roles) values (%s, %s, %s, %s, %s)", id, name,
                     f"{id}@example.org", prison, [role])
        return id

    def new_room(self, prison, name):
        return self.call("create_room", id=uuid7(), prison_id=prison, name=name, capacity=10)["id"]

    def new_case(self, name="Agus", prison=None, status="ACTIVE", block="A"):
        """(case, participant), as enrollment's rules would have left them."""
        participant, case = uuid7(), uuid7()
        self.as_root("""set session_replication_role = replica;
            insert into enrollment.participant (id, prison_id, register_number, name, block) values (%s, %s, %s, %s, %s);
            insert into enrollment.enrollment (id, prison_id, participant_id, programme_id, programme_edition, agreement_id,
                counsellor_id, status, previous_status, screening_route)
            values (%s, %s, %s, %s, 1, %s, %s, %s, 'WAITLISTED', 'FULL_ASSESSMENT');
            set session_replication_role = origin""", participant, prison or self.banyuwangi, code(), name, block, case,
                     prison or self.banyuwangi, participant, self.programme, uuid7(), self.sari, status)
        return case, participant

    def move_case(self, case, status=None, prison=None):
        self.as_root("""set session_replication_role = replica;
            update enrollment.enrollment set status = coalesce(%s, status), prison_id = coalesce(%s, prison_id),
                status_reason = %s where id = %s;
            set session_replication_role = origin""", status, prison, "ATTENDANCE" if status == "ENDED_EARLY" else None, case)

    def settle(self, *cases):
        """What scheduling does when events say that the cases have moved."""
        settings = self.machine.settings().items()
        self.as_root("".join("select set_config(%s, %s, true);" for _ in settings) + "select scheduling.settle_cases(%s)",
                     *(part for pair in settings for part in pair), list(cases))

    def cohort(self, *cases, name=None, prison=None):
        """A cohort with these cases in it."""
        id = uuid7()
        self.as_root("""insert into enrollment.cohort (id, prison_id, programme_id, name, starts_on, ends_on)
            values (%s, %s, %s, %s, '2026-03-01', '2026-08-31')""", id, prison or self.banyuwangi, self.programme, name or code())
        self.regroup(id, *cases)
        return id

    def regroup(self, cohort, *cases):
        if cases:
            self.as_root("select enrollment.assign_cohort(%s, %s)", list(cases), cohort)

    def call(self, statement, caller=None, service=None, **values):
        """The one row, or None."""
        rows = self.rows(statement, caller, service, **values)
        return rows[0] if rows else None

    def rows(self, statement, caller=None, service=None, **values):
        try:
            return (service or self.service).call(statement, caller or self.coordinator, **values)
        except psycopg2.Error as error:
            raise Refused(error) from error

    def session(self, caller=None, service=None, **values):
        starts_at = values.pop("starts_at", at("03-03 09:00"))
        values = {"id": uuid7(), "prison_id": self.banyuwangi, "component": "INDIVIDUAL_COUNSELLING", "room_id": self.room,
                  "starts_at": starts_at, "ends_at": starts_at + datetime.timedelta(hours=1), "counsellor_ids": [self.sari],
                  "enrollment_ids": [], **values}
        rows = self.rows("create_session", caller, service, **values)
        return rows[0] if rows else None

    def series(self, caller=None, days=None, **values):
        values = {"id": uuid7(), "prison_id": self.banyuwangi, "component": "GROUP_COUNSELLING", "room_id": self.room,
                  "start_day": "2026-03-03", "start_time": "09:00", "duration_minutes": 60, "rrule": "FREQ=WEEKLY",
                  "exception_days": [], "counsellor_ids": [self.sari], "enrollment_ids": [], **values}
        return self.call("internal/create_series", caller, days=days or globals()["days"](values["start_day"][5:]),
                         **{f"series__{name}": value for name, value in values.items()})

    def materialise(self, many, days, caller=None, service=None):
        """The sessions of these series that aren't there on these days: how many were made."""
        return self.call("internal/materialise_series", caller or self.machine, service, series_ids=[one["id"] for one in many],
                         of_series=[nth for nth in range(1, len(many) + 1) for _ in days], days=list(days) * len(many))["session_count"]

    def change(self, series, days, caller=None, **values):
        """As UpdateSeries does once the rule is expanded."""
        values = {"series_id": series["id"], "version": series["version"], "room_id": series["room_id"],
                  "local_start": f"{series['start_day']}T{series['start_time']}", "duration_minutes": series["duration_minutes"],
                  "rrule": series["rrule"], "exception_days": [], "holiday_policy": series["holiday_policy"],
                  "counsellor_ids": [], "enrollments_given": False, "enrollment_ids": [], **values}
        return self.call("internal/change_series", caller, days=days, **values)

    def sessions(self, series, caller=None):
        return self.rows("list_sessions", caller, series_id=series["id"])

    def events(self, session):
        return [row[0] for row in self.as_root(
            "select type from event.log where subject_id = %s and producer = 'scheduling' order by transaction, id", session["id"])]


def code():
    return "T" + uuid7().hex[-10:].upper()


def refused(constraint):
    """As pytest.raises, checking which constraint it was."""
    class Context:
        def __enter__(self):
            self.inner = pytest.raises(Refused)
            self.info = self.inner.__enter__()
            return self.info

        def __exit__(self, *error):
            passed = self.inner.__exit__(*error)
            assert self.info.value.constraint == constraint, f"refused by {self.info.value.constraint}: {self.info.value}"
            return passed
    return Context()
