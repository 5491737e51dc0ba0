"""A Tuesday evening in two prisons, for what people are told: who looks at the list on the page, changes rules, and gets mail."""

import datetime

from foundation import BANYUWANGI, HALL, STUDY, fixed_id, set_up
from world import instant

BEGIN = "2026-02-16T01:00:00Z"
NOW = "2026-03-03T10:45:00Z"  # 17.45 in Banyuwangi, shortly before the reminders of the day before
WIB = datetime.timezone(datetime.timedelta(hours=7))
MONDAY = datetime.date(2026, 2, 16)


def tell(stack):
    world = set_up(stack, MONDAY)
    sessions = {}
    for name, room, counsellor, hour in (("pagi", HALL, "sari", 9), ("siang", STUDY, "bayu", 13)):
        sessions[name] = fixed_id(name)
        start = datetime.datetime(2026, 3, 4, hour, tzinfo=WIB)
        world.call("koordinator", "CreateSession", id=sessions[name], prisonId=BANYUWANGI, component="COMPONENT_GROUP_COUNSELLING", roomId=room,
                   startsAt=instant(start), endsAt=instant(start + datetime.timedelta(hours=1)), counsellorIds=[world.ids[counsellor]], enrollmentIds=[])
    # Whom no mail reaches: the notices for him are dead letters.
    world.call("admin", "CreatePerson", id=fixed_id("rusak"), name="Petugas Rusak", email="<rusak>@example.org", prisonId=BANYUWANGI, roles=["ROLE_OFFICER"])
    stack.set_clock(NOW)
    return world, {"now": NOW, "sessions": sessions, "ids": world.ids}

