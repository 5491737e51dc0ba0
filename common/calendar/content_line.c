#include "calendar/content_line.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

enum { LINE_BYTES = 75 };

struct line {
  FILE *out;
  size_t size;
};

// Together on one line.
static void put(struct line *line, const char *bytes, size_t size) {
  if (line->size + size > LINE_BYTES) {
    fputs("\r\n ", line->out);
    line->size = 1;
  }
  fwrite(bytes, 1, size, line->out);
  line->size += size;
}

// Of UTF-8.
static size_t character_size(const char *at) {
  size_t size = 1;
  while (size < 4 && (at[size] & 0xC0) == 0x80) size++;
  return size;
}

static void put_value(struct line *line, const char *value, bool is_text) {
  for (const char *at = value; *at; at += character_size(at)) {
    bool is_control = ((unsigned char)*at < ' ' && *at != '\t') || *at == 0x7F;
    if (is_text && *at == '\n')
      put(line, "\\n", 2);
    else if (is_text && strchr("\\;,", *at))
      put(line, (const char[]){'\\', *at}, 2);
    else if (!is_control)
      put(line, at, character_size(at));
  }
}

static void write_line(FILE *out, const char *name, const char *value, bool is_text) {
  struct line line = {.out = out};
  put_value(&line, name, false);
  put(&line, ":", 1);
  put_value(&line, value, is_text);
  fputs("\r\n", out);
}

void content_line(FILE *out, const char *name, const char *value) {
  write_line(out, name, value, false);
}

void content_line_text(FILE *out, const char *name, const char *text) {
  write_line(out, name, text, true);
}

void content_line_number(FILE *out, const char *name, int number) {
  char value[16];
  snprintf(value, sizeof value, "%d", number);
  content_line(out, name, value);
}

void content_line_time(FILE *out, const char *name, int64_t seconds) {
  char value[40];
  time_t time = (time_t)seconds;
  struct tm parts;
  if (!gmtime_r(&time, &parts) || !strftime(value, sizeof value, "%Y%m%dT%H%M%SZ", &parts)) value[0] = '\0';
  content_line(out, name, value);
}
