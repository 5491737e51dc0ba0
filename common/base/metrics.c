#include "base/metrics.h"

#include <string.h>

const double metric_bounds[METRIC_BUCKETS] = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                              0.1,    0.25,  0.5,    1,     2.5,  5,     10};

static const char *const kind_names[] = {"counter", "gauge", "histogram"};

void metrics_add(struct metrics *metrics, struct metric *metric) {
  metric->next = NULL;
  if (metrics->last)
    metrics->last->next = metric;
  else
    metrics->first = metric;
  metrics->last = metric;
}

void metric_observe(struct metric *metric, double seconds) {
  metric->value += seconds;
  metric->count++;
  for (int i = 0; i < METRIC_BUCKETS; i++) metric->buckets[i] += seconds <= metric_bounds[i];
}

static void write_histogram(const struct metric *metric, FILE *out) {
  const char *labels = metric->labels ? metric->labels : "";
  const char *comma = *labels ? "," : "";
  for (int i = 0; i < METRIC_BUCKETS; i++)
    fprintf(out, "%s_bucket{%s%sle=\"%g\"} %llu\n", metric->name, labels, comma, metric_bounds[i],
            (unsigned long long)metric->buckets[i]);
  fprintf(out, "%s_bucket{%s%sle=\"+Inf\"} %llu\n", metric->name, labels, comma, (unsigned long long)metric->count);
  const char *open = *labels ? "{" : "", *close = *labels ? "}" : "";
  fprintf(out, "%s_sum%s%s%s %.9g\n%s_count%s%s%s %llu\n", metric->name, open, labels, close, metric->value,
          metric->name, open, labels, close, (unsigned long long)metric->count);
}

void metrics_write(const struct metrics *metrics, FILE *out) {
  const char *last_name = "";
  for (const struct metric *metric = metrics->first; metric; metric = metric->next) {
    if (strcmp(last_name, metric->name) != 0)
      fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", metric->name, metric->help, metric->name, kind_names[metric->kind]);
    last_name = metric->name;
    if (metric->kind == METRIC_HISTOGRAM) {
      write_histogram(metric, out);
      continue;
    }
    fprintf(out, metric->labels ? "%s{%s} %.17g\n" : "%s%s %.17g\n", metric->name, metric->labels ? metric->labels : "",
            metric->value);
  }
}
