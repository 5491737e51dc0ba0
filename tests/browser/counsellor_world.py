"""Sari's weeks: three prisons in three zones, a group, people of her own, days past and days to come. It is Wednesday
4 March 2026, 09.30 in Banyuwangi: her group has just ended."""

import datetime

from foundation import BANYUWANGI, HALL, HALL_KENDARI, KENDARI, PROGRAMME, STUDY, fixed_id, set_up
from world import Refused, day, instant

BEGIN = "2026-02-16T01:00:00Z"
NOW = "2026-03-04T02:30:00Z"
WIB, WITA, WIT = (datetime.timezone(datetime.timedelta(hours=hours)) for hours in (7, 8, 9))
MONDAY = datetime.date(2026, 2, 16)
JAYAPURA, HALL_JAYAPURA = fixed_id("LP-JPR"), fixed_id("aula-jpr")
PEOPLE = (
    ("agus", "Agus", BANYUWANGI, "Mawar 2", "B.I 101/2025"),
    ("bayu", "Bayu Setiawan", BANYUWANGI, "Mawar 2", "B.I 114/2025"),
    ("panjang", "Muhammad Abdurrahman Wahid Nasution Hutagalung bin Haji Syarifuddin Alamsyah", BANYUWANGI, "Melati", "B.I 1204/NARKOTIKA/2025"),
    ("candra", "Candra <script>alert(1)</script>", BANYUWANGI, "Anggrek", "B.I 133/2025"),
    ("darto", "Darto", KENDARI, "A", "K 7/2025"),
    ("elias", "Elias Wanggai", JAYAPURA, "", "J 21/2025"),
    ("fajar", "Fajar", BANYUWANGI, "Melati", "B.I 150/2026"),
)
# Who refers them; Jayapura has nobody with a sign-in yet.
REFERRED_BY = {BANYUWANGI: "budi", KENDARI: "andi", JAYAPURA: "koordinator"}


def at(text, zone=WIB):
    """at("03-04 08:00"): an instant of 2026."""
    return datetime.datetime.fromisoformat(f"2026-{text}").replace(tzinfo=zone)


class Weeks:
    def __init__(self, stack):
        self.stack, self.world = stack, set_up(stack, MONDAY)
        self.call = self.world.call
        self.sessions = {}

    def third_prison(self):
        self.call("koordinator", "CreatePrison", id=JAYAPURA, code="LP-JPR", name="Lapas Narkotika Kelas IIA Jayapura",
                  timeZone="Asia/Jayapura", address="Doyo Baru")
        self.call("koordinator", "CreateRoom", id=HALL_JAYAPURA, prisonId=JAYAPURA, name="Aula", capacity=20)
        agreement = fixed_id("PKS-JPR-1")
        self.call("koordinator", "CreateAgreement", id=agreement, prisonId=JAYAPURA, number="W30.PAS.1-PKS-003",
                  foundationSignatory={"name": "Rina Ketua", "position": "Ketua Yayasan"},
                  prisonSignatory={"name": "Yan Kepala", "position": "Kepala Lapas"}, validFrom=day(MONDAY),
                  validUntil=day(datetime.date(2027, 2, 15)), programmeIds=[PROGRAMME], seats=5, visitsPerMonth=4, runOffDays=30)
        self.call("koordinator", "SignAgreement", id=agreement, signedOn=day(MONDAY))
        self.call("koordinator", "SetTravelTime", onePrisonId=BANYUWANGI, otherPrisonId=KENDARI, minutes=150)

    def many(self, who, calls):
        """In one process, one after the other; none may be refused."""
        for (method, request), answer in zip(calls, self.world.call_many(who, calls, in_flight=1)):
            assert not isinstance(answer, Refused), f"{method} {request}: {answer}"

    def people(self):
        """All but the last are in Sari's care; the last one's case waits for ASSIST."""
        sari = self.world.ids["sari"]
        for prison, who in REFERRED_BY.items():
            self.many(who, [call for short, name, where, block, number in PEOPLE if where == prison
                                for call in self.referral(short, name, prison, block, number)])
        cases = {short: fixed_id(f"case {short}") for short, *_ in PEOPLE}
        self.many("koordinator", [("AcceptReferral", {"id": case}) for case in cases.values()])
        *screened, last = cases
        self.many("sari", [call for short in screened for call in (
            ("RecordScreening", {"id": fixed_id(f"screening {short}"), "enrollmentId": cases[short], "conductedOn": day(MONDAY), "scores": [
                {"substance": "SUBSTANCE_AMPHETAMINES", "score": 28}, {"substance": "SUBSTANCE_ALCOHOL", "score": 6}]}),
            ("DecideSuitability", {"id": cases[short], "decision": "SUITABILITY_DECISION_WAITLISTED"}))])
        self.many("koordinator", [("ActivateEnrollment", {"id": cases[short], "counsellorId": sari}) for short in screened]
                  + [("AssignCounsellor", {"id": cases[last], "counsellorId": sari})])

    def referral(self, short, name, prison, block, number):
        person = fixed_id(f"person {short}")
        yield "CreateParticipant", {
            "id": person, "prisonId": prison, "registerNumber": number, "name": name, "block": block, "sex": "SEX_MALE",
            "birthDate": day(datetime.date(1990, 5, 17)), "offenceArticles": ["Pasal 112"],
            "sentenceStart": day(datetime.date(2024, 1, 1)), "twoThirdsOn": day(datetime.date(2027, 1, 1)),
            "expectedReleaseOn": day(datetime.date(2028, 1, 1))}
        yield "CreateReferral", {"id": fixed_id(f"case {short}"), "participantId": person, "programmeId": PROGRAMME}
        yield "GiveConsent", {"id": fixed_id(f"consent {short}"), "participantId": person, "purpose": "CONSENT_PURPOSE_TREATMENT",
                              "textVersion": 1, "givenOn": day(MONDAY), "witness": "Budi Santoso"}

    def session(self, short, start, minutes, people, prison=BANYUWANGI, room=STUDY, component="INDIVIDUAL_COUNSELLING"):
        self.sessions[short] = fixed_id(f"session {short}")
        return "CreateSession", {
            "id": self.sessions[short], "prisonId": prison, "component": f"COMPONENT_{component}", "roomId": room,
            "startsAt": instant(start), "endsAt": instant(start + datetime.timedelta(minutes=minutes)),
            "counsellorIds": [self.world.ids["sari"]], "enrollmentIds": [fixed_id(f"case {person}") for person in people]}

    def plan(self):
        group = [short for short, _, prison, *_ in PEOPLE[:-1] if prison == BANYUWANGI]
        self.many("koordinator", [
            *(self.session(short, at(f"{date} 08:00"), 90, group, room=HALL, component="GROUP_COUNSELLING")
              for short, date in (("first", "02-18"), ("second", "02-25"), ("now", "03-04"), ("next", "03-11"))),
            self.session("today", at("03-04 13:00"), 45, ["agus"]),
            self.session("cancelled", at("03-05 10:00"), 45, ["bayu"]),
            self.session("kendari", at("03-06 09:00", WITA), 60, ["darto"], KENDARI, HALL_KENDARI),
            self.session("after", at("03-06 15:00"), 45, ["panjang"]),
            self.session("jayapura", at("03-09 10:00", WIT), 60, ["elias"], JAYAPURA, HALL_JAYAPURA),
            self.session("old", at("02-19 10:00"), 45, ["agus"]),
            ("CancelSession", {"sessionId": self.sessions["cancelled"], "reason": "CANCEL_REASON_CLOSURE", "note": "Penggeledahan blok"}),
        ])

    def live(self):
        for session, date, absent in (("first", "02-18", "bayu"), ("second", "02-25", "bayu")):
            self.stack.set_clock(instant(at(f"{date} 10:00")))
            self.call("budi", "RecordAttendance", sessionId=self.sessions[session], marks=[
                {"participantId": fixed_id(f"person {short}"), "mark": f"ATTENDANCE_MARK_{'NOT_ESCORTED' if short == absent else 'ATTENDED'}"}
                for short, _, prison, *_ in PEOPLE[:-1] if prison == BANYUWANGI])
        note = fixed_id("note signed")
        self.many("sari", [
            ("SaveDraft", {"id": note, "type": "NOTE_TYPE_GROUP_SESSION", "enrollmentId": fixed_id("case agus"), "revision": 1,
                           "sessionId": self.sessions["second"], "occurredAt": instant(at("02-25 08:00")),
                           "body": {"text": "Mulai berani bercerita tentang keluarganya.\nLanjut minggu depan."}}),
            ("SignNote", {"noteId": note, "revision": 1})])
        self.stack.set_clock(NOW)


def tell(stack):
    weeks = Weeks(stack)
    weeks.third_prison()
    weeks.world.employ("nina", "Nina Dua", "counsellor", "clinical-supervisor")
    weeks.people()
    weeks.plan()
    weeks.live()
    return weeks.world, {"now": NOW, "sessions": weeks.sessions, "note": fixed_id("note signed"),
                         "people": {short: fixed_id(f"person {short}") for short in ("agus", "bayu", "panjang", "candra", "fajar")},
                         "cases": {short: fixed_id(f"case {short}") for short in ("agus", "bayu", "panjang", "candra", "fajar")}}
