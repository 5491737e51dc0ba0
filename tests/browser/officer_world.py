"""A prison's Tuesday afternoon with half of the demonstration behind it, for the officer's day."""

import datetime

from foundation import BANYUWANGI, STUDY
import story as demonstration
from story import Story, at, first_day
from world import instant, new_id

# Half of the demonstration is enough: one week that is older than a week, and one that isn't.
demonstration.WEEKS = 2
# A Tuesday at which the day's first session is over and the second is to come.
NOW = datetime.datetime(2026, 11, 24, 16, 30, tzinfo=datetime.timezone(datetime.timedelta(hours=7)))
BEGIN = instant(at(first_day(NOW.date()), 7))
SCRIPT = "<img src=x onerror=document.title='dibobol'>"
LONG_NAME = "Raden Mas Haryo Suryaningrat Kusumawardhana Prawirodirdjo bin Abdurrahman Wahid"


def add_edges(story):
    """What a good page must bear: a long name, two people of one name, text that tries to be a script, a session that is cancelled, one without anybody."""
    call = story.world.call
    person = call("budi", "GetParticipant", id=story.people[0]["id"])
    keep = {key: value for key, value in person.items() if key not in ("prisonId", "possibleDuplicates", "releasedOn")}
    call("budi", "UpdateParticipant", **{**keep, "name": LONG_NAME, "block": "Melati Barat 12", "aliases": ["Gondrong", "Mas Haryo"]})
    twin = call("budi", "GetParticipant", id=story.people[1]["id"])
    other = call("budi", "GetParticipant", id=story.people[2]["id"])
    keep = {key: value for key, value in other.items() if key not in ("prisonId", "possibleDuplicates", "releasedOn")}
    call("budi", "UpdateParticipant", **{**keep, "name": twin["name"], "block": f"C {SCRIPT}", "aliases": [SCRIPT]})
    for hour, people in ((18, story.active[:3]), (19, [])):
        session = new_id()
        start = NOW.replace(hour=hour, minute=0)
        call("koordinator", "CreateSession", id=session, prisonId=BANYUWANGI, component="COMPONENT_INDIVIDUAL_COUNSELLING", roomId=STUDY,
             startsAt=instant(start), endsAt=instant(start + datetime.timedelta(minutes=45)), counsellorIds=[story.world.ids["bayu"]],
             enrollmentIds=people)
        if people:
            call("koordinator", "CancelSession", sessionId=session, reason="CANCEL_REASON_COUNSELLOR_ABSENT", note="Sakit")


def tell(stack):
    story = Story(stack, NOW.date(), lambda text: None)
    story.tell()
    stack.set_clock(instant(NOW))
    for person in story.world.people.values():
        stack.sign_in(person)
    add_edges(story)
    return story.world, {"now": instant(NOW), "ids": {"banyuwangi": BANYUWANGI}}
