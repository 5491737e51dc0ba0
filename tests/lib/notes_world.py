"""A small foundation for the tests of notes: two prisons, people for every role, cases, and notes that are "sealed"."""

import contextlib
import hashlib
import types

import psycopg2
import psycopg2.extras
import pytest

from postgres import Caller, Service, uuid7

NOW = "2026-03-02T10:00:00Z"
BEFORE = "2026-03-02T09:00:00Z"


class World:
    def __init__(self, postgres, database):
        self.root = psycopg2.connect(postgres.url(database))
        self.root.autocommit = True
        psycopg2.extras.register_uuid()
        self.service = Service(postgres, database, "counseling_notes")
        self.prison, self.other_prison, programme = uuid7(), uuid7(), uuid7()
        self.as_root("insert into enrollment.prison (id, code, name, time_zone) values (%s, %s, 'Lapas', 'Asia/Jakarta'), "
                     "(%s, %s, 'Lapas', 'Asia/Makassar')", self.prison, code(), self.other_prison, code())
        self.as_root("insert into enrollment.programme (id, code, name) values (%s, %s, 'Rehabilitasi')", programme, code())
        self.as_root("insert into enrollment.programme_edition (programme_id, edition, planned_weeks) values (%s, 1, 24)",
                     programme)
        self.as_root("update enrollment.programme set edition = 1 where id = %s", programme)
        self.programme = programme
        self.author, self.colleague, self.supervisor, self.coordinator, self.admin, self.auditor = (
            self.person(role) for role in ("COUNSELLOR", "COUNSELLOR", "CLINICAL_SUPERVISOR", "COORDINATOR", "ADMIN",
                                           "AUDITOR"))
        self.officer, self.head = (self.person(role, self.prison) for role in ("OFFICER", "PRISON_HEAD"))
        self.participant, self.case = self.new_case(self.author)

    def as_root(self, text, *values):
        with self.root.cursor() as cursor:
            cursor.execute(text, values)
            return cursor.fetchall() if cursor.description else None

    def person(self, role, prison=None):
        id = uuid7()
        self.as_root("insert into identity.person (id, name, email, prison_id, roles) values (%s, 'Seseorang', %s, %s, %s)",
                     id, f"{id}@example.org", prison, [role])
        return Caller(role, user=id, prison=prison or "*", now=NOW)

    def new_case(self, counsellor):
        participant, case = uuid7(), uuid7()
        self.as_root("insert into enrollment.participant (id, prison_id, register_number, name, offence_articles, "
                     "sentence_start, two_thirds_on, expected_release_on) values (%s, %s, %s, 'WBP', '{112}', '2024-01-01', "
                     "'2027-01-01', '2028-01-01')", participant, self.prison, code())
        self.as_root("insert into enrollment.enrollment (id, prison_id, participant_id, programme_id, programme_edition, "
                     "counsellor_id) values (%s, %s, %s, %s, 1, %s)", case, self.prison, participant, self.programme,
                     counsellor.user)
        return participant, case

    def new_session(self):
        room, session = uuid7(), uuid7()
        self.as_root("insert into scheduling.room (id, prison_id, name) values (%s, %s, %s)", room, self.prison, str(room))
        self.as_root("insert into scheduling.session (id, prison_id, component, room_id, starts_at, ends_at) values "
                     "(%s, %s, 'GROUP_COUNSELLING', %s, '2026-03-02T08:00:00Z', '2026-03-02T09:00:00Z')", session,
                     self.prison, room)
        return session

    def save(self, caller=None, id=None, revision=1, body="isi", **values):
        """As SaveDraft does, once the body is sealed."""
        values = {"type": "INDIVIDUAL_SESSION", "prison_id": self.prison, "participant_id": self.participant,
                  "enrollment_id": self.case, "occurred_at": BEFORE, **values}
        return self.service.call("internal/write_draft", caller or self.author, id=id or uuid7(), revision=revision,
                                 sealed=b"\1" + bytes(40) + body.encode(), sealed_key=bytes(73),
                                 body_mac=hashlib.sha256(body.encode()).digest(), **values)[0]

    def sign(self, note, caller=None, revision=1):
        return self.service.call("sign_note", caller or self.author, note_id=note["id"], revision=revision)

    def signed(self, **values):
        note = self.save(**values)
        assert self.sign(note, values.get("caller")), "the note could not be signed"
        return note

    def basis(self, note, caller):
        """None where the note isn't seen at all, '' where its body isn't."""
        rows = self.service.call("internal/find_note", caller, note_id=note["id"])
        return rows[0]["basis"] or "" if rows else None

    def bodies(self, note, caller):
        return self.service.call("internal/read_bodies", caller, note_id=note["id"])


def code():
    return f"T{uuid7().hex[-12:]}".upper()


@contextlib.contextmanager
def refused(constraint):
    """The block breaks this rule."""
    found = types.SimpleNamespace()
    with pytest.raises(psycopg2.Error) as caught:
        yield found
    assert caught.value.diag.constraint_name == constraint, f"{caught.value} instead of {constraint}"
