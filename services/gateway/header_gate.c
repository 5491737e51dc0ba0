#include "header_gate.h"

#include <string.h>
#include <strings.h>

static const struct {
  unsigned status;
  const char *name;
} verdicts[GATE_VERDICTS] = {
    [GATE_FINE] = {200, "fine"},
    [GATE_REQUEST_LINE] = {400, "request_line"},
    [GATE_VERSION] = {505, "version"},
    [GATE_TARGET] = {400, "target"},
    [GATE_FIELD] = {400, "field"},
    [GATE_FIELD_TWICE] = {400, "field_twice"},
    [GATE_FIELD_COUNT] = {431, "field_count"},
    [GATE_HOST] = {400, "host"},
    [GATE_LENGTH] = {400, "length"},
    [GATE_ENCODING] = {400, "encoding"},
};

unsigned gate_status(enum gate_verdict verdict) {
  return verdicts[verdict].status;
}
const char *gate_name(enum gate_verdict verdict) {
  return verdicts[verdict].name;
}

// RFC 9110 section 5.6.2.
static bool is_token(unsigned char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

static enum gate_verdict check_request_line(const struct gate_header *header, const char **ret_behind) {
  const char *end = header->block + header->size, *at = header->block;
  while (at < end && is_token((unsigned char)*at)) at++;
  // One NUL where one space was, the target, and again one.
  if (at == header->block || at == end || *at) return GATE_REQUEST_LINE;
  size_t target_size = strlen(header->target);
  if (!target_size || header->version != at + 1 + target_size + 1) return GATE_REQUEST_LINE;
  const char *version = header->version;
  enum { VERSION_SIZE = sizeof "HTTP/1.1" - 1 };
  if (end - version < VERSION_SIZE + 2) return GATE_REQUEST_LINE;
  if (memcmp(version, "HTTP/1.1", VERSION_SIZE) != 0 && memcmp(version, "HTTP/1.0", VERSION_SIZE) != 0)
    return GATE_VERSION;
  if (version[VERSION_SIZE] || version[VERSION_SIZE + 1]) return GATE_REQUEST_LINE;
  *ret_behind = version + VERSION_SIZE + 2;
  return GATE_FINE;
}

// One field at *at, which moves behind its line. The block ends with two NULs, so looking one ahead is safe.
static bool read_field(const char **at, const char *end, struct http_field *field) {
  const char *name = *at, *next = name;
  while (next < end && is_token((unsigned char)*next)) next++;
  if (next == name || next == end || *next) return false;
  field->name = name;
  field->name_size = (size_t)(next - name);
  next++;
  while (next < end && is_blank(*next)) next++;
  field->value = next;
  while (next < end && (*next == '\t' || ((unsigned char)*next >= 0x20 && *next != 0x7f))) next++;
  if (end - next < 2 || next[0] || next[1]) return false;
  *at = next + 2;
  while (next > field->value && is_blank(next[-1])) next--;
  field->value_size = (size_t)(next - field->value);
  return true;
}

static bool is_named(const struct http_field *field, const char *name) {
  return field->name_size == strlen(name) && !strncasecmp(field->name, name, field->name_size);
}

// NULL when there is none; *ret_twice when there are more.
static const struct http_field *only_field(const struct http_field *fields, size_t count, const char *name,
                                           bool *ret_twice) {
  const struct http_field *found = NULL;
  for (size_t i = 0; i < count; i++) {
    if (!is_named(&fields[i], name)) continue;
    if (found) *ret_twice = true;
    found = &fields[i];
  }
  return found;
}

// A name or address with an optional port; what else a URI's authority may have is for nobody here.
static bool is_host(const struct http_field *host) {
  if (!host->value_size || host->value_size > 255) return false;
  for (size_t i = 0; i < host->value_size; i++) {
    char c = host->value[i];
    bool fine = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || strchr("-._:[]", c);
    if (!c || !fine) return false;
  }
  return true;
}

static bool is_length(const struct http_field *length) {
  if (!length->value_size || length->value_size > 18) return false;
  for (size_t i = 0; i < length->value_size; i++)
    if (length->value[i] < '0' || length->value[i] > '9') return false;
  return !length->value[length->value_size];  // libmicrohttpd reads to the end of the line
}

static enum gate_verdict check_meaning(const struct http_field *fields, size_t count, bool old_version) {
  static const char *const once[] = {"content-type", "content-encoding", "authorization", "cookie",
                                     "origin",       "sec-fetch-site",   "connection",    "expect"};
  bool twice = false;
  const struct http_field *host = only_field(fields, count, "host", &twice);
  const struct http_field *length = only_field(fields, count, "content-length", &twice);
  const struct http_field *encoding = only_field(fields, count, "transfer-encoding", &twice);
  for (size_t i = 0; i < sizeof once / sizeof once[0]; i++) only_field(fields, count, once[i], &twice);
  if (twice) return GATE_FIELD_TWICE;
  if (host ? !is_host(host) : !old_version) return GATE_HOST;
  if (length && (encoding || !is_length(length))) return GATE_LENGTH;
  static const char chunked[] = "chunked";
  bool is_chunked = encoding && !strncasecmp(encoding->value, chunked, sizeof chunked);  // with the NUL behind it
  return encoding && (old_version || !is_chunked) ? GATE_ENCODING : GATE_FINE;
}

enum gate_verdict gate_check(const struct gate_header *header, struct http_field fields[GATE_FIELDS_MAX],
                             size_t *ret_count) {
  const char *at, *end = header->block + header->size;
  enum gate_verdict verdict = check_request_line(header, &at);
  if (verdict) return verdict;
  size_t count = 0;
  while (end - at > 2) {
    if (count == GATE_FIELDS_MAX) return GATE_FIELD_COUNT;
    if (!read_field(&at, end, &fields[count])) return GATE_FIELD;
    count++;
  }
  // Behind them the empty line and nothing else, and libmicrohttpd took no line for something else.
  if (end - at != 2 || at[0] || at[1] || count != header->fields_seen) return GATE_FIELD;
  verdict = check_meaning(fields, count, header->version[sizeof "HTTP/1." - 1] == '0');
  if (!verdict) *ret_count = count;
  return verdict;
}

static int hex_digit(char c) {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

// The next character of a path, its escape undone; -1 when it isn't one.
static int path_character(const char **at) {
  int c = (unsigned char)*(*at)++;
  bool escaped = c == '%';
  if (escaped) {
    int high = hex_digit((*at)[0]), low = high < 0 ? -1 : hex_digit((*at)[1]);
    if (low < 0) return -1;
    c = high << 4 | low;
    *at += 2;
  }
  if (c < 0x20 || c >= 0x7f || c == '\\' || (escaped && (c == '/' || c == '%'))) return -1;
  if (!escaped && strchr(" \"<>^`{|}#", c)) return -1;
  return c;
}

static bool is_query(const char *query) {
  for (; *query; query++)
    if (*query <= 0x20 || *query == 0x7f || strchr("\"<>#\\", *query)) return false;
  return true;
}

// Behind a "/": neither empty, unless it is the last, nor "." or "..".
static bool is_part(const char *part, const char *end, bool last) {
  size_t size = (size_t)(end - part);
  if (!size) return last;
  return part[0] != '.' || (size > 1 && (part[1] != '.' || size > 2));
}

enum gate_verdict gate_target(const char *target, struct arena *arena, const char **ret_path, const char **ret_query) {
  if (*target != '/') return GATE_TARGET;
  size_t size = strcspn(target, "?");
  const char *query = target[size] ? target + size + 1 : "";
  char *path = arena_alloc(arena, size + 1), *to = path, *part = path + 1;
  if (!path || !is_query(query)) return GATE_TARGET;
  for (const char *at = target; at < target + size;) {
    int c = path_character(&at);
    if (c < 0 || at > target + size) return GATE_TARGET;
    if (c == '/' && to != path) {
      if (!is_part(part, to, false)) return GATE_TARGET;
      part = to + 1;
    }
    *to++ = (char)c;
  }
  if (!is_part(part, to, true)) return GATE_TARGET;
  *ret_path = path;
  *ret_query = query;
  return GATE_FINE;
}
