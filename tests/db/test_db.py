"""common/db against a real PostgreSQL: the C test does the work, this gives it a database."""

import os
import subprocess

from build import program


def test_the_database_layer(postgres):
    database = postgres.create_database("test_db")
    environment = dict(os.environ, PULIH_TEST_DATABASE=postgres.url(database))
    done = subprocess.run([program("tests/unit/test_db")], env=environment, capture_output=True, text=True, timeout=120,
                          check=False)
    assert done.returncode == 0, done.stdout + done.stderr
