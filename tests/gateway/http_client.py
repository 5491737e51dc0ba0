"""A browser as far as HTTP goes, and sockets for what no browser sends."""

import http.client
import json
import socket

from stack import PASSWORD


class Answer:
    def __init__(self, status, fields, body):
        self.status, self.body = status, body
        self.every_field = [(name.lower(), value) for name, value in fields]
        self.fields = {name: ", ".join(filter(None, self.all_fields(name))) for name, _ in self.every_field}

    def all_fields(self, name):
        return [value for other, value in self.every_field if other == name]

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.fields} {self.body[:300]}"


class Browser:
    """One keep-alive connection; keeps the cookie and says where it is, as a browser does."""

    def __init__(self, port):
        self.port = port
        self.origin = f"http://localhost:{port}"
        self.cookie = None  # of the session
        self.device = None
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)

    def ask(self, method, path, body=None, **fields):
        """`fields` with underscores for dashes; None leaves one out that is there by itself."""
        given = {"origin": self.origin if method in ("POST", "DELETE") else None,
                 "cookie": "; ".join(filter(None, (self.cookie, self.device))) or None} | {name.replace("_", "-"): value for name, value in fields.items()}
        self.connection.request(method, path, body, {name: value for name, value in given.items() if value is not None})
        response = self.connection.getresponse()
        answer = Answer(response.status, response.getheaders(), response.read())
        for cookie in answer.all_fields("set-cookie"):
            if "-device=" in cookie:
                self.device = cookie.split(";")[0]
            else:
                self.cookie = cookie.split(";")[0]
        return answer

    def post(self, path, message, **fields):
        return self.ask("POST", path, json.dumps(message), **{"content_type": "application/json"} | fields)

    def call(self, method, message=None, **fields):
        """`method` as "identity.v1.IdentityService/GetMyself"."""
        return self.post(f"/pulih.{method}", message or {}, **fields)

    def sign_in(self, email, password=PASSWORD):
        answer = self.post("/session", {"email": email, "password": password})
        assert answer.status == 200, answer
        return answer


def exchange(port, *pieces, timeout=10):
    """Sends the pieces over one connection and reads until the other side closes: all that came."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as connection:
        for piece in pieces:
            connection.sendall(piece)
        received = b""
        try:
            while data := connection.recv(65536):
                received += data
        except ConnectionResetError:
            pass
        return received
