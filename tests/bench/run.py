"""`make bench`: every figure, one after another, so that none disturbs the next."""

import bench_deliveries
import bench_enrollment
import bench_http
import bench_lateness
import bench_materialise
import bench_planning
import bench_smtp
import bench_start
import bench_streams
from bench import Report

if __name__ == "__main__":
    report = Report()
    for part in (bench_start, bench_enrollment, bench_http, bench_streams, bench_deliveries, bench_smtp, bench_lateness, bench_planning, bench_materialise):
        part.run(report)
    report.finish()
