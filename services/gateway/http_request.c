// What handlers look up in a request.
#include <string.h>
#include <strings.h>

#include "http_private.h"

void *http_owner(const struct http_exchange *exchange) {
  return exchange->server->settings.owner;
}
const struct http_request *http_request(const struct http_exchange *exchange) {
  return &exchange->request;
}
struct arena *http_arena(struct http_exchange *exchange) {
  return &exchange->arena;
}
void http_set_step(struct http_exchange *exchange, void *step) {
  exchange->step = step;
}
void *http_step(const struct http_exchange *exchange) {
  return exchange->step;
}
void http_set_note(struct http_exchange *exchange, const char *note) {
  exchange->note = note;
}

void http_add_field(struct http_exchange *exchange, const char *name, const char *value) {
  if (exchange->added_count == HTTP_ADDED_MOST) return;
  exchange->added[exchange->added_count++] = (struct http_field){.name = name, .value = value};
}

static const struct http_field *next_field(const struct http_exchange *exchange, const char *name, size_t from) {
  size_t size = strlen(name);
  for (size_t i = from; i < exchange->request.field_count; i++) {
    const struct http_field *field = &exchange->fields[i];
    if (field->name_size == size && !strncasecmp(field->name, name, size)) return field;
  }
  return NULL;
}

const char *http_field(struct http_exchange *exchange, const char *name) {
  const struct http_field *field = next_field(exchange, name, 0);
  return field ? arena_copy_text(&exchange->arena, field->value, field->value_size) : NULL;
}

size_t http_field_count(const struct http_exchange *exchange, const char *name) {
  size_t count = 0;
  const struct http_field *field = next_field(exchange, name, 0);
  for (; field; field = next_field(exchange, name, (size_t)(field - exchange->fields) + 1)) count++;
  return count;
}

// The value behind `name` and "=" in a list of pairs; `separator` stands between pairs, white space around it is passed
// over. NULL when it isn't there, or twice.
static const char *pair_value(const char *list, const char *name, char separator, size_t *ret_size) {
  const char *found = NULL;
  size_t size = strlen(name);
  for (const char *at = list; at; at = strchr(at, separator) ? strchr(at, separator) + 1 : NULL) {
    while (*at == ' ') at++;
    if (strncmp(at, name, size) != 0 || at[size] != '=') continue;
    if (found) return NULL;
    found = at + size + 1;
    *ret_size = strcspn(found, (char[]){separator, 0});
  }
  return found;
}

const char *http_cookie(struct http_exchange *exchange, const char *name) {
  const char *cookies = http_field(exchange, "cookie");
  size_t size;
  const char *value = cookies ? pair_value(cookies, name, ';', &size) : NULL;
  return value ? arena_copy_text(&exchange->arena, value, size) : NULL;
}

static int hex_digit(char c) {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

const char *http_query(struct http_exchange *exchange, const char *name, size_t *ret_size) {
  size_t size;
  const char *from = pair_value(exchange->request.query, name, '&', &size);
  char *value = from ? arena_alloc(&exchange->arena, size + 1) : NULL, *to = value;
  if (!value) return NULL;
  for (const char *end = from + size; from < end; from++) {
    if (*from != '%') {
      *to++ = *from == '+' ? ' ' : *from;
      continue;
    }
    int high = end - from > 2 ? hex_digit(from[1]) : -1, low = high < 0 ? -1 : hex_digit(from[2]);
    if (low < 0) return NULL;
    *to++ = (char)(high << 4 | low);
    from += 2;
  }
  if (ret_size) *ret_size = (size_t)(to - value);
  return value;
}

void http_reply_status(struct http_exchange *exchange, unsigned status) {
  const char *text = MHD_get_reason_phrase_for(status);
  http_reply(exchange,
             &(struct http_reply){
                 .status = status, .content_type = "text/plain; charset=utf-8", .body = text, .size = strlen(text)});
}
