"""A caller of the hub that says exactly what a test tells it to, frame by frame, over CURVE."""

import base64
import json
import os

import zmq


def token_of(session_file):
    """The sign-in session's token, from what `pulih login` wrote."""
    return base64.b64decode(json.loads(session_file.read_text())["token"])


class RawClient:
    """`messages` gives the classes of rpc.proto by name. Every socket option is libzmq's default but the keys and the end."""

    def __init__(self, running, key_file, messages):
        secret = key_file.read_text().strip().encode()
        self.header = messages("pulih.rpc.v1.Header")
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.DEALER)
        self.socket.curve_serverkey = (running.keys / "hub.pub").read_text().strip().encode()
        self.socket.curve_secretkey, self.socket.curve_publickey = secret, zmq.curve_public(secret)
        self.socket.linger = 0
        self.socket.connect(f"tcp://127.0.0.1:{running.caller_port}")

    def close(self):
        self.context.destroy(linger=0)

    def request(self, method, **fields):
        """A header frame's message; `fields` overrule what a good one has."""
        values = {"id": os.urandom(16), "method": method, "timeout_ms": 10000} | fields
        return self.header(request=values)

    def send(self, *frames):
        self.socket.send_multipart(list(frames))

    def receive(self, timeout=30):
        """(id, status or None, body or None)."""
        if not self.socket.poll(timeout * 1000):
            raise TimeoutError(f"no answer within {timeout} s")
        frames = self.socket.recv_multipart()
        reply = self.header.FromString(frames[0]).reply
        return reply.id, reply.status if reply.HasField("status") else None, frames[1] if len(frames) > 1 else None

    def until(self, fence, timeout=30):
        """Sends a good call, `fence`, and gives the answers that come before its own: the hub answers what it refuses in
        the order in which it came. Sends it again meanwhile, since a connection that was cut may have taken it along."""
        answers, seconds = [], 0
        while True:
            last = self.request(fence)
            self.send(last.SerializeToString())
            try:
                while True:
                    identifier, status, _ = self.receive(1)
                    if identifier == last.request.id:
                        return answers
                    answers.append((identifier, status))
            except TimeoutError:
                seconds += 1
                if seconds >= timeout:
                    raise

    def call_all(self, calls, in_flight=64):
        """[(header, body), …] → their statuses in the same order, None where it is OK."""
        answers, waiting = [], set()
        found = {}
        for header, body in calls:
            answers.append(header.request.id)
            waiting.add(header.request.id)
            self.send(header.SerializeToString(), body)
            while len(waiting) >= in_flight:
                identifier, status, _ = self.receive()
                found[identifier] = status
                waiting.discard(identifier)
        while waiting:
            identifier, status, _ = self.receive()
            found[identifier] = status
            waiting.discard(identifier)
        return [found[identifier] for identifier in answers]
