"""Event streams held by one gateway: its resident memory before and with them, and how long an event takes to reach all.

    bench_streams.py [COUNT]
"""

import asyncio
import contextlib
import pathlib
import re
import resource
import shutil
import sys
import tempfile
import time

from bench import BUILD, ROOT, Report, local

sys.path.insert(0, str(ROOT / "tests/gateway"))

from http_client import Browser  # noqa: E402

EVENTS = 20
HELD_S = 45  # two heartbeats


def resident_kib(process):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{process.pid}/status").read_text())[1])


async def open_stream(port, cookie):
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=4096)
    writer.write(f"GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n".encode())
    await reader.readuntil(b"event: start\n")
    return reader, writer


async def reach(readers, running, number):
    """Seconds from before the call that has scheduling look at its events until every stream has the new one."""
    async def wait(reader):
        await reader.readuntil(b"event: message\n")

    waiting = [asyncio.ensure_future(wait(reader)) for reader in readers]
    await asyncio.sleep(0.1)
    running.postgres.psql("pulih", "select event.emit('scheduling.session_changed', null, gen_random_uuid(), 1)")
    begun = time.perf_counter()
    running.pulih("call", "CreateHoliday", f'{{"day":{{"year":2031,"month":1,"day":{number}}},"name":"Libur"}}')
    await asyncio.wait_for(asyncio.gather(*waiting), 60)
    return time.perf_counter() - begun


async def measure(running, count):
    process = running.processes["gateway-0"]
    browser = Browser(running.gateway_ports[0])
    browser.sign_in("rina@example.org")
    before = resident_kib(process)
    streams = []
    for _ in range(0, count, 50):
        streams += await asyncio.gather(*[open_stream(browser.port, browser.cookie) for _ in range(50)])
    held = resident_kib(process)
    readers = [reader for reader, _ in streams]
    times = [await reach(readers, running, number + 1) for number in range(EVENTS)]
    await asyncio.sleep(HELD_S)
    after = resident_kib(process)
    for _, writer in streams:
        writer.close()
    return before, held, after, times


def run(report, count=2000):
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    folder = tempfile.mkdtemp(prefix="pulih-bench-")
    running = local.Stack(folder, build=BUILD, fsync=False, settings={
        "gateway": {"PULIH_GATEWAY_EVENT_STREAMS_PER_PERSON": str(count)}})
    try:
        running.start()
        running.add_person("Rina", "rina@example.org", "coordinator")
        before, held, after, times = asyncio.run(measure(running, count))
        print(f"{count} event streams: resident {before} KiB before, {held} KiB with them "
              f"({(held - before) / count:.1f} KiB each), {after} KiB after {EVENTS} events to all and {HELD_S} s; "
              f"the last stream has an event after {sorted(times)[len(times) // 2] * 1000:.0f} ms (median)", flush=True)
    finally:
        with contextlib.suppress(Exception):
            running.stop(forget=True)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    run(Report(), *map(int, sys.argv[1:2]))
