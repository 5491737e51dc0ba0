"""Work through `pulih`: people who can sign in, and commands. What a stack on this machine and the demonstration in a container
share."""

import os
import pathlib
import subprocess

# Of everybody in a demonstration or a test; a real person chooses their own.
ONE_TIME_PASSWORD, PASSWORD = "hanya sekali pakai", "pulih kembali bersama"


class Client:
    """`folder` keeps sign-ins. This one finds `pulih` on the path and its settings in the environment."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def program(self, name="pulih"):
        return name

    def environment(self, service):
        return dict(os.environ)

    def pulih(self, *arguments, stdin=None, check=True, environment=None, timeout=60):
        """Runs the CLI; gives (exit status, stdout, stderr)."""
        done = subprocess.run([self.program("pulih"), *map(str, arguments)], input=stdin, text=True, timeout=timeout,
                              env=self.environment("pulih") | (environment or {}), capture_output=True, check=False)
        if check and done.returncode:
            raise RuntimeError(f"pulih {' '.join(map(str, arguments))}: exit {done.returncode}\n{done.stderr}")
        return done.returncode, done.stdout, done.stderr

    def add_person(self, name, email, *roles, prison=None, identifier=None):
        """Someone who can sign in and has: gives their session file, for `pulih --user`."""
        session = self.folder / f"session-{email}"
        if session.exists():
            return session
        options = ["--prison", prison] if prison else []
        options += ["--id", identifier] if identifier else []
        self.pulih("user", "add", name, email, "--role", ",".join(roles), *options)
        self.pulih("user", "password", email, "--password-file", "-", stdin=ONE_TIME_PASSWORD + "\n")
        password = self.folder / "password"
        password.write_text(PASSWORD + "\n")
        self.pulih("login", email, "--password-file", "-", "--new-password-file", password, "--user", session,
                   stdin=ONE_TIME_PASSWORD + "\n")
        return session

    def sign_in(self, session):
        """Again, for someone whom add_person() added: the day is over and the session with it."""
        email = session.name.removeprefix("session-")
        self.pulih("login", email, "--password-file", self.folder / "password", "--user", session)
