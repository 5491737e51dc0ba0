"""Traces as an OpenTelemetry collector gets them: a real receiver, a whole stack that tells it."""

import http.server
import json
import pathlib
import shutil
import tempfile
import threading
import time
import urllib.error
import urllib.request

import pytest

from stack import Stack

METHOD = "pulih.identity.v1.IdentityService/ListPeople"


class Collector:
    """Takes OTLP/HTTP in JSON."""

    def __init__(self):
        self.spans, self.batches, self.refusing = [], 0, False
        collector = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                assert self.path == "/v1/traces" and self.headers["Content-Type"] == "application/json"
                collector.take(body)
                self.send_response(503 if collector.refusing else 200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, body):
        self.batches += 1
        for resource in body["resourceSpans"]:
            attributes = {one["key"]: one["value"]["stringValue"] for one in resource["resource"]["attributes"]}
            for scope in resource["scopeSpans"]:
                self.spans += [span | {"service": attributes["service.name"]} for span in scope["spans"]]

    def wait(self, count, **wanted):
        end = time.monotonic() + 30
        while len(found := [span for span in self.spans if all(span.get(key) == value for key, value in wanted.items())]) < count:
            assert time.monotonic() < end, (wanted, self.spans[-5:])
            time.sleep(0.05)
        return found


@pytest.fixture(scope="module")
def collector():
    made = Collector()
    yield made
    made.server.shutdown()


@pytest.fixture(scope="module")
def stack(collector):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pulih-traces-"))
    told = {"PULIH_OTLP_ENDPOINT": collector.url}
    stack = Stack(folder, fsync=False, settings={"gateway": told, "identity": told})
    try:
        yield stack.start()
        bad = stack.stop_processes()
        assert not bad, bad
    finally:
        stack.stop(forget=True)
        shutil.rmtree(folder, ignore_errors=True)


def ask(stack, traceparent=None):
    request = urllib.request.Request(f"{stack.gateway_url}/{METHOD}", data=b"{}", headers={"Content-Type": "application/json"} | (
        {"traceparent": traceparent} if traceparent else {}))
    with pytest.raises(urllib.error.HTTPError):  # nobody is signed in
        urllib.request.urlopen(request, timeout=10)


def counted(stack, name):
    text = urllib.request.urlopen(f"{stack.gateway_url}/metrics", timeout=10).read().decode()
    return float(next(line.split(" ")[1] for line in text.splitlines() if line.startswith(name + " ")))


def test_a_call_is_a_span_in_the_gateway_and_one_below_it_in_the_service(stack, collector):
    stack.add_person("Wahyu", "admin@example.org", "admin")
    request = urllib.request.Request(f"{stack.gateway_url}/session", headers={"Content-Type": "application/json", "Origin": stack.gateway_url},
                                     data=json.dumps({"email": "admin@example.org", "password": "wrong password"}).encode())
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(request, timeout=10)
    above, = collector.wait(1, service="gateway", name="pulih.identity.v1.IdentityService/SignIn")
    below, = collector.wait(1, service="identity", traceId=above["traceId"])
    assert "parentSpanId" not in above and below["parentSpanId"] == above["spanId"], (above, below)
    assert below["name"] == above["name"] and below["status"]["code"] == above["status"]["code"] == 2, (above, below)
    assert int(above["startTimeUnixNano"]) <= int(below["startTimeUnixNano"]) + 10**6 and int(below["endTimeUnixNano"]) <= time.time_ns()
    assert "example.org" not in json.dumps(collector.spans) and "wrong" not in json.dumps(collector.spans)


def test_a_trace_that_comes_from_outside_goes_on(stack, collector):
    trace, parent = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
    ask(stack, f"00-{trace}-{parent}-01")
    span, = collector.wait(1, traceId=trace)
    assert (span["parentSpanId"], span["name"], span["status"]) == (parent, METHOD, {"code": 2, "message": "NOT_SIGNED_IN"}), span


def test_one_that_is_not_to_be_told_is_not(stack, collector):
    trace = "aaaabbbbccccddddaaaabbbbccccdddd"
    ask(stack, f"00-{trace}-00f067aa0ba902b7-00")
    batches = collector.batches
    ask(stack)
    end = time.monotonic() + 30
    while collector.batches == batches and time.monotonic() < end:
        time.sleep(0.05)
    assert not [span for span in collector.spans if span["traceId"] == trace]


def test_a_collector_that_refuses_costs_spans_and_nothing_else(stack, collector):
    assert counted(stack, "pulih_traces_told_total") > 0
    before = counted(stack, "pulih_traces_dropped_total")
    collector.refusing = True
    ask(stack)
    end = time.monotonic() + 30
    while counted(stack, "pulih_traces_dropped_total") == before:
        assert time.monotonic() < end
        time.sleep(0.1)
    collector.refusing = False
    ask(stack, "00-11112222333344445555666677778888-00f067aa0ba902b7-01")
    collector.wait(1, traceId="11112222333344445555666677778888")
