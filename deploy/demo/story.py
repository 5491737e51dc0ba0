"""The demonstration: four weeks of the foundation's work, lived through `pulih` while the clock is moved from day to day, ending
today. Nothing is put into the database behind the services' backs."""

import datetime
import pathlib

from foundation import BANYUWANGI, HALL, PROGRAMME, STUDY, WORKSHOP, fixed_id, refer, set_up
from world import Refused, day, instant

DEMO = pathlib.Path(__file__).resolve().parent
WIB = datetime.timezone(datetime.timedelta(hours=7))
WEEKS, CASES, SEATS = 4, 12, 10
# What is held every week: name, component, room, weekday from Monday, time, minutes, counsellor.
WEEK = (
    ("kelompok", "GROUP_COUNSELLING", HALL, 2, "09:00", 90, "sari"),
    ("keterampilan", "VOCATIONAL", WORKSHOP, 1, "13:00", 120, "bayu"),
    ("rohani", "SPIRITUAL", HALL, 4, "08:00", 60, "sari"),
)
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def at(date, hour, minute=0):
    return datetime.datetime(date.year, date.month, date.day, hour, minute, tzinfo=WIB)


def first_day(today):
    """The Monday WEEKS weeks before this week's."""
    return today - datetime.timedelta(days=today.weekday() + 7 * WEEKS)


class Story:
    def __init__(self, stack, today, say):
        self.stack, self.today, self.say = stack, today, say
        self.monday = first_day(today)
        self.cases = [fixed_id(f"case {number}") for number in range(CASES)]

    def tell(self):
        self.say("two prisons, people for every role, a programme, a signed agreement with each prison")
        self.world = set_up(self.stack, self.monday, seats=SEATS, agreement_days=120)
        self.import_registers()
        self.fill_seats()
        self.form_cohorts()
        self.plan_weeks()
        self.live_weeks()
        self.release_one()
        self.change_one_thing()
        return self.world

    def import_registers(self):
        for name, code in (("banyuwangi", "LP-BWI"), ("kendari", "LP-KDI")):
            self.stack.pulih("import", "participants", DEMO / f"register-{name}.csv", "--prison", code, "--user",
                             self.world.people["koordinator"], timeout=120)
        self.say("400 made-up people imported from two registers")

    def fill_seats(self):
        self.people = self.world.call("koordinator", "ListParticipants", prisonId=BANYUWANGI, pageSize=CASES)["participants"]
        for person, case in zip(self.people, self.cases):
            refer(self.world, person["id"], case, self.monday)
        answers = self.world.call_many("koordinator", [
            ("ActivateEnrollment", {"id": case, "counsellorId": self.world.ids["sari"]}) for case in self.cases])
        self.active = [answer["id"] for answer in answers if not isinstance(answer, Refused)]
        self.say(f"{CASES} people referred, consented, screened; {len(self.active)} active in {SEATS} seats, the others wait")

    def form_cohorts(self):
        """Those who are active are one cohort; those who wait begin with the next."""
        waiting = [case for case in self.cases if case not in self.active]
        half = datetime.timedelta(weeks=26)
        for name, first, cases in (("I", self.monday, self.active), ("II", self.monday + half, waiting)):
            self.world.call("koordinator", "CreateCohort", id=fixed_id(f"angkatan {name}"), prisonId=BANYUWANGI, programmeId=PROGRAMME,
                            name=f"Angkatan {name}", startsOn=day(first), endsOn=day(first + half - datetime.timedelta(days=1)))
            self.world.call("koordinator", "AssignCohort", enrollmentIds=cases, cohortId=fixed_id(f"angkatan {name}"))
        self.say("two cohorts: who is active, and who begins next")

    def plan_weeks(self):
        for name, component, room, weekday, time, minutes, counsellor in WEEK:
            self.world.call("koordinator", "CreateSeries", id=fixed_id(f"series {name}"), prisonId=BANYUWANGI,
                            component=f"COMPONENT_{component}", roomId=room,
                            startDay=day(self.monday + datetime.timedelta(days=weekday)), startTime=time,
                            durationMinutes=minutes, rrule=f"FREQ=WEEKLY;BYDAY={WEEKDAYS[weekday]}",
                            holidayPolicy="HOLIDAY_POLICY_CANCEL", counsellorIds=[self.world.ids[counsellor]],
                            **({"cohortId": fixed_id("angkatan I")} if component == "GROUP_COUNSELLING" else {"enrollmentIds": self.active}))
        self.say("a conflict-free week: group counselling of the cohort, skills training, spiritual mentoring")

    def live_weeks(self):
        date = self.monday
        while date < self.today:
            self.live(date)
            date += datetime.timedelta(days=1)
        self.say(f"{WEEKS} weeks lived: rosters, reminders, attendance, sealed notes")

    def sessions_on(self, date):
        answer = self.world.call("koordinator", "ListSessions", prisonId=BANYUWANGI, fromTime=instant(at(date, 0)),
                                 untilTime=instant(at(date + datetime.timedelta(days=1), 0)), status="SESSION_STATUS_SCHEDULED")
        return answer.get("sessions", [])

    def live(self, date):
        """One day: the roster at six, sessions, attendance, a note, tomorrow's reminder at six in the evening."""
        self.stack.set_clock(instant(at(date, 6)))
        sessions = self.sessions_on(date)
        if sessions:
            self.stack.set_clock(instant(at(date, 16)))
        for session in sessions:
            marks = [{"participantId": person["participantId"],
                      "mark": "ATTENDANCE_MARK_SICK" if (number + date.day) % 9 == 0 else "ATTENDANCE_MARK_ATTENDED"}
                     for number, person in enumerate(session.get("participants", []))]
            if marks:
                self.world.call("budi", "RecordAttendance", sessionId=session["id"], marks=marks)
            if session["component"] == "COMPONENT_GROUP_COUNSELLING":
                self.write_note(session)
        self.stack.set_clock(instant(at(date, 18)))

    def write_note(self, session):
        note = fixed_id(f"note {session['id']}")
        self.world.call("sari", "SaveDraft", id=note, type="NOTE_TYPE_INDIVIDUAL_SESSION", enrollmentId=self.active[0],
                        occurredAt=session["startsAt"], revision=1,
                        body={"text": "Mulai berani bercerita tentang keluarganya. Lanjut minggu depan."})
        self.world.call("sari", "SignNote", noteId=note, revision=1)

    def release_one(self):
        """The last of those who are active goes home, and is met the day after tomorrow where no prison sees it."""
        case, place, room = self.active.pop(), fixed_id("KT-BWI"), fixed_id("ruang tamu")
        person = self.world.call("koordinator", "GetEnrollment", id=case)["participantId"]
        starts = at(self.today + datetime.timedelta(days=2), 15)
        self.world.call("koordinator", "CreatePrison", id=place, code="KT-BWI", name="Kantor Banyuwangi", timeZone="Asia/Jakarta",
                        address="Jl. Melati 5, Banyuwangi", aftercare=True)
        self.world.call("koordinator", "CreateRoom", id=room, prisonId=place, name="Ruang tamu", capacity=6)
        self.world.call("budi", "ReleaseParticipant", id=person, releasedOn=day(self.today - datetime.timedelta(days=1)))
        self.world.call("sari", "GiveConsent", id=fixed_id(f"contact {person}"), participantId=person, purpose="CONSENT_PURPOSE_CONTACT_FAMILY",
                        witness="Sari Wulandari")
        self.world.call("sari", "UpdateAftercareContact", participantId=person, email="mantan.peserta@example.org",
                        channels=["CONTACT_CHANNEL_EMAIL"], language="id")
        self.world.call("sari", "CreateSession", id=fixed_id("janji temu"), prisonId=place, component="COMPONENT_INDIVIDUAL_COUNSELLING",
                        roomId=room, startsAt=instant(starts), endsAt=instant(starts + datetime.timedelta(hours=1)),
                        counsellorIds=[self.world.ids["sari"]], enrollmentIds=[case])
        self.say("one person released, and an appointment with them outside the prison")

    def change_one_thing(self):
        """The next group session is moved by an hour: whoever is concerned is told at once."""
        upcoming = self.world.call("koordinator", "ListSessions", seriesId=fixed_id("series kelompok"),
                                   fromTime=instant(at(self.today + datetime.timedelta(days=1), 0)), pageSize=1)["sessions"][0]
        start = datetime.datetime.fromisoformat(upcoming["startsAt"].replace("Z", "+00:00")) + datetime.timedelta(hours=1)
        self.world.call("koordinator", "UpdateSession", sessionId=upcoming["id"], version=upcoming["version"],
                        startsAt=instant(start), endsAt=instant(start + datetime.timedelta(minutes=90)))
        self.say("one session moved, and people told")

    def book_soon(self):
        """On the real clock: a session whose two-hour reminder is due in about a minute."""
        start = datetime.datetime.now(datetime.timezone.utc).replace(second=0, microsecond=0) + datetime.timedelta(minutes=122)
        try:
            self.world.call("koordinator", "CreateSession", id=fixed_id(f"soon {instant(start)}"), prisonId=BANYUWANGI,
                            component="COMPONENT_INDIVIDUAL_COUNSELLING", roomId=STUDY, startsAt=instant(start),
                            endsAt=instant(start + datetime.timedelta(minutes=45)), counsellorIds=[self.world.ids["bayu"]],
                            enrollmentIds=[self.active[0]])
        except Refused as refused:
            self.say(f"no session can be booked for {instant(start)}: {refused}")
