// Counters, gauges and histograms, in the Prometheus text format. Made at start, changed from the loop's thread only.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

// Upper bounds of a histogram's buckets, in seconds.
enum { METRIC_BUCKETS = 14 };
extern const double metric_bounds[METRIC_BUCKETS];

struct metric {
  const char *name;    // "pulih_hub_calls_total"
  const char *labels;  // "state=\"ok\"" or NULL; never an id
  const char *help;
  enum metric_kind kind;
  double value;  // sum, for a histogram
  uint64_t count;
  uint64_t buckets[METRIC_BUCKETS];
  struct metric *next;
};

struct metrics {
  struct metric *first, *last;
};

// The metric is the caller's, and outlives the registry's use. Same names must be added one after another.
void metrics_add(struct metrics *metrics, struct metric *metric);
static inline void metric_count(struct metric *metric, double amount) {
  metric->value += amount;
}
static inline void metric_set(struct metric *metric, double value) {
  metric->value = value;
}
void metric_observe(struct metric *metric, double seconds);
// Prometheus text exposition format 0.0.4.
void metrics_write(const struct metrics *metrics, FILE *out);
