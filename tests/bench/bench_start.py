"""From a PostgreSQL that is ready to a hub that knows every service: the whole stack, one instance of each."""

import time

from bench import Report, local, stack


def run(report):
    with stack(services=list(local.SERVICES)) as running:
        running.stop_processes()
        began = time.monotonic()
        running.start_all()
        report.seconds("whole stack ready after PostgreSQL is", time.monotonic() - began, at_most=1)
        report.memory(running)


if __name__ == "__main__":
    report = Report()
    run(report)
    report.finish()
