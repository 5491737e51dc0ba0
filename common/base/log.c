#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 4096 };

// The one global of the project: what every line of this process carries. Set once, before any thread is started.
static struct {
  const char *service, *instance;
  enum log_level least;
} process = {"-", "-", LOG_INFO};

static const char *const level_names[] = {"debug", "info", "warning", "error"};

void log_start(const char *service, const char *instance, enum log_level least) {
  process.service = service;
  process.instance = instance;
  process.least = least;
}

int log_level_from_name(const char *name, enum log_level *ret_level) {
  for (size_t i = 0; i < sizeof level_names / sizeof level_names[0]; i++) {
    if (!strcasecmp(name, level_names[i])) {
      *ret_level = (enum log_level)i;
      return 0;
    }
  }
  return -EINVAL;
}

// Room for one line; what doesn't fit is cut at the end of a value, and the line stays whole JSON.
struct line {
  char text[LINE_MAX_BYTES];
  size_t used;
};

static void put(struct line *line, char c) {
  if (line->used < LINE_MAX_BYTES - 4) line->text[line->used++] = c;
}

static void put_text(struct line *line, const char *text) {
  put(line, '"');
  for (; *text; text++) {
    unsigned char c = (unsigned char)*text;
    if (line->used > LINE_MAX_BYTES - 64) break;
    if (c == '"' || c == '\\') {
      put(line, '\\');
      put(line, (char)c);
    } else if (c < 0x20 || c == 0x7f) {
      char escaped[8];
      snprintf(escaped, sizeof escaped, "\\u%04x", c);
      for (char *e = escaped; *e; e++) put(line, *e);
    } else {
      put(line, (char)c);
    }
  }
  put(line, '"');
}

static void put_value(struct line *line, const struct log_value *value) {
  if (line->used > LINE_MAX_BYTES - 256) return;
  if (line->used > 1) put(line, ',');
  put_text(line, value->name);
  put(line, ':');
  if (value->text) {
    put_text(line, value->text);
    return;
  }
  char number[24];
  snprintf(number, sizeof number, "%lld", (long long)value->number);
  for (char *n = number; *n; n++) put(line, *n);
}

void log_write(enum log_level level, const char *id, const char *traceparent, const struct log_value *values,
               size_t count) {
  if (level < process.least) return;
  int saved_errno = errno;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  struct tm utc;
  gmtime_r(&now.tv_sec, &utc);
  char time[40];
  size_t size = strftime(time, sizeof time, "%Y-%m-%dT%H:%M:%S", &utc);
  snprintf(time + size, sizeof time - size, ".%03ldZ", now.tv_nsec / 1000000);

  struct line line = {.text = "{", .used = 1};
  const struct log_value common[] = {log_text("time", time), log_text("level", level_names[level]),
                                     log_text("service", process.service), log_text("instance", process.instance),
                                     log_text("id", id)};
  for (size_t i = 0; i < sizeof common / sizeof common[0]; i++) put_value(&line, &common[i]);
  if (traceparent && *traceparent) put_value(&line, &(struct log_value){"traceparent", traceparent, 0});
  for (size_t i = 0; i < count; i++) put_value(&line, &values[i]);
  line.text[line.used++] = '}';
  line.text[line.used++] = '\n';
  // A full pipe or a closed stderr must not stop the service, and there is nobody else to tell.
  if (write(STDERR_FILENO, line.text, line.used) < 0) errno = saved_errno;
  errno = saved_errno;
}
