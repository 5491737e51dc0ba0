import datetime
import pathlib
import shutil
import sys
import tempfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "deploy/local")]

from foundation import set_up  # noqa: E402
from stack import Stack  # noqa: E402

MONDAY = datetime.date(2026, 3, 2)
WIB = datetime.timezone(datetime.timedelta(hours=7))


@pytest.fixture(scope="module")
def running(request):
    """The whole stack, its clock standing at Monday 2 March 2026, 08:00 WIB. Two instances of everything where the module
    says INSTANCES = 2, SETTINGS of its own where it says some."""
    folder = tempfile.mkdtemp(prefix="pulih-scenario-")
    stack = Stack(folder, instances=getattr(request.module, "INSTANCES", 1), clock="2026-03-02T01:00:00Z",
                  fsync=getattr(request.module, "FSYNC", False), settings=getattr(request.module, "SETTINGS", None))
    try:
        yield stack.start()
        bad = stack.stop_processes()
        assert not bad, bad
    finally:
        stack.stop(forget=True)
        if request.session.testsfailed == 0:
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def world(running):
    return set_up(running, MONDAY)
