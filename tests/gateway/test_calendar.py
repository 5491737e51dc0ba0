"""/cal/<token>.ics: links that calendar programs read, by two that people have: ical.js and Python's icalendar."""

import datetime
import json
import pathlib
import re
import statistics
import subprocess
import time

import icalendar
import pytest
from conftest import MONDAY
from foundation import BANYUWANGI
from http_client import Browser
from world import instant, new_id

FEEDS = "scheduling.v1.CalendarFeedService"
UTC = datetime.timezone.utc
ROOM = new_id()
# Commas, semicolons and letters of four bytes, longer than a line.
ROOM_NAME = "Ruang ; \\ 1, \"Mawar\" " + "é" * 40 + "🌱" * 10


@pytest.fixture(scope="module")
def sari(running, world):
    browser = Browser(running.gateway_ports[0])
    browser.sign_in("sari@example.org")
    world.call("koordinator", "CreateRoom", id=ROOM, prisonId=BANYUWANGI, name=ROOM_NAME, capacity=9)
    return browser


@pytest.fixture
def feed(sari, world):
    answer = sari.call(f"{FEEDS}/CreateCalendarFeed", {"id": new_id(), "counsellorId": world.ids["sari"]})
    assert answer.status == 200, answer
    return answer.json


def start_of(day, hour):
    return datetime.datetime.combine(MONDAY + datetime.timedelta(days=day), datetime.time(hour), UTC)


def new_session(world, day, hour):
    start = start_of(day, hour)
    return world.call("koordinator", "CreateSession", id=new_id(), prisonId=BANYUWANGI, component="COMPONENT_GROUP_COUNSELLING",
                      roomId=ROOM, startsAt=instant(start), endsAt=instant(start + datetime.timedelta(hours=1)),
                      counsellorIds=[world.ids["sari"]])["id"]


def events(answer):
    assert answer.status == 200, answer
    return {str(event["uid"]): event for event in icalendar.Calendar.from_ical(answer.body).walk("VEVENT")}


def by_ical_js(answer):
    done = subprocess.run(["node", pathlib.Path(__file__).with_name("read_calendar.mjs")], input=answer.body, check=True,
                          capture_output=True, timeout=30)
    read = json.loads(done.stdout)
    return read["name"], {event["uid"]: event for event in read["events"]}


@pytest.fixture(scope="module")
def sessions(world, sari):
    """(as planned, moved, cancelled): ids."""
    plain, moved, cancelled = new_session(world, 8, 2), new_session(world, 8, 4), new_session(world, 8, 6)
    world.call("koordinator", "UpdateSession", sessionId=moved, version=1, startsAt=instant(start_of(9, 5)),
               endsAt=instant(start_of(9, 7)))
    world.call("koordinator", "CancelSession", sessionId=cancelled, reason="CANCEL_REASON_OTHER")
    return plain, moved, cancelled


def test_both_programs_read_what_was_planned_moved_and_cancelled(browser, feed, sessions):
    answer = browser.ask("GET", feed["path"])
    read = events(answer)
    name, by_other = by_ical_js(answer)
    assert name == "Jadwal" and set(by_other) == set(read)
    expected = [("Sesi kelompok", 1, "CONFIRMED", start_of(8, 2), start_of(8, 3)),
                ("Sesi kelompok", 2, "CONFIRMED", start_of(9, 5), start_of(9, 7)),
                ("Batal: Sesi kelompok", 2, "CANCELLED", start_of(8, 6), start_of(8, 7))]
    for id, (summary, sequence, status, start, end) in zip(sessions, expected):
        event, other = read[id], by_other[id]
        assert (str(event["summary"]), event["sequence"], str(event["status"]), event["dtstart"].dt, event["dtend"].dt) == (
            summary, sequence, status, start, end)
        assert (other["summary"], other["sequence"], other["status"]) == (summary, sequence, status)
        assert [datetime.datetime.fromisoformat(other[when].replace("Z", "+00:00")) for when in ("start", "end")] == [start, end]
        location = f"{ROOM_NAME}, Lapas Kelas IIA Banyuwangi"
        assert (str(event["location"]), other["location"]) == (location, location)
        assert event["dtstamp"].dt == datetime.datetime(2026, 3, 2, 1, tzinfo=UTC)


def test_its_lines_are_as_the_standard_has_them(browser, feed, sessions):
    answer = browser.ask("GET", feed["path"])
    assert answer.fields["content-type"] == "text/calendar; charset=utf-8"
    assert answer.body.endswith(b"END:VCALENDAR\r\n")
    lines = answer.body.split(b"\r\n")
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    assert max(map(len, lines)) <= 75, max(lines, key=len)
    for line in lines:
        line.decode()  # no letter is cut in two
    for line in lines:
        assert not line.startswith((b"DTSTART", b"DTEND", b"DTSTAMP")) or re.fullmatch(rb"[A-Z]+:\d{8}T\d{6}Z", line), line
    assert b"TZID" not in answer.body


def test_it_says_how_it_may_be_kept(browser, feed, sessions):
    answer = browser.ask("GET", feed["path"])
    assert "private" in answer.fields["cache-control"] and "filename=" in answer.fields["content-disposition"]
    same = browser.ask("GET", feed["path"], if_none_match=answer.fields["etag"])
    assert (same.status, same.body, same.fields["etag"]) == (304, b"", answer.fields["etag"]), same
    assert browser.ask("GET", feed["path"], if_none_match='"other"').status == 200


def test_a_change_is_another_text_and_nothing_else_is(browser, world, feed, running):
    id = new_session(world, 10, 2)
    first = browser.ask("GET", feed["path"])
    assert browser.ask("GET", feed["path"]).fields["etag"] == first.fields["etag"]
    world.call("koordinator", "CancelSession", sessionId=id, reason="CANCEL_REASON_OTHER")
    changed = browser.ask("GET", feed["path"], if_none_match=first.fields["etag"])
    assert changed.status == 200 and str(events(changed)[id]["status"]) == "CANCELLED"


def test_the_language_is_its_owners(browser, world, feed, sessions, running):
    running.postgres.psql("pulih", f"update identity.person set language = 'en' where id = '{world.ids['sari']}'")
    try:
        name, read = by_ical_js(browser.ask("GET", feed["path"]))
        assert (name, read[sessions[2]]["summary"]) == ("Schedule", "Cancelled: Group session")
    finally:
        running.postgres.psql("pulih", f"update identity.person set language = 'id' where id = '{world.ids['sari']}'")


def test_a_revoked_link_and_a_wrong_one_are_alike(browser, sari, feed):
    wrong = "/cal/" + "A" * 32 + ".ics"
    assert sari.call(f"{FEEDS}/RevokeCalendarFeed", {"feedId": feed["id"]}).status == 200
    answers = [browser.ask("GET", path) for path in (feed["path"], wrong)]
    seen = [(answer.status, answer.body, sorted(set(answer.fields) - {"date"})) for answer in answers]
    assert seen[0] == seen[1] and seen[0][0] == 404, seen

    def seconds(path):
        begun = time.perf_counter()
        browser.ask("GET", path)
        return time.perf_counter() - begun

    pairs = [(seconds(feed["path"]), seconds(wrong)) for _ in range(150)]
    revoked, unknown = (statistics.median(times) for times in zip(*pairs))
    assert 2 / 3 < revoked / unknown < 3 / 2, (revoked, unknown)


@pytest.mark.parametrize("path", ["/cal/", "/cal/x.ics", "/cal/" + "A" * 31 + ".ics", "/cal/" + "A" * 32, "/cal/" + "*" * 32 + ".ics",
                                  "/cal/" + "A" * 32 + ".ics/x", "/cal/" + "%00" * 32 + ".ics"])
def test_a_path_that_is_no_link_is_not_there(browser, path):
    assert browser.ask("GET", path).status in (400, 404), path


def test_the_token_stands_in_no_log(running, browser, feed, sessions):
    browser.ask("GET", feed["path"])
    token = feed["path"][5:-4]
    logs = [path.name for path in running.logs.glob("*.log") if token in path.read_text(errors="replace")]
    assert not logs, logs
