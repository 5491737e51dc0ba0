import datetime
import pathlib
import shutil
import sys
import tempfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "deploy/local"), str(pathlib.Path(__file__).parent)]

from foundation import set_up  # noqa: E402
from http_client import Browser  # noqa: E402
from page_files import write_page  # noqa: E402
from stack import Stack  # noqa: E402

MONDAY = datetime.date(2026, 3, 2)

def settings(folder):
    return {"gateway": {"PULIH_GATEWAY_WEB": str(folder / "web"), "PULIH_GATEWAY_ACCESS_LOG": "true",
                        "PULIH_GATEWAY_HEADER_TIMEOUT": "1s", "PULIH_GATEWAY_BODY_TIMEOUT": "2s",
                        "PULIH_GATEWAY_REPLY_TIMEOUT": "1s", "PULIH_GATEWAY_DRAIN": "2s",
                        "PULIH_GATEWAY_BODY_LIMIT": "1048576",
                        "PULIH_GATEWAY_CORS_ORIGINS": "https://tools.example.org"}}


@pytest.fixture(scope="session")
def running():
    """The whole stack with two gateways, its clock standing at Monday 2 March 2026, 08:00 WIB."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pulih-gateway-"))
    write_page(folder / "web")
    stack = Stack(folder, clock="2026-03-02T01:00:00Z", fsync=False, settings=settings(folder),
                  gateway_ports=(None, None))
    well = False
    try:
        yield stack.start()
        bad = stack.stop_processes()
        assert not bad, bad
        well = True
    finally:
        stack.stop(forget=True)
        if well:
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def world(running):
    return set_up(running, MONDAY)


@pytest.fixture
def browser(running):
    """A browser that hasn't signed in."""
    return Browser(running.gateway_ports[0])


@pytest.fixture(scope="session")
def coordinator_cookie(running, world):
    first = Browser(running.gateway_ports[0])
    first.sign_in("koordinator@example.org")
    return first.cookie


@pytest.fixture
def coordinator(coordinator_cookie, browser):
    """A browser in which the coordinator has signed in."""
    browser.cookie = coordinator_cookie
    return browser
