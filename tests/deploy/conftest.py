"""Where no container engine runs, what needs one is skipped, and says so; the rest runs."""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "deploy/local"), str(ROOT / "tests/scenario")]
pytest.register_assert_rewrite("test_main_job")

from installation import PARTS, TARGETS, Installation, NoEngine, build_settings, compose_command, copy_project, engine  # noqa: E402


@pytest.fixture(scope="session")
def containers():
    """The environment in which docker works."""
    try:
        return engine()
    except NoEngine as why:
        pytest.skip(f"no container engine: {why} (PULIH_ENGINE may name a program that starts one)")


# What a build says where Debian's or npm's packages can't be had, which is nothing of ours.
UNREACHABLE = re.compile("Temporary failure resolving|Could not connect|Could not resolve|Unable to fetch|EAI_AGAIN|ECONNRE|ENOTFOUND|ETIMEDOUT")


def build(environment, version, targets, commit=None, **settings):
    """From what stands here or stood at a commit, as pulih/<target>:<version>."""
    with tempfile.TemporaryDirectory(prefix="pulih-images-") as temporary:
        folder = copy_project(pathlib.Path(temporary) / "pulih", commit)
        begin = time.monotonic()
        # Again once: what is done is kept.
        for _ in range(2):
            done = subprocess.run(["nice", *compose_command(), "build", *targets], cwd=folder, capture_output=True, text=True, check=False,
                                  env=environment | build_settings() | {"PULIH_VERSION": version, "COMPOSE_PROJECT_NAME": "pulih-build"} | settings)
            said = done.stdout[-3000:] + done.stderr[-3000:]
            if done.returncode == 0 or not UNREACHABLE.search(said):
                break
    if done.returncode and UNREACHABLE.search(said):
        pytest.skip(f"packages can't be had while an image is built: {said[-300:]}")
    assert done.returncode == 0, said
    print(f"\nimages {version}: {time.monotonic() - begin:.0f} s")


@pytest.fixture(scope="session")
def images(containers):
    """Everything built from what stands here, as pulih/<target>:local."""
    build(containers, "local", (*TARGETS, "mail", "demo", "prometheus"))
    return containers


@pytest.fixture(scope="session")
def previous_images(images):
    """The processes of the commit before, as pulih/<target>:previous; its name."""
    found = subprocess.run(["git", "rev-parse", "--verify", "--quiet", "--short", "HEAD^"], cwd=ROOT, capture_output=True, text=True, check=False)
    if found.returncode:
        pytest.skip("the commit before this one isn't here (a shallow clone?)")
    commit = found.stdout.strip()
    composed = subprocess.run(["git", "show", f"{commit}:docker-compose.yml"], cwd=ROOT, capture_output=True, check=True).stdout
    targets = [part for part in ("pulih", *PARTS) if part in yaml.safe_load(composed)["services"]]
    try:
        # It says what it is built from, so that it is another image also where the source is the same.
        build(images, "previous", targets, commit, PULIH_REVISION=commit)
    except AssertionError as why:
        pytest.skip(f"{commit}, the commit before this one, can't be built: {why}")
    return commit


def installed(request, environment, name, **options):
    """Yields an installation that is ready; takes it away, and shows what it said when something failed."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"{name}-"))
    folder.chmod(0o755)
    installation = Installation(folder, name, environment, **options)
    try:
        installation.down()  # what a run that was ended left behind
        yield installation.start()
    except BaseException:
        print(installation.compose("ps", check=False), installation.compose("logs", "--tail", "20", check=False))
        raise
    finally:
        installation.down()
        if request.session.testsfailed == 0:
            shutil.rmtree(folder, ignore_errors=True)
