"""Fills a running installation with the demonstration: the same story, but on the real clock, so that its weeks lie ahead and none
was lived. Once: where there is a prison already, nothing is done."""

import datetime
import json
import pathlib
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "local")]

from client import PASSWORD, Client  # noqa: E402
from foundation import STAFF  # noqa: E402
from story import WIB, Story  # noqa: E402


class Now(Story):
    def live_weeks(self):
        pass


def wait_for_services(here):
    services = {"identity", "enrollment", "scheduling", "counseling_notes", "notifications"}
    for _ in range(120):
        status, out, err = here.pulih("call", "HubService/GetStatus", "--timeout", "1s", check=False)
        if status == 0 and services <= {instance["service"] for instance in json.loads(out).get("instances", [])}:
            return
        time.sleep(0.5)
    sys.exit(f"not every service is there: {err or out}")


def main():
    here = Client(tempfile.mkdtemp(prefix="pulih-demo-"))
    wait_for_services(here)
    if json.loads(here.pulih("call", "ListPrisons", "--json")[1]).get("prisons"):
        print("There are prisons here already; nothing was loaded.")
        return
    story = Now(here, datetime.datetime.now(WIB).date(), lambda text: print(f"  {text}", flush=True))
    story.tell()
    story.book_soon()
    print(f"Sign in with the password \"{PASSWORD}\" as", ", ".join(f"{short}@example.org ({role})" for short, _, role, _ in STAFF))


main()
