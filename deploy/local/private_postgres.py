"""A PostgreSQL of one's own: in one folder, on a socket that only its user can reach, gone or kept as one likes."""

import contextlib
import os
import pathlib
import pwd
import shutil
import subprocess

BIN = pathlib.Path("/usr/lib/postgresql/15/bin")

SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{folder}'
max_connections = 200
shared_buffers = '128MB'
timezone = 'UTC'
log_min_messages = warning
# A failed statement's values are people's data: neither its row nor its text goes to the log.
log_error_verbosity = terse
log_min_error_statement = panic
fsync = {fsync}
"""


class Postgres:
    """`folder` is made if it isn't there; what it holds already is used again, or with `anew` thrown away. With fsync off
    a crash of the machine (not of PostgreSQL) loses data: for tests that don't look."""

    def __init__(self, folder, fsync=True, anew=False):
        self.folder = pathlib.Path(folder).resolve()
        # PostgreSQL refuses to run as root.
        root = os.getuid() == 0
        self.prefix = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] if root else []
        if anew and (self.folder / "data").exists():
            self.finish()
        self.folder.mkdir(parents=True, exist_ok=True)
        if root:
            postgres = pwd.getpwnam("postgres")
            os.chown(self.folder, postgres.pw_uid, postgres.pw_gid)
        os.chmod(self.folder, 0o700)
        if not (self.folder / "data/PG_VERSION").exists():
            self._run("initdb", "-D", self.folder / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8",
                      "--locale=C.UTF-8", "--no-instructions")
        (self.folder / "data/postgresql.auto.conf").write_text(
            SETTINGS.format(folder=self.folder, fsync="on" if fsync else "off"), encoding="utf-8")
        self.start()

    def _run(self, program, *arguments):
        subprocess.run([*self.prefix, BIN / program, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL,
                       cwd="/")

    def start(self):
        self._run("pg_ctl", "-D", self.folder / "data", "-l", self.folder / "log", "-w", "-t", "300", "start")

    def stop(self):
        with contextlib.suppress(subprocess.CalledProcessError):
            self._run("pg_ctl", "-D", self.folder / "data", "-m", "fast", "-w", "stop")

    def kill(self):
        """As a crash would: every process ends at once, nothing is written any more."""
        with contextlib.suppress(subprocess.CalledProcessError):
            self._run("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "-w", "stop")

    def finish(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database, user="postgres"):
        return f"host={self.folder} dbname={database} user={user}"

    def psql(self, database, command):
        """What psql prints, unaligned and without headers."""
        done = subprocess.run([BIN / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", self.url(database), "-c", command],
                              check=True, stdout=subprocess.PIPE, text=True)
        return done.stdout.strip()

    def create_database(self, name, template="template1"):
        exists = self.psql("postgres", f"select 1 from pg_database where datname = '{name}'")
        if not exists:
            self.psql("postgres", f'create database "{name}" template "{template}"')
        return name
