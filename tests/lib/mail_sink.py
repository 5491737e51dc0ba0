"""A real SMTP server in a thread, that can be made to misbehave."""

import asyncio
import email
import email.policy
import threading


class Server:
    """Listens on a port of its own; `protocol` makes what answers."""

    def __init__(self, protocol, ssl=None):
        self.loop, ready = asyncio.new_event_loop(), threading.Event()

        async def listen():
            self.server = await self.loop.create_server(protocol, "127.0.0.1", 0, backlog=1000, ssl=ssl)
            ready.set()

        self.thread = threading.Thread(target=lambda: (self.loop.create_task(listen()), self.loop.run_forever()), daemon=True)
        self.thread.start()
        assert ready.wait(10)
        self.url = f"smtp://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"

    def stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()


class Sink:
    """An aiosmtpd handler: takes mail, unless the recipient's name says what else to do."""

    def __init__(self, hang_seconds=3):
        self.mails, self.connections, self.hang_seconds = [], 0, hang_seconds

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
                await asyncio.sleep(self.hang_seconds)
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
            await asyncio.sleep(self.hang_seconds)
        return {"spam": "554 5.7.1 not wanted", "full": "452 4.2.2 mailbox full"}.get(name, "250 2.0.0 taken")

    def mail(self, number=0):
        return email.message_from_bytes(self.mails[number][1], policy=email.policy.default)

    def ids(self):
        """Message-IDs, one a mail."""
        return [self.mail(number)["message-id"] for number in range(len(self.mails))]
