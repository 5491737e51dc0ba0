#include "base/status.h"

#include <string.h>

static const struct reason_info reasons[REASON_COUNT] = {
#define REASON(name, code, constraint, field, english, indonesian) \
  [REASON_##name] = {#name,                                        \
                     STATUS_##code,                                \
                     (constraint),                                 \
                     (field),                                      \
                     {[LANGUAGE_INDONESIAN] = (indonesian), [LANGUAGE_ENGLISH] = (english)}},
#include "base/errors.def"
#undef REASON
};

static const char *const code_names[] = {
    "OK",        "CANCELLED",       "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS",  "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",    "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED",
};

const struct reason_info *reason_info(enum reason reason) {
  return &reasons[reason < REASON_COUNT ? reason : REASON_INTERNAL];
}

enum reason reason_by_constraint(const char *constraint, bool *found) {
  for (int i = 0; constraint && i < REASON_COUNT; i++) {
    if (reasons[i].constraint && !strcmp(reasons[i].constraint, constraint)) {
      if (found) *found = true;
      return (enum reason)i;
    }
  }
  if (found) *found = false;
  return REASON_INTERNAL;
}

enum reason reason_by_name(const char *name) {
  for (int i = 0; i < REASON_COUNT; i++)
    if (!strcmp(reasons[i].name, name)) return (enum reason)i;
  return REASON_INTERNAL;
}

const char *status_code_name(enum status_code code) {
  return (size_t)code < sizeof code_names / sizeof code_names[0] ? code_names[code] : "UNKNOWN";
}

static void append(struct named_text **list, struct arena *arena, const char *name, const char *text) {
  struct named_text *item = ARENA_NEW(arena, struct named_text);
  if (!item) return;
  item->name = arena_copy_text(arena, name, strlen(name));
  item->text = arena_copy_text(arena, text, strlen(text));
  if (!item->name || !item->text) return;
  while (*list) list = &(*list)->next;
  *list = item;
}

void status_add_violation(struct status *status, struct arena *arena, const char *field, const char *format, ...) {
  if (status->reason == REASON_OK) status->reason = REASON_FIELD_INVALID;
  va_list values;
  va_start(values, format);
  const char *text = arena_vprintf(arena, format, values);
  va_end(values);
  if (text) append(&status->violations, arena, field, text);
}

void status_add_detail(struct status *status, struct arena *arena, const char *name, const char *value) {
  append(&status->details, arena, name, value);
}

static const char *detail(const struct status *status, const char *name, size_t size) {
  for (const struct named_text *item = status->details; item; item = item->next)
    if (strlen(item->name) == size && !memcmp(item->name, name, size)) return item->text;
  return NULL;
}

char *status_text(const struct status *status, enum language language, struct arena *arena) {
  const char *text = reason_info(status->reason)->text[language];
  size_t room = strlen(text) + 1;
  for (const struct named_text *item = status->details; item; item = item->next) room += strlen(item->text) * 2;
  char *filled = arena_alloc(arena, room);
  if (!filled) return NULL;
  char *to = filled;
  while (*text) {
    const char *end = *text == '{' ? strchr(text, '}') : NULL;
    const char *value = end ? detail(status, text + 1, (size_t)(end - text - 1)) : NULL;
    if (value && to + strlen(value) + strlen(end) < filled + room) {
      to = stpcpy(to, value);
      text = end + 1;
    } else {
      *to++ = *text++;
    }
  }
  return filled;
}

void status_blame_field(struct status *status, struct arena *arena) {
  const char *field = reason_info(status->reason)->field;
  if (!field || status->violations) return;
  const char *text = status_text(status, LANGUAGE_ENGLISH, arena);
  status_add_violation(status, arena, field, "%s", text ? text : "is wrong");
}
