"""An SMTP server on this machine that keeps every mail as a file and passes none on."""

import email
import email.policy
import pathlib
import socket
import threading

from aiosmtpd.controller import Controller


def read_mails(folder):
    return [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in sorted(folder.glob("*.eml"))]


class MailCatcher:
    """Mails are `<number>.eml` in `folder`, in the order in which they came."""

    def __init__(self, folder, port=0, address="127.0.0.1", tls_context=None):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.count = len(list(self.folder.glob("*.eml")))
        self.arrived = threading.Condition()
        self.controller = Controller(self, hostname=address, port=port or self._free_port(),
                                     server_hostname="catcher.example.org", tls_context=tls_context)
        self.controller.start()

    @staticmethod
    def _free_port():
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return probe.getsockname()[1]

    @property
    def url(self):
        return f"smtp://127.0.0.1:{self.controller.port}"

    async def handle_DATA(self, server, session, envelope):
        with self.arrived:
            self.count += 1
            headers = f"X-Envelope-To: {', '.join(envelope.rcpt_tos)}\r\n".encode()
            (self.folder / f"{self.count:06}.eml").write_bytes(headers + envelope.content)
            self.arrived.notify_all()
        return "250 OK"

    def wait_for(self, count, timeout=20):
        """Until at least `count` mails are there."""
        with self.arrived:
            if not self.arrived.wait_for(lambda: self.count >= count, timeout):
                raise TimeoutError(f"{self.count} mails after {timeout} s, expected {count}")

    def mails(self):
        return read_mails(self.folder)

    def stop(self):
        self.controller.stop()
