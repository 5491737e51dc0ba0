"""/receipts/<endpoint>: what a gateway for WhatsApp says of its messages, all the way from HTTP to the delivery."""

import json
import time
import urllib.error
import urllib.request

import pytest
from world import new_id

from webhook_receiver import Receiver, sign

NOW_S = 1772413200  # the stack's clock


@pytest.fixture(scope="module")
def gateway():
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture(scope="module")
def endpoint(world, gateway):
    return world.call("admin", "CreateEndpoint", id=new_id(), channel="CHANNEL_WHATSAPP", url=gateway.url)


def post(running, endpoint, body, timestamp=NOW_S, identifier="r1", secret=None, **fields):
    headers = {"content-type": "application/json", "webhook-id": identifier, "webhook-timestamp": str(timestamp),
               "webhook-signature": sign(secret or endpoint["secret"], identifier, timestamp, body)} | fields
    request = urllib.request.Request(f"http://127.0.0.1:{running.gateway_ports[0]}/receipts/{endpoint['endpoint']['id']}", data=body,
                                     headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_a_receipt_reaches_its_delivery_and_only_with_its_signature(running, world, gateway, endpoint):
    people = json.loads(running.pulih("call", "ListPeople", '{"pageSize": 200}')[1])["people"]
    [admin] = [person for person in people if person["email"] == "admin@example.org"]
    world.call("admin", "UpdatePerson", personId=admin["id"], name=admin["name"], email=admin["email"], phone="+6281234567890",
               language=admin["language"], version=admin["version"])
    delivery = world.call("admin", "SendTestMessage", id=new_id(), channel="CHANNEL_WHATSAPP")
    with gateway.arrived:
        assert gateway.arrived.wait_for(lambda: gateway.requests, 30)
    body = json.dumps({"type": "message.receipts", "data": {"id": delivery["id"], "status": "read"}}).encode()
    assert post(running, endpoint, body, secret="whsec_" + "A" * 44) == 401
    assert post(running, endpoint, body, timestamp=NOW_S - 400) == 401
    assert post(running, endpoint, body + b" ", **{"webhook-signature": sign(endpoint["secret"], "r1", NOW_S, body)}) == 401
    assert post(running, {**endpoint, "endpoint": {"id": new_id()}}, body) == 401
    assert post(running, endpoint, b"nonsense") == 400
    assert post(running, endpoint, b"x" * 70000) == 413
    until = time.monotonic() + 30
    while world.call("admin", "GetDelivery", deliveryId=delivery["id"]).get("state") != "DELIVERY_STATE_SENT":
        assert time.monotonic() < until
        time.sleep(0.05)
    assert "receipt" not in world.call("admin", "GetDelivery", deliveryId=delivery["id"])
    assert [post(running, endpoint, body) for _ in range(2)] == [204, 204]
    assert world.call("admin", "GetDelivery", deliveryId=delivery["id"])["receipt"] == "RECEIPT_READ"
