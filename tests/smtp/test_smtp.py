"""services/notifications/smtp.c against a real SMTP server that behaves, refuses, hangs and hangs up."""

import asyncio
import ssl
import subprocess
import time

import pytest
from aiosmtpd.smtp import SMTP, AuthResult

from build import program
from mail_sink import Server, Sink

TIMEOUT_MS = 1000


@pytest.fixture
def sink():
    return Sink(hang_seconds=TIMEOUT_MS / 1000 + 2)


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
    assert mail.get_body(("plain",)).get_content().replace("\r\n", "\n").startswith(".\nHalo – ini pesan.\n"), "a dot alone on its line must survive"


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
    assert time.monotonic() - began < TIMEOUT_MS / 1000 + 6


class Script(asyncio.Protocol):
    """A server that misbehaves at one step: says `answer` there, or hangs (None), hangs up (HANG_UP), or says it a byte at a time
    (SLOW)."""

    HANG_UP, SLOW = "hang up", "slow"
    STEPS = {"greeting": "220 x", "EHLO": "250 x", "MAIL": "250 OK", "RCPT": "250 OK", "DATA": "354 go on", "text": "250 taken"}

    connections = 0

    def __init__(self, step, answer, pipelining=False):
        self.step, self.answer, self.rest, self.in_text, self.stuck, self.free_at = step, answer, b"", False, False, 0
        self.steps = self.STEPS | ({"EHLO": "250-x\r\n250 PIPELINING"} if pipelining else {})

    def connection_made(self, transport):
        self.transport = transport
        Script.connections += 1
        self.say("greeting")

    def say(self, step):
        text = self.steps[step] if step != self.step else self.answer
        if self.stuck or text is None:
            self.stuck = True
            return
        if text == self.HANG_UP:
            self.transport.abort()
        elif text == self.SLOW:
            for byte in self.steps[step] + "\r\n":
                self.write(byte, after=0.05)
        else:
            self.write(f"{text}\r\n")
        self.in_text = step == "DATA" and text.startswith(("354", self.SLOW))

    def write(self, text, after=0):
        """Behind all that was written before: the loop keeps no order between calls due at the same time."""
        loop = asyncio.get_running_loop()
        self.free_at = max(self.free_at + 1e-6, loop.time()) + after
        loop.call_at(self.free_at, self.transport.write, text.encode())

    def data_received(self, data):
        *lines, self.rest = (self.rest + data).split(b"\r\n")
        for line in lines:
            if self.in_text:
                if line == b".":
                    self.in_text = False
                    self.say("text")
                continue
            word = line[:4].decode()
            if word in self.steps:
                self.say(word)
            else:
                self.write("250 OK\r\n")


OURS, THEIRS = ("greeting", "EHLO", "MAIL"), ("RCPT", "DATA", "text")


@pytest.mark.parametrize("pipelining", [False, True], ids=["one-by-one", "pipelining"])
@pytest.mark.parametrize("step", [*OURS, *THEIRS])
@pytest.mark.parametrize("answer", [None, Script.HANG_UP, Script.SLOW, "421 4.3.2 going down", "250", "\0\xff", "999 what", "550"])
def test_whatever_goes_wrong_at_whichever_step_is_told_apart(step, answer, pipelining):
    server = Server(lambda: Script(step, answer, pipelining))
    began = time.monotonic()
    end, code, said = send(server.url, "a@x.example", timeout_ms=1500)["a@x.example"]
    assert time.monotonic() - began < 8, "not left in time"
    # Any 2xx greets, and who doesn't know EHLO is asked by HELO (RFC 5321 3.2).
    fine = answer == Script.SLOW or answer == "250" and step != "DATA" or step == "EHLO" and (answer or "")[:1] in ("4", "5", "9")
    if fine:
        assert end == "TAKEN", (end, code, said)
    elif step in OURS or (answer or "").startswith("421"):
        assert end == "NO_SERVER", (end, code, said)
    elif answer == Script.HANG_UP and step in ("RCPT", "DATA") and pipelining:
        assert end in ("NO_SERVER", "PUT_OFF"), "the reset may overtake the answer to MAIL"
    elif answer == "550":
        assert (end, code) == ("REFUSED", 550), (end, code, said)
    else:
        assert end == "PUT_OFF", (end, code, said)
    server.stop()


@pytest.mark.parametrize("step", THEIRS)
def test_a_mail_refused_after_all_was_said_costs_no_connection(step):
    def connections():
        server, before = Server(lambda: Script(step, "550 5.7.1 no", pipelining=True)), Script.connections
        answers = send(server.url, *(line for number in range(6) for line in (f"n{number}@x.example", "-")))
        assert {answer[:2] for answer in answers.values()} == {("REFUSED", 550)}, answers
        server.stop()
        return Script.connections - before

    # On a busy machine the next one may come before the reset is answered, and then takes another.
    assert any(connections() <= 3 for _ in range(5))


def test_a_refused_mail_costs_no_connection(server, sink):
    answers = send(server.url, "unknown@x.example", "-", "spam@x.example", "-", "greylisted@x.example", "-", "ok@x.example")
    assert [answer[0] for answer in answers.values()] == ["REFUSED", "REFUSED", "PUT_OFF", "TAKEN"]
    assert sink.connections <= 2, "the next one may come before the reset is answered"


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


CA = """[ca]
default_ca = own
[own]
database = {folder}/index
serial = {folder}/serial
new_certs_dir = {folder}
default_md = sha256
policy = any
copy_extensions = copy
[any]
commonName = supplied
"""


def make_certificate(folder, names="DNS:localhost,IP:127.0.0.1", expired=False):
    """One that nobody else vouches for."""
    def openssl(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
    request = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=localhost", "-addext",
               f"subjectAltName={names}", "-keyout", folder / "key.pem"]
    if not expired:
        openssl("req", "-x509", "-days", "30", *request, "-out", folder / "certificate.pem")
        return folder
    (folder / "ca").write_text(CA.format(folder=folder))
    (folder / "index").write_text("")
    (folder / "serial").write_text("01")
    openssl("req", *request, "-out", folder / "request.pem")
    openssl("ca", "-config", folder / "ca", "-selfsign", "-batch", "-keyfile", folder / "key.pem", "-startdate", "20200101000000Z",
            "-enddate", "20200201000000Z", "-in", folder / "request.pem", "-out", folder / "certificate.pem")
    return folder


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("tls"))


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


@pytest.mark.parametrize("wrong", ["name", "expired", "nobody's"])
def test_a_certificate_that_is_wrong_is_no_server(sink, tmp_path, wrong):
    make_certificate(tmp_path, names="DNS:elsewhere.example" if wrong == "name" else "IP:127.0.0.1", expired=wrong == "expired")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "certificate.pem", tmp_path / "key.pem")
    server = Server(lambda: SMTP(sink, tls_context=context))
    trusted = () if wrong == "nobody's" else ("", "", str(tmp_path / "certificate.pem"))
    end, code, said = send(server.url, "a@x.example", tls="required", more=trusted)["a@x.example"]
    assert (end, code, sink.mails) == ("NO_SERVER", 0, []), (end, code, said)
    server.stop()


def test_tls_from_the_first_byte(sink, certificate):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate / "certificate.pem", certificate / "key.pem")
    server = Server(lambda: SMTP(sink), ssl=context)
    answers = send(server.url.replace("smtp:", "smtps:"), "a@x.example", more=("", "", str(certificate / "certificate.pem")))
    assert answers["a@x.example"][0] == "TAKEN", answers
    server.stop()


@pytest.mark.parametrize("address", ["sari.dewi+lapas@x.example", "o'neil@x-y.example", "!#$%&'*/=?^_`{|}~@x.example", '"a b"@x.example',
                                     '"a\\"b@c"@x.example', "1@1.example", "A" * 64 + "@" + "b" * 60 + ".example"])
def test_addresses_of_every_legal_oddity_arrive_whole(server, sink, address):
    assert send(server.url, address)[address][0] == "TAKEN"
    assert sink.mails[0][0] == [address]


@pytest.mark.parametrize("subject", ["سجل اليوم", "👩‍👩‍👧 بخير 🌱", "\u202egnilruC\u202c", "é" * 400, "Jadwal: =?UTF-8?B?eA==?="])
def test_a_subject_of_any_script_arrives_whole(server, sink, subject):
    assert send(server.url, ("a@x.example", subject))["a@x.example"][0] == "TAKEN"
    assert sink.mail()["subject"] == subject[:300]
    assert max(map(len, sink.mails[0][1].split(b"\r\n"))) <= 998
