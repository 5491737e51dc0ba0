"""docker-compose.yml of a server and of a prison's machine, without an engine: what both Composes take, and what no file may hold."""

import json
import os
import pathlib
import re
import shutil
import subprocess

import jsonschema
import pytest
import yaml

from installation import PARTS

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILES = ("docker-compose.yml", "deploy/site/docker-compose.yml")


@pytest.fixture(params=FILES)
def composed(request):
    return yaml.safe_load((ROOT / request.param).read_text())


def test_v2_takes_it(composed):
    """By the specification's own schema: Compose v2 isn't among Debian 12's packages."""
    schema = json.loads((pathlib.Path(__file__).parent / "compose-spec.json").read_text())
    found = [f"{'.'.join(map(str, wrong.path))}: {wrong.message[:200]}" for wrong in jsonschema.Draft7Validator(schema).iter_errors(composed)]
    assert not found, found


@pytest.mark.parametrize("command", ["docker-compose", "docker compose"])
@pytest.mark.parametrize("file", FILES)
def test_each_of_the_two_takes_it(command, file):
    if not shutil.which(command.split()[0]) or subprocess.run([*command.split(), "version"], capture_output=True, check=False).returncode:
        pytest.skip(f"{command} isn't here")
    settings = {"PULIH_HUB": "tcp://hub.example.org:7100", "PULIH_ORIGIN": "https://pulih.example.org", "PULIH_HUB_PUBLIC_KEY": "key"}
    done = subprocess.run([*command.split(), "-f", ROOT / file, "--project-directory", ROOT, "config", "-q"], capture_output=True, text=True,
                          env=os.environ | settings, check=False)
    assert done.returncode == 0 and not done.stderr, done.stderr


def test_nothing_in_it_is_a_password_or_a_key(composed):
    for part, service in composed["services"].items():
        for name, value in service.get("environment", {}).items():
            if re.search(r"PASSWORD|SECRET|_KEY(_|$)|TOKEN", name):
                assert str(value).startswith("/run/secrets/"), f"{part}: {name}={value}"
            assert not re.search(r"password=|://[^/]*:[^/]*@", str(value)), f"{part}: {name}={value}"


def test_our_processes_check_themselves_without_a_shell():
    lines = re.findall(r"^FROM \S+ AS (\S+)\n(.*?)(?=^FROM |\Z)", (ROOT / "deploy/Dockerfile").read_text(), re.M | re.S)
    checks = {target: re.search(r"^HEALTHCHECK .* CMD (.*)$", text, re.M) for target, text in lines}
    for part in PARTS:
        assert json.loads(checks[part][1]) == [f"pulih-{part}", "--health"], part


def test_what_processes_on_one_machine_are_told_those_in_containers_are_told():
    told = set(re.findall(r'"(PULIH_\w+)"', (ROOT / "deploy/local/stack.py").read_text()))
    # Of tests, and of a catcher of mails that speaks no TLS.
    told -= {"PULIH_CLOCK_FILE", "PULIH_BUILD", "PULIH_SESSION_FILE", "PULIH_SMTP_TLS"}
    shown = (ROOT / "docker-compose.yml").read_text() + (ROOT / "deploy/Dockerfile").read_text()
    assert not [name for name in sorted(told) if name not in shown]
