"""deploy/postgres/start makes a cluster and its database, at whatever point it is killed meanwhile."""

import pathlib
import subprocess
import tempfile
import time

import pytest

NAME = "pulih-postgres-killed"
OPTIONS = ("--name", NAME, "--network", "none", "--read-only", "--tmpfs", "/run/postgresql:uid=10002,gid=10002,mode=0700", "--tmpfs", "/tmp",
           "--env", "PULIH_DATABASE=wanted", "--volume", f"{NAME}:/var/lib/postgresql/data")
# Stands in for a program: does what that does and, if the word is among its arguments, comes no further.
STAND_IN = """#!/bin/bash
PATH=${{PATH#*:}} {program} "$@"
if [[ " $* " = *"{word}"* ]]; then echo standing >&2; exec sleep 1000; fi
"""


@pytest.fixture
def docker(images):
    def run(*command, check=True):
        done = subprocess.run(["docker", *map(str, command)], env=images, capture_output=True, text=True, check=False)
        assert not check or done.returncode == 0, done.stderr
        return done.returncode == 0, done.stdout + done.stderr

    def clean():
        run("rm", "-f", NAME, check=False)
        run("volume", "rm", NAME, check=False)

    clean()
    yield run
    clean()


def wait_until(condition, timeout=120):
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, condition
        time.sleep(0.2)


@pytest.mark.parametrize("program, word", [("initdb", "--data-checksums"), ("postgres", "--single"), ("mv", "making"), ("mv", "global"), ("mv", "PG_VERSION")])
def test_a_start_that_was_killed_is_finished_by_the_next(docker, program, word):
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        folder.chmod(0o755)
        (folder / "superuser_password").write_text("a password\n")
        (folder / program).write_text(STAND_IN.format(program=program, word=word))
        (folder / program).chmod(0o755)
        secret = ("--volume", f"{folder}/superuser_password:/run/secrets/superuser_password:ro")
        docker("run", "-d", *OPTIONS, *secret, "--volume", f"{folder}/{program}:/stand-in/{program}:ro", "--env",
               "PATH=/stand-in:/usr/lib/postgresql/15/bin:/usr/bin:/bin", "pulih/postgres:local", "-c", "ssl=off")
        wait_until(lambda: "standing" in docker("logs", NAME)[1])
        docker("kill", "--signal", "KILL", NAME)
        docker("rm", NAME)
        docker("run", "-d", *OPTIONS, *secret, "pulih/postgres:local", "-c", "ssl=off")
        wait_until(lambda: docker("exec", NAME, "psql", "-h", "/run/postgresql", "-d", "wanted", "-c", "select", check=False)[0])
