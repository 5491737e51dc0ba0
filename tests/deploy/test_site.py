"""A prison's machine joins the foundation's hub by one file of settings and a key of its own, and goes over to another key while people
work."""

import datetime
import json
import ssl
import threading
import time
import urllib.error
import urllib.request

import pytest

from client import PASSWORD
from conftest import installed
from foundation import BANYUWANGI, KENDARI, set_up
from stack import free_port

# On one machine the site finds the hub by the network that the door is on; a real one by the foundation's name.
TOGETHER = """
services:
  gateway:
    networks: [door, outside, foundation]
networks:
  foundation: {external: {name: pulihserver_outside}}
"""


@pytest.fixture(scope="module")
def running(request, images):
    yield from installed(request, images, "pulihserver")


@pytest.fixture(scope="module")
def world(running):
    return set_up(running, datetime.date.today())


class Site:
    def __init__(self, server):
        self.server, self.port = server, free_port()
        self.folder = server.project / "deploy/site"
        (self.folder / "together.yml").write_text(TOGETHER)
        settings = {"COMPOSE_PROJECT_NAME": "pulihsite", "COMPOSE_FILE": "docker-compose.yml:together.yml", "PULIH_HUB": "tcp://front:7100",
                    "PULIH_HUB_PUBLIC_KEY": f"'{(server.secrets / 'hub.pub').read_text().strip()}'", "PULIH_HTTPS_PORT": self.port,
                    "PULIH_ORIGIN": f"https://localhost:{self.port}"}
        (self.folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))

    def join(self, *arguments):
        return self.server.run(self.folder / "join", *arguments).split("\n")[0].strip()

    def request(self, path, body=None, token=None):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        asked = urllib.request.Request(f"https://localhost:{self.port}{path}", None if body is None else json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(asked, timeout=35, context=context) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def wait_ready(self, ready=True):
        end = time.monotonic() + 40
        while True:
            try:
                if (self.request("/readyz")[0] == 200) == ready:
                    return
            except OSError:
                pass
            assert time.monotonic() < end, self.server.docker("ps", "-a", "--filter", "name=pulihsite")
            time.sleep(0.3)

    def sign_in(self, who):
        status, body = self.request("/pulih.identity.v1.IdentityService/SignIn", {"email": f"{who}@example.org", "password": PASSWORD})
        assert status == 200, body
        return json.loads(body)["token"].rstrip("=").replace("+", "-").replace("/", "_")

    def prisons_of(self, who):
        status, body = self.request("/pulih.enrollment.v1.ParticipantService/ListParticipants", {"prisonId": BANYUWANGI}, self.sign_in(who))
        return status if status != 200 else "OK"


@pytest.fixture(scope="module")
def site(running, world):
    site = Site(running)
    yield site
    running.run("bash", "-c", "cd deploy/site && (docker compose version > /dev/null 2>&1 && docker compose down -v || docker-compose down -v)",
                check=False)
    running.docker("run", "--rm", "--user", "0", "-v", f"{site.folder}:/site", "--entrypoint", "rm", "pulih/pulih:local", "-rf",
                   "/site/secrets", check=False)


def add(running, name, key):
    return running.pulih("site", "add", name, "--prison", "LP-BWI", "--public-key", key)


def test_a_site_that_nobody_knows_is_kept_out_and_one_that_was_added_comes_in(running, site):
    key = site.join()
    assert len(key) == 40, key
    site.wait_ready(False)
    add(running, "banyuwangi", key)
    # libzmq gives up after a refusal; a machine that came too early is started again.
    running.run("bash", "-c", "docker restart $(docker ps -q --filter name=pulihsite_gateway --filter name=pulihsite-gateway)")
    site.wait_ready()
    assert oct((site.folder / "secrets/site.key").stat().st_mode)[-3:] == "400"


def test_people_of_the_prison_work_there_and_of_another_do_not(site):
    assert site.prisons_of("budi") == "OK"
    status, body = site.request("/pulih.enrollment.v1.ParticipantService/ListParticipants", {"prisonId": KENDARI}, site.sign_in("koordinator"))
    assert '"participants":[{' not in body, body
    assert site.prisons_of("andi") in (401, 403)
    assert site.request("/events", token=site.sign_in("budi"))[0] == 503


def test_another_key_takes_over_while_people_work(running, site):
    token = site.sign_in("budi")
    next_key = site.join("--new-key")
    add(running, "banyuwangi-2", next_key)
    failures = []

    def work():
        status, body = site.request("/pulih.enrollment.v1.ParticipantService/ListParticipants", {"prisonId": BANYUWANGI}, token)
        if status != 200:
            failures.append((status, body))

    stopping = threading.Event()
    thread = threading.Thread(target=lambda: [work() or time.sleep(0.05) for _ in iter(stopping.is_set, True)])
    thread.start()
    site.join("--use-new")
    stopping.set()
    thread.join()
    assert not failures, failures[:5]
    running.pulih("site", "revoke", "banyuwangi", "--yes")
    work()
    assert not failures, failures
    running.pulih("site", "revoke", "banyuwangi-2", "--yes")
    site.wait_ready(False)
