"""A Postfix of the test's own: it takes every mail, passes it on to where `next_hop` listens, and writes a real delivery report
when that refuses one. Needs root, as Postfix does."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import time

from stack import free_port

MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""

MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
mail_owner = postfix
setgid_group = postdrop
myhostname = mail.example
mydestination =
local_transport = error:nobody lives here
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
relayhost = [127.0.0.1]:{next_port}
smtpd_tls_security_level = may
smtpd_tls_chain_files = {folder}/tls.pem
smtp_tls_security_level = none
alias_maps =
alias_database =
"""


def possible():
    return os.getuid() == 0 and shutil.which("postfix") is not None


class Postfix:
    def __init__(self, next_port):
        # Where its own user may enter.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="pulih-postfix-", dir="/var/tmp"))
        self.folder.chmod(0o755)
        self.port = free_port()
        for name in ("conf", "queue", "data"):
            (self.folder / name).mkdir()
        shutil.chown(self.folder / "data", "postfix")
        self.certificate = self.folder / "certificate.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout",
                        self.folder / "key.pem", "-out", self.certificate], check=True, capture_output=True)
        (self.folder / "tls.pem").write_text((self.folder / "key.pem").read_text() + self.certificate.read_text())
        (self.folder / "conf/main.cf").write_text(MAIN.format(folder=self.folder, next_port=next_port))
        (self.folder / "conf/master.cf").write_text(MASTER.format(port=self.port))
        self.run("start")
        self.url = f"smtp://localhost:{self.port}"

    def run(self, command):
        done = subprocess.run(["postfix", "-c", self.folder / "conf", command], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, (done.stdout, done.stderr, self.log())

    def log(self):
        path = self.folder / "log"
        return path.read_text()[-3000:] if path.exists() else ""

    def stop(self):
        self.run("stop")
        time.sleep(0.2)
        shutil.rmtree(self.folder, ignore_errors=True)
