"""Backups, drills and restores of deploy/backup without containers: two real PostgreSQL, real pgBackRest."""

import pathlib
import re
import shutil
import subprocess
import tempfile
import time

import pytest

from build import program
from private_postgres import BIN, Postgres

ROOT = pathlib.Path(__file__).resolve().parents[2]
PARTS = {"database": "pulih", "key_store": "pulih_keystore"}
PRISON = "0190f7a0-0000-7000-8000-00000000000{}"


class Server:
    """A machine with both databases, set up as deploy/backup/README.md says under "Without containers"."""

    def __init__(self, folder):
        self.folder = folder
        self.clusters = {part: Postgres(folder / part, fsync=False) for part in PARTS}
        self.prefix = self.clusters["database"].prefix
        for name in ("backup", "compose.sh"):
            source, target = ROOT / "deploy" / name, folder / "project/deploy" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if source.is_dir() else shutil.copy2)(source, target)
        for part, database in PARTS.items():
            self.set_up(part, database)
        if self.prefix:
            subprocess.run(["chown", "-R", "postgres:", folder], check=True)
        for part, database in PARTS.items():
            cluster = self.clusters[part]
            cluster.create_database(database)
            for setting, value in (("archive_mode", "on"), ("archive_timeout", "60"), ("archive_command", (
                    f"test ! -e archiving || pgbackrest --config={folder}/{part}.conf --config-include-path={folder}/{part}.d "
                    f"--lock-path={folder}/{part}.lock --stanza={part} archive-push %p"))):
                cluster.psql("postgres", f"alter system set {setting} = '{value}'")
            cluster.stop()
            cluster.start()
        subprocess.run([program("services/pulih/pulih"), "migrate"], check=True, capture_output=True, env={
            "PULIH_DATABASE_URL": self.clusters["database"].url("pulih"),
            "PULIH_NOTES_KEYSTORE_URL": self.clusters["key_store"].url("pulih_keystore")})

    def set_up(self, part, database):
        folder = self.folder
        text = (ROOT / "deploy/backup/pgbackrest.conf").read_text()
        text = text.replace("/var/lib/postgresql/data", f"{folder}/{part}/data").replace("/run/postgresql", f"{folder}/{part}")
        (folder / f"{part}.conf").write_text(text.replace("/var/lib/pgbackrest", str(self.repository(part))))
        (folder / f"{part}.d").mkdir()
        (folder / f"{part}.d/passphrase.conf").write_text(f"[{part}]\nrepo1-cipher-pass=passphrase of {part}\n")
        self.repository(part).mkdir()
        (folder / f"{part}.env").write_text("\n".join((
            f"PGBACKREST_STANZA={part}", f"PGBACKREST_CONFIG={folder}/{part}.conf", f"PGBACKREST_CONFIG_INCLUDE_PATH={folder}/{part}.d",
            f"PGBACKREST_LOCK_PATH={folder}/{part}.lock", f"PULIH_DATABASE={database}", f"PGDATA={folder}/{part}/data",
            f"PGHOST={folder}/{part}", f"PULIH_DRILL_FOLDER={folder}", f"PATH={BIN}:/usr/bin:/bin")))

    def repository(self, part):
        return self.folder / f"{part}-backups"

    def run(self, script, *arguments, check=True):
        done = subprocess.run([*self.prefix, "nice", self.folder / "project/deploy/backup" / script, *arguments], cwd="/",
                              env={"PATH": "/usr/bin:/bin", "PULIH_BACKUP_SERVER": str(self.folder)}, capture_output=True, text=True, check=False)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def pgbackrest(self, part, *arguments):
        return subprocess.run([*self.prefix, "pgbackrest", f"--config={self.folder}/{part}.conf", f"--stanza={part}", *arguments],
                              capture_output=True, text=True, errors="replace", check=False, cwd="/")

    def psql(self, command, part="database"):
        return self.clusters[part].psql(PARTS[part], command)

    def upkeep(self):
        """The last line of each kind and part: whether it succeeded, and what it says."""
        rows = self.psql("select distinct on (kind, part) kind, part, succeeded, detail from identity.upkeep order by kind, part, id desc")
        return {tuple(row.split("|")[:2]): tuple(row.split("|")[2:]) for row in rows.splitlines()}

    def add_prison(self, number):
        self.psql(f"insert into enrollment.prison (id, code, name, time_zone) values ('{PRISON.format(number)}', 'LP-{number}', "
                  f"'Lapas {number}', 'Asia/Jakarta')")

    def prisons(self):
        return self.psql("select string_agg(code, ' ' order by code) from enrollment.prison")


@pytest.fixture(scope="module")
def server():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pulih-backup-", dir="/var/tmp"))
    folder.chmod(0o755)
    made = Server(folder)
    yield made
    for cluster in made.clusters.values():
        cluster.finish()
    shutil.rmtree(folder, ignore_errors=True)


def test_each_part_is_backed_up_into_a_sealed_repository_of_its_own(server):
    server.add_prison(1)
    server.run("backup", "full")
    server.add_prison(2)
    server.run("backup")
    for part in PARTS:
        info = server.pgbackrest(part, f"--config-include-path={server.folder}/{part}.d", "info").stdout
        assert len(re.findall("full backup", info)) == 1 and len(re.findall("incr backup", info)) == 1, info
        assert "cipher: aes-256-cbc" in info, info
        other = next(name for name in PARTS if name != part)
        stranger = server.folder / "stranger.d"
        stranger.mkdir(exist_ok=True)
        (stranger / "passphrase.conf").write_text(f"[{part}]\nrepo1-cipher-pass=passphrase of {other}\n")
        refused = server.pgbackrest(part, f"--config-include-path={stranger}", "info")
        assert refused.returncode != 0 or "error" in refused.stdout, refused.stdout
    assert server.upkeep() == {("BACKUP", "DATABASE"): ("t", "incr"), ("BACKUP", "KEY_STORE"): ("t", "incr")}


def test_a_drill_restores_compares_and_tells(server):
    server.psql(f"insert into keystore.person_key (person_id, sealed_key, master_key_id, created_at) "
                f"values ('{PRISON.format(9)}', decode(repeat('ab', 73), 'hex'), 'a', '2026-11-24')", "key_store")
    told = server.run("drill")
    print("\n" + told.stderr)
    found = server.upkeep()
    for part, most in (("DATABASE", 40), ("KEY_STORE", 2)):
        succeeded, detail = found["DRILL", part]
        tables = re.fullmatch(r"(\d+) tables with \d+ rows are the same, 0 changed meanwhile", detail)
        assert succeeded == "t" and tables and int(tables[1]) >= most, (detail, most)
    assert not list(server.folder.glob("drill.*")), "the copies are still there"


def test_a_drill_tells_of_a_copy_that_differs(server):
    """Of an unlogged table nothing is in a backup."""
    server.psql("create unlogged table enrollment.forgotten as select 1 as one")
    told = server.run("drill", check=False)
    assert told.returncode == 1, told
    assert server.upkeep()["DRILL", "DATABASE"] == ("f", "database: differs in the copy: enrollment.forgotten ")
    assert server.upkeep()["DRILL", "KEY_STORE"][0] == "t"
    server.psql("drop table enrollment.forgotten")


def test_a_backup_that_fails_is_told_too(server):
    repository = server.repository("key_store")
    repository.rename(repository.with_suffix(".away"))
    repository.write_text("no folder")
    told = server.run("backup", check=False)
    repository.unlink()
    repository.with_suffix(".away").rename(repository)
    assert told.returncode == 1 and server.upkeep()["BACKUP", "DATABASE"][0] == "t", told
    succeeded, detail = server.upkeep()["BACKUP", "KEY_STORE"]
    assert succeeded == "f" and "ERROR" in detail, detail


def test_what_was_deleted_comes_back_from_the_moment_before(server):
    server.add_prison(3)
    before = server.prisons()
    moment = server.psql("select clock_timestamp()")
    time.sleep(1.1)
    server.psql(f"delete from enrollment.prison where id = '{PRISON.format(3)}'")
    server.psql("select pg_switch_wal()")
    assert server.prisons() != before
    refused = server.run("restore", moment, check=False)
    assert refused.returncode and "PostgreSQL runs" in refused.stderr, refused
    for cluster in server.clusters.values():
        cluster.stop()
    server.run("restore", moment)
    for cluster in server.clusters.values():
        cluster.start()
    wait_recovered(server)
    assert server.prisons() == before
    assert server.psql("select count(*) from keystore.person_key", "key_store") == "1"


def test_all_that_was_archived_comes_back_when_the_disk_is_lost(server):
    server.run("backup")
    server.add_prison(4)
    server.psql("select pg_switch_wal()")
    before = server.prisons()
    for part, cluster in server.clusters.items():
        cluster.stop()  # what was archived by then: everything
        shutil.rmtree(server.folder / part / "data")
        subprocess.run([*server.prefix, "mkdir", "-m", "0700", server.folder / part / "data"], check=True)
    begin = time.monotonic()
    server.run("restore")
    for cluster in server.clusters.values():
        cluster.start()
    wait_recovered(server)
    print(f"\nrestored in {time.monotonic() - begin:.1f} s")
    assert server.prisons() == before
    server.run("backup")
    server.run("drill")


def wait_recovered(server, timeout=60):
    end = time.monotonic() + timeout
    while any(server.psql("select pg_is_in_recovery()", part) == "t" for part in PARTS):
        assert time.monotonic() < end, "recovery doesn't end"
        time.sleep(0.1)
