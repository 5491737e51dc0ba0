"""WhatsApp and SMS: the whole service against a gateway that takes messages, fails, and says what became of them."""

import base64
import json

import pytest
from test_outbox import DUE, START, foundation  # noqa: F401

from postgres import uuid7
from webhook_receiver import Receiver, sign

SECOND, MINUTE, LATER = "2026-03-03T00:00:01Z", "2026-03-03T00:01:00Z", "2026-03-03T00:31:00Z"
NOW_S = 1772496000  # DUE


@pytest.fixture
def gateway():
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture
def start(foundation, tmp_path, gateway):  # noqa: F811
    """Starts an instance that may reach this machine, with an endpoint for each channel named; gives it and their secrets."""
    key = tmp_path / "master.key"
    key.write_text("00" * 31 + "01\n")
    key.chmod(0o600)

    def begin(*channels, private="true", now=START, url=None):
        instance = foundation.start(now, PULIH_NOTIFICATIONS_MASTER_KEY_FILE=str(key), PULIH_WEBHOOK_PRIVATE=private)
        endpoints = {}
        for channel in channels:
            answer = instance.call("CreateEndpoint", id=str(uuid7()), channel=f"CHANNEL_{channel}", url=url or gateway.url)
            endpoints[channel] = answer["response"]
        return instance, endpoints
    return begin


def remind(foundation, *channels, phone="0812-3456-7890", name="Sari", wait="00:30"):  # noqa: F811
    """A reminder, due at DUE, of somebody with these channels."""
    session = foundation.remind()
    [row] = foundation.deliveries(session)
    foundation.sql("update identity.person set phone = %s, name = %s where id = %s", phone, name, row["recipient_id"])
    foundation.sql("insert into notifications.preference (person_id, channels, fallback_wait, time_zone) values (%s, %s, %s, 'Asia/Jakarta')",
                   row["recipient_id"], list(channels), wait)
    foundation.sql("update notifications.outbox set channel = %s where delivery_id = %s", channels[0], row["id"])
    return session


def stands(foundation, session):  # noqa: F811
    [row] = foundation.sql("select state, cause, channel, receipt from notifications.delivery where subject_id = %s", session)
    return tuple(row.values())


def tell(instance, endpoint, secret, receipts, now_s=NOW_S, identifier="r1", signature=None):
    body = json.dumps({"type": "message.receipts", "data": receipts}).encode()
    return instance.call("RecordReceipts", endpoint_id=endpoint["id"], webhook_id=identifier, timestamp=str(now_s),
                         signature=signature or sign(secret, identifier, now_s, body), body=base64.b64encode(body).decode())


def identifier_of(foundation, session):  # noqa: F811
    return str(foundation.deliveries(session)[0]["id"])


def test_a_message_arrives_signed_and_neutral(foundation, start, gateway):  # noqa: F811
    instance, endpoints = start("WHATSAPP", "SMS")
    sessions = [remind(foundation, "WHATSAPP"), remind(foundation, "SMS", phone="+62 811 1111 111")]
    foundation.set_clock(DUE)
    foundation.wait(lambda: [stands(foundation, session)[0] for session in sessions] == ["SENT"] * 2)
    texts = {text["channel"]: text for text in gateway.texts()}
    assert texts["SMS"] == {"id": identifier_of(foundation, sessions[1]), "channel": "SMS", "to": "+628111111111", "language": "id",
                            "text": "Pengingat jadwal: Selasa, 3 Maret 2026, 09.00–10.00 WIB"}
    assert texts["WHATSAPP"]["text"].startswith("Pengingat jadwal: Selasa, 3 Maret 2026, 09.00–10.00 WIB\n\n")
    for number, text in enumerate(gateway.texts()):
        assert gateway.signed_by(number, endpoints[text["channel"]]["secret"])
        assert gateway.requests[number][1]["webhook-timestamp"] == str(NOW_S)
        assert gateway.requests[number][1]["webhook-id"] == text["id"]


def test_while_a_secret_is_rotated_both_sign(foundation, start, gateway):  # noqa: F811
    instance, endpoints = start("SMS")
    first = endpoints["SMS"]
    again = instance.call("RotateEndpointSecret", id=first["endpoint"]["id"], former_hours=24, version=1)["response"]
    assert again["secret"] != first["secret"] and again["endpoint"]["version"] == 2
    assert instance.call("RotateEndpointSecret", id=first["endpoint"]["id"], former_hours=24, version=1)["reason"] == "VERSION_CHANGED"
    session = remind(foundation, "SMS")
    foundation.set_clock(DUE)
    foundation.wait(lambda: stands(foundation, session)[0] == "SENT")
    assert gateway.signed_by(0, first["secret"], again["secret"])
    for secret in (first["secret"], again["secret"]):
        assert tell(instance, first["endpoint"], secret, [])["reason"] == "OK"
    foundation.set_clock("2026-03-04T00:00:01Z")
    day = NOW_S + 86400
    assert tell(instance, first["endpoint"], first["secret"], [], now_s=day)["reason"] == "RECEIPT_NOT_SIGNED"
    assert tell(instance, first["endpoint"], again["secret"], [], now_s=day)["reason"] == "OK"
    listed = instance.call("ListEndpoints")["response"]
    assert "secret" not in json.dumps(listed).replace("former_secret_until", ""), listed


@pytest.mark.parametrize("answer, state, attempts", [
    ((500, {}, b"oops"), "PENDING", [("RETRY", 500)]),
    ((302, {"location": "http://127.0.0.1/"}, b""), "PENDING", [("RETRY", 302)]),
    ((401, {}, b""), "PENDING", [("RETRY", 401)]),
    ((422, {}, b"bad number"), "DEAD", [("DEAD", 422)]),
    ((200, {}, b"x" * 1_000_000), "SENT", [("SENT", 200)]),
    (lambda handler: handler.wfile.write(b"\0\xff garbage\r\n\r\n"), "PENDING", [("RETRY", 0)]),
    (lambda handler: handler.connection.close(), "PENDING", [("RETRY", 0)]),
    (Receiver.HANG, "PENDING", [("RETRY", 0)]),
], ids=["500", "redirect", "401", "422", "endless", "garbage", "hangs-up", "hangs"])
def test_each_answer_means_what_it_means(foundation, start, gateway, answer, state, attempts):  # noqa: F811
    gateway.answers = [answer]
    start("SMS")
    session = remind(foundation, "SMS")
    foundation.set_clock(DUE)

    def said():
        rows = foundation.sql("""select a.outcome, a.code from notifications.attempt a join notifications.delivery d on d.id = delivery_id
            where subject_id = %s union all select state, code from notifications.delivery where subject_id = %s and state = 'SENT'""",
                              session, session)
        return [(row["outcome"], row["code"]) for row in rows]
    foundation.wait(lambda: said() == attempts)
    assert stands(foundation, session)[0] == state
    assert len(gateway.requests) == 1, "a redirect was followed, or it was tried again at once"


@pytest.mark.parametrize("after", ["40", "Tue, 03 Mar 2099 00:00:40 GMT"], ids=["seconds", "date"])
def test_who_asks_to_be_left_alone_for_a_while_is(foundation, start, gateway, after):  # noqa: F811
    gateway.answers = [(429, {"retry-after": after}, b""), (204, {}, b"")]
    start("SMS")
    first, second = remind(foundation, "SMS"), foundation.remind()
    foundation.set_clock(DUE)
    foundation.wait(lambda: foundation.states(first, second) == [[("PENDING", 1)], [("SENT", 1)]])
    [row] = foundation.deliveries(first)
    waits = (row["next_at"].timestamp() - NOW_S)
    assert waits >= 40 if after == "40" else waits == 3600, waits


def test_who_wants_no_more_is_turned_off_and_everybody_goes_on_with_the_next_channel(foundation, start, gateway):  # noqa: F811
    gateway.answers = [(410, {}, b"closed")]
    instance, endpoints = start("WHATSAPP")
    with_mail, alone = remind(foundation, "WHATSAPP", "EMAIL"), remind(foundation, "WHATSAPP")
    foundation.set_clock(DUE)
    foundation.wait(lambda: stands(foundation, with_mail)[:3] == ("SENT", None, "EMAIL") and
                    stands(foundation, alone)[:3] == ("DEAD", "ENDPOINT_OFF", "WHATSAPP"))
    [endpoint] = instance.call("ListEndpoints")["response"]["endpoints"]
    assert not endpoint.get("enabled") and endpoint["disabled_answer"] == "HTTP 410: closed", endpoint
    gateway.answers = [(204, {}, b"")]
    assert instance.call("UpdateEndpoint", id=endpoint["id"], url=gateway.url, enabled=True, version=endpoint["version"])["reason"] == "OK"
    assert instance.call("ResendDeadLetters", cause="DELIVERY_CAUSE_ENDPOINT_OFF")["response"]["resent_count"] == 1
    instance.say(applied="notifications")
    foundation.wait(lambda: stands(foundation, alone)[:3] == ("SENT", None, "WHATSAPP"))


@pytest.mark.parametrize("scheme, why", [("http://127.0.0.1", "Unsupported protocol"), ("https://127.0.0.1", "its address is a private one"),
                                         ("https://localhost", "its address is a private one"), ("https://[::1]", "its address is a private one")])
def test_a_private_address_isnt_reached(foundation, start, gateway, scheme, why):  # noqa: F811
    start("SMS", private="false", url=gateway.url.replace("http://127.0.0.1", scheme))
    session = remind(foundation, "SMS", "EMAIL")
    foundation.set_clock(DUE)
    foundation.wait(lambda: foundation.sql("select 1 from notifications.attempt"))
    assert [row["answer"] for row in foundation.sql("select answer from notifications.attempt")] == [why]
    assert stands(foundation, session)[0] == "PENDING" and gateway.requests == []


def test_without_a_receipt_in_time_the_next_channel_has_its_turn(foundation, start, gateway):  # noqa: F811
    start("WHATSAPP", "SMS")
    silent = remind(foundation, "WHATSAPP", "SMS")
    foundation.set_clock(DUE)
    foundation.wait(lambda: stands(foundation, silent)[:3] == ("SENT", None, "WHATSAPP"))
    foundation.set_clock("2026-03-03T00:29:59Z")
    foundation.set_clock(LATER)
    foundation.wait(lambda: stands(foundation, silent)[:3] == ("SENT", None, "SMS"))
    assert [text["channel"] for text in gateway.texts()] == ["WHATSAPP", "SMS"]


def test_receipts_come_in_any_order_and_never_go_back(foundation, start, gateway):  # noqa: F811
    instance, endpoints = start("WHATSAPP")
    endpoint, secret = endpoints["WHATSAPP"]["endpoint"], endpoints["WHATSAPP"]["secret"]
    session = remind(foundation, "WHATSAPP", "EMAIL")
    foundation.set_clock(DUE)
    foundation.wait(lambda: stands(foundation, session)[0] == "SENT")

    def said(status, **more):
        return tell(instance, endpoint, secret, {"id": identifier_of(foundation, session), "status": status}, **more)
    for identifier, status, changed, receipt in [("a", "delivered", 1, "DELIVERED"), ("a", "delivered", 0, "DELIVERED"),
                                                 ("b", "failed", 0, "DELIVERED"), ("c", "read", 1, "READ"), ("d", "delivered", 0, "READ")]:
        answer = said(status, identifier=identifier)
        assert answer["response"].get("changed_count", 0) == changed, (identifier, answer)
        assert stands(foundation, session)[3] == receipt
    foundation.set_clock(LATER)
    foundation.wait(lambda: True)
    assert foundation.sink.mails == [] and foundation.deliveries(session)[0]["next_at"] is None, "a fallback of what was read"
    late = NOW_S + 31 * 60
    assert said("read", now_s=late - 301, identifier="e")["reason"] == "RECEIPT_NOT_SIGNED"
    assert said("read", now_s=late, identifier="f", signature="v1,AAAA")["reason"] == "RECEIPT_NOT_SIGNED"
    assert tell(instance, {"id": str(uuid7())}, secret, [], now_s=late)["reason"] == "RECEIPT_NOT_SIGNED"


def test_what_failed_behind_the_gateway_goes_on_at_once_or_is_a_dead_letter(foundation, start, gateway):  # noqa: F811
    instance, endpoints = start("SMS")
    with_mail, alone = remind(foundation, "SMS", "EMAIL"), remind(foundation, "SMS")
    foundation.set_clock(DUE)
    foundation.wait(lambda: [stands(foundation, session)[0] for session in (with_mail, alone)] == ["SENT"] * 2)
    failed = [{"id": identifier_of(foundation, session), "status": "failed"} for session in (with_mail, alone)]
    assert tell(instance, endpoints["SMS"]["endpoint"], endpoints["SMS"]["secret"], failed)["response"]["changed_count"] == 2
    foundation.wait(lambda: stands(foundation, with_mail)[:3] == ("SENT", None, "EMAIL"))
    foundation.wait(lambda: stands(foundation, alone)[:2] == ("DEAD", "UNDELIVERED"))
    assert len(foundation.sink.mails) == 1
    # And it turns out that it wasn't so.
    tell(instance, endpoints["SMS"]["endpoint"], endpoints["SMS"]["secret"], {**failed[1], "status": "delivered"})
    assert stands(foundation, alone) == ("SENT", None, "SMS", "DELIVERED")
    assert instance.call("ListDeadLetters")["response"].get("deliveries", []) == []


def test_a_receipt_may_be_faster_than_the_answer(foundation, start, gateway):  # noqa: F811
    instance, endpoints = start("SMS")
    session = remind(foundation, "SMS", "EMAIL")
    endpoint, secret = endpoints["SMS"]["endpoint"], endpoints["SMS"]["secret"]

    def early(handler):
        tell(instance, endpoint, secret, {"id": identifier_of(foundation, session), "status": "delivered"})
        handler.send_response(204)
        handler.send_header("content-length", "0")
        handler.end_headers()
    gateway.answers = [early]
    foundation.set_clock(DUE)
    foundation.wait(lambda: stands(foundation, session) == ("SENT", None, "SMS", "DELIVERED"))
    assert foundation.deliveries(session)[0]["next_at"] is None


def test_a_dead_mail_server_holds_up_no_message_and_a_dead_gateway_no_mail(foundation, start, gateway):  # noqa: F811
    foundation.server.stop()
    foundation.server.url = "smtp://127.0.0.1:1"
    start("SMS")
    mails, messages = [foundation.remind() for _ in range(40)], [remind(foundation, "SMS") for _ in range(10)]
    foundation.set_clock(DUE)
    foundation.wait(lambda: all(stands(foundation, session)[0] == "SENT" for session in messages), seconds=30)
    tried = [foundation.deliveries(session)[0]["attempt"] for session in mails]
    assert sum(tried) < len(mails), ("an outage used up attempts", tried)


def test_a_mail_that_bounces_goes_on_and_its_address_is_left_alone(foundation, start, gateway):  # noqa: F811
    instance, _ = start("SMS")
    session, other = remind(foundation, "EMAIL", "SMS"), foundation.remind()
    address = f"{foundation.deliveries(session)[0]['recipient_id'].hex}@example.org"
    foundation.set_clock(DUE)
    foundation.wait(lambda: foundation.states(session, other) == [[("SENT", 1)]] * 2)
    bounce = {"delivery_id": identifier_of(foundation, session), "recipient": address.upper(), "diagnostic": "smtp; 550 5.1.1 no such user"}
    assert not instance.call("RecordBounce", status="4.4.7", **bounce)["response"].get("changed"), "a delay is no bounce"
    assert instance.call("RecordBounce", status="5.1.1", **bounce)["response"]["changed"]
    assert not instance.call("RecordBounce", status="5.1.1", **bounce)["response"].get("changed"), "counted twice"
    instance.say(applied="notifications")
    foundation.wait(lambda: stands(foundation, session)[:3] == ("SENT", None, "SMS"))
    [suppressed] = instance.call("ListSuppressions")["response"]["suppressions"]
    assert suppressed["address"] == address and suppressed["delivery_id"] == bounce["delivery_id"], suppressed
    foundation.sql("update identity.person set email = 'another@example.org' where email = %s", address)
    again = foundation.remind(address=address)
    foundation.sql("update notifications.outbox set next_at = '2026-03-03T00:00:00Z' where delivery_id = %s", identifier_of(foundation, again))
    instance.say(applied="notifications")
    foundation.wait(lambda: stands(foundation, again)[:2] == ("DEAD", "SUPPRESSED"))
    assert instance.call("RemoveSuppression", address=address)["reason"] == "OK"
    assert instance.call("ResendDelivery", delivery_id=identifier_of(foundation, again))["reason"] == "OK"
    instance.say(applied="notifications")
    foundation.wait(lambda: stands(foundation, again)[:2] == ("SENT", None))


def test_a_test_message_goes_by_its_channel_alone(foundation, start, gateway):  # noqa: F811
    instance, _ = start("WHATSAPP", now=DUE)
    admin = foundation.person("ADMIN", name="Wahyu")
    foundation.sql("update identity.person set phone = '+6281234567890' where id = %s", admin)
    instance.say(call=1, method="SendTestMessage", user=str(admin), roles="ADMIN", prison="*",
                 message={"id": str(uuid7()), "channel": "CHANNEL_WHATSAPP"})
    answer = json.loads(instance.process.stdout.readline())
    assert answer["response"]["rule"] == "TEST_MESSAGE", answer
    instance.say(applied="notifications")
    foundation.wait(lambda: gateway.requests)
    assert gateway.texts()[0]["text"].startswith("Pesan percobaan dari Pulih\n\nWahyu, ini pesan percobaan"), gateway.texts()
