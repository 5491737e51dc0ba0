"""The foundation that the demonstration and the scenario tests begin with: two prisons in two zones, people for every role,
rooms, a programme, a signed agreement with each prison. Through `pulih` alone; safe to run again."""

import datetime
import hashlib
import uuid

from world import World, day

COMPONENTS = ("INDIVIDUAL_COUNSELLING", "GROUP_COUNSELLING", "VOCATIONAL", "MENTAL", "SPIRITUAL", "FAMILY")


def fixed_id(name):
    """An id in the form of a UUIDv7 that is the same in every run, so that what was made is found again."""
    value = int.from_bytes(hashlib.sha256(name.encode()).digest()[:16], "big")
    value = value & ~(0xF << 76) | 7 << 76
    return str(uuid.UUID(int=value & ~(3 << 62) | 2 << 62))


BANYUWANGI, KENDARI, PROGRAMME = fixed_id("LP-BWI"), fixed_id("LP-KDI"), fixed_id("REHAB-6")
AGREEMENT, AGREEMENT_KENDARI = fixed_id("PKS-BWI-1"), fixed_id("PKS-KDI-1")
HALL, STUDY, WORKSHOP, HALL_KENDARI = (fixed_id(name) for name in ("aula", "konseling", "bengkel", "aula-kdi"))

PRISONS = (
    (BANYUWANGI, "LP-BWI", "Lapas Kelas IIA Banyuwangi", "Asia/Jakarta", "Jalan Letjen S. Parman 1, Banyuwangi"),
    (KENDARI, "LP-KDI", "Lapas Kelas IIA Kendari", "Asia/Makassar", "Jalan Kapten Piere Tendean 1, Kendari"),
)
ROOMS = ((HALL, BANYUWANGI, "Aula", 30), (STUDY, BANYUWANGI, "Ruang Konseling", 2), (WORKSHOP, BANYUWANGI, "Bengkel", 20),
         (HALL_KENDARI, KENDARI, "Aula", 30))
STAFF = (
    ("admin", "Wahyu Admin", "admin", None),
    ("sari", "Sari Wulandari", "counsellor", None),
    ("bayu", "Bayu Prakoso", "counsellor", None),
    ("ratna", "Ratna Dewi", "clinical-supervisor", None),
    ("koordinator", "Dewi Lestari", "coordinator", None),
    ("auditor", "Agus Auditor", "auditor", None),
    ("budi", "Budi Santoso", "officer", "LP-BWI"),
    ("kepala", "Hadi Kepala", "prison-head", "LP-BWI"),
    ("andi", "Andi Kendari", "officer", "LP-KDI"),
    ("kepala-kdi", "Rusli Kepala", "prison-head", "LP-KDI"),
)


def set_up(stack, today, seats=10, run_off_days=30, agreement_days=365):
    """The World, with agreements valid from `today`."""
    world = World(stack)
    world.employ(*STAFF[0][:3])
    world.employ("koordinator", "Dewi Lestari", "coordinator")
    for identifier, code, name, zone, address in PRISONS:
        world.call("koordinator", "CreatePrison", id=identifier, code=code, name=name, timeZone=zone, address=address)
    for short, name, role, prison in STAFF:
        world.employ(short, name, role, prison=prison)
    for identifier, prison, name, capacity in ROOMS:
        world.call("koordinator", "CreateRoom", id=identifier, prisonId=prison, name=name, capacity=capacity)
    for counsellor in ("sari", "bayu"):
        world.call("koordinator", "SetCounsellorQualifications", counsellorId=world.ids[counsellor],
                   components=[f"COMPONENT_{component}" for component in COMPONENTS])
    world.call("koordinator", "CreateProgramme", id=PROGRAMME, code="REHAB-6", name="Rehabilitasi Sosial 6 Bulan", edition=1,
               plannedWeeks=26, components=[{"component": f"COMPONENT_{component}", "plannedHours": 24}
                                            for component in COMPONENTS])
    world.call("koordinator", "PublishProgramme", id=PROGRAMME, edition=1)
    until = today + datetime.timedelta(days=agreement_days)
    for identifier, prison, number in ((AGREEMENT, BANYUWANGI, "W15.PAS.1-PKS-001"), (AGREEMENT_KENDARI, KENDARI, "W23.PAS.1-PKS-002")):
        world.call("koordinator", "CreateAgreement", id=identifier, prisonId=prison, number=number,
                   foundationSignatory={"name": "Rina Ketua", "position": "Ketua Yayasan"},
                   prisonSignatory={"name": "Hadi Kepala", "position": "Kepala Lapas"}, validFrom=day(today),
                   validUntil=day(until), programmeIds=[PROGRAMME], seats=seats, visitsPerMonth=8, runOffDays=run_off_days)
        world.call("koordinator", "SignAgreement", id=identifier, signedOn=day(today))
    return world


def refer(world, participant_id, case_id, today, officer="budi"):
    """From nothing to the waiting list: referral, consent, screening, decision."""
    world.call(officer, "CreateReferral", id=case_id, participantId=participant_id, programmeId=PROGRAMME)
    world.call(officer, "GiveConsent", id=fixed_id(f"consent {case_id}"), participantId=participant_id,
               purpose="CONSENT_PURPOSE_TREATMENT", textVersion=1, givenOn=day(today), witness="Budi Santoso")
    world.call("koordinator", "AcceptReferral", id=case_id)
    world.call("sari", "RecordScreening", id=fixed_id(f"screening {case_id}"), enrollmentId=case_id, conductedOn=day(today),
               scores=[{"substance": "SUBSTANCE_AMPHETAMINES", "score": 28}, {"substance": "SUBSTANCE_ALCOHOL", "score": 6}])
    return world.call("sari", "DecideSuitability", id=case_id, decision="SUITABILITY_DECISION_WAITLISTED")
