"""The Connect protocol's unary calls (https://connectrpc.com/docs/protocol), by hand."""

import base64
import gzip
import json
import signal
import time
import urllib.parse
import zlib

import pytest
from foundation import BANYUWANGI

LIST = "enrollment.v1.ProgrammeService/ListPrisons"
GET = "enrollment.v1.ProgrammeService/GetPrison"
PRISON = {"id": BANYUWANGI}


def query(method, **values):
    return f"/pulih.{method}?{urllib.parse.urlencode({'connect': 'v1', 'encoding': 'json'} | values)}"


def unpadded(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def test_one_answer_by_every_way(coordinator):
    plain = coordinator.call(GET, PRISON)
    assert plain.status == 200 and plain.json["code"] == "LP-BWI" and plain.fields["content-type"] == "application/json"
    message = json.dumps(PRISON)
    binary = b"\x0a" + bytes([len(BANYUWANGI)]) + BANYUWANGI.encode()
    ways = [coordinator.call(GET, PRISON, content_type="application/json; charset=utf-8", connect_protocol_version="1"),
            coordinator.ask("GET", query(GET, message=message)),
            coordinator.ask("GET", query(GET, message=unpadded(message.encode()), base64="1")),
            coordinator.ask("GET", query(GET, message=unpadded(gzip.compress(message.encode())), base64="1",
                                         compression="gzip")),
            coordinator.ask("POST", f"/pulih.{GET}", gzip.compress(message.encode()), content_type="application/json",
                            content_encoding="gzip")]
    for way in ways:
        assert way.status == 200 and way.json == plain.json, way
    packed = coordinator.ask("POST", f"/pulih.{GET}", binary, content_type="application/proto")
    assert packed.fields["content-type"] == "application/proto" and b"LP-BWI" in packed.body, packed
    assert packed.body == coordinator.ask("GET", query(GET, encoding="proto", base64="1", message=unpadded(binary))).body


def test_a_long_answer_is_packed_where_that_is_taken(coordinator):
    plain = coordinator.call("enrollment.v1.ParticipantService/ListConsentTexts")
    packed = coordinator.call("enrollment.v1.ParticipantService/ListConsentTexts", accept_encoding="gzip, br")
    assert len(plain.body) > 1024 and packed.fields["content-encoding"] == "gzip", (len(plain.body), packed)
    assert json.loads(gzip.decompress(packed.body)) == plain.json and "Accept-Encoding" in packed.fields["vary"]


@pytest.mark.parametrize("method, path, body, fields, status, code", [
    ("POST", "/pulih.no.v1.Such/Method", "{}", {}, 404, "unimplemented"),
    ("POST", "/pulih.enrollment.v1.ProgrammeService/", "{}", {}, 404, "unimplemented"),
    ("POST", f"/pulih.{GET}", "{}", {"content_type": "text/plain"}, 415, None),
    ("POST", f"/pulih.{GET}", "{}", {"content_type": "application/connect+json"}, 415, None),
    ("POST", f"/pulih.{GET}", "{}", {"content_type": "application/grpc-web"}, 415, None),
    ("POST", f"/pulih.{GET}", "{}", {"content_type": "application/json; charset=latin1"}, 415, None),
    ("POST", f"/pulih.{GET}", "{}", {"content_encoding": "br"}, 501, "unimplemented"),
    ("POST", f"/pulih.{GET}", "{}", {"content_encoding": "gzip"}, 400, "invalid_argument"),
    ("POST", f"/pulih.{GET}", "{}", {"connect_protocol_version": "2"}, 400, "invalid_argument"),
    ("POST", f"/pulih.{GET}", "{}", {"connect_timeout_ms": "1s"}, 400, "invalid_argument"),
    ("POST", f"/pulih.{GET}", "{}", {"connect_timeout_ms": "12345678901"}, 400, "invalid_argument"),
    ("POST", f"/pulih.{GET}", "{}", {"connect_timeout_ms": "-1"}, 400, "invalid_argument"),
    ("POST", f"/pulih.{GET}", "{}", {"connect_timeout_ms": "0"}, 504, "deadline_exceeded"),
    ("PUT", f"/pulih.{GET}", "{}", {}, 405, None),
    ("GET", f"/pulih.{GET}", None, {}, 400, "invalid_argument"),
    ("GET", query(GET, message="{}", encoding="xml"), None, {}, 415, None),
    ("GET", query(GET, message="{}", connect="v2"), None, {}, 400, "invalid_argument"),
    ("GET", query(GET, message="!", base64="1"), None, {}, 400, "invalid_argument"),
    ("GET", query(GET, message="{}") + "&message={}", None, {}, 400, "invalid_argument"),
    ("GET", query(GET, message="{}", compression="zstd"), None, {}, 501, "unimplemented"),
    ("GET", query("enrollment.v1.EnrollmentService/CreateReferral", message="{}"), None, {}, 405, None),
    ("POST", f"/pulih.{GET}", json.dumps({"id": "0195d3b0-0000-7000-8000-000000000000"}), {}, 404, "not_found"),
    ("POST", f"/pulih.{GET}", json.dumps({"id": "nothing"}), {}, 400, "invalid_argument"),
    ("POST", "/pulih.identity.v1.IdentityService/ListKeys", "{}", {}, 403, "permission_denied"),
])
def test_what_cannot_be_done_is_refused_by_the_protocol(coordinator, method, path, body, fields, status, code):
    answer = coordinator.ask(method, path, body, **{"content_type": "application/json" if body else None} | fields)
    assert answer.status == status, answer
    if code:
        assert answer.json["code"] == code and answer.fields["content-type"] == "application/json", answer
    if status == 405:
        assert "POST" in answer.fields["allow"], answer
    if status == 415 and method == "POST":
        assert answer.fields["accept-post"] == "application/json, application/proto", answer


def test_an_error_says_what_is_wrong_where_and_in_a_typed_detail(coordinator):
    answer = coordinator.call("enrollment.v1.EnrollmentService/CreateReferral", {"id": "x"})
    detail, = answer.json["details"]
    assert answer.status == 400 and answer.json["code"] == "invalid_argument"
    assert detail["type"] == "pulih.rpc.v1.Status" and "=" not in detail["value"], detail
    assert detail["debug"]["reason"] == "FIELD_INVALID" and detail["debug"]["violations"][0]["field"] == "id", detail
    assert b"FIELD_INVALID" in base64.b64decode(detail["value"] + "==")


def test_nobody_who_has_not_signed_in_gets_anything(browser):
    answer = browser.call(LIST)
    assert answer.status == 401 and answer.json["code"] == "unauthenticated", answer


HOSTILE = {
    "nothing": b"", "no JSON": b"x", "an array": b"[]", "a number": b"1", "null": b"null", "two": b"{}{}", "open": b'{"a',
    "deep": b'{"id":' * 50000, "deep arrays": b"[" * 100000, "deep unknown": b'{"x":' + b"[" * 100000 + b"]" * 100000 + b"}",
    "twice": b'{"id":"a","id":"b"}', "twice, both names": b'{"pageSize":1,"page_size":1}',
    "unknown": b'{"nothing":1}', "wrong type": b'{"id":1}', "huge number": b'{"pageSize":1e999}',
    "fraction": b'{"pageSize":1.5}', "long number": b'{"pageSize":' + b"9" * 100000 + b"}",
    "lone surrogate": b'{"id":"\\ud800"}', "reversed surrogates": b'{"id":"\\udc00\\ud800"}',
    "NUL": b'{"id":"\\u0000"}', "raw NUL": b'{"id":"\0"}', "not UTF-8": b'{"id":"\xff"}',
    "overlong": b'{"id":"\xc0\xaf"}', "BOM": b"\xef\xbb\xbf{}", "UTF-16": '{"a":1}'.encode("utf-16"),
    "comment": b"{/**/}", "trailing comma": b'{"pageSize":1,}', "single quotes": b"{'a':1}", "NaN": b'{"pageSize":NaN}',
    "prototype": b'{"__proto__":{"x":1}}', "many names": b'{"' + b'a":1,"' * 100000 + b'a":1}',
}


@pytest.mark.parametrize("form", HOSTILE)
def test_hostile_json_is_refused_with_a_place_and_fast(coordinator, form):
    method = LIST if b"pageSize" in HOSTILE[form] else GET
    began = time.monotonic()
    answer = coordinator.ask("POST", f"/pulih.{method}", HOSTILE[form], content_type="application/json")
    assert answer.status == 400 and answer.json["code"] == "invalid_argument", answer
    assert answer.json["message"], answer
    assert time.monotonic() - began < 6


@pytest.mark.parametrize("content", [b"\xff" * 1000, b"\x0a\xff\xff\xff\xff\x0f", b"\x0b" * 60000, b"\x08",
                                     b"\x0a\x02\xc3\x28"])
def test_hostile_protobuf_is_refused(coordinator, content):
    answer = coordinator.ask("POST", f"/pulih.{GET}", content, content_type="application/proto")
    assert answer.status == 400 and answer.json["code"] == "invalid_argument", answer


def test_a_gzip_bomb_is_refused_before_it_takes_memory(running, coordinator):
    def memory():
        for line in open(f"/proc/{running.processes['gateway-0'].pid}/status", encoding="ascii"):
            if line.startswith("VmHWM"):
                return int(line.split()[1]) * 1024
    bomb = zlib.compressobj(9, zlib.DEFLATED, 31)
    content = b"".join(bomb.compress(b" " * (1 << 20)) for _ in range(500)) + bomb.flush()
    before = memory()
    answer = coordinator.ask("POST", f"/pulih.{GET}", content, content_type="application/json", content_encoding="gzip")
    assert answer.status == 429 and answer.json["code"] == "resource_exhausted", answer
    assert memory() - before < 16 << 20
    for broken in content[:1000], gzip.compress(b"{}") + b"x", gzip.compress(b"{}") * 2, gzip.compress(b"{}")[:-1]:
        answer = coordinator.ask("POST", f"/pulih.{GET}", broken, content_type="application/json", content_encoding="gzip")
        assert answer.status in (400, 429), answer


def test_a_caller_who_stops_waiting_is_told_so(running, coordinator):
    """With the hub stopped nobody answers."""
    running.processes["hub"].send_signal(signal.SIGSTOP)
    try:
        began = time.monotonic()
        answer = coordinator.call(GET, PRISON, connect_timeout_ms="300")
        took = time.monotonic() - began
    finally:
        running.processes["hub"].send_signal(signal.SIGCONT)
    assert answer.status == 504 and answer.json["code"] == "deadline_exceeded", answer
    assert 0.25 < took < 10, took
    assert coordinator.call(GET, PRISON).status == 200


def test_other_origins_may_call_where_the_settings_say_so(browser):
    allowed, other = "https://tools.example.org", "https://evil.example"
    wanted = {"access_control_request_method": "POST", "access_control_request_headers": "content-type"}
    preflight = browser.ask("OPTIONS", f"/pulih.{GET}", origin=allowed, **wanted)
    assert preflight.status == 204 and preflight.fields["access-control-allow-origin"] == allowed, preflight
    assert "Connect-Protocol-Version" in preflight.fields["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in preflight.fields
    assert browser.call(GET, PRISON, origin=allowed).fields["access-control-allow-origin"] == allowed
    for origin in other, "null", "https://tools.example.org.evil.example", "https://tools.example.or":
        for answer in browser.ask("OPTIONS", f"/pulih.{GET}", origin=origin, **wanted), browser.call(GET, PRISON, origin=origin):
            assert "access-control-allow-origin" not in answer.fields, answer
            assert "Origin" in answer.fields["vary"]


def test_who_signs_in_cannot_say_where_from(running, world, browser):
    """The address for the throttle is the gateway's word, whatever the request has."""
    browser.call("identity.v1.IdentityService/SignIn", {"email": "budi@example.org", "password": "salah sekali",
                                                        "source": "203.0.113.9"})
    entries = world.call("admin", "ListAccessEntries", kind="ACCESS_ENTRY_KIND_SIGN_IN_REFUSED")["entries"]
    assert "127.0.0.1" in entries[0]["detail"] and "203.0.113.9" not in json.dumps(entries), entries[0]
