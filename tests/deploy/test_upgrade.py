"""From the previous commit's images to these while people work: not one request fails, none is lost, none is done twice."""

import base64
import collections
import contextlib
import datetime
import http.client
import json
import socket
import ssl
import threading
import time

import pytest

from client import PASSWORD
from conftest import installed
from foundation import BANYUWANGI, PRISONS
from installation import copy_project
from world import World, day, new_id

READERS, WRITERS = 4, 4
PARTICIPANTS = "/pulih.enrollment.v1.ParticipantService/"


class Load:
    """People at their browsers: each asks, waits for the answer, asks again; on a connection that is kept. Nothing is repeated here:
    whatever isn't answered with 200 is a failure."""

    def __init__(self, installation):
        self.installation = installation
        self.stopping = threading.Event()
        self.counts, self.failures, self.slowest = collections.Counter(), [], 0.0
        self.made = set()
        self.token = self.sign_in()
        work = [self.read] * READERS + [self.write] * WRITERS
        self.threads = [threading.Thread(target=self.run, args=(one,), daemon=True) for one in work]

    def connect(self):
        context = ssl.create_default_context(cafile=self.installation.secrets / "ca.crt")
        return http.client.HTTPSConnection("localhost", self.installation.https_port, context=context, timeout=40)

    def post(self, connection, method, request, token=None):
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        connection.request("POST", method, json.dumps(request), headers)
        answer = connection.getresponse()
        return answer.status, answer.read()

    def sign_in(self):
        status, body = self.post(self.connect(), "/pulih.identity.v1.IdentityService/SignIn",
                                 {"email": "budi@example.org", "password": PASSWORD})
        assert status == 200, body
        return base64.urlsafe_b64encode(base64.b64decode(json.loads(body)["token"])).decode().rstrip("=")

    def read(self):
        return "ListParticipants", {"prisonId": BANYUWANGI, "pageSize": 5}

    def write(self):
        identifier = new_id()
        return "CreateParticipant", {
            "id": identifier, "prisonId": BANYUWANGI, "registerNumber": f"U {identifier[-12:]}", "name": "Warga", "sex": "SEX_MALE",
            "birthDate": day(datetime.date(1990, 1, 1)), "block": "Mawar", "offenceArticles": ["Pasal 112"],
            "sentenceStart": day(datetime.date(2025, 1, 1)), "twoThirdsOn": day(datetime.date(2028, 1, 1)),
            "expectedReleaseOn": day(datetime.date(2029, 1, 1))}

    def run(self, work):
        connection = self.connect()
        while not self.stopping.is_set():
            method, request = work()
            begin = time.monotonic()
            try:
                status, body = self.post(connection, PARTICIPANTS + method, request, self.token)
            except (OSError, http.client.HTTPException) as error:
                status, body = repr(error), b""
                connection = self.connect()
            self.slowest = max(self.slowest, time.monotonic() - begin)
            self.counts[method] += 1
            if status != 200:
                self.failures.append((datetime.datetime.now().time().isoformat("milliseconds"), method, status, body[:300]))
            elif method == "CreateParticipant":
                self.made.add(request["id"])
            time.sleep(0.02)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join(60)


@pytest.fixture(scope="module")
def running(request, previous_images, images):
    yield from installed(request, images, "pulihupgrade", version="previous", commit=previous_images)


def version_of(running, part):
    container, = running.containers(part)
    image = running.docker("inspect", "-f", "{{.Image}}", container).strip()
    return [tag for tag in ("previous", "local") if running.docker("image", "inspect", "-f", "{{.Id}}", f"pulih/{part}:{tag}").strip() == image]


def set_up(running):
    """One prison and its officer: little that the commit before could do otherwise."""
    world = World(running)
    world.employ("koordinator", "Dewi Lestari", "coordinator")
    identifier, code, name, zone, address = PRISONS[0]
    world.call("koordinator", "CreatePrison", id=identifier, code=code, name=name, timeZone=zone, address=address)
    world.employ("budi", "Budi Santoso", "officer", prison=code)


def test_an_upgrade_and_the_way_back_fail_no_request(running):
    set_up(running)
    assert {part: version_of(running, part) for part in running.parts} == {part: ["previous"] for part in running.parts}
    copy_project(running.project)  # as `git pull` does
    with Load(running) as load:
        time.sleep(3)
        for version in ("local", "previous"):
            begin = time.monotonic()
            print(f"\n{running.run('deploy/upgrade', version)}{version} after {time.monotonic() - begin:.0f} s, "
                  f"{sum(load.counts.values())} requests so far, {len(load.failures)} failed, slowest {load.slowest:.1f} s")
            assert {part: version_of(running, part) for part in running.parts} == {part: [version] for part in running.parts}
            assert not load.failures, load.failures[:10]
        time.sleep(3)
    assert not load.failures, load.failures[:10]
    assert load.counts["CreateParticipant"] > 20, load.counts
    found = running.psql("select count(*), count(distinct id) from enrollment.participant where register_number like 'U %'")
    assert found == f"{len(load.made)}|{len(load.made)}"
    # What compose knows is what runs: nothing to do.
    running.write_settings(PULIH_VERSION="previous")
    before = {part: running.containers(part) for part in running.parts}
    running.compose("up", "-d")
    assert {part: running.containers(part) for part in running.parts} == before


def serial_at_the_door(running):
    context = ssl.create_default_context(cafile=running.secrets / "ca.crt")
    with socket.create_connection(("localhost", running.https_port), 5) as plain, \
            context.wrap_socket(plain, server_hostname="localhost") as connection:
        return connection.getpeercert()["serialNumber"]


def serial_at_the_database(running):
    return running.compose("run", "--rm", "-T", "--entrypoint", "bash", "pulih", "-c",
                           "openssl s_client -connect postgres:5432 -starttls postgres < /dev/null 2> /dev/null | openssl x509 -noout -serial")


def keys_in_force(running):
    return {line for line in (running.secrets / "hub_keys").read_text().splitlines() if line and not line.startswith("#")}


def test_other_keys_passwords_and_certificates_fail_no_request(running):
    running.run("deploy/upgrade", "local")
    keys, password = keys_in_force(running), (running.secrets / "enrollment.pgpass").read_text()
    door, database, given = serial_at_the_door(running), serial_at_the_database(running), (running.secrets / "front.pem").read_text()
    with Load(running) as load:
        time.sleep(1)
        running.run("deploy/rotate", "enrollment", "gateway")
        running.run("deploy/certificate")
        time.sleep(2)
    assert not load.failures, load.failures[:10]
    assert load.counts["CreateParticipant"] > 20, load.counts
    changed = sorted(line.rsplit(" ", 1)[0] for line in keys ^ keys_in_force(running))
    assert changed == sorted(2 * ["gateway gateway", "service enrollment", "service gateway-events"])
    assert (running.secrets / "enrollment.pgpass").read_text() != password
    assert serial_at_the_door(running) != door and serial_at_the_database(running) != database
    # Of a file somebody gives; none that the door couldn't use.
    mixed = given[:given.index("-----BEGIN PRIVATE KEY")] + (running.secrets / "postgres.key").read_text()
    for text, taken in ((mixed, False), (given, True)):
        (running.folder / "given.pem").write_text(text)
        now = serial_at_the_door(running)
        with contextlib.nullcontext() if taken else pytest.raises(RuntimeError, match="not the one of the first certificate"):
            running.run("deploy/certificate", running.folder / "given.pem")
        time.sleep(1)
        assert (serial_at_the_door(running) == door) == taken and (serial_at_the_door(running) == now) != taken
