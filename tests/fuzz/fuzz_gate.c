// Any header as libmicrohttpd leaves it: what the gate lets pass is fields without a control character, each name once
// where that is asked, and a plain path.
#include <assert.h>
#include <strings.h>

#include "../unit/left_header.h"
#include "fuzz.h"

static bool is_named(const struct http_field *field, const char *name) {
  return field->name_size == strlen(name) && !strncasecmp(field->name, name, field->name_size);
}

// Whether there is a host.
static bool check_fields(const struct http_field *fields, size_t count) {
  size_t hosts = 0, lengths = 0, encodings = 0;
  for (size_t i = 0; i < count; i++) {
    assert(fields[i].name_size);
    for (size_t at = 0; at < fields[i].value_size; at++) {
      unsigned char c = (unsigned char)fields[i].value[at];
      assert((c >= ' ' && c != 127) || c == '\t');
    }
    hosts += is_named(&fields[i], "Host");
    lengths += is_named(&fields[i], "Content-Length");
    encodings += is_named(&fields[i], "Transfer-Encoding");
  }
  assert(hosts <= 1 && lengths + encodings <= 1);
  return hosts == 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct http_field fields[GATE_FIELDS_MAX];
  struct left left = {0};
  size_t count;
  if (!leave(&left, (const char *)data, size) || gate_check(&left.header, fields, &count) != GATE_FINE) return 0;
  assert(count == left.header.fields_seen && count <= GATE_FIELDS_MAX);
  bool has_host = check_fields(fields, count);
  assert(has_host || !strncmp(left.header.version, "HTTP/1.0", sizeof "HTTP/1.0" - 1));
  struct arena arena;
  arena_init(&arena, FUZZ_ARENA_LIMIT);
  const char *path, *query;
  if (gate_target(left.target, &arena, &path, &query) == GATE_FINE) {
    assert(*path == '/' && !strstr(path, "//") && !strstr(path, "/../") && !strchr(path, '\\'));
    for (const char *c = path; *c; c++) assert(*c >= ' ' && *c <= '~');
  }
  arena_finish(&arena);
  return 0;
}
