"""Links for calendar programs: who makes, sees and revokes them, and what their holder reads."""

import base64
import datetime
import hashlib

import psycopg2
import pytest

from postgres import Caller, uuid7
from scheduling_world import NOW, Refused, World, at, refused

STRANGER = Caller(prison="", now=NOW)


@pytest.fixture(scope="module")
def world(postgres, database):
    return World(postgres, database)


@pytest.fixture(autouse=True)
def own_people(world):
    world.room = world.new_room(world.banyuwangi, f"Ruang {uuid7()}")
    world.sari = world.person("Sari", "COUNSELLOR")
    world.as_counsellor = Caller("COUNSELLOR", user=world.sari, now=NOW)


def make(world, caller=None, **values):
    return world.call("create_calendar_feed", caller or world.as_counsellor,
                      **{"id": uuid7(), "counsellor_id": None if "prison_id" in values else world.sari, **values})


def token_of(feed):
    assert feed["path"].startswith("/cal/") and feed["path"].endswith(".ics"), feed
    return base64.urlsafe_b64decode(feed["path"][5:-4])


def read(world, feed, caller=STRANGER):
    """The sessions, or None where there is no such link."""
    content = world.call("read_calendar_feed", caller, token=token_of(feed))
    return content and (content["sessions"] or [])


def test_the_holder_of_a_link_reads_its_sessions_and_no_names(world):
    case, _ = world.new_case("Agus Rahasia")
    session = world.session(enrollment_ids=[case])
    world.session(counsellor_ids=[world.budi], room_id=world.hall)
    feed = make(world)
    [shown] = read(world, feed)
    instant = datetime.datetime.fromisoformat
    assert (shown["id"], shown["version"], shown["component"], shown["status"], shown["prison_name"]) == (
        str(session["id"]), 1, "COMPONENT_INDIVIDUAL_COUNSELLING", "SESSION_STATUS_SCHEDULED", "Lapas Banyuwangi")
    assert (instant(shown["starts_at"]), instant(shown["ends_at"])) == (session["starts_at"], session["ends_at"])
    assert set(shown) == {"id", "version", "component", "room_name", "prison_name", "starts_at", "ends_at", "status", "changed_at"}


def test_a_prisons_link_gives_what_happens_there_alone(world):
    here, there = world.session(), world.session(prison_id=world.kendari, room_id=world.far_room, counsellor_ids=[world.budi],
                                                 starts_at=at("03-09 09:00"))
    shown = {s["id"] for s in read(world, make(world, world.officer, prison_id=world.banyuwangi))}
    assert str(here["id"]) in shown and str(there["id"]) not in shown, shown


def test_a_token_is_192_bits_and_kept_as_its_hash(world):
    feed = make(world)
    token = token_of(feed)
    assert len(token) == 24
    [(kept,)] = world.as_root("select token_hash from scheduling.calendar_feed where id = %s", feed["id"])
    assert bytes(kept) == hashlib.sha256(token).digest()


def test_a_repeated_create_makes_nothing_and_tells_no_path(world):
    feed = make(world)
    again = make(world, id=feed["id"])
    assert again["path"] is None and again["created_at"] == feed["created_at"]
    assert read(world, feed) == []


def test_a_moved_and_a_cancelled_session_are_still_there_with_their_versions(world):
    moved, cancelled = world.session(), world.session(starts_at=at("03-04 09:00"))
    world.call("update_session", session_id=moved["id"], version=1, starts_at=at("03-05 10:00"), ends_at=at("03-05 11:00"),
               counsellor_ids=[], caller=world.at(at("03-02 10:00")))
    world.call("cancel_session", session_id=cancelled["id"], caller=world.at(at("03-02 11:00")))
    shown = {s["id"]: s for s in read(world, make(world))}
    assert [(shown[str(s["id"])]["version"], shown[str(s["id"])]["status"][15:]) for s in (moved, cancelled)] == [
        (2, "SCHEDULED"), (2, "CANCELLED")]
    changed = [datetime.datetime.fromisoformat(shown[str(s["id"])]["changed_at"]) for s in (moved, cancelled)]
    assert changed == [at("03-02 10:00"), at("03-02 11:00")]


def test_what_is_long_past_is_left_out(world):
    world.session(world.at(at("01-20 08:00")), starts_at=at("01-20 09:00"))
    recent = world.session(world.at(at("02-10 08:00")), starts_at=at("02-10 09:00"))
    assert [s["id"] for s in read(world, make(world))] == [str(recent["id"])]


def test_a_revoked_link_reads_as_one_that_never_was(world):
    feed = make(world)
    first = world.call("revoke_calendar_feed", world.as_counsellor, feed_id=feed["id"])
    assert first["revoked_at"] is not None
    assert world.call("revoke_calendar_feed", world.as_counsellor, feed_id=feed["id"]) == first
    assert read(world, feed) is None
    assert world.call("read_calendar_feed", STRANGER, token=b"x" * 24) is None
    assert world.call("read_calendar_feed", STRANGER, token=None) is None


@pytest.mark.parametrize("change", ["status = 'DISABLED'", "roles = '{}'"])
def test_a_link_ends_with_what_its_maker_was(world, change):
    feed = make(world)
    world.as_root(f"update identity.person set {change} where id = %s", world.sari)
    assert read(world, feed) is None


def test_an_officers_link_ends_when_they_work_elsewhere(world):
    officer = world.person("Dewi", "OFFICER", world.banyuwangi)
    feed = make(world, Caller("OFFICER", user=officer, prison=world.banyuwangi, now=NOW), prison_id=world.banyuwangi)
    assert read(world, feed) is not None
    world.as_root("update identity.person set prison_id = %s where id = %s", world.kendari, officer)
    assert read(world, feed) is None


def test_nobody_makes_a_link_to_what_is_not_theirs(world):
    for caller, values in ((world.as_counsellor, {"counsellor_id": world.budi}), (world.as_counsellor, {"prison_id": world.banyuwangi}),
                           (world.officer, {"prison_id": world.kendari}), (world.officer, {"counsellor_id": world.sari})):
        with pytest.raises(Refused) as failed:
            make(world, caller, **values)
        assert isinstance(failed.value.__cause__, psycopg2.errors.InsufficientPrivilege), (values, failed.value)
    assert make(world, world.coordinator, counsellor_id=world.budi)["path"]
    assert make(world, world.coordinator, prison_id=world.kendari)["path"]


def test_a_link_is_of_one_thing(world):
    with refused("calendar_feed_is_of_one"):
        make(world, world.coordinator, counsellor_id=world.sari, prison_id=world.banyuwangi)
    with refused("calendar_feed_is_of_one"):
        make(world, world.coordinator, counsellor_id=None)


def test_each_sees_and_revokes_what_is_theirs(world):
    own, prisons = make(world), make(world, world.officer, prison_id=world.banyuwangi)
    other = Caller("COUNSELLOR", user=world.person("Budi", "COUNSELLOR"), now=NOW)
    at_site = Caller("COUNSELLOR", user=world.sari, prison=world.banyuwangi, now=NOW)
    far = Caller("OFFICER", user=world.person("Andi", "OFFICER", world.kendari), prison=world.kendari, now=NOW)
    for caller, expected in ((world.as_counsellor, {own["id"]}), (other, set()), (far, set()), (at_site, {own["id"]}),
                             (world.coordinator, {own["id"], prisons["id"]})):
        seen = {feed["id"] for feed in world.rows("list_calendar_feeds", caller, page_limit=1000)} & {own["id"], prisons["id"]}
        assert seen == expected, (caller.roles, seen)
    assert prisons["id"] in {feed["id"] for feed in world.rows("list_calendar_feeds", world.officer, page_limit=1000)}
    assert world.call("revoke_calendar_feed", other, feed_id=own["id"]) is None
    assert read(world, own) == []
