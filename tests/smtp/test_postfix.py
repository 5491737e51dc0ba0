"""Through a real Postfix: mail over TLS, and the report that it writes when the next server refuses one, back into Pulih."""

import email
import email.policy
import json
import pathlib
import shutil
import sys
import tempfile
import time

import pytest
from aiosmtpd.smtp import SMTP

from mail_sink import Server, Sink
from postfix_server import Postfix, possible

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "deploy/local")]

from stack import Stack  # noqa: E402
from world import World, new_id  # noqa: E402

pytestmark = pytest.mark.skipif(not possible(), reason="Postfix starts as root alone, and must be installed")


@pytest.fixture
def sink():
    return Sink()


@pytest.fixture
def postfix(sink):
    server = Server(lambda: SMTP(sink))
    postfix = Postfix(int(server.url.rpartition(":")[2]))
    yield postfix
    postfix.stop()
    server.stop()


@pytest.fixture
def world(postfix):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pulih-postfix-stack-"))
    stack = Stack(folder, fsync=False, gateway_ports=(), settings={"notifications": {
        "PULIH_SMTP_URL": postfix.url, "PULIH_SMTP_TLS": "required", "PULIH_SMTP_CA_FILE": str(postfix.certificate),
        "PULIH_SMTP_FROM": "pulih@yayasan.example", "PULIH_SMTP_BOUNCES": "bounces@yayasan.example"}})
    try:
        yield World(stack.start())
        bad = stack.stop_processes()
        assert not bad, bad
    finally:
        stack.stop(forget=True)
        shutil.rmtree(folder, ignore_errors=True)


def wait_for(condition, what, seconds=30):
    until = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < until, what()
        time.sleep(0.05)
    return found


def test_a_mail_that_postfix_cant_deliver_comes_back_as_a_dead_letter(world, postfix, sink):
    world.employ("admin", "Wahyu", "admin")
    world.employ("unknown", "Tidak Ada", "admin")  # the next server has no such mailbox
    first, lost = [world.call(who, "SendTestMail", id=new_id())["id"] for who in ("admin", "unknown")]

    def state(delivery):
        return world.call("admin", "GetDelivery", deliveryId=delivery)
    wait_for(lambda: all(state(delivery)["state"] == "DELIVERY_STATE_SENT" for delivery in (first, lost)), lambda: (state(lost), postfix.log()))
    # One mail arrived, and one report of the other.
    wait_for(lambda: len(sink.mails) == 2, lambda: (sink.mails, postfix.log()))
    mails = {recipients[0]: email.message_from_bytes(content, policy=email.policy.default) for recipients, content in sink.mails}
    mail, report = mails["admin@example.org"], mails["bounces@yayasan.example"]
    assert "ESMTPS" in mail["received"] and mail["message-id"] == f"<{first}@yayasan.example>", mail["received"]
    assert mail.get_body(("plain",)).get_content().startswith("Wahyu, ini surel percobaan") and mail.get_body(("html",)) is not None
    assert report.get_content_type() == "multipart/report"
    for said in ("recorded", "nothing new"):
        status, out, _ = world.stack.pulih("bounce", stdin=report.as_string())
        assert (status, out) == (0, f"{lost} 5.1.1: {said}\n")
    dead = wait_for(lambda: state(lost)["state"] == "DELIVERY_STATE_DEAD" and state(lost), lambda: state(lost))
    assert (dead["cause"], dead["receipt"]) == ("DELIVERY_CAUSE_UNDELIVERED", "RECEIPT_FAILED"), dead
    listed = world.call("admin", "ListSuppressions")["suppressions"]
    assert [(row["address"], row["deliveryId"]) for row in listed] == [("unknown@example.org", lost)], listed
    again = world.call("unknown", "SendTestMail", id=new_id())["id"]
    dead = wait_for(lambda: state(again)["state"] == "DELIVERY_STATE_DEAD" and state(again), lambda: state(again))
    assert dead["cause"] == "DELIVERY_CAUSE_SUPPRESSED", dead
    assert world.stack.pulih("bounce", stdin=json.dumps({"not": "a mail"}))[0] == 0
