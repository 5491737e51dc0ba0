"""`make run`: everything on this machine, with the demonstration, until Ctrl-C.

What it makes is kept in .run/ and found again by the next `make run`; `make clean` forgets it.
"""

import datetime
import pathlib
import shlex
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "deploy/demo"), str(ROOT / "deploy/local")]

from stack import PASSWORD, Stack, stop_on_signals  # noqa: E402
from story import Story, at, first_day  # noqa: E402
from foundation import STAFF  # noqa: E402
from world import instant  # noqa: E402

FOLDER = ROOT / ".run"
PORTS = (7100, 7101)
GATEWAY_PORTS = (8080,)
TOLD = FOLDER / "demonstration"


def say(text):
    print(f"  {text}", flush=True)


def tell_story():
    """The demonstration on a clock of its own; the services are started anew on the real one afterwards."""
    today = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=7))).date()
    print("The demonstration: four weeks of work, told through pulih", flush=True)
    stack = Stack(FOLDER, ports=PORTS, gateway_ports=GATEWAY_PORTS, clock=instant(at(first_day(today), 7)))
    story = Story(stack, today, say)
    try:
        stack.start()
        story.tell()
        bad = stack.stop_processes()
    except BaseException:
        stack.stop()
        raise
    if bad:
        sys.exit(f"didn't stop well: {bad}")
    TOLD.touch()
    stack.clock_file.unlink()
    stack.clock_file = None
    return stack, story


def write_environment(stack):
    """What `pulih` needs, to be sourced by a shell."""
    path = FOLDER / "env"
    lines = [f"export {name}={shlex.quote(value)}" for name, value in sorted(stack.environment("pulih").items())
             if name.startswith("PULIH_")]
    lines.append(f"export PATH={shlex.quote(str(stack.program('pulih').parent))}:$PATH")
    path.write_text("\n".join(lines) + "\n")
    return path


def main():
    stop_on_signals()
    story = None
    if TOLD.exists():
        stack = Stack(FOLDER, ports=PORTS, gateway_ports=GATEWAY_PORTS)
        stack.start()
    else:
        stack, story = tell_story()
        stack.start_all()
        story.book_soon()
    try:
        where_to_look(stack, story)
        while not (dead := stack.died()):
            time.sleep(1)
        print("\n".join(dead), file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        pass
    finally:
        print("\nStopping.", flush=True)
        if bad := stack.stop():
            print(f"didn't stop well: {bad}", file=sys.stderr)


def where_to_look(stack, story):
    environment = write_environment(stack).relative_to(ROOT)
    _, services, _ = stack.pulih("doctor", check=False)
    print(f"""
Pulih runs: {stack.gateway_url}
{services}
Mails   {stack.mail.folder.relative_to(ROOT)}/: {stack.mail.count} delivered so far by SMTP\
{', and a reminder comes in about a minute' if story else ''}
Logs    {stack.logs.relative_to(ROOT)}/

In another terminal:
  . {environment}
  pulih login sari@example.org                # every password here: {PASSWORD}
  pulih whoami
  pulih call ListSessions '{{"pageSize": 3}}'
  pulih methods

No second factor is asked for here, since everybody's password is known; set up in an app, it is. On a server
coordinators, admins and clinical supervisors must have one (PULIH_IDENTITY_TOTP).

People: {', '.join(f'{short}@example.org ({role})' for short, _, role, _ in STAFF)}

Ctrl-C stops all.""", flush=True)


if __name__ == "__main__":
    main()
