"""The notifications service itself, with a real database, a real mail server and an injected clock."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time

import icalendar
import pytest
from aiosmtpd.smtp import SMTP

from build import program
from mail_sink import Server, Sink
from notifications_world import World, at
from stack import set_clock

PLANNED = "2026-03-02T00:00:00Z"
DUE = "2026-03-03T00:00:00Z"  # 07:00 in Jakarta, two hours before the session
START = "2026-03-02T23:59:00Z"


class Instance:
    """One process; its clock stands where the test puts it."""

    def __init__(self, service, url, smtp_url, clock, **settings):
        environment = os.environ | {
            "PULIH_DATABASE_URL": url, "PULIH_SMTP_URL": smtp_url, "PULIH_SMTP_TLS": "none", "PULIH_SMTP_FROM": "pulih@yayasan.example",
            "PULIH_CLOCK_FILE": str(clock), "PULIH_SMTP_SEND_TIMEOUT": "2s", "PULIH_WEBHOOK_TIMEOUT": "2s",
            "PULIH_NOTIFICATIONS_LEASE": "5s", "PULIH_NOTIFICATIONS_BACKOFF_FIRST": "60s", "PULIH_NOTIFICATIONS_ATTEMPTS": "3"} | settings
        self.process = subprocess.Popen([service], env=environment, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def say(self, **line):
        self.process.stdin.write(json.dumps(line) + "\n")
        self.process.stdin.flush()

    def call(self, method, **message):
        self.say(call=1, method=method, user="", roles="ADMIN", prison="*", message=message)
        return json.loads(self.process.stdout.readline())

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """Stops as it should: what leaks or blows up is seen here. Gives what it logged."""
        try:
            errors = self.process.communicate(timeout=20)[1]
        finally:
            self.process.kill()
        assert self.process.returncode == 0, errors
        return errors


class Foundation(World):
    def __init__(self, postgres, database, folder):
        super().__init__(postgres, database)
        self.url, self.clock = postgres.url(database, "pulih_notifications"), folder / "clock"
        self.sink, self.instances = Sink(), []
        self.sql("update notifications.rule set enabled = false where key = 'WEEKLY_DIGEST'")
        self.server = Server(lambda: SMTP(self.sink))

    def set_clock(self, text):
        set_clock(self.clock, text)

    def start(self, now, service="tests/tools/notifications_lines", **settings):
        self.set_clock(now)
        self.instances.append(Instance(program(service), self.url, self.server.url, self.clock, **settings))
        return self.instances[-1]

    def remind(self, *, address=None, starts="2026-03-03 09:00+07"):
        """A session with one reminder, due at DUE."""
        counsellor = self.person("COUNSELLOR")
        if address:
            self.sql("update identity.person set email = %s where id = %s", address, counsellor)
        session = self.session(starts, prison=self.prison("Lapas", "Asia/Jakarta"), counsellors=[counsellor])
        self.tell("scheduling.session_scheduled", session, now=PLANNED)
        self.forget("subject_id = %s and rule = 'SESSION_DAY_BEFORE'", session)
        return session

    def states(self, *sessions):
        return [[(row["state"], row["attempt"]) for row in self.deliveries(session)] for session in sessions]

    def wait(self, condition, seconds=60):
        until = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < until, (self.sql("select state, cause, count(*) from notifications.delivery group by 1, 2"),
                                              self.sql("select outcome, code, answer from notifications.attempt"),
                                              len(self.sink.mails))
            time.sleep(0.02)

    def finish(self):
        for instance in self.instances:
            if instance.process.poll() is None:
                instance.stop()
        self.server.stop()


@pytest.fixture
def foundation(postgres, tmp_path):
    name = postgres.create_database(f"outbox_{tmp_path.name}", "migrated")
    foundation = Foundation(postgres, name, tmp_path)
    yield foundation
    foundation.finish()


def reminders(foundation):
    return [mail for mail in map(foundation.sink.mail, range(len(foundation.sink.mails)))
            if mail["subject"].startswith("Pengingat")]


def test_a_reminder_goes_out_when_its_time_comes(foundation):
    session = foundation.remind()
    foundation.start(START)
    time.sleep(1)
    assert foundation.sink.mails == [], "before its time"
    foundation.set_clock(DUE)
    foundation.wait(lambda: foundation.states(session) == [[("SENT", 1)]])
    [mail] = reminders(foundation)
    assert mail["subject"] == "Pengingat jadwal: Selasa, 3 Maret 2026, 09.00–10.00 WIB"
    assert mail["message-id"] == f"<{foundation.deliveries(session)[0]['id']}@yayasan.example>"
    assert mail["date"] == "Tue, 03 Mar 2026 00:00:00 +0000"
    assert "Aula" in mail.get_body(("plain",)).get_content()


def test_a_reminder_brings_an_entry_for_the_calendar(foundation):
    session = foundation.remind()
    foundation.start(DUE)
    foundation.wait(lambda: foundation.states(session) == [[("SENT", 1)]])
    [mail] = reminders(foundation)
    [part] = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    [entry] = icalendar.Calendar.from_ical(part.get_payload(decode=True)).walk("VEVENT")
    assert part.get_param("method") == "REQUEST"
    assert (str(entry["uid"]), entry["sequence"], str(entry["status"])) == (str(session), 1, "CONFIRMED")
    assert (entry["dtstart"].dt, entry["dtend"].dt) == (at("2026-03-03 09:00+07"), at("2026-03-03 10:00+07"))
    assert "Aula" in entry["location"] and str(entry["organizer"]) == "mailto:pulih@yayasan.example"
    assert str(entry["attendee"]) == f"mailto:{mail['to'].addresses[0].addr_spec}"


def test_a_moved_session_sends_nothing_of_the_old_time(foundation):
    session = foundation.remind()
    instance = foundation.start(START)
    version = foundation.change(session, starts_at=at("2026-03-03 10:30+07"), ends_at=at("2026-03-03 11:30+07"))
    foundation.tell("scheduling.session_changed", session, version, now=START)
    instance.say(applied="scheduling")
    foundation.wait(lambda: len(foundation.sink.mails) == 1)
    assert foundation.sink.mail()["subject"] == "Jadwal berubah: Selasa, 3 Maret 2026, 10.30–11.30 WIB"
    foundation.set_clock("2026-03-03T00:29:00Z")
    time.sleep(1)
    assert len(foundation.sink.mails) == 1
    foundation.set_clock("2026-03-03T01:30:00Z")
    foundation.wait(lambda: len(foundation.sink.mails) == 2)
    assert "10.30" in foundation.sink.mail(1)["subject"]


def test_a_bad_address_is_a_dead_letter_and_holds_up_nobody(foundation):
    bad, odd, *good = [foundation.remind(address=address) for address in
                       ("unknown@x.example", "sari@[10.0.0.1]", *(f"n{n}@x.example" for n in range(40)))]
    instance = foundation.start(DUE)
    foundation.wait(lambda: [state for [(state, _)] in foundation.states(bad, odd, *good)] == ["DEAD"] * 2 + ["SENT"] * 40)
    answer = instance.call("ListDeadLetters")
    letters = {letter["recipient_id"]: letter for letter in answer["response"]["deliveries"]}
    attempts = {letter["attempts"][0]["answer"] for letter in letters.values()}
    assert attempts == {"550 5.1.1 no such user here", "the recipient's address can't be used"}
    [row] = foundation.deliveries(bad)
    foundation.sql("update identity.person set email = 'right@x.example' where id = %s", row["recipient_id"])
    assert instance.call("ResendDelivery", delivery_id=str(row["id"]))["response"]["state"] == "DELIVERY_STATE_PENDING"
    instance.say(applied="notifications")  # the resending's own event
    foundation.wait(lambda: foundation.states(bad) == [[("SENT", 2)]])


def test_what_is_put_off_is_tried_again_and_given_up_in_the_end(foundation):
    session = foundation.remind(address="greylisted@x.example")
    foundation.start(DUE)

    def outcomes():
        rows = foundation.sql("select outcome, code from notifications.attempt where code <> 0 order by number")
        return [(row["outcome"], row["code"]) for row in rows]

    expected = [("RETRY", 451), ("RETRY", 451), ("DEAD", 451)]
    for minute, count in ((0, 1), (2, 2), (6, 3)):
        foundation.set_clock(f"2026-03-03T00:0{minute}:00Z")
        foundation.wait(lambda count=count: outcomes() == expected[:count])
    assert foundation.states(session) == [[("DEAD", 3)]]


def test_mail_waits_for_a_server_that_is_away(foundation):
    sessions = [foundation.remind() for _ in range(30)]
    url, foundation.server.url = foundation.server.url, "smtp://127.0.0.1:1"
    away = foundation.start(DUE)
    foundation.wait(lambda: sum(row["attempt"] for session in sessions for row in foundation.deliveries(session)) >= 30)
    time.sleep(1.5)
    away.stop()
    attempts = sum(row["attempt"] for session in sessions for row in foundation.deliveries(session))
    assert attempts <= 36, "an outage uses up everybody's attempts"
    foundation.server.url = url
    foundation.start("2026-03-03T00:05:00Z")
    foundation.wait(lambda: all(state == [("SENT", 2)] or state == [("SENT", 3)] for state in foundation.states(*sessions)))


def test_two_instances_and_kill_9_lose_nothing(foundation):
    sessions = [foundation.remind() for _ in range(300)]
    instances = [foundation.start(DUE), foundation.start(DUE)]
    killed = 0
    for mails in range(20, 300, 40):
        foundation.wait(lambda mails=mails: len(foundation.sink.mails) >= mails)
        instances.pop(0).kill()
        killed += 1
        instances.append(foundation.start(DUE))
    foundation.wait(lambda: all(state[0][0] == "SENT" for state in foundation.states(*sessions)), seconds=40)
    ids = foundation.sink.ids()
    expected = {f"<{row['id']}@yayasan.example>" for session in sessions for row in foundation.deliveries(session)}
    assert set(ids) == expected, "lost, or sent what nobody planned"
    doubled = len(ids) - len(expected)
    print(f"{doubled} of {len(ids)} mails doubled by {killed} kills")
    assert doubled <= killed * 32, "more than were in hand when something was killed"


def test_what_a_killed_process_held_goes_on_when_its_lease_ends(foundation):
    """Nothing else wakes the other one: the clock stands still, and no event comes."""
    session = foundation.remind(address="hang-rcpt@x.example")
    lease = {"PULIH_NOTIFICATIONS_LEASE": "12s"}  # long enough for the other one to start under it
    foundation.start(DUE, **lease)
    foundation.wait(lambda: foundation.states(session) == [[("PENDING", 1)]])
    foundation.instances[0].kill()
    foundation.sink.hang_seconds = 0
    foundation.start(DUE, **lease)
    time.sleep(1)
    assert foundation.states(session) == [[("PENDING", 1)]], "taken under a valid lease"
    foundation.wait(lambda: foundation.states(session) == [[("SENT", 2)]])


def test_a_day_is_planned_by_itself_when_it_begins(foundation):
    foundation.start("2026-03-03T10:00:00Z")
    foundation.session("2026-03-04 09:00+07")
    foundation.set_clock("2026-03-03T17:00:01Z")
    foundation.wait(lambda: any(row["due_at"] == at("2026-03-04 06:00+07") for row in
                                foundation.deliveries(recipient_id=foundation.officer)))
    foundation.set_clock("2026-03-03T23:00:00Z")
    foundation.wait(lambda: len(foundation.sink.mails) == 1)
    mail = foundation.sink.mail()
    assert mail["subject"] == "Jadwal hari ini: Rabu, 4 Maret 2026"
    assert "09.00–10.00 WIB  Aula  sesi kelompok, 0 orang" in mail.get_body(("plain",)).get_content()


@pytest.fixture
def filler(foundation, postgres):
    """The list of notices is on a disk of its own, which is full until this file is removed."""
    folder = postgres.folder / "small"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True, check=False).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        space = folder / "space"
        space.mkdir()
        shutil.chown(space, "postgres", "postgres")
        foundation.sql(f"create tablespace small location '{space}'")
        foundation.sql("alter table notifications.notice set tablespace small")
        filler = folder / "filler"
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        yield filler
        foundation.finish()
        foundation.instances.clear()
        filler.unlink(missing_ok=True)
        foundation.sql("alter table notifications.notice set tablespace pg_default")
        foundation.sql("drop tablespace small")
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def test_what_was_sent_while_the_database_had_no_room_is_not_sent_again(foundation, filler):
    sessions = [foundation.remind() for _ in range(10)]
    foundation.start(DUE, PULIH_NOTIFICATIONS_LEASE="60s")
    foundation.wait(lambda: len(foundation.sink.mails) == 10)
    time.sleep(1.5)
    assert foundation.states(*sessions) == [[("PENDING", 1)]] * 10, "none of it could be written down"
    filler.unlink()
    foundation.wait(lambda: foundation.states(*sessions) == [[("SENT", 1)]] * 10)
    assert len(foundation.sink.mails) == 10
