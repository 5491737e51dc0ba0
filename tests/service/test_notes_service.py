"""The notes service with its two databases: what is sealed, what is logged, who is refused."""

import concurrent.futures
import subprocess

import psycopg2
import pytest
from lines import Lines
from notes_world import BEFORE, NOW, World
from postgres import ROOT, uuid7

WORDS = "Ia takut pada ayahnya sejak kecil"


class Notes:
    """A world, a key store, and as many instances of the service as are asked for."""

    def __init__(self, postgres, database, folder):
        self.postgres, self.database = postgres, database
        self.world = World(postgres, database)
        self.keystore = postgres.create_database(f"{database}_keystore")
        self.key_file = folder / "master.key"
        self.key_file.touch(mode=0o600)
        self.key_file.write_text("00" * 31 + "01\n")
        self.clock = folder / "clock"
        self.clock.write_text(NOW)
        with self.in_keystore() as connection, connection.cursor() as cursor:
            for path in sorted((ROOT / "services/counseling_notes/keystore").glob("*.sql")):
                cursor.execute(path.read_text())
        self.instances = []

    def in_keystore(self):
        return psycopg2.connect(self.postgres.url(self.keystore))

    def instance(self):
        lines = Lines("tests/tools/notes_lines", PULIH_DATABASE_URL=self.postgres.url(self.database, "pulih_notes"),
                      PULIH_NOTES_KEYSTORE_URL=self.postgres.url(self.keystore, "pulih_notes"),
                      PULIH_NOTES_MASTER_KEY_FILE=str(self.key_file), PULIH_CLOCK_FILE=str(self.clock))
        self.instances.append(lines)
        return lines

    def draft(self, revision=1, **values):
        return {"id": uuid7(), "type": "NOTE_TYPE_INDIVIDUAL_SESSION", "enrollment_id": self.world.case,
                "occurred_at": BEFORE, "revision": revision, "body": {"text": WORDS}, **values}

    def signed(self, service, **values):
        draft = self.draft(**values)
        assert service.call("SaveDraft", self.world.author, **draft)[0] == "OK"
        assert service.call("SignNote", self.world.author, note_id=draft["id"], revision=1)[0] == "OK"
        return draft["id"]

    def count(self, text, *values):
        return self.world.as_root(text, *values)[0][0]


@pytest.fixture(scope="module")
def notes(postgres, database, tmp_path_factory):
    notes = Notes(postgres, database, tmp_path_factory.mktemp("notes"))
    yield notes
    assert [instance.finish() for instance in notes.instances] == [0] * len(notes.instances)


@pytest.fixture(scope="module")
def service(notes):
    return notes.instance()


def test_what_is_written_is_read_back_by_its_author(notes, service):
    draft = notes.draft(type="NOTE_TYPE_ASSESSMENT")
    reason, saved = service.call("SaveDraft", notes.world.author, **draft)
    assert (reason, saved["participant_id"]) == ("OK", str(notes.world.participant))
    assert "signed_at" not in saved
    reason, read = service.call("GetNote", notes.world.author, note_id=draft["id"])
    assert (reason, read["body"]["text"], read["revision"], read["basis"]) == ("OK", WORDS, 1, "READING_BASIS_AUTHOR")


def test_goals_of_a_plan_are_sealed_with_it(notes, service):
    notes.signed(service, type="NOTE_TYPE_ASSESSMENT")
    goals = [{"goal": "Bekerja", "activities": ["Kursus las"], "due_on": {"year": 2026, "month": 6, "day": 1}}]
    draft = notes.draft(type="NOTE_TYPE_PLAN", body={"goals": goals}, review_on={"year": 2026, "month": 4, "day": 1})
    assert service.call("SaveDraft", notes.world.author, **draft)[0] == "OK"
    read = service.call("GetNote", notes.world.author, note_id=draft["id"])[1]
    assert read["body"]["goals"] == goals
    assert read["note"]["review_on"] == {"year": 2026, "month": 4, "day": 1}


def test_no_word_of_a_body_is_in_either_database(notes, service):
    id = notes.signed(service)
    service.call("AmendNote", notes.world.author, id=uuid7(), note_id=id, body={"text": WORDS})
    for database in (notes.database, notes.keystore):
        dump = subprocess.run(["pg_dump", notes.postgres.url(database)], capture_output=True, check=True).stdout
        for word in (WORDS, WORDS.encode().hex(), "takut", b"takut".hex()):
            assert word.encode() not in dump, f"{word} is in {database}"


@pytest.mark.parametrize("reader", ["officer", "head", "coordinator", "admin", "auditor"])
def test_who_is_not_clinical_is_refused_by_role(notes, service, reader):
    id = notes.signed(service)
    assert service.call("GetNote", getattr(notes.world, reader), note_id=id)[0] == "NOT_ALLOWED"


def test_a_colleague_is_refused_until_the_glass_is_broken(notes, service):
    id, colleague = notes.signed(service), notes.world.person("COUNSELLOR")
    assert service.call("GetNote", colleague, note_id=id)[0] == "NOTE_BODY_NOT_YOURS"
    reason, request = service.call("RequestBreakGlass", colleague, id=uuid7(), participant_id=notes.world.participant,
                                   reason="Gawat darurat di blok C", minutes=30)
    assert (reason, request["ends_at"]) == ("OK", "2026-03-02T10:30:00Z")
    reason, read = service.call("GetNote", colleague, note_id=id)
    assert (reason, read["basis"]) == ("OK", "READING_BASIS_BREAK_GLASS")
    (waiting,) = [row for row in service.call("ListBreakGlass", notes.world.supervisor, waiting_only=True)[1]["break_glasses"]
                  if row["id"] == request["id"]]
    assert waiting["participant_name"] and waiting["register_number"] and waiting["asked_by_name"]
    verdict = {"break_glass_id": request["id"], "verdict": "BREAK_GLASS_VERDICT_NOT_JUSTIFIED"}
    assert service.call("ReviewBreakGlass", notes.world.supervisor, **verdict)[0] == "OK"
    assert service.call("GetNote", colleague, note_id=id)[0] == "NOTE_BODY_NOT_YOURS"


def test_every_read_is_logged_and_no_refusal_reads(notes, service):
    id = notes.signed(service)
    for reader in (notes.world.author, notes.world.supervisor, notes.world.colleague):
        service.call("GetNote", reader, note_id=id)
    reads = service.call("ListNoteReads", notes.world.auditor, note_id=id)[1]["reads"]
    assert [(read["actor_id"], read["basis"]) for read in reads] == [
        (str(notes.world.supervisor.user), "READING_BASIS_SUPERVISOR"),
        (str(notes.world.author.user), "READING_BASIS_AUTHOR")]


def test_without_the_log_there_is_no_read(notes, service):
    id = notes.signed(service)
    notes.world.as_root("alter table notes.audit add constraint out_of_order check (false) not valid")
    try:
        assert service.call("GetNote", notes.world.author, note_id=id)[0] != "OK"
    finally:
        notes.world.as_root("alter table notes.audit drop constraint out_of_order")
    assert service.call("GetNote", notes.world.author, note_id=id)[0] == "OK"


def test_an_amendment_is_read_beside_the_original(notes, service):
    id, amendment = notes.signed(service), uuid7()
    for _ in range(2):
        reason, made = service.call("AmendNote", notes.world.author, id=amendment, note_id=id, body={"text": "Ralat"})
        assert (reason, made["id"], "body" in made) == ("OK", str(amendment), False)
    read = service.call("GetNote", notes.world.supervisor, note_id=id)[1]
    assert (read["body"]["text"], [(a["body"]["text"], a["author_name"]) for a in read["amendments"]]) == (
        WORDS, [("Ralat", "Seseorang")])
    assert {"participant_name": "WBP", "prison_name": "Lapas", "zone": "WIB", "author_name": "Seseorang"}.items() <= read["place"].items()
    assert service.call("AmendNote", notes.world.colleague, id=uuid7(), note_id=id, body={"text": "x"})[0] == "NOT_ALLOWED"


def test_ids_in_capitals_are_the_same_ids(notes, service):
    draft = notes.draft()
    shouted = {**draft, "id": str(draft["id"]).upper(), "enrollment_id": str(draft["enrollment_id"]).upper()}
    assert service.call("SaveDraft", notes.world.author, **shouted)[0] == "OK"
    assert service.call("GetNote", notes.world.author, note_id=shouted["id"])[1]["body"]["text"] == WORDS


def test_a_body_moved_to_another_note_does_not_open(notes, service):
    first, second = notes.signed(service), notes.draft()
    service.call("SaveDraft", notes.world.author, **second)
    notes.world.as_root("update notes.note_body b set sealed = o.sealed, sealed_key = o.sealed_key, revision = 2 "
                        "from notes.note_body o where b.note_id = %s and o.note_id = %s", second["id"], first)
    assert service.call("GetNote", notes.world.author, note_id=second["id"])[0] == "NOTE_BODY_DAMAGED"


@pytest.mark.parametrize("change, reason, field", [
    ({"body": None}, "FIELD_INVALID", "body"), ({"body": {"text": "x" * 100001}}, "FIELD_INVALID", "body"),
    ({"id": ""}, "FIELD_INVALID", "id"), ({"revision": 0}, "FIELD_INVALID", "revision"),
    ({"enrollment_id": ""}, "NOTE_NEEDS_CASE", ""), ({"enrollment_id": str(uuid7())}, "NOT_FOUND", ""),
    ({"occurred_at": None}, "FIELD_REQUIRED", "occurred_at"),
    ({"occurred_at": "2026-03-02T10:00:01Z"}, "NOTE_WRITTEN_BEFORE_IT_HAPPENED", "occurred_at"),
    ({"type": "NOTE_TYPE_UNSPECIFIED"}, "FIELD_REQUIRED", "type")])
def test_what_is_wrong_with_a_draft_is_named(notes, service, change, reason, field):
    assert service.call("SaveDraft", notes.world.author, **{**notes.draft(), **change}) == (reason, field)


def test_a_groups_shared_part_has_a_key_of_its_own(notes, service):
    about = {"type": "NOTE_TYPE_GROUP_SESSION", "session_id": notes.world.new_session()}
    shared = notes.signed(service, enrollment_id="", **about)
    participant, case = notes.world.new_case(notes.world.colleague)
    part = notes.signed(service, enrollment_id=case, group_note_id=shared, **about)
    for id in (shared, part):
        reason, read = service.call("GetNote", notes.world.colleague, note_id=id)
        assert (reason, read["basis"], read["body"]["text"]) == ("OK", "READING_BASIS_CASE", WORDS)
    with notes.in_keystore() as connection, connection.cursor() as cursor:
        cursor.execute("select count(*) from keystore.person_key where person_id in (%s, %s)", (shared, participant))
        assert cursor.fetchone() == (2,)


def test_a_second_instance_reads_what_the_first_wrote(notes, service):
    id = notes.signed(service)
    assert notes.instance().call("GetNote", notes.world.author, note_id=id)[1]["body"]["text"] == WORDS


def test_a_destroyed_key_is_gone_for_every_instance_at_once(notes, service):
    participant, case = notes.world.new_case(notes.world.author)
    id, other = notes.signed(service, enrollment_id=case), notes.instance()
    assert other.call("GetNote", notes.world.author, note_id=id)[0] == "OK", "and now its key is in that one's memory"
    assert service.call("ConfirmKeyDestruction", notes.world.supervisor, participant_id=participant)[0] == "NOT_FOUND"
    asked = service.call("AskKeyDestruction", notes.world.admin, participant_id=participant, reason="Permintaan keluarga")
    assert asked[0] == "OK"
    assert other.call("GetNote", notes.world.author, note_id=id)[0] == "OK", "asking alone does nothing"
    for _ in range(2):
        assert service.call("ConfirmKeyDestruction", notes.world.supervisor, participant_id=participant)[0] == "OK"
    for instance in (service, other):
        assert instance.call("GetNote", notes.world.author, note_id=id)[0] == "PERSON_KEY_DESTROYED"
        draft = notes.draft(enrollment_id=case)
        assert instance.call("SaveDraft", notes.world.author, **draft)[0] == "PERSON_KEY_DESTROYED"
    with notes.in_keystore() as connection, connection.cursor() as cursor:
        cursor.execute("select sealed_key, master_key_id from keystore.person_key where person_id = %s", (participant,))
        assert cursor.fetchone() == (None, None)
        with pytest.raises(psycopg2.errors.CheckViolation):
            cursor.execute("update keystore.person_key set destroyed_at = null, sealed_key = %s, master_key_id = 'x' "
                           "where person_id = %s", (bytes(73), participant))


def test_a_new_master_key_seals_and_the_old_still_opens(notes, service):
    id = notes.signed(service)
    with notes.key_file.open("a", encoding="utf-8") as file:
        file.write("00" * 31 + "02\n")
    rotated = notes.instance()
    participant, case = notes.world.new_case(notes.world.author)
    assert rotated.call("GetNote", notes.world.author, note_id=id)[0] == "OK"
    new = notes.signed(rotated, enrollment_id=case)
    assert service.call("GetNote", notes.world.author, note_id=new)[0] == "NOTE_KEY_UNKNOWN", "the old instance hasn't it"
    assert rotated.call("VerifyAudit", notes.world.auditor)[1]["intact"]


def test_a_burst_by_more_instances_than_chains_leaves_whole_chains(notes, service):
    ids = [notes.signed(service) for _ in range(5)]
    before = notes.count("select count(*) from notes.audit")
    instances = [notes.instance() for _ in range(9)]
    calls = [("GetNote", notes.world.author, {"note_id": ids[i % 5]}) for i in range(100)]
    with concurrent.futures.ThreadPoolExecutor(9) as threads:
        for answers in threads.map(lambda instance: instance.call_all(calls), instances):
            assert {reason for reason, _ in answers} == {"OK"}
    assert notes.count("select count(*) from notes.audit") == before + 900
    reason, verdict = instances[0].call("VerifyAudit", notes.world.auditor)
    assert (reason, verdict.get("intact"), "first_break" in verdict) == ("OK", True, False)
    assert int(verdict["entries"]) == before + 900
    assert sum(int(head.get("sequence", 0)) for head in verdict["heads"]) == before + 900


TAMPERINGS = [("update notes.audit set actor_id = gen_random_uuid() where (chain, sequence) = (%s, 2)", 2, "CHANGED"),
              ("update notes.audit set happened_at = happened_at - interval '1 us' where (chain, sequence) = (%s, 3)", 3,
               "CHANGED"),
              ("delete from notes.audit where (chain, sequence) = (%s, 2)", 2, "MISSING"),
              ("delete from notes.audit where chain = %s and sequence >= 3", 3, "MISSING"),
              ("delete from notes.audit_chain where chain = %s", 1, "HEAD_DIFFERS"),
              ("update notes.audit set key_id = 'unknown' where (chain, sequence) = (%s, 1)", 1, "KEY_UNKNOWN")]


@pytest.mark.parametrize("text, sequence, fault", TAMPERINGS)
def test_tampering_shows_where_it_was(notes, service, text, sequence, fault):
    chain = notes.count("select chain from notes.audit_chain order by sequence desc limit 1")
    notes.world.as_root("create table kept as select * from notes.audit where chain = %s", chain)
    notes.world.as_root("create table kept_chain as select * from notes.audit_chain where chain = %s", chain)
    notes.world.as_root("set session_replication_role = replica")  # a database administrator turns the triggers off
    notes.world.as_root(text, chain)
    verifier = notes.instance()
    verdict = verifier.call("VerifyAudit", notes.world.auditor)[1]
    notes.world.as_root("delete from notes.audit where chain = %s", chain)
    notes.world.as_root("insert into notes.audit select * from kept")
    notes.world.as_root("insert into notes.audit_chain select * from kept_chain on conflict do nothing")
    notes.world.as_root("set session_replication_role = origin")
    notes.world.as_root("drop table kept, kept_chain")
    assert "intact" not in verdict
    assert verdict["first_break"] == {"chain": chain, "sequence": str(sequence), "fault": f"AUDIT_FAULT_{fault}"}
    assert verifier.call("VerifyAudit", notes.world.auditor)[1]["intact"]


def test_a_chain_cut_off_with_its_head_shows_against_an_earlier_head(notes, service):
    verifier, id = notes.instance(), notes.signed(service)
    heads = verifier.call("VerifyAudit", notes.world.auditor)[1]["heads"]
    assert verifier.call("VerifyAudit", notes.world.auditor, **{"from": heads})[1] == {"intact": True, "heads": heads}
    service.call("GetNote", notes.world.author, note_id=id)
    again = verifier.call("VerifyAudit", notes.world.auditor, **{"from": heads})[1]
    assert (again["intact"], again["entries"]) == (True, "1")
    chain = max(heads, key=lambda head: int(head.get("sequence", 0)))
    notes.world.as_root("set session_replication_role = replica")
    notes.world.as_root("delete from notes.audit where chain = %s and sequence >= %s", chain["chain"], chain["sequence"])
    notes.world.as_root("update notes.audit_chain c set sequence = a.sequence, head = a.hash from notes.audit a "
                        "where a.chain = c.chain and a.chain = %s and a.sequence = %s::bigint - 1", chain["chain"],
                        chain["sequence"])
    notes.world.as_root("set session_replication_role = origin")
    assert verifier.call("VerifyAudit", notes.world.auditor)[1]["intact"], "by itself the shorter chain is whole"
    cut = verifier.call("VerifyAudit", notes.world.auditor, **{"from": heads})[1]
    assert (cut["first_break"]["chain"], cut["first_break"]["fault"]) == (chain["chain"], "AUDIT_FAULT_HEAD_DIFFERS")
