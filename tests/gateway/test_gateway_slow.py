"""Peers that take their time: cut off, and nobody else notices."""

import socket
import time

import pytest
from http_client import exchange

HEADER = b"POST /session HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\nContent-Length: 100\r\n\r\n"


def drip(port, first, byte, limit):
    """Sends a byte every 0.1 s until the other side closes; gives the seconds that took."""
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(first)
        connection.settimeout(0.1)
        while time.monotonic() - began < limit:
            try:
                connection.sendall(byte)
                if connection.recv(1000) == b"":
                    break
            except TimeoutError:
                continue
            except OSError:
                break
    return time.monotonic() - began


@pytest.mark.parametrize("first, byte, expected", [(b"", b"G", 1), (b"GET /livez HTTP/1.1\r\nX: ", b"a", 1),
                                                   (HEADER, b"a", 2)], ids=["request line", "field", "body"])
def test_a_byte_now_and_then_does_not_hold_a_connection(running, browser, first, byte, expected):
    took = drip(running.gateway_ports[0], first, byte, 12)
    assert expected - 0.2 <= took <= expected + 6, took
    assert browser.ask("GET", "/livez").status == 200


def test_a_connection_that_says_nothing_is_closed(running):
    began = time.monotonic()
    assert exchange(running.gateway_ports[0], timeout=12) == b""
    assert time.monotonic() - began < 8


def test_a_reader_that_does_not_read_is_cut_off(running, browser):
    """Answers that nobody takes fill the kernel's buffers; then the deadline of the reply counts."""
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", running.gateway_ports[0]))
        connection.settimeout(0.5)
        request = b"GET /assets/app-ABCDEFG2.js HTTP/1.1\r\nHost: localhost\r\n\r\n"
        began = time.monotonic()
        with pytest.raises(OSError):
            while time.monotonic() - began < 20:
                try:
                    connection.sendall(request * 50)
                except TimeoutError:
                    continue
        assert time.monotonic() - began < 15
    assert browser.ask("GET", "/livez").status == 200


def test_an_idle_connection_may_go_on(running, browser):
    for _ in range(3):
        assert browser.ask("GET", "/livez").status == 200
        time.sleep(1.2)  # longer than a header may take
