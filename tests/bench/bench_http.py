"""Over HTTP, end to end and durable: gateway, hub and service against a Fastify and node-postgres service with the same
statements on the same database (http/peer.mjs), asked the same requests by the same client (wrk), beside each other.

The peer is given its best of one and two processes and of three sizes of its pool; it looks its cookie up in a map.
"""

import contextlib
import json
import os
import pathlib
import re
import subprocess
import time
import urllib.request

import bench_enrollment as enrollment
from bench import ROOT, Report, stack
from stack import PASSWORD, free_port

FOLDER = ROOT / "tests/bench/http"
SERVICE = "/pulih.enrollment.v1.EnrollmentService"
SECONDS = 6
MANY, FEW = 60_000, 15_000  # participants for a run of creates by 64 connections, and by one
PEERS = [(1, 8), (1, 16), (2, 16), (2, 32)]  # processes, connections to the database


def install():
    if not (FOLDER / "node_modules").exists():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=FOLDER, check=True, stdout=subprocess.DEVNULL)


def statements():
    """The service's own, with numbered parameters."""
    made = {}
    for name in ("create_referral", "get_enrollment", "list_enrollments"):
        parameters = []

        def numbered(match, parameters=parameters):
            if match[1] not in parameters:
                parameters.append(match[1])
            return f"${parameters.index(match[1]) + 1}"

        made[name] = {"text": re.sub(r"(?<!:):([a-z_]+)", numbered, enrollment.statement(name)), "parameters": parameters}
    return made


@contextlib.contextmanager
def peer(running, workers, pool):
    port = free_port()
    environment = dict(os.environ, PORT=str(port), WORKERS=str(workers), POOL=str(pool), TOKEN="session=1", NODE_ENV="production",
                       DATABASE_URL=f"postgresql://pulih_enrollment@/pulih?host={running.postgres.folder}",
                       STATEMENTS=json.dumps(statements()))
    process = subprocess.Popen(["node", "peer.mjs"], cwd=FOLDER, env=environment)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(url)
        yield url, "session=1", process.pid
    finally:
        process.terminate()
        process.wait()


def wait_for(url):
    for _ in range(200):
        try:
            urllib.request.urlopen(url, timeout=1).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"nobody answers at {url}")


def sign_in(url, email):
    request = urllib.request.Request(f"{url}/session", json.dumps({"email": email, "password": PASSWORD}).encode(),
                                     {"Content-Type": "application/json", "Sec-Fetch-Site": "same-origin"})
    with urllib.request.urlopen(request) as answer:
        return "; ".join(cookie.split(";")[0] for cookie in answer.headers.get_all("Set-Cookie"))


def wrk(url, cookie, method, body, connections, first, last, cycle=True):
    environment = dict(os.environ, BODY=json.dumps(body), FIRST=str(first), LAST=str(last), COOKIE=cookie,
                       REQUEST_PATH=f"{SERVICE}/{method}")
    if cycle:
        environment["CYCLE"] = "1"
    done = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--timeout", "20s", "-s",
                           FOLDER / "requests.lua", url], env=environment, capture_output=True, text=True, check=True)
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["failed"] == 0, done.stdout + done.stderr
    result["per_second"] = result["requests"] / result["seconds"]
    assert cycle or result["requests"] <= last - first, "the range of participants is used up: make it larger"
    return result


class Ranges:
    """Participants that nobody has referred yet."""

    def __init__(self):
        self.first = 1

    def take(self, count):
        self.first += count
        assert self.first <= enrollment.PEOPLE, "there are no more participants"
        return self.first - count, self.first - 1


def measure(running, target, ranges):
    """Every figure of one side."""
    url, cookie, _ = target
    create = {"id": f"{enrollment.CASE}%s", "participantId": f"{enrollment.PARTICIPANT}%s",
              "programmeId": enrollment.PROGRAMME}
    created = wrk(url, cookie, "CreateReferral", create, 64, *(taken := ranges.take(MANY)), cycle=False)
    alone = wrk(url, cookie, "CreateReferral", create, 1, *ranges.take(FEW), cycle=False)
    # A table that grew from nothing in a minute isn't known to the planner yet.
    running.postgres.psql("pulih", "analyze enrollment.enrollment")
    return {
        "create": created,
        "create, one connection": alone,
        "read by id": wrk(url, cookie, "GetEnrollment", {"id": f"{enrollment.CASE}%s"}, 64, taken[0] + 64,
                          taken[0] + created["requests"] // 2),
        "list of 50": wrk(url, cookie, "ListEnrollments", {"prisonId": enrollment.PRISON, "pageSize": 50}, 64, 1, 1),
    }


def resident_mib(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1]) / 1024


def run(report):
    install()
    with stack(services=["identity", "enrollment"]) as running:
        enrollment.prepare(running.postgres, "pulih")
        running.add_person("Koordinator", "koordinator@example.org", "coordinator")
        ranges = Ranges()
        ours = running.gateway_url, sign_in(running.gateway_url, "koordinator@example.org"), None
        got = measure(running, ours, ranges)
        peers, memory = [], []
        for workers, pool in PEERS:
            with peer(running, workers, pool) as target:
                peers.append(measure(running, target, ranges))
                if workers == 1:
                    memory.append(resident_mib(target[2]))
        best = {name: max((side[name] for side in peers), key=lambda figure: figure["per_second"]) for name in got}
        for name, asked in {"create": 3, "create, one connection": 1, "read by id": 4, "list of 50": 2.5}.items():
            report.ratio(f"HTTP {name}, to Fastify", got[name]["per_second"] / best[name]["per_second"], at_least=asked,
                         detail=f"{got[name]['per_second']:.0f}/s; Fastify {best[name]['per_second']:.0f}/s")
        report.ratio("HTTP create, p99 to Fastify's", got["create"]["p99_us"] / best["create"]["p99_us"], at_most=0.5,
                     detail=f"{got['create']['p99_us'] / 1e3:.1f} ms; Fastify {best['create']['p99_us'] / 1e3:.1f} ms")
        mine = sum(resident_mib(running.processes[name].pid) for name in ("gateway-0", "enrollment-0"))
        report.ratio("memory of gateway and service, to Fastify's", mine / min(memory), at_most=0.3,
                     detail=f"{mine:.1f} MiB; Fastify {min(memory):.1f} MiB")


if __name__ == "__main__":
    report = Report()
    run(report)
    report.finish()
