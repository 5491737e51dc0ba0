"""event.log: what a reader may rely on."""

import psycopg2
import pytest


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
