// Traces for an OpenTelemetry collector: spans (one call, as one process saw it) are kept in a bounded queue and sent
// in batches as OTLP/HTTP in JSON (https://opentelemetry.io/docs/specs/otlp/#otlphttp). A collector that is slow or
// gone costs spans, which are counted, and nothing else.
//
// Only what is in a trace is told: whoever begins one sends a W3C traceparent (https://www.w3.org/TR/trace-context/)
// with the flag "sampled". The names of methods are told, and how calls ended; never what they said or who asked.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/metrics.h"

struct tracer;

// Of whoever has a tracer.
#define TRACE_SETTING "PULIH_OTLP_ENDPOINT"
#define TRACE_SETTING_HELP "OpenTelemetry collector that is told traces by OTLP/HTTP, http://HOST:4318; empty: none"

enum { TRACEPARENT_TEXT = 56, TRACE_NAME_BYTES = 112 };

struct tracer_settings {
  const char *endpoint;            // "http://collector:4318"; /v1/traces is added
  const char *service, *instance;  // "pulih-identity", unique for the process
};

// A span that is over. Texts are copied.
struct span {
  const char *parent;        // traceparent of who asked; NULL or malformed or unsampled: not told
  const char *own;           // traceparent that was passed on, whose id is the span's; NULL: it gets one
  const char *name;          // letters, digits, . and / alone
  int64_t begin_us, end_us;  // wall clock
  const char *failure;       // the reason, or NULL
};

// Texts in the settings outlive it. NULL when memory is out.
struct tracer *tracer_create(uv_loop_t *loop, const struct tracer_settings *settings, struct metrics *metrics);
// Sends what is left, for a second at most. `closed` (may be NULL) is called when all is freed.
void tracer_close(struct tracer *tracer, void (*closed)(void *owner), void *owner);

void tracer_tell(struct tracer *tracer, const struct span *span);

// A traceparent for what is asked on behalf of `parent`: of its trace, with a span of its own; of a new trace when
// there is none.
void trace_continue(const char *parent, char text[TRACEPARENT_TEXT]);
