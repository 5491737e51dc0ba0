"""event.log: what a reader may rely on."""

import psycopg2
import pytest

from postgres import ROOT, number_parameters


def emit(cursor, type="enrollment.on_hold"):
    cursor.execute("select event.emit(%s, null, gen_random_uuid(), 1)", (type,))


def test_a_late_commit_is_never_behind_a_reader(postgres, database):
    early, late = (psycopg2.connect(postgres.url(database)) for _ in range(2))
    reader = psycopg2.connect(postgres.url(database))
    reader.autocommit = True
    with early.cursor() as first, late.cursor() as second, reader.cursor() as read:
        emit(first)
        emit(second)
        late.commit()
        read.execute("select count(*) from event.readable")
        assert read.fetchone()[0] == 0, "the later event shows while the earlier transaction still runs"
        early.commit()
        read.execute("select count(*) from event.readable")
        assert read.fetchone()[0] == 2


def test_a_service_speaks_only_for_itself(postgres, database):
    connection = psycopg2.connect(postgres.url(database, "pulih_scheduling"))
    with connection.cursor() as cursor:
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            emit(cursor, "enrollment.on_hold")
    connection.rollback()
    with connection.cursor() as cursor:
        emit(cursor, "scheduling.session_changed")


def standing(cursor):
    text = (ROOT / "common/event/sql/get_standing.sql").read_text().replace(":producer", "'identity'")
    cursor.execute(text)
    return [str(value) if value is not None else None for value in cursor.fetchone()]


def test_a_standing_shows_the_newest_readable_event_and_what_is_pending(postgres, database):
    early, late, reader = (psycopg2.connect(postgres.url(database)) for _ in range(3))
    reader.autocommit = True
    with early.cursor() as first, late.cursor() as second, reader.cursor() as read:
        assert standing(read) == [None, None, "False"]
        first.execute("select pg_current_xact_id()")
        emit(second, "identity.person_changed")
        emit(second, "identity.person_changed")
        late.commit()
        assert standing(read) == [None, None, "True"]
        early.commit()
        read.execute("select transaction::text, max(id)::text from event.readable where producer = 'identity' group by 1")
        newest = read.fetchone()
        assert standing(read) == [*newest, "False"]


@pytest.mark.parametrize("name", ["get_standing", "list_events"])
def test_the_log_is_read_by_its_index_alone(postgres, database, name):
    with psycopg2.connect(postgres.url(database)) as connection, connection.cursor() as cursor:
        cursor.execute("set enable_seqscan = off")
        text, names = number_parameters((ROOT / f"common/event/sql/{name}.sql").read_text())
        cursor.execute(f"prepare {name} as {text}")
        cursor.execute("set plan_cache_mode = force_generic_plan")
        cursor.execute(f"explain execute {name}({', '.join(['null'] * len(names))})")
        plan = "\n".join(line for line, in cursor.fetchall())
        assert "Seq Scan" not in plan and "->  Sort" not in plan and "Filter" not in plan, plan
