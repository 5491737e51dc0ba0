"""The door: signing in through the hub, as people do it."""

import base64
import hashlib
import hmac
import json
import sys

from postgres import ROOT

sys.path.insert(0, str(ROOT / "deploy/local"))

from stack import DATABASE, KEYSTORE, Stack  # noqa: E402

ONE_TIME, OWN = "sekali pakai saja", "kuda liar berlari"


class Door(Stack):
    """The hub, two instances of identity, gateways where they are asked for, and nothing else."""

    def __init__(self, folder, gateway_ports=(), **options):
        super().__init__(folder, gateway_ports=gateway_ports, **options)

    def start(self, postgres):
        self.postgres = postgres
        self.postgres.psql("postgres", f'drop database if exists "{DATABASE}" with (force)')
        self.postgres.psql("postgres", f'drop database if exists "{KEYSTORE}" with (force)')
        self.postgres.create_database(DATABASE)
        self.postgres.create_database(KEYSTORE)
        self.pulih("keys", "generate", self.keys)
        self.pulih("migrate")
        self.start_process("hub")
        for number in range(2):
            self.start_process("identity", number)
        for number in range(len(self.gateway_ports)):
            self.start_process("gateway", number)
        self.wait_ready()
        return self

    def session(self, name):
        return {"PULIH_SESSION_FILE": str(self.folder / name)}

    def sign_in(self, email, password, new_password=None, session="somebody", code=None):
        """(exit status, stderr)"""
        arguments = ["login", email, "--password-file", "-"]
        for option, secret in (("--new-password-file", new_password), ("--code-file", code)):
            if secret:
                path = self.folder / option.strip("-")
                path.write_text(secret + "\n")
                path.chmod(0o600)
                arguments += [option, path]
        status, _, err = self.pulih(*arguments, stdin=password + "\n", check=False, environment=self.session(session))
        return status, err

    def whoami(self, session="somebody"):
        status, out, err = self.pulih("whoami", "--json", check=False, environment=self.session(session))
        return json.loads(out)["email"] if status == 0 else err

    def person(self, email, *roles):
        """Somebody who has chosen their password."""
        self.pulih("user", "add", "Sari Wulandari", email, "--role", ",".join(roles))
        self.pulih("user", "password", email, "--password-file", "-", stdin=ONE_TIME + "\n")
        assert self.sign_in(email, ONE_TIME, OWN, session=email)[0] == 0
        return email

    def call(self, method, session=None, **request):
        """The answer; or, as text, the reason why there is none. Without a session, as the operator."""
        status, out, err = self.pulih("call", method, json.dumps(request), "--json", check=False,
                                      environment=self.session(session or "nobody"))
        return json.loads(out) if status == 0 else json.loads(err)["reason"]


def totp(secret, seconds):
    """The code of an authenticator app (RFC 6238), `seconds` after 1970; made by Python's own library."""
    digest = hmac.digest(base64.b32decode(secret), (seconds // 30).to_bytes(8, "big"), hashlib.sha1)
    at = digest[-1] & 15
    return f"{(int.from_bytes(digest[at:at + 4], 'big') & 0x7fffffff) % 1000000:06}"
