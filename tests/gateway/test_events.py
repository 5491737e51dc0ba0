"""/events: what changed, as Server-Sent Events."""

import datetime
import http.client
import json
import re
import time

import pytest
from conftest import MONDAY
from foundation import BANYUWANGI, HALL, HALL_KENDARI, KENDARI
from http_client import Browser
from world import instant, new_id

UTC = datetime.timezone.utc
PATIENCE = 20


class Stream:
    """Reads /events as a browser's EventSource does."""

    def __init__(self, browser, last_event_id=None, port=None):
        self.connection = http.client.HTTPConnection("127.0.0.1", port or browser.port, timeout=PATIENCE)
        fields = {"cookie": browser.cookie} if browser.cookie else {}
        if last_event_id:
            fields["last-event-id"] = last_event_id
        self.connection.request("GET", "/events", headers=fields)
        self.response = self.connection.getresponse()
        self.status = self.response.status
        self.last_event_id = last_event_id
        self.retry_ms = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.response.close()
        self.connection.close()

    def next(self, timeout=PATIENCE):
        """(event, or a message's type, and the data beside); None when the stream is over."""
        self.connection.sock and self.connection.sock.settimeout(timeout)
        event = data = None
        while line := self.response.readline():
            line = line.decode().rstrip("\n")
            name, _, value = line.partition(": ")
            if not line:
                if data is not None:
                    data = json.loads(data)
                    return data.pop("type") if event == "message" else event, data
                event = None
            elif name == "event":
                event = value
            elif name == "data":
                data = value
            elif name == "id":
                self.last_event_id = value
            elif name == "retry":
                self.retry_ms = int(value)
        return None

    def until(self, subject):
        """The events up to and with the first of this subject."""
        seen = []
        while (got := self.next()) and seen.append(got) is None:
            if got[1].get("subjectId") == subject:
                return seen
        raise AssertionError(f"ended without {subject}: {seen}")


def signed_in(running, who, port=0):
    browser = Browser(running.gateway_ports[port])
    browser.sign_in(f"{who}@example.org")
    return browser


@pytest.fixture(scope="module")
def hours():
    return iter(range(1, 10_000))


@pytest.fixture
def new_session(world, hours):
    def make(prison=BANYUWANGI):
        id, start = new_id(), datetime.datetime.combine(MONDAY, datetime.time(1), UTC) + datetime.timedelta(hours=next(hours))
        world.call("koordinator", "CreateSession", id=id, prisonId=prison, component="COMPONENT_GROUP_COUNSELLING",
                   roomId=HALL if prison == BANYUWANGI else HALL_KENDARI, startsAt=instant(start),
                   endsAt=instant(start + datetime.timedelta(minutes=30)),
                   counsellorIds=[world.ids["sari" if prison == BANYUWANGI else "bayu"]])
        return id
    return make


def test_a_change_reaches_who_may_know_with_ids_alone(running, world, new_session):
    with Stream(signed_in(running, "budi")) as stream:
        assert stream.response.getheader("content-type") == "text/event-stream"
        assert stream.next() == ("start", {})
        assert 2000 <= stream.retry_ms < 8000
        id = new_session()
        assert stream.until(id)[-1] == ("scheduling.session_scheduled", {"prisonId": BANYUWANGI, "subjectId": id, "version": 1})
        assert re.fullmatch(r"([0-9a-f]+\.[0-9a-f]+-){4}[0-9a-f]+\.[0-9a-f]+", stream.last_event_id)
        world.call("koordinator", "CancelSession", sessionId=id, reason="CANCEL_REASON_OTHER")
        assert stream.until(id)[-1] == ("scheduling.session_cancelled", {"prisonId": BANYUWANGI, "subjectId": id, "version": 2})


def test_a_prison_knows_nothing_of_another(running, world, new_session):
    with Stream(signed_in(running, "budi")) as budi, Stream(signed_in(running, "andi")) as andi, Stream(signed_in(running, "sari")) as sari:
        for stream in (budi, andi, sari):
            assert stream.next() == ("start", {})
        there, here = new_session(KENDARI), new_session()
        assert {data["prisonId"] for _, data in budi.until(here)} == {BANYUWANGI}
        assert {data["prisonId"] for _, data in andi.until(there)} == {KENDARI}
        assert {data["subjectId"] for _, data in sari.until(here)} >= {here, there}


def test_a_role_knows_only_what_it_may_read(running, world, new_session):
    """A new person is for those who may read people; a session for all of them."""
    with Stream(signed_in(running, "kepala")) as head, Stream(signed_in(running, "admin")) as admin:
        assert head.next() == admin.next() == ("start", {})
        person = world.employ(f"baru{new_id()[-6:]}", "Baru", "officer", prison="LP-BWI")
        id = new_session()
        assert any(event == "identity.person_changed" and data["subjectId"] == person for event, data in admin.until(id))
        assert {event.partition(".")[0] for event, _ in head.until(id)} == {"scheduling"}


def test_nobody_reads_without_a_sign_in(running, browser):
    with Stream(browser) as stream:
        assert stream.status == 401
    browser.cookie = "pulih=" + "A" * 43
    with Stream(browser) as stream:
        assert stream.status == 401
    assert browser.ask("HEAD", "/events").status == 405


def test_who_comes_back_gets_what_it_missed_from_either_gateway(running, new_session):
    browser = signed_in(running, "koordinator")
    with Stream(browser) as stream:
        assert stream.next() == ("start", {})
        first = new_session()
        stream.until(first)
        place = stream.last_event_id
    missed = [new_session(), new_session(KENDARI)]
    for port in running.gateway_ports:
        with Stream(browser, place, port) as stream:
            seen = [data["subjectId"] for _, data in stream.until(missed[1])]
            assert seen == missed, (port, seen)


def test_a_place_survives_a_gateways_restart(running, new_session):
    browser = signed_in(running, "koordinator", 1)
    with Stream(browser) as stream:
        assert stream.next() == ("start", {})
        stream.until(new_session())
        place = stream.last_event_id
        running.kill_process("gateway-1")
        missed = new_session()
        running.start_process("gateway", 1)
        running.wait_ready()
    with Stream(browser, place) as stream:
        assert [data["subjectId"] for _, data in stream.until(missed)] == [missed]


@pytest.mark.parametrize("place", ["nonsense", "1.1-1.1-1.1-1.1", "-1.1-1.1-1.1-1.1-1.1", "1.1-1.1-1.1-1.1-g.1"])
def test_a_place_that_makes_no_sense_starts_anew(running, new_session, place):
    with Stream(signed_in(running, "koordinator"), place) as stream:
        assert stream.next() == ("reset", {})
        id = new_session()
        assert [data["subjectId"] for _, data in stream.until(id)] == [id]


def test_a_place_too_long_ago_starts_anew(running, new_session):
    browser = signed_in(running, "koordinator", 1)
    with Stream(browser) as stream:
        assert stream.next() == ("start", {})
        stream.until(new_session())
        place = stream.last_event_id
        running.kill_process("gateway-1")
    running.postgres.psql("pulih", f"""select count(event.emit('scheduling.session_changed', '{KENDARI}', gen_random_uuid(), 1))
        from generate_series(1, 1200)""")
    running.start_process("gateway", 1)
    running.wait_ready()
    with Stream(browser, place) as stream:
        assert stream.next() == ("reset", {})
        id = new_session()
        assert [data["subjectId"] for _, data in stream.until(id)] == [id]


def test_a_stream_ends_with_its_sign_in(running, browser):
    browser = signed_in(running, "auditor")
    with Stream(browser) as stream:
        assert stream.next() == ("start", {})
        assert browser.ask("DELETE", "/session").status == 204
        begun = time.monotonic()
        seen = []
        while got := stream.next():
            seen.append(got)
        assert seen[-1] == ("end", {}), seen
        assert time.monotonic() - begun < 15
    with Stream(browser) as stream:
        assert stream.status == 401


def test_a_stream_keeps_no_session_alive(running, world):
    browser = signed_in(running, "auditor")
    asked = "select max(last_seen_at) from identity.sign_in_session s join identity.person p on p.id = s.person_id where p.email = 'auditor@example.org'"
    with Stream(browser) as stream:
        assert stream.next() == ("start", {})
        before = running.postgres.psql("pulih", asked)
        try:
            running.set_clock("2026-03-02T01:30:00Z")
            world.employ(f"lain{new_id()[-6:]}", "Lain", "officer", prison="LP-BWI")  # access changes, so sessions are looked at
            time.sleep(2)
            assert running.postgres.psql("pulih", asked) == before
        finally:
            running.set_clock("2026-03-02T01:00:00Z")


def test_one_person_has_so_many_streams_and_no_more(running):
    browser = signed_in(running, "ratna")
    streams = [Stream(browser) for _ in range(9)]
    try:
        assert [stream.status for stream in streams] == [200] * 8 + [429]
    finally:
        for stream in streams:
            stream.close()
    with Stream(signed_in(running, "koordinator")) as other:
        assert other.status == 200


def test_streams_do_not_hold_up_the_end_of_a_gateway(running, new_session):
    browser = signed_in(running, "koordinator", 1)
    with Stream(browser) as stream:
        assert stream.next() == ("start", {})
        process = running.processes["gateway-1"]
        process.terminate()
        assert process.wait(timeout=30) == 0
        while stream.next():
            pass
    running.start_process("gateway", 1)
    running.wait_ready()
