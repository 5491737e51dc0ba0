"""Where no container engine runs, what needs one is skipped, and says so; the rest runs."""

import pathlib
import shutil
import subprocess
import sys
import tempfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "deploy/local"), str(ROOT / "tests/scenario")]
pytest.register_assert_rewrite("test_main_job")

from installation import TARGETS, Installation, build_settings, compose_command, copy_project, engine  # noqa: E402


@pytest.fixture(scope="session")
def containers():
    """The environment in which docker works."""
    environment = engine()
    if environment is None:
        pytest.skip("no container engine: docker doesn't answer, and PULIH_ENGINE names no program that starts one")
    return environment


def build(environment, folder, version, targets, **settings):
    done = subprocess.run(["nice", *compose_command(), "build", *targets], cwd=folder, capture_output=True, text=True, check=False,
                          env=environment | build_settings() | {"PULIH_VERSION": version, "COMPOSE_PROJECT_NAME": "pulih-build"} | settings)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


@pytest.fixture(scope="session")
def images(containers):
    """Everything built from what stands here, as pulih/<target>:local."""
    folder = copy_project(pathlib.Path(tempfile.mkdtemp(prefix="pulih-images-")) / "pulih")
    build(containers, folder, "local", (*TARGETS, "mail", "demo", "prometheus"))
    shutil.rmtree(folder)
    return containers


@pytest.fixture(scope="session")
def previous_images(images):
    """The processes of the commit before, as pulih/<target>:previous; its name."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD^"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
    if not commit:
        pytest.skip("no commit before this one is here")
    folder = copy_project(pathlib.Path(tempfile.mkdtemp(prefix="pulih-images-")) / "pulih", commit)
    if not (folder / "deploy/Dockerfile").exists():
        pytest.skip(f"{commit} has no images")
    # It says what it is built from, so that it is another image also where the source is the same.
    build(images, folder, "previous", [target for target in TARGETS if target not in ("postgres", "front")], PULIH_REVISION=commit)
    shutil.rmtree(folder)
    return commit


def installed(request, environment, name, **options):
    """Yields an installation that is ready; takes it away, and shows what it said when something failed."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"{name}-"))
    folder.chmod(0o755)
    installation = Installation(folder, name, environment, **options)
    try:
        yield installation.start()
    except BaseException:
        print(installation.compose("ps", check=False), installation.compose("logs", "--tail", "20", check=False))
        raise
    finally:
        installation.down()
        if request.session.testsfailed == 0:
            shutil.rmtree(folder, ignore_errors=True)
