"""The call sheet that goes with the roster, drawn by a program of its own: what it does with what it is given, and what becomes of
the roster where that program fails."""

import json
import os
import re
import shutil
import subprocess
import time

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from test_outbox import foundation  # noqa: F401

from build import program
from postgres import uuid7

MORNING = "2026-03-03T23:00:00Z"  # 06:00 in Jakarta on 4 March
PLANNED = "2026-03-03T10:00:00Z"
DRAWER = "services/notifications/pulih-call-sheet"
EX_USAGE, EX_DATAERR = 64, 65


@pytest.fixture(scope="module")
def order():
    """Makes an order of so many lines, as bytes."""
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(program("proto/all.pb").read_bytes()).file:
        pool.Add(file)
    name = "pulih.notifications.internal.v1.CallSheetOrder"
    order_class = message_factory.MessageFactory(pool).GetPrototype(pool.FindMessageTypeByName(name))

    def make(count, **line):
        made = order_class(foundation="Yayasan Contoh")
        made.sheet.language, made.sheet.iso_day, made.sheet.prison = "id", "2026-03-04", "Lapas Kelas IIA Banyuwangi"
        for _ in range(count):
            made.sheet.lines.add(**({"block": "Mawar", "participant_name": "Agus", "start_time": "09.00"} | line))
        return made.SerializeToString()

    return make


def draw(data, *arguments):
    return subprocess.run([program(DRAWER), *arguments], input=data, env={}, capture_output=True, timeout=60, check=False)


def test_an_order_becomes_a_pdf_without_an_environment(order):
    done = draw(order(40))
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"%PDF-1.") and done.stdout.endswith(b"%%EOF\n")
    assert len(re.findall(rb"/Type /Page\b", done.stdout)) == 2


@pytest.mark.parametrize("data", [b"", b"\n", b"no order", b"\x0a\x00" * 9, b"\x12\x03abc", "5001 lines", "half", "bad text"], ids=repr)
def test_anything_else_is_refused_without_a_byte(order, data):
    data = {"5001 lines": order(5001), "half": order(9)[:-3], "bad text": order(1, room_name="Aula").replace(b"Aula", b"A\xffla")}.get(data, data)
    done = draw(data)
    assert (done.returncode, done.stdout) == (EX_DATAERR, b""), done
    assert b"Sanitizer" not in done.stderr, done.stderr


def test_somebody_who_runs_it_is_told_what_it_is():
    done = draw(b"", "--help")
    assert (done.returncode, done.stdout) == (EX_USAGE, b"") and b"run by pulih-notifications" in done.stderr


def roster(foundation, service, **settings):  # noqa: F811
    """The officer's roster of a day with a session, as a service sent it, and what that service logged."""
    instance = foundation.start(PLANNED, service, **{"PULIH_NOTIFICATIONS_LEASE": "60s"} | settings)
    foundation.session("2026-03-04 09:00+07")
    foundation.set_clock("2026-03-03T17:00:01Z")
    foundation.wait(lambda: foundation.deliveries(recipient_id=foundation.officer))
    foundation.set_clock(MORNING)
    foundation.wait(lambda: any(f"{foundation.officer.hex}@example.org" in to for to, _ in foundation.sink.mails))
    mails = map(foundation.sink.mail, range(len(foundation.sink.mails)))
    log = [json.loads(line) for line in instance.stop().splitlines()]
    return next(mail for mail in mails if "Jadwal hari ini" in mail["subject"]), log


def test_the_roster_comes_with_the_sheet(foundation):  # noqa: F811
    mail, log = roster(foundation, "tests/tools/notifications_lines")
    [sheet] = mail.iter_attachments()
    assert sheet.get_filename() == "daftar-panggil-2026-03-04.pdf"
    assert sheet.get_content().startswith(b"%PDF-1.") and sheet.get_content().endswith(b"%%EOF\n")
    assert [line for line in log if line["id"].startswith("CALL_SHEET")] == []


# What stands in its place, as a shell script → what the log says of it.
BAD = {
    "missing": (None, "couldn't be started: no such file or directory"),
    "no program": ("", "couldn't be started: "),
    "refuses": ("cat > /dev/null; exit 3", "ended with status 3"),
    "reads nothing": ("exit 0", "gave something else than a PDF"),
    "dies": ("kill -SEGV $$", "was killed by signal 11"),
    "dies halfway": ("printf '%%PDF-1.7\\n'; kill -9 $$", "was killed by signal 9"),
    "hangs": ("exec sleep 300", "took longer than 500 ms"),
    "hangs when done": ("printf '%%PDF-1.7\\n%%%%EOF\\n'; exec sleep 300 >&-", "took longer than 500 ms"),
    "writes garbage": ("echo This is no PDF.", "gave something else than a PDF"),
    "writes half": ("printf '%%PDF-1.7\\n'", "gave something else than a PDF"),
    "never ends": ("exec cat /dev/zero", "said more than 4194304 bytes"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_program_that_fails_costs_the_sheet_and_not_the_roster(foundation, tmp_path, case):  # noqa: F811
    script, reason = BAD[case]
    service, drawer, started = tmp_path / "service", tmp_path / "pulih-call-sheet", tmp_path / "started"
    shutil.copy(program("tests/tools/notifications_lines"), service)
    if script is not None:
        drawer.write_text(f"#!/bin/sh\necho $$ > {started}\ntr '\\0' '\\n' < /proc/$$/environ >> {started}\n{script}\n" if script else "")
        drawer.chmod(0o700 if script else 0o600)
    # A drawing may take a quarter of what the lease leaves beside sending.
    quick = {"PULIH_NOTIFICATIONS_LEASE": "6s"} if "hangs" in case else {}
    mail, log = roster(foundation, service, PULIH_CANARY="no business of the program's", **quick)
    assert list(mail.iter_attachments()) == []
    assert "Aula" in mail.get_body(("plain",)).get_content()
    [said] = [line for line in log if line["id"] == "CALL_SHEET_NOT_DRAWN"]
    assert said["program"] == str(drawer) and said["reason"].startswith(reason), said
    if script:
        pid, *environment = started.read_text().split()
        assert environment == [], "what the service knows is its own"
        until = time.monotonic() + 5
        while os.path.exists(f"/proc/{pid}") and time.monotonic() < until:
            time.sleep(0.05)
        assert not os.path.exists(f"/proc/{pid}"), "it lives on"


def sheets(foundation):  # noqa: F811
    """The sheets of the rosters that went out, by recipient."""
    mails = map(foundation.sink.mail, range(len(foundation.sink.mails)))
    return {mail["to"].addresses[0].addr_spec: [sheet.get_content() for sheet in mail.iter_attachments()]
            for mail in mails if "2026" in mail["subject"]}


def expect(foundation, session, name):  # noqa: F811
    """Somebody is to be brought to it."""
    participant = uuid7()
    with foundation.root.cursor() as cursor:
        cursor.execute("begin; set local session_replication_role = replica")
        cursor.execute("insert into enrollment.participant (id, prison_id, register_number, name) values (%s, %s, %s, %s)",
                       (participant, foundation.jakarta, foundation.number(), name))
        cursor.execute("""insert into scheduling.session_participant (session_id, participant_id, enrollment_id, prison_id, starts_at, ends_at,
            occupies) select id, %s, %s, prison_id, starts_at, ends_at, true from scheduling.session where id = %s""",
                       (participant, uuid7(), session))
        cursor.execute("commit")


def test_all_who_get_the_same_sheet_cause_one_drawing_and_a_changed_day_another(foundation, tmp_path):  # noqa: F811
    service, drawer, started = tmp_path / "service", tmp_path / "pulih-call-sheet", tmp_path / "started"
    shutil.copy(program("tests/tools/notifications_lines"), service)
    drawer.write_text(f"#!/bin/sh\necho $$ >> {started}\nexec {program(DRAWER)}\n")
    drawer.chmod(0o700)
    officers = [foundation.officer, *(foundation.person("OFFICER", foundation.jakarta) for _ in range(5))]
    english, late = (foundation.person("OFFICER", foundation.jakarta, language=language) for language in ("en", "id"))
    instance = foundation.start(PLANNED, service, PULIH_NOTIFICATIONS_LEASE="60s")
    session = foundation.session("2026-03-04 09:00+07")
    expect(foundation, session, "Agus")
    foundation.set_clock("2026-03-03T17:00:01Z")
    foundation.wait(lambda: foundation.deliveries(recipient_id=late))
    foundation.sql("""update notifications.outbox set next_at = next_at + interval '30 s'
        where delivery_id = any (select id from notifications.delivery where recipient_id = %s)""", late)
    foundation.set_clock(MORNING)
    foundation.wait(lambda: len(sheets(foundation)) == len(officers) + 1)
    told = sheets(foundation)
    english_sheet = told.pop(f"{english.hex}@example.org")
    assert len(started.read_text().split()) == 2, "one in each language"
    [[sheet]] = {tuple(got) for got in told.values()}
    assert [sheet] != english_sheet and all(whole.startswith(b"%PDF-1.") and whole.endswith(b"%%EOF\n") for whole in [sheet, *english_sheet])

    expect(foundation, session, "Bayu")
    foundation.set_clock("2026-03-03T23:00:30Z")
    foundation.wait(lambda: f"{late.hex}@example.org" in sheets(foundation))
    assert sheets(foundation)[f"{late.hex}@example.org"] != [sheet], "never an old one"
    assert len(started.read_text().split()) == 3
    assert "CALL_SHEET" not in instance.stop()
