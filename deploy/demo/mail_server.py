"""The demonstration's mail server in a container: TLS as a real one has it, every mail kept as a file, none sent on."""

import signal
import ssl

from mail_catcher import MailCatcher

FOLDER, CERTIFICATE, PORT = "/var/mail/caught", "/run/secrets/mail.pem", 1025

tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
tls.load_cert_chain(CERTIFICATE)
catcher = MailCatcher(FOLDER, port=PORT, address="0.0.0.0", tls_context=tls)
signal.sigwait({signal.SIGTERM, signal.SIGINT})
catcher.stop()
