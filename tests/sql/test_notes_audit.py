"""The audit log's chains: they only grow, from where they stand, whoever asks."""

import base64
import threading

import psycopg2
import pytest
from notes_world import World, refused
from postgres import Caller, Service, uuid7

MACHINE = Caller("SERVICE")


@pytest.fixture(scope="module")
def world(postgres, database):
    return World(postgres, database)


def entry(world, sequence, **values):
    return {"sequence": str(sequence), "happened_at": "2026-03-02T10:00:00.123456Z", "actor_id": str(world.author.user),
            "action": "NOTE_READ", "basis": "AUTHOR", "prison_id": str(world.prison),
            "participant_id": str(world.participant), "subject_id": str(uuid7()), "key_id": "k",
            "hash": base64.b64encode(bytes([sequence % 256] * 32)).decode(), **values}


def append(world, chain, after, count=1, service=None):
    entries = [entry(world, after + 1 + i) for i in range(count)]
    return (service or world.service).call("internal/append_audit", MACHINE, chain=chain, after=after, entries=entries)[0]


def test_entries_hang_on_the_place_where_the_chain_stands(world):
    assert append(world, 1, 0, count=3)["appended"]
    standing = append(world, 1, 0)
    assert (standing["appended"], standing["sequence"], bytes(standing["head"])) == (False, 3, bytes([3] * 32))
    rows = world.service.call("internal/read_audit", world.auditor, chain=1, after=0, until=99)
    assert [row["sequence"] for row in rows] == [1, 2, 3]


def test_a_service_that_knows_nothing_is_told_where_to_go_on(world):
    row = world.service.call("internal/append_audit", MACHINE, chain=2, after=-1, entries=None)[0]
    assert (row["appended"], row["sequence"], bytes(row["head"])) == (False, 0, bytes(32))


def test_two_instances_never_write_the_same_number(postgres, database, world):
    services = [Service(postgres, database, "counseling_notes") for _ in range(4)]

    def run(service):
        after = 0
        for _ in range(20):
            while not (standing := append(world, 3, after, service=service))["appended"]:
                after = standing["sequence"]
            after = standing["sequence"]

    threads = [threading.Thread(target=run, args=(service,)) for service in services]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = world.as_root("select array_agg(sequence order by sequence) from notes.audit where chain = 3")[0][0]
    assert numbers == list(range(1, 81))


@pytest.mark.parametrize("text", ["delete from notes.audit", "update notes.audit set basis = null", "truncate notes.audit",
                                  "update notes.audit_chain set sequence = sequence - 1 where sequence > 0"])
def test_not_even_the_owner_changes_the_log(world, text):
    append(world, 4, 0)
    with refused("notes_append_only"):
        world.as_root(text)


@pytest.mark.parametrize("text", ["delete from notes.audit", "update notes.audit set basis = null",
                                  "delete from notes.audit_chain", "update notes.audit_chain set chain = 9"])
def test_the_service_is_not_even_granted_it(world, text):
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        with world.service.connection as connection, connection.cursor() as cursor:
            cursor.execute(text)


def test_only_a_service_writes_and_only_auditor_supervisor_and_admin_read(world):
    append(world, 5, 0)
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        world.service.call("internal/append_audit", world.author, chain=5, after=1, entries=[entry(world, 2)])
    seen = {name: len(world.service.call("list_note_reads", getattr(world, name), participant_id=world.participant)) > 0
            for name in ("auditor", "supervisor", "author", "admin", "coordinator", "officer")}
    assert seen == {"auditor": True, "supervisor": True, "author": False, "admin": True, "coordinator": False,
                    "officer": False}


def test_reads_are_listed_page_by_page(world):
    reader = world.person("COUNSELLOR")
    for i in range(5):
        world.service.call("internal/append_audit", MACHINE, chain=6, after=i,
                           entries=[entry(world, i + 1, actor_id=str(reader.user))])
    seen, key = [], None
    while page := world.service.call("list_note_reads", world.auditor, actor_id=reader.user, page_key=key, page_limit=2):
        seen += [row["sequence"] for row in page]
        key = page[-1]["page_key"]
    assert seen == [5, 4, 3, 2, 1]
