"""`pulih doctor` with each of the likely faults planted: it names that one alone, where it is, and how to mend it."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "deploy/local"))

from private_postgres import Postgres  # noqa: E402
from stack import Stack, free_port  # noqa: E402


@pytest.fixture(scope="module")
def stack():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pulih-doctor-"))
    folder.chmod(0o755)
    # Of the database's machine: says what the file beside it says.
    (folder / "df").write_text(f"#!/bin/sh\ncat {folder}/used 2> /dev/null || exec /usr/bin/df \"$@\"\n")
    (folder / "df").chmod(0o755)
    path, os.environ["PATH"] = os.environ["PATH"], f"{folder}:{os.environ['PATH']}"
    made = Stack(folder, fsync=False, gateway_ports=())
    try:
        made.start()
        for setting, value in (("archive_mode", "on"), ("archive_command", "true")):
            made.postgres.psql("postgres", f"alter system set {setting} = '{value}'")
        made.stop_processes()
        made.postgres.stop()
        made.postgres.start()
        made.start_all()
        yield made
    finally:
        os.environ["PATH"] = path
        made.stop(forget=True)
        shutil.rmtree(folder, ignore_errors=True)


def make_certificate(folder, days):
    """(key, certificate), which ends so many days from now."""
    key, request, certificate = (folder / f"tls.{ending}" for ending in ("key", "csr", "crt"))
    subprocess.run(["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=localhost",
                    "-keyout", key, "-out", request], check=True, capture_output=True)
    subprocess.run(["openssl", "x509", "-req", "-in", request, "-signkey", key, "-days", str(days), "-out", certificate], check=True, capture_output=True)
    return key, certificate


@contextlib.contextmanager
def listening(answer):
    """Something on a port that does `answer` with each connection; gives HOST:PORT."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        def serve():
            with contextlib.suppress(OSError):  # closed
                while True:
                    answer(server.accept()[0])

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield "127.0.0.1:{}".format(server.getsockname()[1])
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


@contextlib.contextmanager
def door(folder, days):
    """A server with TLS, and a certificate that ends so many days from now."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    key, certificate = make_certificate(folder, days)
    context.load_cert_chain(certificate, key)

    def shake_hands(connection):
        with contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(1)  # until doctor has gone

    with listening(shake_hands) as address:
        yield address


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    """A database with passwords and TLS, whose certificate ended yesterday: its connection string but for the password, its authority,
    and what gives it another certificate."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pulih-doctor-tls-", dir="/var/tmp"))
    server = Postgres(folder, fsync=False)
    port = free_port()

    def certify(days):
        made = make_certificate(folder, days)
        if server.prefix:
            subprocess.run(["chown", "postgres:", *made], check=True)
        server.stop()
        server.start()
        return made

    server.psql("postgres", "set password_encryption = 'scram-sha-256'; alter role postgres password 'right'")
    for setting, value in (("listen_addresses", "127.0.0.1"), ("port", port), ("ssl", "on"), ("ssl_key_file", folder / "tls.key"),
                           ("ssl_cert_file", folder / "tls.crt")):
        server.psql("postgres", f"alter system set {setting} = '{value}'")
    (folder / "data/pg_hba.conf").write_text("hostssl all all all scram-sha-256\n")
    _, certificate = certify(-1)
    ca = tmp_path_factory.mktemp("ca") / "ca.crt"
    shutil.copy2(certificate, ca)
    yield f"host=localhost hostaddr=127.0.0.1 port={port} dbname=postgres user=postgres", ca, certify
    server.finish()


def checks(stack, **settings):
    _, out, error = stack.pulih("doctor", "--json", check=False, environment=settings)
    found = {check["check"]: check for check in map(json.loads, out.splitlines())}
    assert len(found) == 17, (out, error)
    return found


def wrong(stack, **settings):
    """{check: (what was found, how to mend it)} of what is wrong."""
    return {name: (check["found"], check["mend"]) for name, check in checks(stack, **settings).items() if check["verdict"] == "wrong"}


@contextlib.contextmanager
def planted(stack, do, undo):
    stack.postgres.psql("pulih", do)
    try:
        yield
    finally:
        stack.postgres.psql("pulih", undo)


def only(found, check, *words):
    """That check alone is wrong; it says these words, and how to mend it."""
    assert list(found) == [check], found
    said, mend = found[check]
    assert all(word in said + mend for word in words) and len(mend) > 10, (said, mend)


def test_nothing_is_wrong_with_what_is_well(stack):
    found = checks(stack)
    assert [name for name, check in found.items() if check["verdict"] != "fine"] == ["certificates"], found


def test_a_database_that_is_not_there(stack):
    only(wrong(stack, PULIH_DATABASE_URL="host=/nonexistent dbname=pulih user=postgres"), "database", "/nonexistent", "running")


def test_a_wrong_password(stack, tls):
    url, _, _ = tls
    found = wrong(stack, PULIH_DATABASE_URL=f"{url} password=wrong sslmode=require")
    found.pop("certificates")  # its own test
    only(found, "database", "password authentication failed", "--passwords")


def test_an_expired_certificate(stack, tls):
    url, ca, _ = tls
    found = wrong(stack, PULIH_DATABASE_URL=f"{url} password=right sslmode=verify-full sslrootcert={ca}")
    assert set(found) == {"database", "certificates"}, found
    assert "certificate" in found["database"][0] and "certificates below" in found["database"][1], found
    assert "of the database expired 1 days ago" in found["certificates"][0], found


def test_a_door_whose_certificate_lasts(stack, tmp_path):
    with door(tmp_path, 90) as address:
        found = checks(stack, PULIH_DOOR=address)["certificates"]
    assert found["verdict"] == "fine" and re.fullmatch(f"that of {address} lasts (89|90) days", found["found"]), found


@pytest.mark.parametrize("days, said", [(5, "ends in"), (-1, "expired 1 days ago")])
def test_a_door_whose_certificate_does_not_last(stack, tmp_path, days, said):
    with door(tmp_path, days) as address:
        only(wrong(stack, PULIH_DOOR=address), "certificates", f"that of {address} {said}", "Keys and passwords")


def refuse(connection):
    """As a web server without TLS does."""
    with connection:
        connection.recv(1)
        connection.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")


@pytest.mark.parametrize("answer", [refuse, socket.socket.close])
def test_a_door_that_speaks_no_tls(stack, answer):
    with listening(answer) as address:
        only(wrong(stack, PULIH_DOOR=address), "certificates", f"{address} speaks no TLS", "front door")


def test_a_door_that_says_nothing_or_is_not_there(stack):
    kept = []
    with listening(kept.append) as silent:
        begin = time.monotonic()
        only(wrong(stack, PULIH_DOOR=silent), "certificates", silent, "front door")
        assert time.monotonic() - begin < 20
    only(wrong(stack, PULIH_DOOR=f"127.0.0.1:{free_port()}"), "certificates", "Connection refused", "front door")


def test_of_door_and_database_the_one_that_ends_first_is_told(stack, tls, tmp_path):
    """The database's, which ended, is told above all; once it lasts it's the door's."""
    url, _, certify = tls
    settings = {"PULIH_DATABASE_URL": f"{url} password=right sslmode=require"}
    with door(tmp_path, 5) as address:
        assert "that of the database expired" in wrong(stack, PULIH_DOOR=address, **settings)["certificates"][0]
        certify(90)
        assert f"that of {address} ends in" in wrong(stack, PULIH_DOOR=address, **settings)["certificates"][0]
    with door(tmp_path, 200) as address:
        found = checks(stack, PULIH_DOOR=address, **settings)["certificates"]
    assert found["found"].startswith("that of the database lasts"), found


def test_migrations_that_are_missing(stack):
    with planted(stack, "create table kept as select * from migration.applied where number = 249; delete from migration.applied where number = 249",
                 "insert into migration.applied select * from kept; drop table kept"):
        only(wrong(stack), "migrations", "pulih migrate")


def test_migrations_of_a_newer_version(stack):
    with planted(stack, "insert into migration.applied (number, name, checksum) values (9999, '9999_newer', '')",
                 "delete from migration.applied where number = 9999"):
        only(wrong(stack), "migrations", "9999_newer", "newer version")


def test_a_key_that_the_hub_does_not_know(stack, tmp_path):
    stack.pulih("site", "key", tmp_path / "own.key")
    found = wrong(stack, PULIH_KEY_FILE=str(tmp_path / "own.key"), PULIH_TIMEOUT="500ms")
    only(found, "key accepted", "keys file")


def test_clocks_that_disagree(stack):
    plant = "create schema planted; create function planted.clock_timestamp() returns timestamptz language sql as " \
        "$$ select pg_catalog.clock_timestamp() + interval '1 minute' $$"
    with planted(stack, plant, "drop schema planted cascade"):
        url = stack.environment("pulih")["PULIH_DATABASE_URL"] + " options='-c search_path=planted,pg_catalog'"
        found = wrong(stack, PULIH_DATABASE_URL=url)
    only(found, "clock", "ms from the database's", "NTP")
    assert abs(int(found["clock"][0].split()[0]) + 60_000) < 2000, found


def test_a_disk_that_is_nearly_full(stack):
    (stack.folder / "used").write_text(" 97%\n")
    found = wrong(stack)
    (stack.folder / "used").unlink()
    only(found, "disk", "3 %", "room")


def test_a_mail_server_that_refuses(stack):
    with planted(stack, "insert into notifications.attempt (delivery_id, number, recorded_at, outcome, channel, code, answer) "
                 "values (gen_random_uuid(), 1, now(), 'RETRY', 'EMAIL', 554, 'no relay for you')", "delete from notifications.attempt"):
        only(wrong(stack), "mail", "554 no relay for you", "PULIH_SMTP_URL")


def test_a_service_that_is_not_connected(stack):
    stack.kill_process("scheduling-0")
    try:
        end = time.monotonic() + 60  # until the hub has noticed
        while not (found := wrong(stack)):
            assert time.monotonic() < end
        only(found, "services", "scheduling", "logs")
    finally:
        stack.start_process("scheduling")
        stack.wait_ready()


@pytest.mark.parametrize("name", ["operator.key", "notes_master.key"])
def test_secrets_that_others_can_read(stack, name):
    os.chmod(stack.keys / name, 0o644)
    found = wrong(stack)
    os.chmod(stack.keys / name, 0o600)
    only(found, "secrets", name, "chmod 600")


def test_backups_that_nobody_made(stack):
    with planted(stack, "update migration.applied set applied_at = applied_at - interval '9 days'",
                 "update migration.applied set applied_at = applied_at + interval '9 days'"):
        only(wrong(stack), "backups", "backup of database", "drill of key_store", "deploy/backup/backup")


def test_an_archive_that_takes_nothing(stack):
    def archive(command):
        stack.postgres.psql("postgres", f"alter system set archive_command = '{command}'")
        stack.postgres.psql("postgres", "select pg_reload_conf()")
        stack.postgres.psql("postgres", "select pg_logical_emit_message(true, 'a', 'b'); select pg_switch_wal()")

    def wait(condition):
        end = time.monotonic() + 90
        while stack.postgres.psql("postgres", f"select {condition} from pg_stat_archiver") != "t":
            assert time.monotonic() < end, condition
            time.sleep(0.1)

    archive("false")
    wait("failed_count > 0")
    found = wrong(stack)
    archive("true")
    only(found, "archive", "couldn't be archived", "log")
    wait("coalesce(last_archived_time > last_failed_time, false)")
    assert not wrong(stack)
