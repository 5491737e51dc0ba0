// What libmicrohttpd 0.9.75 does to a header before the gate sees it: parse_initial_message_line(),
// get_next_header_line(), process_header_line().
#pragma once

#include <stdio.h>
#include <string.h>

#include "header_gate.h"

struct left {
  char block[4096], target[1024];
  struct gate_header header;
};

// The size of the line at `at`, whose end becomes NUL; 0 when it doesn't end.
static size_t next_line(char *at, const char *end) {
  for (char *c = at; c < end; c++) {
    if (c[0] == '\r' && c + 1 < end && c[1] == '\n') {
      c[0] = c[1] = 0;
      return (size_t)(c + 2 - at);
    }
    if (*c == '\n') {
      *c = 0;
      return (size_t)(c + 1 - at);
    }
  }
  return 0;
}

// False when there are no lines, or no request line, that libmicrohttpd would go on with.
static bool leave(struct left *left, const char *raw, size_t size) {
  char *block = left->block, *end = block + size, *at;
  if (size > sizeof left->block) return false;
  memcpy(block, raw, size);
  size_t first = next_line(block, end);
  char *space = memchr(block, ' ', first), *version = block + first - 3;
  if (!space || version < space) return false;
  *space = 0;
  char *target = space + 1;
  while (*target == ' ') target++;
  while (*version != ' ' && version > target) version--;
  *version++ = 0;
  left->header = (struct gate_header){.block = block, .size = size, .target = left->target, .version = version};
  snprintf(left->target, sizeof left->target, "%s", target);
  char *query = strchr(target, '?');
  if (query) *query = 0;
  for (at = block + first; at < end;) {
    char *line = at;
    size_t line_size = next_line(at, end);
    if (!line_size) return false;
    at += line_size;
    char *colon = strchr(line, ':');
    if (colon) *colon = 0;
    left->header.fields_seen += colon && *line != ' ' && *line != '\t';
  }
  return true;
}
