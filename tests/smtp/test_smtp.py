"""services/notifications/smtp.c against a real SMTP server that behaves, refuses, hangs and hangs up."""

import asyncio
import email
import email.policy
import ssl
import subprocess
import threading
import time

import pytest
from aiosmtpd.smtp import SMTP, AuthResult

from build import program

TIMEOUT_MS = 1000


class Sink:
    """Takes mail, unless the recipient's name says what else to do."""

    def __init__(self):
        self.mails, self.connections, self.quits = [], 0, 0

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server, session, envelope, address, options):
        match address.split("@")[0]:
            case "unknown":
                return "550 5.1.1 no such user here"
            case "greylisted":
                return "451 4.7.1 come back later"
            case "hang-rcpt":
                await asyncio.sleep(TIMEOUT_MS / 1000 + 2)
            case "drop-rcpt":
                server.transport.abort()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        name = envelope.rcpt_tos[0].split("@")[0]
        self.mails.append((envelope.rcpt_tos, envelope.original_content))
        if name == "drop-data":
            server.transport.abort()
        if name == "hang-data":
            await asyncio.sleep(TIMEOUT_MS / 1000 + 2)
        return {"spam": "554 5.7.1 not wanted", "full": "452 4.2.2 mailbox full"}.get(name, "250 2.0.0 taken")

    def mail(self, number=0):
        return email.message_from_bytes(self.mails[number][1], policy=email.policy.default)


class Server:
    """An SMTP server in a thread of its own, on a port of its own."""

    def __init__(self, protocol):
        self.loop, ready = asyncio.new_event_loop(), threading.Event()

        async def listen():
            self.server = await self.loop.create_server(protocol, "127.0.0.1", 0)
            ready.set()

        self.thread = threading.Thread(target=lambda: (self.loop.create_task(listen()), self.loop.run_forever()), daemon=True)
        self.thread.start()
        assert ready.wait(10)
        self.url = f"smtp://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"

    def stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()


@pytest.fixture
def sink():
    return Sink()


@pytest.fixture
def server(sink):
    server = Server(lambda: SMTP(sink))
    yield server
    server.stop()


def send(url, *lines, tls="none", timeout_ms=TIMEOUT_MS, more=()):
    """{recipient: (end, code, answer)}; a line is a recipient, or a (recipient, subject)."""
    text = "".join("-\n" if line == "-" else "\t".join((line, "Jadwal") if isinstance(line, str) else line) + "\n"
                   for line in lines)
    done = subprocess.run([program("tests/tools/smtp_tool"), url, tls, str(timeout_ms), *more], input=text, text=True,
                          capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, (done.returncode, done.stderr)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    return {row[0]: (row[1], int(row[2]), row[3]) for row in rows}


def test_a_mail_arrives_as_it_was_meant(server, sink):
    answers = send(server.url, ("sari@lapas.example", "Jadwal: Selasa, 09.00–10.00"))
    assert answers == {"sari@lapas.example": ("TAKEN", 250, "250 2.0.0 taken")}
    mail = sink.mail()
    assert mail["subject"] == "Jadwal: Selasa, 09.00–10.00"
    assert mail["to"] == "Sari <sari@lapas.example>" and mail["auto-submitted"] == "auto-generated"
    assert mail["message-id"] == "<00000000-0000-7000-8000-000000000000@yayasan.example>"
    assert mail.get_content().replace("\r\n", "\n") == ".\nHalo – ini pesan.\n", "a dot alone on its line must survive"


def test_a_connection_is_used_again(server, sink):
    answers = send(server.url, "a@x.example", "-", "b@x.example", "-", "c@x.example")
    assert {answer[0] for answer in answers.values()} == {"TAKEN"}
    assert sink.connections == 1


def test_a_refused_mail_is_told_from_one_that_is_put_off(server):
    answers = send(server.url, "unknown@x.example", "greylisted@x.example", "spam@x.example", "full@x.example", "ok@x.example")
    assert answers == {"unknown@x.example": ("REFUSED", 550, "550 5.1.1 no such user here"),
                       "greylisted@x.example": ("PUT_OFF", 451, "451 4.7.1 come back later"),
                       "spam@x.example": ("REFUSED", 554, "554 5.7.1 not wanted"),
                       "full@x.example": ("PUT_OFF", 452, "452 4.2.2 mailbox full"),
                       "ok@x.example": ("TAKEN", 250, "250 2.0.0 taken")}


@pytest.mark.parametrize("name", ["drop-rcpt", "drop-data"])
def test_a_broken_connection_puts_this_mail_off_and_no_other(server, name):
    answers = send(server.url, f"{name}@x.example", "ok@x.example", "-", "later@x.example")
    assert answers[f"{name}@x.example"][:2] == ("PUT_OFF", 0)
    assert answers["ok@x.example"][0] == answers["later@x.example"][0] == "TAKEN"


@pytest.mark.parametrize("name", ["hang-rcpt", "hang-data"])
def test_a_server_that_hangs_is_left_in_time_and_holds_up_no_other(server, name):
    began = time.monotonic()
    answers = send(server.url, f"{name}@x.example", "ok@x.example")
    assert answers[f"{name}@x.example"][:2] == ("PUT_OFF", 0)
    assert answers["ok@x.example"][0] == "TAKEN"
    assert time.monotonic() - began < TIMEOUT_MS / 1000 + 1.5


def test_no_server_is_nobodys_fault():
    answers = send("smtp://127.0.0.1:1", "a@x.example")
    assert answers["a@x.example"][:2] == ("NO_SERVER", 0)
    answers = send("smtp://no-such-host.invalid", "a@x.example")
    assert answers["a@x.example"][:2] == ("NO_SERVER", 0)


@pytest.mark.parametrize("greeting", [b"", b"554 go away\r\n", b"HTTP/1.1 200 OK\r\n\r\n", b"\0" * 4000,
                                      b"220 " + b"x" * 100000], ids=["none", "554", "HTTP", "zeros", "endless"])
def test_a_server_that_greets_wrongly_is_no_server(greeting):
    class Greeting(asyncio.Protocol):
        def connection_made(self, transport):
            transport.write(greeting)
    server = Server(Greeting)
    answers = send(server.url, "a@x.example", "b@x.example")
    assert {answer[0] for answer in answers.values()} == {"NO_SERVER"}, answers
    server.stop()


def test_tls_that_is_required_and_not_offered_is_no_server(server, sink):
    assert send(server.url, "a@x.example", tls="required")["a@x.example"][0] == "NO_SERVER"
    assert send(server.url, "a@x.example", tls="try")["a@x.example"][0] == "TAKEN"
    assert len(sink.mails) == 1


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
                    "30", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout",
                    folder / "key.pem", "-out", folder / "certificate.pem"], check=True, capture_output=True)
    return folder


@pytest.fixture
def tls_server(sink, certificate):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate / "certificate.pem", certificate / "key.pem")

    def authenticate(server, session, envelope, mechanism, data):
        return AuthResult(success=(data.login, data.password) == (b"pulih", b"rahasia"))

    server = Server(lambda: SMTP(sink, tls_context=context, require_starttls=True, authenticator=authenticate,
                                 auth_required=True))
    yield server
    server.stop()


def test_starttls_and_sign_in(tls_server, sink, certificate):
    trusted = str(certificate / "certificate.pem")
    answers = send(tls_server.url, "a@x.example", tls="required", more=("pulih", "rahasia", trusted))
    assert answers["a@x.example"][0] == "TAKEN"
    answers = send(tls_server.url, "a@x.example", tls="required", more=("pulih", "salah", trusted))
    assert answers["a@x.example"][0] == "NO_SERVER", "a wrong password must not make dead letters"
    answers = send(tls_server.url, "a@x.example", tls="required", more=("pulih", "rahasia"))
    assert answers["a@x.example"][0] == "NO_SERVER", "a certificate that nobody vouches for"
    assert len(sink.mails) == 1


def test_many_at_once(server, sink):
    answers = send(server.url, *(f"n{number}@x.example" for number in range(64)), timeout_ms=20000)
    assert len(answers) == len(sink.mails) == 64 and {answer[0] for answer in answers.values()} == {"TAKEN"}


@pytest.mark.parametrize("hostile", ["a@x.example\\r\\nRCPT TO:<b@x.example>", "a b@x.example", "<a@x.example>", "a@x.example> SIZE=1"])
def test_an_address_adds_no_command(server, sink, hostile):
    assert send(server.url, hostile) == {hostile: ("REFUSED", 0, "address")}
    assert sink.mails == []
