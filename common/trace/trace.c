#include "trace/trace.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "curl/curl_loop.h"

enum {
  QUEUE = 2048,
  BATCH = 256,
  SEND_EVERY_MS = 2000,
  SEND_TIMEOUT_MS = 5000,
  LAST_SEND_MS = 1000,
  URL_BYTES = 512,
};
// Where ids stand in "00-<trace>-<span>-<flags>".
enum { TRACE_AT = 3, TRACE_HEX = 32, SPAN_AT = 36, SPAN_HEX = 16, FLAGS_AT = 53 };

struct kept_span {
  char trace[TRACE_HEX + 1], parent[SPAN_HEX + 1], own[SPAN_HEX + 1], name[TRACE_NAME_BYTES], failure[48];
  int64_t begin_us, end_us;
};

struct tracer {
  struct tracer_settings settings;
  char url[URL_BYTES];
  struct kept_span spans[QUEUE];  // a ring
  size_t first, count;
  struct curl_loop *curl;
  CURL *easy;
  struct curl_slist *fields;
  char *body;  // being sent; NULL when nothing is
  size_t sending;
  uv_timer_t timer;
  bool closing, failed_before;
  void (*closed)(void *owner);
  void *owner;
  struct metric told, dropped;
};

static bool is_traceparent(const char *text) {
  return text && strlen(text) == TRACEPARENT_TEXT - 1 && !strncmp(text, "00-", 3) && text[SPAN_AT - 1] == '-' &&
         text[FLAGS_AT - 1] == '-' && strspn(text, "0123456789abcdef-") == TRACEPARENT_TEXT - 1;
}

static void draw(char *hex, size_t digits) {
  unsigned char bytes[16];
  randombytes_buf(bytes, digits / 2);
  sodium_bin2hex(hex, digits + 1, bytes, digits / 2);
}

void trace_continue(const char *parent, char text[TRACEPARENT_TEXT]) {
  char trace[TRACE_HEX + 1], span[SPAN_HEX + 1];
  const char *flags = "01";
  draw(trace, TRACE_HEX);
  draw(span, SPAN_HEX);
  if (is_traceparent(parent)) {
    memcpy(trace, parent + TRACE_AT, TRACE_HEX);
    flags = parent + FLAGS_AT;
  }
  snprintf(text, TRACEPARENT_TEXT, "00-%s-%s-%.2s", trace, span, flags);
}

static void write_span(FILE *out, const struct kept_span *span) {
  fprintf(out, "{\"traceId\":\"%s\",\"spanId\":\"%s\",", span->trace, span->own);
  if (*span->parent) fprintf(out, "\"parentSpanId\":\"%s\",", span->parent);
  // Kind 2: somebody asked this process.
  fprintf(out,
          "\"name\":\"%s\",\"kind\":2,\"startTimeUnixNano\":\"%" PRId64 "000\",\"endTimeUnixNano\":\"%" PRId64 "000\",",
          span->name, span->begin_us, span->end_us);
  if (*span->failure)
    fprintf(out, "\"status\":{\"code\":2,\"message\":\"%s\"}}", span->failure);
  else
    fputs("\"status\":{\"code\":1}}", out);
}

// The first `count` spans as an ExportTraceServiceRequest; the caller frees it.
static char *write_batch(const struct tracer *tracer, size_t count) {
  char *text = NULL;
  size_t size;
  FILE *out = open_memstream(&text, &size);
  if (!out) return NULL;
  fprintf(out,
          "{\"resourceSpans\":[{\"resource\":{\"attributes\":["
          "{\"key\":\"service.name\",\"value\":{\"stringValue\":\"%s\"}},"
          "{\"key\":\"service.instance.id\",\"value\":{\"stringValue\":\"%s\"}}]},"
          "\"scopeSpans\":[{\"scope\":{\"name\":\"pulih\"},\"spans\":[",
          tracer->settings.service, tracer->settings.instance);
  for (size_t i = 0; i < count; i++) {
    if (i) fputc(',', out);
    write_span(out, &tracer->spans[(tracer->first + i) % QUEUE]);
  }
  fputs("]}]}]}", out);
  return fclose(out) ? NULL : text;
}

static void send_batch(struct tracer *tracer) {
  if (tracer->body || !tracer->count) return;
  size_t count = tracer->count < BATCH ? tracer->count : BATCH;
  tracer->body = write_batch(tracer, count);
  if (!tracer->body) return;
  tracer->sending = count;
  curl_easy_setopt(tracer->easy, CURLOPT_POSTFIELDS, tracer->body);
  curl_loop_add(tracer->curl, tracer->easy);
}

static void timer_closed(uv_handle_t *handle) {
  struct tracer *tracer = handle->data;
  void (*closed)(void *owner) = tracer->closed;
  void *owner = tracer->owner;
  free(tracer);
  if (closed) closed(owner);
}

static void curl_gone(void *owner) {
  struct tracer *tracer = owner;
  uv_close((uv_handle_t *)&tracer->timer, timer_closed);
}

static void let_go(struct tracer *tracer) {
  if (tracer->body) curl_loop_remove(tracer->curl, tracer->easy);
  free(tracer->body);
  curl_easy_cleanup(tracer->easy);
  curl_slist_free_all(tracer->fields);
  uv_timer_stop(&tracer->timer);
  curl_loop_destroy(tracer->curl, curl_gone, tracer);
}

static void close_now(uv_timer_t *timer) {
  let_go(timer->data);
}

// Sent or not, they go: a collector that is gone must not make the queue old.
static void sent(CURL *easy, CURLcode error) {
  struct tracer *tracer = NULL;
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&tracer);
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  bool failed = error || status / 100 != 2;
  metric_count(failed ? &tracer->dropped : &tracer->told, (double)tracer->sending);
  if (failed && !tracer->failed_before)
    LOG(WARNING, "TRACES_NOT_TAKEN", log_text("reason", error ? curl_easy_strerror(error) : "refused"),
        log_number("status", status));
  tracer->failed_before = failed;
  tracer->first = (tracer->first + tracer->sending) % QUEUE;
  tracer->count -= tracer->sending;
  curl_loop_remove(tracer->curl, easy);
  free(tracer->body);
  tracer->body = NULL;
  if (tracer->closing) uv_timer_start(&tracer->timer, close_now, 0, 0);
}

static void send_due(uv_timer_t *timer) {
  struct tracer *tracer = timer->data;
  send_batch(tracer);
}

static size_t drop_answer(const char *data, size_t size, size_t count, void *owner) {
  (void)data, (void)owner;
  return size * count;
}

static int prepare_transfer(struct tracer *tracer) {
  tracer->fields = curl_slist_append(NULL, "Content-Type: application/json");
  CURL *easy = tracer->easy = curl_easy_init();
  if (!tracer->fields || !easy) return -1;
  curl_easy_setopt(easy, CURLOPT_URL, tracer->url);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, tracer->fields);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)SEND_TIMEOUT_MS);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop_answer);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_PRIVATE, tracer);
  return 0;
}

struct tracer *tracer_create(uv_loop_t *loop, const struct tracer_settings *settings, struct metrics *metrics) {
  struct tracer *tracer = calloc(1, sizeof *tracer);
  if (!tracer) return NULL;
  tracer->settings = *settings;
  snprintf(tracer->url, sizeof tracer->url, "%s/v1/traces", settings->endpoint);
  if (prepare_transfer(tracer) || !(tracer->curl = curl_loop_create(loop, sent))) {
    curl_slist_free_all(tracer->fields);
    curl_easy_cleanup(tracer->easy);
    free(tracer);
    return NULL;
  }
  tracer->told = (struct metric){
      .name = "pulih_traces_told_total", .help = "Spans that the collector took.", .kind = METRIC_COUNTER};
  tracer->dropped = (struct metric){.name = "pulih_traces_dropped_total",
                                    .help = "Spans that it didn't take, or that there was no room for.",
                                    .kind = METRIC_COUNTER};
  metrics_add(metrics, &tracer->told);
  metrics_add(metrics, &tracer->dropped);
  uv_timer_init(loop, &tracer->timer);
  tracer->timer.data = tracer;
  uv_timer_start(&tracer->timer, send_due, SEND_EVERY_MS, SEND_EVERY_MS);
  uv_unref((uv_handle_t *)&tracer->timer);
  return tracer;
}

void tracer_close(struct tracer *tracer, void (*closed)(void *owner), void *owner) {
  tracer->closed = closed;
  tracer->owner = owner;
  tracer->closing = true;
  send_batch(tracer);
  uv_ref((uv_handle_t *)&tracer->timer);
  uv_timer_start(&tracer->timer, close_now, tracer->body ? LAST_SEND_MS : 0, 0);
}

void tracer_tell(struct tracer *tracer, const struct span *span) {
  if (!is_traceparent(span->own ? span->own : span->parent)) return;
  const char *of = span->own ? span->own : span->parent;
  if (!(strtoul(of + FLAGS_AT, NULL, 16) & 1) || tracer->closing) return;
  if (tracer->count == QUEUE) {
    metric_count(&tracer->dropped, 1);
    return;
  }
  struct kept_span *kept = &tracer->spans[(tracer->first + tracer->count++) % QUEUE];
  *kept = (struct kept_span){.begin_us = span->begin_us, .end_us = span->end_us};
  memcpy(kept->trace, of + TRACE_AT, TRACE_HEX);
  if (span->own)
    memcpy(kept->own, span->own + SPAN_AT, SPAN_HEX);
  else
    draw(kept->own, SPAN_HEX);
  if (is_traceparent(span->parent)) memcpy(kept->parent, span->parent + SPAN_AT, SPAN_HEX);
  snprintf(kept->name, sizeof kept->name, "%s", span->name);
  snprintf(kept->failure, sizeof kept->failure, "%s", span->failure ? span->failure : "");
  if (tracer->count >= BATCH) send_batch(tracer);
}
