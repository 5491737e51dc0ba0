"""Connect clients as they come: npm's, buf curl, curl."""

import base64
import json
import os
import pathlib
import subprocess

import pytest
from build import program
from foundation import BANYUWANGI

ROOT = pathlib.Path(__file__).resolve().parents[2]
GET = "/pulih.enrollment.v1.ProgrammeService/GetPrison"


def run(*command, **environment):
    done = subprocess.run(list(map(str, command)), cwd=ROOT, env=os.environ | environment, text=True, capture_output=True,
                          timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def token(coordinator_cookie):
    """A browser's session, as a program would have got it from SignIn."""
    return coordinator_cookie.split("=")[1]


def test_the_clients_of_npm(running, token):
    run("node", "--test", ROOT / "tests/gateway/clients.test.mjs", PULIH_TEST_URL=running.gateway_url, PULIH_TEST_TOKEN=token,
        PULIH_TEST_CONTRACTS=str(program("proto/all.pb")), PULIH_TEST_PRISON=BANYUWANGI)


def test_buf_curl(running, token):
    schema = f"{program('proto/all.pb')}#format=binpb"
    for options in [], ["--emit-defaults"]:
        answer = run("npx", "--no-install", "buf", "curl", "--schema", schema, "--protocol", "connect", *options, "-H",
                     f"Authorization: Bearer {token}", "-d", json.dumps({"id": BANYUWANGI}), running.gateway_url + GET)
        assert json.loads(answer)["code"] == "LP-BWI", answer


def test_plain_curl(running, token):
    url = running.gateway_url + GET
    common = ["curl", "-sS", "--fail-with-body", "-H", f"Authorization: Bearer {token}"]
    message = json.dumps({"id": BANYUWANGI})
    posted = run(*common, "--json", message, url)
    packed = run(*common, "--compressed", "--json", message, url)
    chunked = run(*common, "-H", "Transfer-Encoding: chunked", "-H", "Expect: 100-continue", "--json", message, url)
    got = run(*common, "-G", "--data-urlencode", f"message={message}", "-d", "encoding=json&connect=v1", url)
    text = base64.urlsafe_b64encode(message.encode()).decode().rstrip("=")
    encoded = run(*common, f"{url}?connect=v1&encoding=json&base64=1&message={text}")
    for answer in posted, packed, chunked, got, encoded:
        assert json.loads(answer)["code"] == "LP-BWI", answer
