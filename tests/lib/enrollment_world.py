"""A small foundation for the tests of enrollment, made as people would make it: by enrollment's own statements."""

import contextlib
import json
import threading
import uuid

import psycopg2
import psycopg2.extras
import pytest

from postgres import Caller, Service, uuid7

NOW = "2026-03-02T03:00:00Z"  # 10:00 in Banyuwangi, 11:00 in Kendari
RELEASE = "2027-12-01"


class World:
    def __init__(self, postgres, database):
        self.postgres, self.database = postgres, database
        self.root = psycopg2.connect(postgres.url(database))
        self.root.autocommit = True
        psycopg2.extras.register_uuid()
        self.service = Service(postgres, database, "enrollment")
        self.now = NOW
        self.counsellor, self.supervisor, self.coordinator, self.admin = (
            self.person(role) for role in ("COUNSELLOR", "CLINICAL_SUPERVISOR", "COORDINATOR", "ADMIN"))
        self.prison, self.other_prison = self.new_prison("Asia/Jakarta"), self.new_prison("Asia/Makassar")
        self.officer, self.other_officer = (self.person("OFFICER", prison) for prison in (self.prison, self.other_prison))
        self.programme = self.new_programme()

    def code(self):
        return f"T-{uuid.uuid4().hex[:12].upper()}"

    def as_root(self, text, *values):
        with self.root.cursor() as cursor:
            cursor.execute(text, values)
            return cursor.fetchall() if cursor.description else None

    def rows(self, statement, caller=None, **values):
        caller = caller or self.coordinator
        at = Caller(caller.roles, user=caller.user, prison=caller.prison, now=self.now)
        return self.service.call(statement, at, **values)

    def one(self, statement, caller=None, **values):
        found = self.rows(statement, caller, **values)
        assert len(found) == 1, f"{statement} gave {len(found)} rows instead of one"
        return found[0]

    def person(self, role, prison=None):
        id = uuid7()
        self.as_root("insert into identity.person (id, name, email, prison_id, roles) values (%s, 'Seseorang', %s, %s, %s)",
                     id, f"{id}@example.org", prison, [role])
        return Caller(role, user=id, prison=prison or "*")

    def new_prison(self, time_zone="Asia/Jakarta"):
        return self.one("create_prison", id=uuid7(), code=self.code(), name="Lapas", time_zone=time_zone, aftercare=False)["id"]

    def new_programme(self, weeks=26):
        id = uuid7()
        self.one("create_programme", id=id, code=self.code(), name="Rehabilitasi", edition=1, planned_weeks=weeks,
                 components=[{"component": "COMPONENT_GROUP_COUNSELLING", "planned_hours": 48}])
        self.one("publish_programme", id=id, edition=1)
        return id

    def agreement(self, prison=None, seats=10, valid_from="2026-01-01", valid_until="2026-12-31", sign=True,
                  programmes=None, **values):
        made = self.one("create_agreement", id=uuid7(), prison_id=prison or self.prison, number=self.code(),
                        foundation_signatory__name="Ibu Sari", foundation_signatory__position="Ketua",
                        prison_signatory__name="Budi", prison_signatory__position="Kepala Lapas", valid_from=valid_from,
                        valid_until=valid_until, programme_ids=programmes or [self.programme], seats=seats,
                        visits_per_month=8, run_off_days=values.get("run_off_days", 30))
        return self.sign(made) if sign else made

    def renew(self, agreement, valid_from="2027-01-01", valid_until="2027-12-31", seats=10, sign=True, **values):
        made = self.one("renew_agreement", id=uuid7(), renews_id=agreement["id"], number=self.code(), valid_from=valid_from,
                        valid_until=valid_until, seats=seats, visits_per_month=8, run_off_days=30, programme_ids=[],
                        **values)
        return self.sign(made) if sign else made

    def sign(self, agreement):
        return self.one("sign_agreement", id=agreement["id"], signed_on="2025-12-20")

    def participant(self, prison=None, caller=None, **values):
        values = {"name": "Slamet", "birth_date": "1990-05-17", "sex": "MALE", "aliases": [],
                  "offence_articles": ["Pasal 112 UU 35/2009"], "sentence_start": "2024-06-01",
                  "two_thirds_on": "2026-10-01", "expected_release_on": RELEASE, **values}
        return self.one("create_participant", caller, id=uuid7(), prison_id=prison or self.prison,
                        register_number=values.pop("register_number", None) or self.code(), **values)

    def refer(self, participant=None, programme=None, caller=None, **values):
        participant = participant or self.participant()
        return self.one("create_referral", caller or self.officer, id=uuid7(), participant_id=participant["id"],
                        programme_id=programme or self.programme, **values)

    def consent(self, participant_id, purpose="TREATMENT", given=True, caller=None):
        return self.one("give_consent" if given else "withdraw_consent", caller, id=uuid7(), participant_id=participant_id,
                        purpose=purpose, witness="Pak Joko", **({"text_version": 0} if given else {}))

    def screen(self, case, caller=None, **scores):
        return self.one("record_screening", caller or self.counsellor, id=uuid7(), enrollment_id=case["id"],
                        conducted_on="2026-03-01", scores=[{"substance": f"SUBSTANCE_{name}", "score": score}
                                                           for name, score in (scores or {"AMPHETAMINES": 20}).items()])

    def activate(self, case, caller=None):
        return self.one("activate_enrollment", caller, id=case["id"], counsellor_id=self.counsellor.user)

    def case(self, status="ACTIVE", **values):
        """A case brought to `status` step by step."""
        case = self.refer(self.participant(**values), caller=self.coordinator)
        if status == "REFERRED":
            return case
        if status == "WITHDRAWN":
            return self.one("withdraw_enrollment", id=case["id"], reason="DECLINED")
        self.consent(case["participant_id"])
        case = self.one("accept_referral", id=case["id"])
        if status == "AWAITING_ASSESSMENT":
            return case
        self.screen(case)
        if status in ("SUITABLE_NOT_READY", "NOT_SUITABLE"):
            return self.one("decide_suitability", id=case["id"], decision=status, reason="NOT_MOTIVATED")
        case = self.one("decide_suitability", id=case["id"], decision="WAITLISTED")
        if status == "WAITLISTED":
            return case
        case = self.activate(case)
        if status == "ON_HOLD":
            return self.one("hold_enrollment", id=case["id"], reason="ILLNESS")
        if status == "COMPLETED":
            return self.one("complete_enrollment", id=case["id"], reason="GOALS_REACHED")
        if status == "ENDED_EARLY":
            return self.one("end_enrollment_early", id=case["id"], reason="DECLINED")
        if status in ("AFTERCARE", "CLOSED"):
            self.one("release_participant", id=case["participant_id"])
            case = self.get(case)
        return self.one("close_enrollment", id=case["id"], reason="AFTERCARE_DONE") if status == "CLOSED" else case

    def get(self, case):
        return self.one("get_enrollment", id=case["id"])

    def moves(self, case):
        return [(move["from_status"], move["to_status"], move["reason"])
                for move in self.rows("list_enrollment_moves", enrollment_id=case["id"])]

    def events(self, subject_id):
        return [type for type, in self.as_root("select type from event.log where subject_id = %s order by transaction, id",
                                               subject_id)]


def at_once(world, actions):
    """Runs each action with a connection of its own, all at the same instant; gives what each gave or broke on."""
    barrier, outcomes = threading.Barrier(len(actions)), [None] * len(actions)

    def run(i, action):
        service = Service(world.postgres, world.database, "enrollment")
        try:
            barrier.wait()
            outcomes[i] = action(service)
        except psycopg2.Error as error:
            outcomes[i] = error.diag.constraint_name or error.pgcode
        finally:
            service.connection.close()

    threads = [threading.Thread(target=run, args=(i, action)) for i, action in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@contextlib.contextmanager
def refused(constraint):
    """Expects that the database refuses by `constraint`; gives the details of the refusal in a dict."""
    details = {}
    with pytest.raises(psycopg2.Error) as caught:
        yield details
    found = caught.value.diag.constraint_name
    assert found == constraint, f"refused by {found} ({caught.value}) instead of {constraint}"
    if (caught.value.diag.message_detail or "").startswith("{"):
        details.update(json.loads(caught.value.diag.message_detail))
