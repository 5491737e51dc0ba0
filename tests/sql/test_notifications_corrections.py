"""Late corrections of attendance: who decides hears that one was asked for, who asked hears what became of it."""

import json

import pytest

from notifications_world import World, at, shape
from postgres import uuid7

ASKED, DUE, LATER = "2026-03-20T02:00:00Z", "2026-03-20T02:01:00Z", "2026-03-21T02:00:00Z"
REQUESTED, COUNTERSIGNED, REFUSED = (f"scheduling.correction_{what}" for what in ("requested", "countersigned", "refused"))


@pytest.fixture(scope="module")
def module_world(postgres, database):
    return World(postgres, database)


@pytest.fixture
def world(module_world):
    module_world.settle_everything()
    module_world.sql("update identity.person set status = 'DISABLED' where prison_id is null")
    module_world.lapas = module_world.prison("Lapas", "Asia/Jakarta")
    module_world.counsellor = module_world.person("COUNSELLOR")
    module_world.deciders = {module_world.person("COORDINATOR"), module_world.person("CLINICAL_SUPERVISOR")}
    module_world.held = module_world.session("2026-03-02 09:00+07", prison=module_world.lapas, counsellors=[module_world.counsellor])
    yield module_world
    assert module_world.unqueued() == []


def ask(world, name="Budi Santoso", by=None, session=None):
    """A correction as scheduling keeps it."""
    participant, id = uuid7(), uuid7()
    with world.root.cursor() as cursor:
        cursor.execute("begin; set local session_replication_role = replica")
        cursor.execute("insert into enrollment.participant (id, prison_id, register_number, name) values (%s, %s, %s, %s)",
                       (participant, world.lapas, world.number(), name))
        cursor.execute("""insert into scheduling.attendance_correction (id, session_id, participant_id, prison_id, mark, reason, requested_by,
            requested_at) values (%s, %s, %s, %s, 'SICK', 'Salah baris', %s, %s)""",
                       (id, session or world.held, participant, world.lapas, by or world.counsellor, ASKED))
        cursor.execute("commit")
    return id


def decide(world, correction, what, now=ASKED):
    by, refusal = next(iter(world.deciders)), "Budi Santoso hadir"
    if what == REFUSED:
        world.sql("update scheduling.attendance_correction set refused_by = %s, refused_at = %s, refusal = %s where id = %s", by, now, refusal, correction)
    else:
        world.sql("update scheduling.attendance_correction set countersigned_by = %s, countersigned_at = %s where id = %s", by, now, correction)


def told(world, rule):
    return {(row["recipient_id"], row["due_at"]) for row in world.deliveries(rule=rule, state="PENDING")}


def said(world, now):
    """What the mails of that moment say, by recipient."""
    claims = world.claim(now)
    mails = {str(mail["delivery_id"]): mail for mail in world.compose(now, claims)}
    recipients = {str(row["id"]): row["recipient_id"] for row in world.deliveries()}
    world.mark(now, *[(claim, "SENT") for claim in claims])
    return {recipients[id]: json.loads(mail["fields"]) for id, mail in mails.items()}


def test_everybody_who_may_decide_hears_of_it_but_not_who_asked(world):
    asker = world.person("COORDINATOR")
    correction = ask(world, by=asker)
    for _ in range(2):
        world.tell(REQUESTED, correction, now=ASKED)
    assert told(world, "CORRECTION_REQUESTED") == {(decider, at("2026-03-20 09:01+07")) for decider in world.deciders}
    mails = said(world, DUE)
    assert set(mails) == world.deciders
    [row] = world.sql("select example from notifications.occasion where name = 'CORRECTION_REQUESTED'")
    for fields in mails.values():
        assert fields["rows"] == [{"initials": "B.S."}] and fields["day"] == "Senin, 2 Maret 2026"
        assert shape(fields) == shape(row["example"])


def test_a_whole_session_that_is_corrected_is_one_notice(world):
    corrections = [ask(world, name) for name in ("Agus Salim", "Budi Santoso", "Candra")]
    world.tell_all(REQUESTED, [(correction, 1) for correction in corrections[:2]], ASKED)
    world.tell(REQUESTED, corrections[2], now=ASKED)
    elsewhere = world.session("2026-03-03 09:00+07", prison=world.lapas)
    world.tell(REQUESTED, ask(world, "Dedi", session=elsewhere), now=ASKED)
    assert len(world.deliveries(rule="CORRECTION_REQUESTED", state="PENDING")) == 2 * len(world.deciders)
    decide(world, corrections[0], COUNTERSIGNED)
    claims = world.claim(DUE)
    world.mark(DUE, *[(claim, "SENT") for claim in claims])
    rows = [[row["initials"] for row in json.loads(mail["fields"])["rows"]] for mail in world.compose(DUE, claims)]
    assert sorted(rows) == [["B.S.", "C."]] * 2 + [["D."]] * 2, "as it stands when it is sent"
    world.tell(REQUESTED, ask(world, "Eko"), now=LATER)
    assert len(told(world, "CORRECTION_REQUESTED")) == len(world.deciders), "what comes after it was sent is told of anew"


def test_what_is_in_a_digest_is_not_told_of_twice(world):
    decider = sorted(world.deciders)[0]
    world.prefer(decider, digest_at="18:00")
    for name in ("Agus", "Budi"):
        world.tell(REQUESTED, ask(world, name), now=ASKED)
        world.claim(DUE)
    assert [row["cause"] for row in world.deliveries(rule="CORRECTION_REQUESTED", recipient_id=decider)] == ["SUMMED_UP"]
    [mail] = [mail for mail in world.compose("2026-03-20T11:00:00Z", world.claim("2026-03-20T11:00:00Z")) if "parts" in mail["fields"]]
    [part] = json.loads(mail["fields"])["parts"]
    assert [row["initials"] for row in part["fields"]["rows"]] == ["A.", "B."]


def test_nothing_is_said_of_what_was_decided_meanwhile(world):
    correction = ask(world)
    world.tell(REQUESTED, correction, now=ASKED)
    decide(world, correction, REFUSED)
    assert world.claim(DUE) == []
    assert {row["cause"] for row in world.deliveries(correction)} == {"EMPTY"}


@pytest.mark.parametrize("role", ["OFFICER", "COUNSELLOR", "CLINICAL_SUPERVISOR", "COORDINATOR"])
def test_who_asked_hears_what_became_of_it_and_no_words_of_anybody(world, role):
    asker = world.person(role, world.lapas if role == "OFFICER" else None)
    first, second, third = (ask(world, name, by=asker) for name in ("Agus Salim", "Budi Santoso", "Candra"))
    decide(world, first, COUNTERSIGNED)
    world.tell(COUNTERSIGNED, first, 2, now=ASKED)
    decide(world, second, REFUSED)
    world.tell(REFUSED, second, 2, now=ASKED)
    assert told(world, "CORRECTION_DECIDED") == {(asker, at("2026-03-20 09:01+07"))}
    [fields] = [said(world, DUE)[asker]]
    assert fields["rows"] == [{"initials": "A.S.", "countersigned": True}, {"initials": "B.S.", "countersigned": False}]
    assert "hadir" not in json.dumps(fields)
    [row] = world.sql("select example from notifications.occasion where name = 'CORRECTION_DECIDED'")
    assert shape(fields) == shape(row["example"])
    decide(world, third, REFUSED, LATER)
    world.tell(REFUSED, third, 2, now=LATER)
    assert said(world, "2026-03-21T02:01:00Z")[asker]["rows"] == [{"initials": "C.", "countersigned": False}]


def test_a_rule_that_is_off_tells_nobody(world):
    world.sql("update notifications.rule set enabled = false where key = 'CORRECTION_REQUESTED'")
    world.tell(REQUESTED, ask(world), now=ASKED)
    world.sql("update notifications.rule set enabled = true where key = 'CORRECTION_REQUESTED'")
    assert told(world, "CORRECTION_REQUESTED") == set()


def preview(world, occasion, audiences, subject=None):
    [row] = world.call("internal/preview_rule", ASKED, occasion=occasion, subject_id=subject, waiting_days=0, missed_sessions=0,
                       channels=[], audiences=audiences, language="en", subject=None, body=None, template=occasion)
    return row["is_example"], row["subject_id"], {recipient["id"] for recipient in row["recipients"] or []}


def test_a_rule_is_shown_with_the_latest_and_for_whom_it_is(world):
    world.sql("delete from scheduling.attendance_correction")
    who = ["CLINICAL_SUPERVISOR", "COORDINATOR"]
    assert preview(world, "CORRECTION_REQUESTED", who) == (True, None, {str(decider) for decider in world.deciders})
    assert preview(world, "CORRECTION_DECIDED", ["OFFICER", "COUNSELLOR"]) == (True, None, set())
    correction = ask(world)
    assert preview(world, "CORRECTION_REQUESTED", who, world.lapas) == (False, correction, {str(decider) for decider in world.deciders})
    decide(world, correction, REFUSED)
    assert preview(world, "CORRECTION_DECIDED", ["OFFICER", "COUNSELLOR"]) == (False, correction, {str(world.counsellor)})
