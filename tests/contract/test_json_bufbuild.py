"""Our ProtoJSON beside @bufbuild/protobuf's."""

import os
import pathlib
import subprocess

from build import BUILD


def test_protojson_is_what_bufbuild_protobuf_reads_and_writes():
    script = pathlib.Path(__file__).parent / "protojson.test.mjs"
    done = subprocess.run(["node", "--test", script], env=os.environ | {"PULIH_BUILD": str(BUILD)}, text=True,
                          capture_output=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
