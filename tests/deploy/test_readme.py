"""Every command of deploy/README.md, in its order, as somebody who follows it types them: from nothing to data on another machine."""

import contextlib
import datetime
import json
import pathlib
import re
import shlex
import tempfile
import time

import pytest

from client import PASSWORD
from foundation import fixed_id
from installation import PARTS, Installation, compose_command
from world import instant, new_id

README = (pathlib.Path(__file__).resolve().parents[2] / "deploy/README.md").read_text()


def blocks():
    """{heading: [block, …]} of what is in ```sh."""
    found, heading = {}, ""
    for part in re.split(r"^(?=## )|(?<=```\n)", README, flags=re.M):
        if named := re.search(r"^## (.*)$", part, re.M):
            heading = named[1]
        found.setdefault(heading, []).extend(re.findall(r"^```sh\n(.*?)^```$", part, re.M | re.S))
    return {heading: made for heading, made in found.items() if made}


@pytest.fixture(scope="module")
def running(request, images):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pulihreadme-"))
    folder.chmod(0o755)
    installation = Installation(folder, "pulihreadme", images)
    try:
        yield installation
    finally:
        installation.down()


@pytest.fixture(scope="module")
def told():
    """What one test leaves for the next."""
    return {}


def follow(running, heading, number=0):
    """Types a block at a terminal; gives what was shown."""
    block = blocks()[heading][number].replace("docker compose", " ".join(compose_command()))
    (running.folder / "block.sh").write_text("set -e\n" + block)
    return running.run("script", "-qefc", f"bash {shlex.quote(str(running.folder / 'block.sh'))}", "/dev/null", timeout=1800)


def call(running, method, **request):
    """As the demonstration's counsellor."""
    (running.folder / "password").write_text(PASSWORD + "\n")
    session = running.folder / "session-sari@example.org"
    running.sign_in(session)
    return json.loads(running.pulih("call", method, json.dumps(request), "--json", "--user", session)[1])


def state(running):
    """What must be the same after a restore."""
    tables = ("identity.person", "enrollment.participant", "enrollment.enrollment", "scheduling.session", "notes.note")
    found = {table: running.psql(f"select count(*), md5(string_agg(id::text, ',' order by id)) from {table}") for table in tables}
    found["keys"] = running.psql("select count(*), md5(string_agg(sealed_key::text, ',' order by person_id)) from keystore.person_key",
                                 "keystore", "pulih_keystore")
    return found


def test_every_block_is_followed_here():
    used = set(re.findall(r'follow\(running, "([^"]+)"', pathlib.Path(__file__).read_text()))
    assert set(blocks()) == used, set(blocks()) ^ used


def test_an_empty_server(running):
    shown = follow(running, "An empty server")
    running.wait_ready()
    assert "made the keys of hub and services" in shown
    assert re.search(r"fine\S*\s+key store", running.compose("run", "--rm", "-T", "pulih", "doctor"))


def test_the_first_person(running):
    shown = follow(running, "An empty server", 1)
    assert "siti@example.org" in shown and "can sign in with it once" in shown, shown


def test_the_demonstration(running, told):
    follow(running, "To look at first")
    end = time.monotonic() + 180
    demo = running.docker("ps", "-aq", "--filter", "label=com.docker.compose.project=pulihreadme", "--filter",
                          "label=com.docker.compose.service=demo").split()[0]
    while (status := running.docker("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", demo).strip()) != "exited 0":
        assert time.monotonic() < end and "exited" not in status, running.run("bash", "-c", f"docker logs {demo} 2>&1")
        time.sleep(0.5)
    assert running.psql("select count(*) from enrollment.participant") == "400"
    running.mail.wait_for(1, 120)
    # A note, whose key is in the other cluster.
    told["note"] = new_id()
    call(running, "SaveDraft", id=told["note"], type="NOTE_TYPE_INDIVIDUAL_SESSION", enrollmentId=fixed_id("case 0"),
         occurredAt=instant(datetime.datetime.now(datetime.timezone.utc)), revision=1, body={"text": "Mulai berani bercerita."})
    call(running, "SignNote", noteId=told["note"], revision=1)


def test_it_is_well(running):
    shown = follow(running, "Is it well?")
    assert "WRONG" not in shown or "dead letters" in shown, shown
    end = time.monotonic() + 60
    container, = running.containers("prometheus")
    while True:
        with contextlib.suppress(RuntimeError, IndexError, json.JSONDecodeError):
            found = json.loads(running.docker("exec", container, "bash", "-c",
                                              "exec 3<>/dev/tcp/127.0.0.1/9090; printf 'GET /api/v1/targets HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3"
                                              ).split("\n\n", 1)[1])
            if {target["labels"]["job"] for target in found["data"]["activeTargets"] if target["health"] == "up"} == {"gateway", "database", "machine"}:
                return
        assert time.monotonic() < end, "Prometheus doesn't reach all"
        time.sleep(1)


def test_more_of_something(running):
    lines = blocks()["More of something"][0].splitlines()
    assert len(lines) == 2
    follow(running, "More of something")
    running.wait_ready()
    assert [len(running.containers(part)) for part in ("identity", "gateway")] == [1, 1]


def test_an_upgrade_and_back(running):
    shown = follow(running, "Upgrade")
    assert "done: next" in shown and "done: local" in shown, shown
    running.wait_ready()
    assert [len(running.containers(part)) for part in PARTS] == [1] * len(PARTS)


def test_after_an_upgrade_the_profiles_are_those_of_the_new_version_too(running):
    """Every file that only their images have is another one then."""
    files = {"prometheus": ("deploy/observe/rules/work.yml", "/etc/pulih/rules/work.yml"), "mail": ("deploy/demo/mail_server.py", "/usr/lib/pulih/mail_server.py"),
             "demo": ("deploy/demo/load.py", "/usr/lib/pulih/demo/load.py")}
    for source, _ in files.values():
        with (running.project / source).open("a") as file:
            file.write("# another version\n")
    others = set(running.containers()) - {container for part in (*files, "watch-database", "watch-machine") for container in running.containers(part)}
    follow(running, "Upgrade", 1)
    for part, (_, path) in files.items():
        container, = running.docker("ps", "-aq", "--filter", "label=com.docker.compose.project=pulihreadme", "--filter",
                                    f"label=com.docker.compose.service={part}").split()
        assert running.docker("cp", f"{container}:{path}", "-").count("# another version") == 1, part
    assert others <= set(running.containers())


def test_backups_are_made_and_tried(running):
    shown = follow(running, "Backups")
    assert shown.count("are the same") == 2, shown
    told = json.loads(running.pulih("call", "ListUpkeep", "{}", "--json")[1])["upkeep"]
    assert len(told) == 4 and not any("failedAt" in one for one in told), told


def test_a_restore_onto_new_disks_brings_everything_back(running):
    before = state(running)
    running.psql("select pg_switch_wal()")
    running.compose("stop")
    running.compose("rm", "-f", "postgres", "keystore")
    running.docker("volume", "rm", "pulihreadme_postgres", "pulihreadme_keystore")
    begin = time.monotonic()
    follow(running, "A restore")
    running.wait_ready()
    print(f"\nrestored and ready in {time.monotonic() - begin:.0f} s")
    assert state(running) == before


def test_other_keys_and_certificates(running):
    follow(running, "Keys and passwords")
    running.wait_ready()
    assert [len(running.containers(part)) for part in PARTS] == [1] * len(PARTS)


def test_saved_and_loaded_it_is_the_same(running, told):
    told["before"] = state(running)
    begin = time.monotonic()
    follow(running, "Another machine")
    print(f"\nsaved in {time.monotonic() - begin:.0f} s")
    begin = time.monotonic()
    follow(running, "Another machine", 1)
    running.wait_ready()
    print(f"destroyed, loaded and ready in {time.monotonic() - begin:.0f} s")
    assert state(running) == told["before"]


def test_notes_are_still_readable_there(running, told):
    assert call(running, "GetNote", noteId=told["note"])["body"]["text"] == "Mulai berani bercerita."
