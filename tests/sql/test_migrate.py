"""pulih migrate against a real PostgreSQL."""

import contextlib
import os
import re
import subprocess
import tempfile
import time

import psycopg2
import pytest

from build import program
from postgres import ROOT, Postgres, migrations


def start(url, *arguments, **settings):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PULIH_")}
    environment |= {"PULIH_DATABASE_URL": url} | settings
    return subprocess.Popen([program("services/pulih/pulih"), "migrate", *arguments], env=environment, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def run(url, *arguments, **settings):
    """(exit status, stdout's lines, stderr)"""
    process = start(url, *arguments, **settings)
    out, err = process.communicate(timeout=60)
    return process.returncode, out.splitlines(), err


def query(url, sql):
    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        cursor.execute(sql)
        rows = cursor.fetchall() if cursor.description else []
    connection.close()
    return rows


@pytest.fixture
def url(postgres, request):
    """An empty database for each test."""
    return postgres.url(postgres.create_database(re.sub(r"\W", "_", request.node.name)[:60]))


def paths():
    return [str(path.relative_to(ROOT)) for path in migrations()]


def test_every_migration_is_applied_once_and_in_order(url):
    assert run(url)[:2] == (0, paths())
    assert run(url)[:2] == (0, [])
    applied = query(url, "select name from migration.applied order by number")
    assert [name for (name,) in applied] == [path.stem for path in migrations()]
    owners = query(url, "select distinct tableowner from pg_tables where schemaname in ('identity', 'enrollment')")
    assert owners == [("pulih_owner",)]


def test_the_checksum_is_the_one_that_sha256sum_gives(url):
    run(url)
    path = migrations()[0]
    expected = subprocess.run(["sha256sum", path], capture_output=True, text=True, check=True).stdout.split()[0]
    assert query(url, f"select checksum from migration.applied where name = '{path.stem}'") == [(expected,)]


def test_a_dry_run_lists_and_changes_nothing(url):
    assert run(url, "--dry-run")[:2] == (0, paths())
    assert query(url, "select count(*) from pg_namespace where nspname = 'migration'") == [(0,)]


def test_two_at_once_apply_each_migration_once(url):
    first, second = start(url), start(url)
    outputs = [process.communicate(timeout=60) for process in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0), outputs
    assert sorted(line for out, _ in outputs for line in out.splitlines()) == sorted(paths())
    assert any("waiting for it" in err for _, err in outputs), outputs


def test_who_waits_for_another_holds_up_no_index_made_concurrently(url):
    """A statement that waited inside the database would hold a snapshot, and the two would wait for each other."""
    other = psycopg2.connect(url)
    other.autocommit = True
    with contextlib.closing(other), other.cursor() as cursor:
        cursor.execute("create table large (id integer); set statement_timeout = '20s'")
        cursor.execute("select pg_advisory_lock(hashtext('pulih migrations'))")
        waiting = start(url)
        assert "waiting for it" in waiting.stderr.readline()
        time.sleep(0.5)
        cursor.execute("create index concurrently on large (id)")
        assert waiting.poll() is None
    out, err = waiting.communicate(timeout=60)
    assert (waiting.returncode, out.splitlines()) == (0, paths()), err


def test_one_that_was_edited_after_it_was_applied_is_refused_by_name(url):
    run(url)
    query(url, "update migration.applied set checksum = repeat('0', 64) where number = 10")
    query(url, "delete from migration.applied where number = (select max(number) from migration.applied)")
    status, out, err = run(url)
    assert (status, out) == (4, [])
    assert "services/enrollment/migrations/0010_prison.sql" in err


def test_one_of_a_newer_program_is_left_alone(url):
    run(url)
    query(url, "insert into migration.applied (number, name, checksum) values (9999, '9999_future', 'x')")
    assert run(url)[:2] == (0, [])


def test_one_that_fails_is_undone_whole_and_named_with_its_line(url):
    # Something of the name of what 0010_prison.sql makes at its end stands in the way.
    run(url)
    query(url, "drop schema enrollment cascade; delete from migration.applied where number >= 10;"
               "create schema obstacle; create function obstacle.refuse() returns event_trigger language plpgsql as "
               "$$ begin raise exception 'no view today'; end $$;"
               "create event trigger refuse on ddl_command_start when tag in ('CREATE VIEW') "
               "execute function obstacle.refuse()")
    status, out, err = run(url)
    assert (status, out) == (1, []), err
    assert "0010_prison.sql" in err and "no view today" in err
    assert query(url, "select count(*) from pg_namespace where nspname = 'enrollment'") == [(0,)]


def test_the_key_store_is_migrated_beside_it(postgres, url):
    keystore = postgres.url(postgres.create_database("keystore_of_test_migrate"))
    status, out, err = run(url, PULIH_NOTES_KEYSTORE_URL=keystore)
    assert status == 0, err
    assert out[len(paths()):] == sorted(str(path.relative_to(ROOT)) for path in
                                        ROOT.glob("services/counseling_notes/keystore/*.sql"))


def test_roles_get_their_passwords_and_the_server_only_their_verifiers(postgres, url, tmp_path):
    passwords = tmp_path / "roles.pgpass"
    passwords.write_text("*:*:*:pulih_identity:kuda liar\n*:*:*:nobody_here:x\n")
    assert run(url, "--passwords", passwords)[0] == 0
    stored, = query(url, "select rolpassword from pg_authid where rolname = 'pulih_identity'")
    assert stored[0].startswith("SCRAM-SHA-256$4096:"), stored
    passwords.write_text("*:*:*:pulih_identity:\n")
    status, _, err = run(url, "--passwords", passwords)
    assert (status, "roles.pgpass:1" in err) == (2, True), err
    query(url, "alter role pulih_identity password null")


def test_it_waits_for_a_database_that_is_starting():
    server = Postgres(tempfile.mkdtemp(prefix="pulih-pg-"), fsync=False)
    server.stop()
    process = start(server.url("postgres"))
    assert "waiting" in process.stderr.readline()
    server.start()
    out, err = process.communicate(timeout=60)
    server.finish()
    assert process.returncode == 0, err
    assert out.splitlines() == paths()


@pytest.mark.parametrize("wanted", ["any", "read-write", "primary"])
def test_it_waits_for_a_database_that_is_recovering(wanted):
    """As after a restore: it takes connections, and refuses every change. Who wants a server to write to isn't even let in by libpq."""
    server = Postgres(tempfile.mkdtemp(prefix="pulih-pg-"), fsync=False)
    server.stop()
    (server.folder / "data/standby.signal").touch()
    server.start()
    assert query(server.url("postgres"), "select pg_is_in_recovery()") == [(True,)]
    process = start(f"{server.url('postgres')} target_session_attrs={wanted}")
    assert "waiting" in process.stderr.readline()
    query(server.url("postgres"), "select pg_promote()")
    out, err = process.communicate(timeout=60)
    server.finish()
    assert process.returncode == 0, err
    assert out.splitlines() == paths()


def test_it_does_not_wait_for_ever(tmp_path):
    status, _, err = run(f"host={tmp_path} dbname=postgres", PULIH_CONNECT_WAIT="300ms")
    assert status == 75, err


def test_it_does_not_wait_where_waiting_does_not_help(postgres):
    status, _, err = run(postgres.url("nobody_made_it") + " target_session_attrs=read-write")
    assert (status, "does not exist" in err, "waiting" in err) == (75, True, False), err
