"""The same source gives the same programs and the same page, byte for byte, wherever and whenever they are built. What was built before, or
is now, is held against what is built from nothing, which takes minutes."""

import hashlib
import io
import os
import subprocess
import tarfile
import time

import pytest

from installation import build_settings, copy_project

BASE = os.environ.get("PULIH_BASE", "debian:bookworm-slim")
SECOND_AT = 1_700_000_000  # another time of the files that it is built from


def docker(environment, *arguments, **options):
    done = subprocess.run(["nice", "docker", *arguments], env=environment, capture_output=True, check=False, **options)
    assert done.returncode == 0, done.stdout[-3000:].decode() + done.stderr[-3000:].decode()
    return done.stdout


def built(environment, folder, target, base):
    """{name: (rights, time, SHA-256)} of what a stage gives to the images."""
    tag = f"pulih-reproducible:{target}"
    settings = {"BASE": base, "SNAPSHOT": "", "SOURCE_DATE_EPOCH": "0", "BUILD_CA": build_settings()["PULIH_BUILD_CA"]}
    docker(environment, "build", "-q", "-f", "deploy/Dockerfile", "--target", target, "-t", tag,
           *(word for name, value in settings.items() for word in ("--build-arg", f"{name}={value}")), ".", cwd=folder)
    container = docker(environment, "create", tag, "true").decode().strip()
    try:
        with tarfile.open(fileobj=io.BytesIO(docker(environment, "cp", f"{container}:/out", "-"))) as archive:
            return {member.name: (oct(member.mode), member.mtime, hashlib.sha256(archive.extractfile(member).read()).hexdigest())
                    for member in archive if member.isfile()}
    finally:
        docker(environment, "rm", container)


def base_of_nothing(environment):
    """The same base that nothing was ever built on. Not --no-cache: its layers would take the place of those that other builds go on from."""
    tag = "pulih-reproducible:base"
    docker(environment, "build", "-q", "-t", tag, "-", input=f"FROM {BASE}\nLABEL made={time.time_ns()}\n".encode())
    return tag


@pytest.mark.parametrize("target, known", [("page", "out/web/index.html.br"), ("build", "out/pulih-gateway")])
def test_built_twice_it_is_the_same(containers, tmp_path, target, known):
    first = built(containers, copy_project(tmp_path / "first"), target, BASE)
    elsewhere = copy_project(tmp_path / "some/where/else")
    for path in elsewhere.rglob("*"):
        os.utime(path, (SECOND_AT, SECOND_AT))
    second = built(containers, elsewhere, target, base_of_nothing(containers))
    assert known in first and len(first) >= 8, sorted(first)
    differing = sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name))
    assert not differing, [(name, first.get(name), second.get(name)) for name in differing[:5]]
