"""A coordinator's and an admin's morning: three prisons of which one says nothing and whose agreement ends soon, names that try to be
scripts, names that don't end, a clash, a mail that nobody took. It is Wednesday 4 March 2026, 09.30 in Banyuwangi."""

import datetime

from foundation import BANYUWANGI, HALL, HALL_KENDARI, KENDARI, PROGRAMME, STUDY, fixed_id, set_up
from world import Refused, day, instant

BEGIN = "2026-02-16T01:00:00Z"
NOW = "2026-03-04T02:30:00Z"
WIB = datetime.timezone(datetime.timedelta(hours=7))
MONDAY = datetime.date(2026, 2, 16)
SCRIPT = "<img src=x onerror=document.title='dibobol'>"
JAYAPURA, HALL_JAYAPURA, AGREEMENT_JAYAPURA = fixed_id("LP-JPR"), fixed_id("aula-jpr"), fixed_id("PKS-JPR-1")
COHORT = fixed_id("angkatan jpr")
LONG = "Muhammad Abdurrahman Wahid Nasution Hutagalung bin Haji Syarifuddin Alamsyah"
# (short, name, register number); the last three don't get as far as ACTIVE.
PEOPLE = [("agus", "Agus", "B.I 101/2025"), ("script", f"Candra {SCRIPT}", "B.I 102/2025"), ("panjang", LONG, "B.I 1204/NARKOTIKA/2025"),
          ("arab", "عبد الرحمن بن محمد", "B.I 103/2025"), ("bayu", "Bayu Setiawan", "B.I 104/2025"), ("dedi", "Dedi", "B.I 105/2025"),
          ("eko", "Eko Waskito", "B.I 106/2025"), ("menunggu", "Fajar Menunggu", "B.I 107/2025"), ("asesmen", "Gilang", "B.I 108/2025"),
          ("baru", "Hendra Baru", "B.I 109/2025")]
WAITING, AWAITING, REFERRED = "menunggu", "asesmen", "baru"


def at(text):
    """at("03-04 08:00"): an instant of 2026 in Banyuwangi."""
    return datetime.datetime.fromisoformat(f"2026-{text}").replace(tzinfo=WIB)


class Morning:
    def __init__(self, stack):
        self.stack, self.world = stack, set_up(stack, MONDAY)
        self.call, self.ids = self.world.call, self.world.ids
        self.cases = {short: fixed_id(f"case {short}") for short, *_ in PEOPLE}
        self.people = {short: fixed_id(f"person {short}") for short, *_ in PEOPLE}

    def many(self, who, calls):
        """In one process, one after the other; none may be refused."""
        for (method, request), answer in zip(calls, self.world.call_many(who, calls, in_flight=1)):
            assert not isinstance(answer, Refused), f"{method} {request}: {answer}"

    def third_prison(self):
        self.many("koordinator", [
            ("CreatePrison", {"id": JAYAPURA, "code": "LP-JPR", "name": f"Lapas Narkotika {SCRIPT} Kelas IIA Jayapura", "timeZone": "Asia/Jayapura", "address": SCRIPT}),
            ("CreateRoom", {"id": HALL_JAYAPURA, "prisonId": JAYAPURA, "name": f"Aula {SCRIPT}", "capacity": 20}),
            ("CreateAgreement", {"id": AGREEMENT_JAYAPURA, "prisonId": JAYAPURA, "number": f"W30.PAS.1-PKS-003 {SCRIPT}",
             "foundationSignatory": {"name": f"Rina {SCRIPT}", "position": SCRIPT}, "prisonSignatory": {"name": LONG, "position": "Kepala Lapas"},
             "validFrom": day(MONDAY), "validUntil": day(datetime.date(2026, 3, 16)), "programmeIds": [PROGRAMME], "seats": 5, "visitsPerMonth": 4, "runOffDays": 30}),
            ("SignAgreement", {"id": AGREEMENT_JAYAPURA, "signedOn": day(MONDAY)})])
        self.world.employ("yan", f"Yan {SCRIPT}", "officer", prison="LP-JPR")
        self.world.employ("kedua", "Koordinator Kedua", "coordinator")
        self.world.employ("admin2", "Admin Kedua", "admin")

    def referrals(self, officer, prison, rows):
        for short, name, number in rows:
            yield "CreateParticipant", {
                "id": self.people[short], "prisonId": prison, "registerNumber": number, "name": name, "block": f"Mawar {SCRIPT}", "sex": "SEX_MALE",
                "birthDate": day(datetime.date(1990, 5, 17)), "offenceArticles": ["Pasal 112"], "sentenceStart": day(datetime.date(2024, 1, 1)),
                "twoThirdsOn": day(datetime.date(2027, 1, 1)), "expectedReleaseOn": day(datetime.date(2028, 1, 1))}
            yield "CreateReferral", {"id": self.cases[short], "participantId": self.people[short], "programmeId": PROGRAMME, "comment": SCRIPT}
            yield "GiveConsent", {"id": fixed_id(f"consent {short}"), "participantId": self.people[short], "purpose": "CONSENT_PURPOSE_TREATMENT",
                                  "textVersion": 1, "givenOn": day(MONDAY), "witness": "Budi Santoso"}

    def to_waiting(self, shorts):
        self.many("koordinator", [("AcceptReferral", {"id": self.cases[short], "comment": SCRIPT}) for short in shorts])
        self.many("sari", [call for short in shorts if short != AWAITING for call in (
            ("RecordScreening", {"id": fixed_id(f"screening {short}"), "enrollmentId": self.cases[short], "conductedOn": day(MONDAY),
                                 "scores": [{"substance": "SUBSTANCE_AMPHETAMINES", "score": 28}]}),
            ("DecideSuitability", {"id": self.cases[short], "decision": "SUITABILITY_DECISION_WAITLISTED"}))])

    def cases_of_all(self):
        self.many("budi", list(self.referrals("budi", BANYUWANGI, PEOPLE)))
        shorts = [short for short, *_ in PEOPLE if short != REFERRED]
        self.to_waiting(shorts)
        active = [short for short in shorts if short not in (WAITING, AWAITING)]
        self.many("koordinator", [("ActivateEnrollment", {"id": self.cases[short], "counsellorId": self.ids["sari"]}) for short in active])
        far = ("far", "Elias Wanggai", "J 1/2025")
        self.cases["far"], self.people["far"] = fixed_id("case far"), fixed_id("person far")
        self.many("yan", list(self.referrals("yan", JAYAPURA, [far])))
        self.to_waiting(["far"])
        self.many("koordinator", [("ActivateEnrollment", {"id": self.cases["far"], "counsellorId": self.ids["bayu"]})])
        return active

    def sessions(self, active):
        """A group each Wednesday and Friday, one of them today; single sessions; those of Jayapura's cohort, that nobody records."""
        series, far = fixed_id("series"), fixed_id("series far")
        common = {"component": "COMPONENT_GROUP_COUNSELLING", "durationMinutes": 90, "startDay": day(MONDAY + datetime.timedelta(days=1)), "holidayPolicy": "HOLIDAY_POLICY_KEEP"}
        self.many("koordinator", [
            ("CreateCohort", {"id": COHORT, "prisonId": JAYAPURA, "programmeId": PROGRAMME, "name": f"Angkatan {SCRIPT}", "startsOn": day(MONDAY),
             "endsOn": day(MONDAY + datetime.timedelta(days=182))}),
            ("AssignCohort", {"enrollmentIds": [self.cases["far"]], "cohortId": COHORT}),
            ("CreateSeries", {"id": series, "prisonId": BANYUWANGI, "roomId": HALL, "startTime": "10:00", "rrule": "FREQ=WEEKLY;BYDAY=WE,FR",
             "counsellorIds": [self.ids["sari"]], "enrollmentIds": [self.cases[short] for short in active], **common}),
            ("CreateSeries", {"id": far, "prisonId": JAYAPURA, "roomId": HALL_JAYAPURA, "startTime": "09:00", "rrule": "FREQ=WEEKLY;BYDAY=TU",
             "counsellorIds": [self.ids["bayu"]], "cohortId": COHORT, **common})])
        single = fixed_id("single")
        self.many("koordinator", [
            ("CreateSession", {"id": single, "prisonId": BANYUWANGI, "component": "COMPONENT_INDIVIDUAL_COUNSELLING", "roomId": STUDY, "startsAt": instant(at("03-04 13:00")),
             "endsAt": instant(at("03-04 14:00")), "counsellorIds": [self.ids["sari"]], "enrollmentIds": [self.cases["agus"]]}),
            ("CreateSession", {"id": fixed_id("overlap"), "prisonId": BANYUWANGI, "component": "COMPONENT_VOCATIONAL", "roomId": STUDY, "startsAt": instant(at("03-04 15:00")),
             "endsAt": instant(at("03-04 16:30")), "counsellorIds": [self.ids["bayu"]], "enrollmentIds": []}),
            ("CancelSession", {"sessionId": fixed_id("overlap"), "reason": "CANCEL_REASON_OTHER", "note": SCRIPT})])
        return {"series": series, "single": single, "far": self.call("bayu", "ListSessions", seriesId=far, fromTime=instant(at("03-03 00:00")))["sessions"][0]["id"]}

    def marks(self, active, sessions):
        """All of Banyuwangi's sessions up to last Wednesday; Friday's waits for its marks."""
        held = self.call("budi", "ListSessions", seriesId=sessions["series"], untilTime=instant(at("02-27 00:00")))["sessions"]
        for session in held:
            marks = ["ATTENDED"] * (len(active) - 2) + ["SICK", "NOT_ESCORTED"]
            self.call("budi", "RecordAttendance", sessionId=session["id"], marks=[
                {"participantId": self.people[short], "mark": f"ATTENDANCE_MARK_{mark}"} for short, mark in zip(active, marks)])


def tell(stack):
    morning = Morning(stack)
    morning.third_prison()
    active = morning.cases_of_all()
    # Whom no mail reaches: the notices for him are dead letters.
    morning.call("admin", "CreatePerson", id=fixed_id("rusak"), name=f"Petugas {SCRIPT}", email="<rusak>@example.org", prisonId=BANYUWANGI, roles=["ROLE_OFFICER"])
    sessions = morning.sessions(active)
    stack.set_clock("2026-02-26T02:30:00Z")
    morning.marks(active, sessions)
    stack.set_clock(NOW)
    return morning.world, {"now": NOW, "cases": morning.cases, "people": morning.people, "ids": morning.ids, "sessions": sessions, "agreement": AGREEMENT_JAYAPURA, "cohort": COHORT,
                           "prisons": {"banyuwangi": BANYUWANGI, "kendari": KENDARI, "jayapura": JAYAPURA}, "rooms": {"hall": HALL, "study": STUDY, "kendari": HALL_KENDARI}}
