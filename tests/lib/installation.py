"""An installation by docker-compose.yml, as an ops person has it: a copy of the project in a folder of its own, its settings in
.env. Talked to by ports published on 127.0.0.1, and by `pulih` as it was built here."""

import contextlib
import http.client
import json
import os
import pathlib
import shutil
import ssl
import subprocess
import tempfile
import time
import urllib.request

from build import ROOT, program
from client import Client
from mail_catcher import read_mails
from stack import DATABASE, KEYSTORE, free_port, set_clock

PARTS = ("hub", "identity", "enrollment", "scheduling", "counseling-notes", "notifications", "gateway")
TARGETS = ("postgres", "front", "pulih", *PARTS)
# Of containers that tests start beside those of docker-compose.yml.
CLOCK = """
services:
""" + "".join(f"""
  {part}:
    environment: {{PULIH_CLOCK_FILE: /clock/now}}
    volumes: ["${{PULIH_TEST_CLOCK}}:/clock:ro"]
""" for part in PARTS)


# As in deploy/Dockerfile.
BASE = os.environ.get("PULIH_BASE", "debian:bookworm-slim")


class NoEngine(Exception):
    """Why no container of ours can run here."""


def compose_command():
    has_plugin = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode == 0
    return ["docker", "compose"] if has_plugin else ["docker-compose"]


def run_on_engine(environment, *command, timeout=600):
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=timeout, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoEngine(str(error)) from error
    if done.returncode:
        raise NoEngine(f"{' '.join(map(str, command))}: {' '.join(done.stderr.split())[-600:]}")
    return done.stdout


def check_engine(environment):
    """Raises NoEngine where docker or Compose doesn't work, or a container can't have what ours have: limits, a port on 127.0.0.1, a
    folder of this machine."""
    run_on_engine(environment, "docker", "version")
    run_on_engine(environment, *compose_command(), "version")
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder).chmod(0o755)
        pathlib.Path(folder, "seen").touch()
        run_on_engine(environment, "docker", "run", "--rm", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--memory", "64m",
                      "--pids-limit", "64", "--publish", "127.0.0.1::8080", "--volume", f"{folder}:/folder:ro", BASE, "test", "-e", "/folder/seen")


def engine():
    """The environment in which docker works here: of an engine that runs, else of one that PULIH_ENGINE (a program) starts."""
    # Compose 1.29 gives up after a minute otherwise, where the engine is slow.
    environment = {"COMPOSE_HTTP_TIMEOUT": "600"} | os.environ
    starter = pathlib.Path(os.environ.get("PULIH_ENGINE", ROOT.parent / "shared/containers/engine"))
    try:
        check_engine(environment)
    except NoEngine:
        if not starter.exists():
            raise
        for line in run_on_engine(environment, starter, "up", timeout=1200).splitlines():
            name, _, value = line.removeprefix("export ").partition("=")
            environment[name] = value
        check_engine(environment)
    return environment


def build_settings():
    """Certificate authorities of this machine, which the build of the page may need to reach npm's registry."""
    extra = sorted(pathlib.Path("/usr/local/share/ca-certificates").glob("*.crt"))
    return {"PULIH_BUILD_CA": "".join(path.read_text() for path in extra)}


def copy_project(folder, commit=None):
    """The project as it stands, or as it was at a commit, without its history."""
    folder.mkdir(parents=True, exist_ok=True)
    if commit:
        archive = subprocess.run(["git", "-c", "tar.umask=0022", "archive", commit], cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout
        subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)
        return folder
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    for name in listed.stdout.splitlines():
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


class Installation(Client):
    """`name` is the compose project. With `clock`, the services' clock stands until set_clock()."""

    def __init__(self, folder, name, engine_environment, clock=None, settings=None, version="local", commit=None):
        super().__init__(folder)
        self.project = copy_project(self.folder / "pulih", commit)
        # Another commit may have fewer.
        self.parts = [part for part in PARTS if f"\n  {part}:\n" in (self.project / "docker-compose.yml").read_text()]
        self.name = name
        self.engine = engine_environment
        self.https_port, self.hub_port = free_port(), free_port()
        self.settings = {
            "COMPOSE_PROJECT_NAME": name, "PULIH_VERSION": version, "PULIH_HTTPS_PORT": self.https_port, "PULIH_HUB_PORT": self.hub_port,
            "PULIH_ORIGIN": self.url, "PULIH_IDENTITY_TOTP": "optional", "PULIH_TRAINING": "true", **(settings or {})}
        if clock:
            (self.project / "test-clock.yml").write_text(CLOCK)
            self.clock_folder = self.folder / "clock"
            self.clock_folder.mkdir()
            self.settings |= {"COMPOSE_FILE": "docker-compose.yml:test-clock.yml", "PULIH_TEST_CLOCK": self.clock_folder}
            self.set_clock(clock)
        self.write_settings()

    @property
    def url(self):
        return f"https://localhost:{self.https_port}"

    @property
    def secrets(self):
        return self.project / "secrets"

    def write_settings(self, **changes):
        self.settings |= changes
        (self.project / ".env").write_text("".join(f"{name}={value}\n" for name, value in self.settings.items()))

    # Commands.

    def run(self, *command, check=True, stdin=None, timeout=900, shell=False):
        """A command at the project's root; gives what it wrote."""
        done = subprocess.run(command[0] if shell else list(map(str, command)), cwd=self.project, env=self.engine | build_settings(),
                              input=stdin, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout, check=False,
                              shell=shell, executable="/bin/bash" if shell else None)
        if check and done.returncode:
            raise RuntimeError(f"{command}: exit {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
        return done.stdout

    def compose(self, *arguments, **options):
        return self.run(*compose_command(), *arguments, **options)

    def docker(self, *arguments, **options):
        return self.run("docker", *arguments, **options)

    def build(self, *targets):
        self.compose("build", *(targets or TARGETS))

    def start(self):
        self.run("deploy/secrets")
        self.compose("up", "-d")
        self.wait_ready()
        return self

    def down(self):
        self.compose("--profile", "demo", "--profile", "observe", "--profile", "tools", "down", "-v", "--remove-orphans", check=False)
        # Of containers' users.
        self.docker("run", "--rm", "--user", "0", "-v", f"{self.folder}:/folder", "--entrypoint", "rm", "pulih/pulih:local", "-rf",
                    "/folder/pulih/secrets", check=False)

    # Looking.

    def containers(self, part=None):
        """Ids of those that run."""
        filters = [f"label=com.docker.compose.project={self.name}"] + ([f"label=com.docker.compose.service={part}"] if part else [])
        return self.docker("ps", "-q", *(word for each in filters for word in ("--filter", each))).split()

    def part_of(self, container):
        return self.docker("inspect", "-f", '{{index .Config.Labels "com.docker.compose.service"}}', container).strip()

    def get(self, path, timeout=5):
        context = ssl.create_default_context(cafile=self.secrets / "ca.crt")
        with urllib.request.urlopen(self.url + path, timeout=timeout, context=context) as answer:
            return answer.read().decode()

    def instances(self):
        """{service: how many are connected with the hub that answers}"""
        status, out, _ = self.pulih("call", "HubService/GetStatus", "--timeout", "2s", check=False)
        counts = {}
        for instance in json.loads(out).get("instances", []) if status == 0 else []:
            counts[instance["service"]] = counts.get(instance["service"], 0) + 1
        return counts

    def is_ready(self):
        with contextlib.suppress(OSError, http.client.HTTPException):
            return json.loads(self.get("/readyz"))["ready"] and len(self.instances()) >= len(self.parts) - 1
        return False

    def wait_ready(self, timeout=180):
        end = time.monotonic() + timeout
        while not self.is_ready():
            if time.monotonic() > end:
                raise RuntimeError(f"not ready after {timeout} s:\n{self.compose('ps', check=False)}\n"
                                   f"{self.compose('logs', '--tail', '5', check=False)}")
            time.sleep(0.1)

    # What deploy/local/stack.py has, for tests that don't care which of the two they talk to.

    def program(self, name="pulih"):
        return program("services/pulih/pulih")

    def environment(self, service):
        values = {key: value for key, value in os.environ.items() if not key.startswith("PULIH_")}
        return values | {
            "PULIH_HUB_ENDPOINTS": f"tcp://127.0.0.1:{self.hub_port}", "PULIH_HUB_PUBLIC_KEY_FILE": str(self.secrets / "hub.pub"),
            "PULIH_KEY_FILE": str(self.secrets / "operator.key"), "PULIH_SESSION_FILE": str(self.folder / "session")}

    def set_clock(self, instant):
        set_clock(self.clock_folder / "now", instant)

    def psql(self, command, part="postgres", database=DATABASE):
        return self.compose("exec", "-T", part, "psql", "-XAtq", "-h", "/run/postgresql", "-d", database, "-c", command).strip()

    def dump(self, database):
        part = {DATABASE: "postgres", KEYSTORE: "keystore"}[database]
        return self.compose("exec", "-T", part, "pg_dump", "-h", "/run/postgresql", "-d", database).encode()

    def log_text(self):
        return self.compose("logs", "--no-color")

    @property
    def mail(self):
        return Mail(self)


class Mail:
    """The mails that the profile demo's server has kept."""

    def __init__(self, installation):
        self.installation, self.folder = installation, installation.folder / "mail"

    def mails(self):
        container, = self.installation.containers("mail")
        self.folder.mkdir(exist_ok=True)
        self.installation.docker("cp", f"{container}:/var/mail/caught/.", self.folder)
        return read_mails(self.folder)

    def wait_for(self, count, timeout=60):
        end = time.monotonic() + timeout
        while (found := len(self.mails())) < count:
            if time.monotonic() > end:
                raise TimeoutError(f"{found} mails after {timeout} s, expected {count}")
            time.sleep(0.1)
