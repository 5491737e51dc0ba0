"""Backups and drills, as deploy/backup writes them and the page's Status shows them."""

import psycopg2
import pytest

from identity import ADMIN, Identity


@pytest.fixture(scope="module")
def identity(postgres, database):
    return Identity(postgres, database)


def record(postgres, database, *values):
    with psycopg2.connect(postgres.url(database, "pulih_upkeep")) as connection, connection.cursor() as cursor:
        cursor.execute("select identity.record_upkeep(%s, %s, %s, %s, %s, %s)", values)


def listed(identity):
    return {(row["kind"], row["part"]): (row["succeeded_at"] and row["succeeded_at"].hour, row["took_ms"], row["failed_at"] and row["failed_at"].hour)
            for row in identity.call("list_upkeep", ADMIN)}


def test_the_last_that_succeeded_is_told_and_a_failure_only_until_one_succeeds(postgres, database, identity):
    assert listed(identity) == {}
    record(postgres, database, "BACKUP", "DATABASE", "2026-11-24T01:00Z", 1000, True, "")
    record(postgres, database, "BACKUP", "DATABASE", "2026-11-24T02:00Z", 2000, False, "disk full")
    record(postgres, database, "DRILL", "KEY_STORE", "2026-11-24T03:00Z", 10, False, "x" * 2000)
    assert listed(identity) == {("BACKUP", "DATABASE"): (1, 1000, 2), ("DRILL", "KEY_STORE"): (None, None, 3)}
    record(postgres, database, "BACKUP", "DATABASE", "2026-11-24T04:00Z", 3000, True, "")
    assert listed(identity)["BACKUP", "DATABASE"] == (4, 3000, None)


@pytest.mark.parametrize("role", ["pulih_upkeep", "pulih_watch"])
@pytest.mark.parametrize("statement", ["select from identity.upkeep", "delete from identity.upkeep", "select from identity.person",
                                       "select from event.log", "select from enrollment.participant"])
def test_who_writes_them_down_or_watches_can_do_nothing_else(postgres, database, identity, role, statement):
    with psycopg2.connect(postgres.url(database, role)) as connection, connection.cursor() as cursor:
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute(statement)


def test_the_service_cannot_write_them(postgres, database, identity):
    with identity.connection, identity.connection.cursor() as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
        cursor.execute("select identity.record_upkeep('DRILL', 'DATABASE', '2026-11-24', 1, true, '')")


def test_who_watches_sees_figures_of_the_whole_foundation(postgres, database, identity):
    with psycopg2.connect(postgres.url(database, "pulih_watch")) as connection, connection.cursor() as cursor:
        cursor.execute("select part, age_seconds > 86400 * 365 from identity.watch_upkeep() where kind = 'DRILL' order by part")
        assert cursor.fetchall() == [("DATABASE", True), ("KEY_STORE", True)]
        cursor.execute("select prisons, silent from enrollment.watch()")
        assert cursor.fetchone() == (0, 0)
        identity.as_owner("""insert into enrollment.agreement (id, prison_id, number, foundation_signatory_name, foundation_signatory_position,
            prison_signatory_name, prison_signatory_position, valid_from, valid_until, seats, visits_per_month, signed_on)
            values (gen_random_uuid(), %s, 'PKS', 'a', 'b', 'c', 'd', current_date - 5, current_date + 5, 1, 1, current_date - 5)""", identity.kendari)
        cursor.execute("select prisons, silent from enrollment.watch()")
        assert cursor.fetchone() == (1, 1)
