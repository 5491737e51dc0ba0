"""Many connections, and an end while they are at work."""

import concurrent.futures
import http.client
import resource
import selectors
import signal
import socket
import threading
import time

import pytest
from build import is_sanitized
from http_client import exchange

CONNECTIONS, BATCH = 4000, 50
LIVE = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"


def memory_bytes(process):
    with open(f"/proc/{process.pid}/smaps_rollup", encoding="ascii") as rollup:
        return next(int(line.split()[1]) * 1024 for line in rollup if line.startswith("Rss:"))


def ask_all(connections):
    """A request on each, and the answers of all."""
    for connection in connections:
        connection.sendall(LIVE)
    waiting = selectors.DefaultSelector()
    for connection in connections:
        waiting.register(connection, selectors.EVENT_READ)
    left = len(connections)
    while left:
        ready = waiting.select(timeout=20)
        assert ready, f"{left} connections got no answer"
        for key, _ in ready:
            answer = key.fileobj.recv(4096)
            assert answer.startswith(b"HTTP/1.1 200") and answer.endswith(b'{"live":true}'), answer
            waiting.unregister(key.fileobj)
            left -= 1


@pytest.mark.skipif(is_sanitized("services/gateway/pulih-gateway"), reason="a sanitizer's memory isn't ours")
def test_4000_connections_are_held_in_flat_memory(running):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 2 * CONNECTIONS), hard))
    process = running.processes["gateway-1"]
    connections = []
    try:
        before = memory_bytes(process)
        for _ in range(CONNECTIONS // BATCH):
            opened = [socket.create_connection(("127.0.0.1", running.gateway_ports[1])) for _ in range(BATCH)]
            connections += opened
            ask_all(opened)
        first = memory_bytes(process)
        for _ in range(3):
            ask_all(connections)
        last = memory_bytes(process)
    finally:
        for connection in connections:
            connection.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    each = (first - before) / CONNECTIONS
    print(f"{each / 1024:.1f} KiB a connection, {(last - first) / 1024:.0f} KiB more after three rounds")
    assert each < 24 * 1024, f"{each:.0f} bytes a connection"
    assert last - first < 2 << 20, f"{last - first} bytes more after three rounds"


def work(port, until, failed, answered):
    """A client as libraries are: one connection, opened anew when the server says that it closes it."""
    connection = None
    while not until.is_set():
        try:
            connection = connection or http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", "/readyz" if len(answered) % 5 else "/")
            response = connection.getresponse()
            response.read()
            answered.append(response.status)
            if response.getheader("Connection") == "close":
                connection.close()
                connection = None
        except ConnectionRefusedError:
            return  # it has gone, and says so before anything was asked
        except (OSError, http.client.HTTPException) as error:
            failed.append(repr(error))
            return


@pytest.mark.parametrize("clients", [16])
def test_no_request_fails_while_it_stops(running, clients):
    process, port = running.processes["gateway-1"], running.gateway_ports[1]
    until, failed, answered = threading.Event(), [], []
    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        for _ in range(clients):
            pool.submit(work, port, until, failed, answered)
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        unready = exchange(port, b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        status = process.wait(timeout=15)
        until.set()
    running.start_process("gateway", 1)
    running.wait_ready()
    assert status == 0
    assert not failed, failed
    assert len(answered) > 100 and set(answered) <= {200, 503}, set(answered)
    assert unready.startswith(b"HTTP/1.1 503") and b'"serving":false' in unready, unready


def test_what_stands_idle_does_not_keep_it_from_stopping(running):
    process, port = running.processes["gateway-1"], running.gateway_ports[1]
    with socket.create_connection(("127.0.0.1", port)) as idle, socket.create_connection(("127.0.0.1", port)) as asked:
        asked.sendall(LIVE)
        assert asked.recv(4096)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=15) == 0
        took = time.monotonic() - began
        assert idle.recv(10) == b"" and asked.recv(10) == b""
    running.start_process("gateway", 1)
    running.wait_ready()
    assert took < 6, took
