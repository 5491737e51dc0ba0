"""What the benches share: a release build's stack, pgbench beside it, and a report of ratios."""

import contextlib
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("PULIH_BUILD", ROOT / "build"))
sys.path[:0] = [str(ROOT / "deploy/local")]

import stack as local  # noqa: E402
from private_postgres import BIN  # noqa: E402

MEMORY_LIMIT_KIB = 16 * 1024


@contextlib.contextmanager
def stack(services, settings=None):
    """A stack with only these services, on a database that flushes."""
    every = dict(local.SERVICES)
    for name in every.keys() - set(services):
        del local.SERVICES[name]
    folder = tempfile.mkdtemp(prefix="pulih-bench-")
    running = local.Stack(folder, build=BUILD, settings=settings)
    try:
        yield running.start()
    finally:
        local.SERVICES.update(every)
        running.stop(forget=True)
        shutil.rmtree(folder, ignore_errors=True)


def pgbench(postgres, user, script, clients, seconds, environment):
    """Transactions a second, and the median latency in microseconds, from pgbench's own log."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [BIN / "pgbench", "-h", postgres.folder, "-U", user, "-M", "prepared", "-n", "-c", str(clients), "-j",
             str(min(clients, 2)), "-T", str(seconds), "-D", f"i={environment.get('START', 0)}", "-l", "--log-prefix",
             f"{folder}/log", "-f", script, "pulih"], env=dict(os.environ, **environment), capture_output=True, text=True,
            check=False)
        assert done.returncode == 0, done.stderr
        latencies = [int(line.split()[2]) for path in pathlib.Path(folder).glob("log*")
                     for line in path.read_text().splitlines() if line.split()[2].isdigit()]
    failed = re.search(r"number of failed transactions: (\d+)", done.stdout)
    assert not failed or failed[1] == "0", done.stdout + done.stderr
    return {"per_second": float(re.search(r"tps = ([\d.]+)", done.stdout)[1]), "p50_us": statistics.median(latencies)}


class Report:
    """Prints a line a figure, and says at the end which missed what was asked of it. Noise is the machine's: a ratio that
    misses is told, and nothing is asserted."""

    def __init__(self):
        self.missed = []

    def ratio(self, name, value, at_least=None, at_most=None, detail=""):
        met = (at_least is None or value >= at_least) and (at_most is None or value <= at_most)
        asked = f"≥ {at_least}" if at_least is not None else f"≤ {at_most}" if at_most is not None else ""
        print(f"{name:<55} {value:6.2f} × (asked {asked}) {'' if met else 'MISSED'}  [{detail}]", flush=True)
        if not met:
            self.missed.append(name)

    def seconds(self, name, value, at_most):
        met = value <= at_most
        print(f"{name:<55} {value:6.2f} s (asked ≤ {at_most}) {'' if met else 'MISSED'}", flush=True)
        if not met:
            self.missed.append(name)

    def memory(self, running):
        """Each process's resident memory."""
        for name, process in sorted(running.processes.items()):
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
            resident = int(re.search(r"VmRSS:\s+(\d+)", status)[1])
            self.ratio(f"memory of {name}, to 16 MiB", resident / MEMORY_LIMIT_KIB, at_most=1,
                       detail=f"{resident / 1024:.1f} MiB")

    def finish(self):
        if self.missed:
            print(f"missed: {', '.join(self.missed)}")
