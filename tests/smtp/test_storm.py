"""A lockdown, and a prison that comes back after days without a line: one summary to each, over a real mail server."""

import datetime
import time

from notifications_world import at
from test_outbox import foundation  # noqa: F401

PLANNED = "2026-03-01T00:00:00Z"
LOCKDOWN = "2026-03-02T02:00:00Z"
A_MINUTE_LATER = "2026-03-02T02:01:00Z"


def hundreds(foundation, prison, counsellors, count, first):
    made = []
    for number in range(count):
        day = at(first) + datetime.timedelta(days=number // 4, hours=number % 4 * 2)
        made.append(foundation.session(f"{day:%Y-%m-%d %H:%M}+07", prison=prison, counsellors=counsellors))
    foundation.tell_all("scheduling.session_scheduled", [(session, 1) for session in made], PLANNED)
    return made


def cancel(foundation, instance, sessions):
    changed = [(session, foundation.change(session, cancel_reason="CLOSURE", status="CANCELLED")) for session in sessions]
    for first in range(0, len(changed), 100):
        foundation.tell_all("scheduling.session_cancelled", changed[first:first + 100], LOCKDOWN)
        instance.say(applied="scheduling")


def received(foundation):
    return {mail["to"]: mail for mail in map(foundation.sink.mail, range(len(foundation.sink.mails)))}


def text_of(mail):
    return mail.get_body(("plain",)).get_content().replace("\r\n", "\n")


def test_a_lockdown_that_cancels_500_sessions_sends_each_person_one_summary(foundation):  # noqa: F811
    prison = foundation.prison("Lapas Kelas I Malang", "Asia/Jakarta")
    people = [foundation.person("OFFICER", prison), foundation.person("OFFICER", prison, language="en"),
              foundation.person("COUNSELLOR")]
    sessions = hundreds(foundation, prison, people[2:], 500, "2026-03-03 08:00+07")
    instance = foundation.start(LOCKDOWN)
    cancel(foundation, instance, sessions)
    time.sleep(1)
    assert foundation.sink.mails == [], "something went out before the storm was over"
    foundation.set_clock(A_MINUTE_LATER)
    foundation.wait(lambda: len(foundation.sink.mails) == 3)
    mails = received(foundation)
    assert len(mails) == 3
    subjects = sorted(mail["subject"] for mail in mails.values())
    assert subjects == ["Ringkasan: 500 jadwal", "Ringkasan: 500 jadwal", "Summary: 500 appointments"]
    [text] = {text_of(mail) for mail in mails.values() if mail["subject"].startswith("Ringkasan")}
    assert text.startswith("Dibatalkan: 500 jadwal\n\nSelasa, 3 Maret 2026, 08.00–09.00 WIB\nLapas Kelas I Malang, Aula, sesi kelompok\n"), text
    assert "\nDan 480 jadwal lagi.\n" in text
    foundation.set_clock("2026-03-02T11:30:00Z")  # past the evening's reminders
    time.sleep(1)
    assert len(foundation.sink.mails) == 3, "a cancelled session was reminded of"


def test_a_prison_that_was_away_for_three_days_sends_nothing_that_is_over(foundation):  # noqa: F811
    prison = foundation.prison("Lapas Kelas IIB Banda Neira", "Asia/Jakarta")
    counsellor = foundation.person("COUNSELLOR")
    sessions = hundreds(foundation, prison, [counsellor], 24, "2026-02-27 08:00+07")  # 13 have begun, 11 are to come
    instance = foundation.start(LOCKDOWN)
    cancel(foundation, instance, sessions)
    foundation.set_clock(A_MINUTE_LATER)
    foundation.wait(lambda: len(foundation.sink.mails) == 1)
    text = text_of(foundation.sink.mail())
    assert text.startswith("Dibatalkan: 11 jadwal\n\nSenin, 2 Maret 2026, 10.00–11.00 WIB\n"), text
    foundation.set_clock("2026-03-02T23:30:00Z")
    time.sleep(1)
    assert len(foundation.sink.mails) == 1


def test_what_waits_for_quiet_hours_goes_when_they_end_and_a_digest_at_its_time(foundation):  # noqa: F811
    quiet, gathers = foundation.person("COUNSELLOR"), foundation.person("COUNSELLOR")
    foundation.prefer(quiet, quiet_from="17:00", quiet_until="05:30")
    foundation.prefer(gathers, digest_at="19:30")
    prison = foundation.prison("Lapas", "Asia/Jakarta")
    session = foundation.session("2026-03-03 09:00+07", prison=prison, counsellors=[quiet, gathers])
    foundation.tell("scheduling.session_scheduled", session, now=PLANNED)
    foundation.start("2026-03-02T11:00:00Z")  # 18:00: the evening before
    foundation.wait(lambda: len(foundation.deliveries(rule="SUMMARY", recipient_id=gathers)) == 1)
    for now, count in (("2026-03-02T12:29:00Z", 0), ("2026-03-02T12:30:00Z", 1), ("2026-03-02T22:29:00Z", 1), ("2026-03-02T22:30:01Z", 2)):
        foundation.set_clock(now)
        foundation.wait(lambda count=count: len(foundation.sink.mails) >= count)
        time.sleep(0.5)
        assert len(foundation.sink.mails) == count, now
    subjects = [foundation.sink.mail(number)["subject"] for number in range(2)]
    assert subjects == ["Ringkasan: 1 jadwal", "Pengingat jadwal: Selasa, 3 Maret 2026, 09.00–10.00 WIB"]
