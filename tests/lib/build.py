"""Where the programs under test are."""

import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("PULIH_BUILD", ROOT / "build"))


def program(path):
    """A built program by its path in the build folder."""
    found = BUILD / path
    assert found.exists(), f"{found} isn't built; run make first"
    return found


def is_sanitized(path):
    """Whether a program was built with a sanitizer, whose memory says nothing."""
    return b"__asan_init" in (data := program(path).read_bytes()) or b"__tsan_init" in data
