"""A gateway in a thread: takes webhooks as Standard Webhooks has them, and answers as a test wants."""

import base64
import hashlib
import hmac
import http.server
import json
import threading
import time


def sign(secret, identifier, timestamp, body):
    """As the specification has it; written without a look at ours."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    text = f"{identifier}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()


class Receiver:
    """`answers`: what to say to the next ones, (status, headers, body), a callable that is given the handler, or HANG; the
    last one stays."""

    HANG = "hang"

    def __init__(self):
        self.requests, self.answers, self.arrived = [], [(204, {}, b"")], threading.Condition()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                with receiver.arrived:
                    answer = receiver.answers.pop(0) if len(receiver.answers) > 1 else receiver.answers[0]
                    receiver.requests.append((self.path, dict(self.headers.items()), body))
                    receiver.arrived.notify_all()
                if answer == receiver.HANG:
                    time.sleep(30)
                    return
                if callable(answer):
                    answer(self)
                    return
                status, headers, content = answer
                self.send_response(status)
                for name, value in {"content-length": len(content), **headers}.items():
                    self.send_header(name, str(value))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/messages"

    def texts(self):
        """What the messages say: their data."""
        return [json.loads(body)["data"] for _, _, body in self.requests]

    def signed_by(self, number, *secrets):
        """Whether the request has a signature by each of them, and by nothing else."""
        _, headers, body = self.requests[number]
        expected = {sign(secret, headers["webhook-id"], headers["webhook-timestamp"], body) for secret in secrets}
        return set(headers["webhook-signature"].split(" ")) == expected

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
