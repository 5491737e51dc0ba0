// Logs: one JSON object a line on stderr, with a stable message id and named values. Never a name, a note or a secret.
// Only the place that decides what a failure means logs it; library code returns it.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

struct log_value {
  const char *name;
  const char *text;  // or NULL, then `number`
  int64_t number;
};

static inline struct log_value log_text(const char *name, const char *text) {
  return (struct log_value){name, text ? text : "", 0};
}
static inline struct log_value log_number(const char *name, int64_t number) {
  return (struct log_value){name, NULL, number};
}

// Called once at start: what "service" and "instance" every line carries, and the least level that is written.
void log_start(const char *service, const char *instance, enum log_level least);
int log_level_from_name(const char *name, enum log_level *ret_level);
void log_write(enum log_level level, const char *id, const char *traceparent, const struct log_value *values,
               size_t count);

// LOG(WARNING, "DB_CONNECTION_LOST", log_text("host", host), log_number("attempt", n))
#define LOG(level, id, ...) LOG_TRACED(level, id, NULL, __VA_ARGS__)
#define LOG_TRACED(level, id, traceparent, ...)                              \
  log_write(LOG_##level, id, traceparent, (struct log_value[]){__VA_ARGS__}, \
            sizeof((struct log_value[]){__VA_ARGS__}) / sizeof(struct log_value))
