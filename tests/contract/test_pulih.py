"""The command line on its own: what scripts and shells rely on, without a hub."""

import json
import os
import re
import stat
import subprocess
import uuid

import pytest

from build import program

PULIH = "services/pulih/pulih"
EXIT_USAGE, EXIT_NOT_ALLOWED, EXIT_TRY_AGAIN = 2, 5, 75


def pulih(*arguments, stdin="", stdout=subprocess.PIPE, **settings):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PULIH_")} | settings
    return subprocess.run([program(PULIH), *map(str, arguments)], input=stdin, text=True, env=environment, timeout=30,
                          stdout=stdout, stderr=subprocess.PIPE, check=False)


def commands():
    text = pulih("--help").stdout
    listed = text[text.index("Commands:\n"):text.index("\nEvery command")]
    return re.findall(r"^  ([a-z]+(?: [a-z]+)?)  ", listed, re.M)


def test_every_command_has_help_with_examples_first():
    assert len(commands()) >= 20
    for command in commands():
        done = pulih(*command.split(), "--help")
        assert (done.returncode, done.stderr) == (0, ""), command
        assert done.stdout.index(f"pulih {command}") < done.stdout.index("Usage:"), command


def test_every_method_is_described_with_its_prose():
    methods = [json.loads(line) for line in pulih("methods", "--json").stdout.splitlines()]
    assert len(methods) > 50
    assert [method["method"] for method in methods if not method["prose"]] == []
    done = pulih("methods", "ImportParticipants")
    for part in ("At most 500 rows a call.", "Who may call: OFFICER", "preview: true or false", "IMPORT_OUTCOME_CREATED",
                 "pulih call ImportParticipants '{"):
        assert part in done.stdout, done.stdout


def test_the_example_of_a_method_is_a_request_that_it_takes():
    """Its form, that is: ids and texts are placeholders."""
    for line in pulih("methods", "--json").stdout.splitlines():
        method = json.loads(line)["method"]
        example = re.search(r"^  pulih call \w+ '(.*)'$", pulih("methods", method).stdout, re.M)[1]
        done = pulih("call", method, example)
        assert "PULIH_HUB_ENDPOINTS is not set" in done.stderr, f"{method} {example}: {done.stderr}"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_every_command(shell):
    script = pulih("completion", shell).stdout
    for command in commands():
        assert command.split()[-1] in script, command


def complete(*words):
    script = f'{pulih("completion", "bash").stdout}\nCOMP_WORDS=({" ".join(map(repr, words))})\n' \
             f'COMP_CWORD={len(words) - 1}\n_pulih\nprintf "%s\\n" "${{COMPREPLY[@]}}"'
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout.split()


def test_bash_completes_commands_options_and_methods():
    assert complete("pulih", "im") == ["import"]
    assert set(complete("pulih", "user", "")) == {"add", "list", "role", "disable", "password"}
    assert complete("pulih", "user", "add", "--pri") == ["--prison"]
    assert complete("pulih", "call", "HubService/GetS") == ["HubService/GetStatus"]
    assert complete("pulih", "migrate", "--dr") == ["--dry-run"]


def test_ids_are_uuids_of_version_7_in_order():
    ids = pulih("id", 1000).stdout.split()
    assert len(set(ids)) == 1000
    assert {uuid.UUID(one).version for one in ids} == {7}
    assert [one[:13] for one in ids] == sorted(one[:13] for one in ids)


def test_messages_go_to_stderr_and_data_to_stdout():
    done = pulih("cal")
    assert (done.returncode, done.stdout) == (EXIT_USAGE, "")
    assert "did you mean call?" in done.stderr


def test_a_full_disk_is_a_failure():
    with open("/dev/full", "w", encoding="utf-8") as full:
        assert pulih("id", stdout=full).returncode == 1


def test_keys_are_made_once_for_their_owner_alone(tmp_path):
    folder = tmp_path / "keys"
    assert pulih("keys", "generate", folder).returncode == 0
    secret = [path for path in folder.iterdir() if path.suffix == ".key"]
    assert len(secret) >= 8
    assert {stat.S_IMODE(path.stat().st_mode) for path in secret} == {0o600}
    listed = [line.split() for line in (folder / "hub_keys").read_text().splitlines() if line[0] != "#"]
    for _, name, public in listed:
        assert (folder / f"{name}.pub").read_text().strip() == public
    before = (folder / "hub.key").read_text()
    done = pulih("keys", "generate", folder)
    assert (done.returncode, (folder / "hub.key").read_text()) == (4, before), done.stderr


@pytest.fixture
def settings(tmp_path):
    pulih("keys", "generate", tmp_path / "keys")
    return {"PULIH_HUB_ENDPOINTS": "tcp://127.0.0.1:1", "PULIH_HUB_PUBLIC_KEY_FILE": str(tmp_path / "keys/hub.pub"),
            "PULIH_KEY_FILE": str(tmp_path / "keys/operator.key"), "PULIH_SESSION_FILE": str(tmp_path / "session")}


def test_a_hub_that_is_not_there_is_worth_another_try(settings):
    done = pulih("call", "GetStatus", "--timeout", "300ms", **settings)
    assert done.returncode == EXIT_TRY_AGAIN, done.stderr


def test_a_request_is_checked_before_anything_is_sent(settings):
    done = pulih("call", "GetPrison", '{"idd": "x"}', **settings)
    assert done.returncode == EXIT_USAGE
    assert "idd: " in done.stderr and "FIELD_INVALID" in done.stderr
    done = pulih("call", "GetPrison", '{"idd": "x"}', "--json", **settings)
    assert json.loads(done.stderr)["reason"] == "FIELD_INVALID"


def test_nobody_signed_in_is_not_allowed(settings):
    assert pulih("whoami", **settings).returncode == EXIT_NOT_ALLOWED


def test_a_broken_session_file_is_named(settings):
    with open(settings["PULIH_SESSION_FILE"], "w", encoding="utf-8") as file:
        file.write("{}")
    done = pulih("whoami", **settings)
    assert done.returncode == EXIT_USAGE
    assert settings["PULIH_SESSION_FILE"] in done.stderr


def test_the_doctor_names_what_is_wrong_and_how_to_mend_it(settings):
    done = pulih("doctor", "--json", "--timeout", "300ms", **settings)
    checks = {check["check"]: check for check in map(json.loads, done.stdout.splitlines())}
    assert done.returncode == 1
    assert checks["settings"]["verdict"] == "fine"
    assert checks["hub"]["verdict"] == "wrong" and checks["hub"]["mend"]
    assert checks["key accepted"]["verdict"] == "passedOver"
    os.chmod(settings["PULIH_KEY_FILE"], 0o644)
    assert "can be read by others" in pulih("doctor", **settings).stdout
