import pathlib
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))

from postgres import Postgres, migrate  # noqa: E402


@pytest.fixture(scope="session")
def postgres():
    server = Postgres(tempfile.mkdtemp(prefix="pulih-pg-"), fsync=False)
    server.create_database("migrated")
    migrate(server.url("migrated"))
    yield server
    server.finish()


@pytest.fixture(scope="module")
def database(postgres, request):
    """A fresh, migrated database for the module."""
    name = request.module.__name__.replace(".", "_")
    return postgres.create_database(name, "migrated")
