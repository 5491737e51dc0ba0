"""The main job, from a signed agreement to a delivered reminder, as tests/scenario tells it, but by docker-compose.yml."""

import datetime

import pytest

from conftest import installed
from foundation import set_up
from test_main_job import *  # noqa: F403

MONDAY = datetime.date(2026, 3, 2)


@pytest.fixture(scope="module")
def running(request, images):
    for installation in installed(request, images, "pulihjob", clock="2026-03-02T01:00:00Z"):
        installation.compose("--profile", "demo", "up", "-d", "mail")
        yield installation


@pytest.fixture(scope="module")
def world(running):
    return set_up(running, MONDAY)
