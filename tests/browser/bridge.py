"""The whole stack for a test in a browser. `bridge.py <world>` starts it, has <world>.py's `tell(stack)` fill it, and says
where it is: one JSON line {"url", "password", …what tell() gives}. Then one JSON line in, one out:

    {"clock": "2026-03-04T02:30:00Z"}                  the stack's clock stands there
    {"who": "sari", "method": "GetMyself", "request": {}}   as somebody calls from elsewhere; {"error": reason} when refused
    {"mails": "sari"}                                  {"mails": [{"id", "to", "language", "subject", "text", "html", "files"}, …]} that came
                                                       to her, or with "" to anybody
    {"stop": "gateway-0"}, {"start": "gateway"}         a process ends, or begins

It ends, and takes the stack with it, when its input does."""

import base64
import importlib
import json
import pathlib
import shutil
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "deploy/local"), str(ROOT / "deploy/demo"), str(pathlib.Path(__file__).parent)]

from stack import PASSWORD, Stack, stop_on_signals  # noqa: E402
from world import Refused  # noqa: E402


def mails_to(stack, who):
    found = []
    for mail in stack.mail.mails():
        if who in ("", mail["X-Envelope-To"].removesuffix("@example.org")):
            text, html = mail.get_body(("plain",)), mail.get_body(("html",))
            found.append({"id": mail["Message-ID"].strip("<>").partition("@")[0], "to": mail["X-Envelope-To"], "language": mail["Content-Language"],
                          "subject": mail["Subject"], "text": text and text.get_content(), "html": html and html.get_content(),
                          "files": {part.get_filename(): base64.b64encode(part.get_content()).decode() for part in mail.iter_attachments()
                                    if part.get_content_type() == "application/pdf"}})
    return found


def answer(stack, world, asked):
    if "mails" in asked:
        return {"mails": mails_to(stack, asked["mails"])}
    if "clock" in asked:
        stack.set_clock(asked["clock"])
    elif "method" in asked:
        try:
            return world.call(asked["who"], asked["method"], **asked["request"])
        except Refused as refused:
            return {"error": refused.reason}
    elif "stop" in asked:
        stack.kill_process(asked["stop"])
    elif "start" in asked:
        stack.start_process(asked["start"])
        stack.wait_ready()
    return {}


def main():
    stop_on_signals()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pulih-browser-"))
    told = importlib.import_module(sys.argv[1])
    stack = Stack(folder, clock=told.BEGIN, fsync=False)
    well = False
    try:
        stack.start()
        world, facts = told.tell(stack)
        print(json.dumps({"url": stack.gateway_url, "password": PASSWORD, "logs": str(stack.logs), **facts}), flush=True)
        for line in sys.stdin:
            print(json.dumps(answer(stack, world, json.loads(line))), flush=True)
        well = not stack.died()
    finally:
        stack.stop(forget=True)
        if well:
            shutil.rmtree(folder, ignore_errors=True)


main()
