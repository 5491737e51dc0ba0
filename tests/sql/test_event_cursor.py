"""event.take: each event's effect once and in order, whatever arrives, however many consumers."""

import json
import random
import threading

import psycopg2
import pytest
from listener import SCHEMA
UNKNOWN = "00000000-0000-7000-8000-000000000000"


@pytest.fixture(scope="module")
def listener(postgres, database):
    with psycopg2.connect(postgres.url(database)) as connection, connection.cursor() as cursor:
        cursor.execute(SCHEMA)
    return lambda: psycopg2.connect(postgres.url(database, "pulih_notifications"))


@pytest.fixture
def connection(postgres, database, listener):
    with psycopg2.connect(postgres.url(database)) as owner, owner.cursor() as cursor:
        cursor.execute("truncate listener.event_cursor, listener.effect")
    connection = listener()
    connection.autocommit = True
    yield connection
    connection.close()


def position(number):
    """In ProtoJSON. Three events a transaction."""
    return {"transaction": str(1 + number // 3), "id": str(number)} if number else None


def batch(after, until):
    """What the producer's relay sends: events after + 1 to until."""
    return position(after), [
        {"position": position(number), "type": "scheduling.session_changed", "version": number,
         "subject_id": f"00000000-0000-7000-8000-{number:012}", "occurred_at": "2026-03-02T18:00:00.5Z"}
        for number in range(after + 1, until + 1)]


def apply(connection, previous, events):
    """Where the consumer then stands."""
    with connection.cursor() as cursor:
        cursor.execute("select transaction::text, id from listener.apply('scheduling', %s, %s)",
                       (json.dumps(previous) if previous else None, json.dumps(events)))
        return cursor.fetchone()[1]


def effects(connection):
    with connection.cursor() as cursor:
        cursor.execute("select version from listener.effect order by number")
        return [version for version, in cursor.fetchall()]


def test_a_batch_that_follows_is_applied(connection):
    assert apply(connection, *batch(0, 4)) == 4
    assert apply(connection, *batch(4, 6)) == 6
    assert effects(connection) == [1, 2, 3, 4, 5, 6]


def test_a_repeated_or_overlapping_batch_adds_only_what_is_new(connection):
    apply(connection, *batch(0, 4))
    assert apply(connection, *batch(0, 4)) == 4
    assert apply(connection, *batch(2, 7)) == 7
    assert effects(connection) == [1, 2, 3, 4, 5, 6, 7]


def test_a_batch_behind_a_gap_changes_nothing_and_shows_where_to_go_on(connection):
    apply(connection, *batch(0, 4))
    assert apply(connection, *batch(5, 7)) == 4
    assert apply(connection, *batch(9, 9)) == 4
    assert effects(connection) == [1, 2, 3, 4]


def test_an_effect_that_fails_leaves_the_cursor(connection):
    previous, events = batch(0, 2)
    events[1]["subject_id"] = "no uuid"
    with pytest.raises(psycopg2.errors.InvalidTextRepresentation):
        apply(connection, previous, events)
    assert apply(connection, None, []) == 0
    assert effects(connection) == []


def test_many_consumers_at_once_apply_each_event_once_and_in_order(connection, listener):
    last, seed = 60, random.randrange(1 << 30)

    def consume(number):
        dice, mine = random.Random(f"{seed} {number}"), listener()
        mine.autocommit = True
        at = 0
        while at < last:
            after = max(0, at - dice.randrange(3))
            at = apply(mine, *batch(after, min(last, after + 1 + dice.randrange(6))))
        mine.close()

    threads = [threading.Thread(target=consume, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert effects(connection) == list(range(1, last + 1)), f"seed {seed}"


# What nothing in the database is about: each consumer finds nothing to join it with.
STRANGE = [{"position": position(1), "type": "enrollment.agreement_signed", "version": 1, "prison_id": UNKNOWN,
            "subject_id": UNKNOWN, "occurred_at": "2026-03-02T18:00:00Z"}]


def test_every_consumer_moves_its_cursor_past_what_it_has_nothing_to_do_with(postgres, database):
    with psycopg2.connect(postgres.url(database)) as owner, owner.cursor() as cursor:
        cursor.execute("""select pronamespace::regnamespace::text, proname from pg_proc
                          where prorettype = 'event.position'::regtype and proname like 'apply\\_%'""")
        consumers = cursor.fetchall()
        assert len(consumers) >= 5, consumers
        for schema, name in consumers:
            cursor.execute(f"select id from {schema}.{name}(null, %s)", (json.dumps(STRANGE),))
            assert cursor.fetchone() == (1,), f"{schema}.{name} stood still"
        owner.rollback()


def test_who_watches_sees_how_far_a_consumer_is_behind_and_no_service_does(postgres, database, connection):
    with psycopg2.connect(postgres.url(database)) as owner, owner.cursor() as cursor:
        cursor.execute("delete from event.log")
        for number, age in ((4, 50), (5, 40), (6, 30)):
            cursor.execute("""insert into event.log (transaction, id, occurred_at, producer, type, subject_id, version) overriding system value
                              values (%s, %s, context.now() - make_interval(secs => %s), 'scheduling', 'scheduling.session_changed', %s, 1)""",
                           (position(number)["transaction"], number, age, UNKNOWN))
        for schema in ("notifications", "scheduling"):
            cursor.execute(f"""insert into {schema}.event_cursor (producer, transaction, id) values ('scheduling', %s, %s)
                               on conflict (producer) do update set transaction = excluded.transaction, id = excluded.id""",
                           (position(4)["transaction"], 4))
    with psycopg2.connect(postgres.url(database, "pulih_watch")) as watcher, watcher.cursor() as cursor:
        for consumer in ("notifications", "scheduling"):
            cursor.execute("select producer, behind, behind_seconds between 40 and 1000 from event.watch(%s)", (consumer,))
            assert cursor.fetchall() == [("scheduling", 2, True)], consumer
    with connection.cursor() as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
        cursor.execute("select event.watch('notifications')")
