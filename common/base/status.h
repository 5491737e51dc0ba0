// How something ended: a reason from the one error table (errors.def), which fields are wrong, and the values that the
// text is made of.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

// google.rpc.Code, https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
enum status_code {
  STATUS_OK = 0,
  STATUS_CANCELLED = 1,
  STATUS_UNKNOWN = 2,
  STATUS_INVALID_ARGUMENT = 3,
  STATUS_DEADLINE_EXCEEDED = 4,
  STATUS_NOT_FOUND = 5,
  STATUS_ALREADY_EXISTS = 6,
  STATUS_PERMISSION_DENIED = 7,
  STATUS_RESOURCE_EXHAUSTED = 8,
  STATUS_FAILED_PRECONDITION = 9,
  STATUS_ABORTED = 10,
  STATUS_OUT_OF_RANGE = 11,
  STATUS_UNIMPLEMENTED = 12,
  STATUS_INTERNAL = 13,
  STATUS_UNAVAILABLE = 14,
  STATUS_DATA_LOSS = 15,
  STATUS_UNAUTHENTICATED = 16,
};

enum reason {
#define REASON(name, code, constraint, field, english, indonesian) REASON_##name,
#include "base/errors.def"
#undef REASON
  REASON_COUNT
};

enum language { LANGUAGE_INDONESIAN, LANGUAGE_ENGLISH };

struct reason_info {
  const char *name;
  enum status_code code;
  const char *constraint;  // or NULL
  const char *field;       // or NULL
  const char *text[2];     // by enum language
};

// A pair of texts in a list.
struct named_text {
  const char *name, *text;
  struct named_text *next;
};

// Zeroed means OK. Everything it points to lives in the arena given when it was added.
struct status {
  enum reason reason;
  struct named_text *violations;  // request field path → what is wrong and how to mend it
  struct named_text *details;     // {name} → value
};

const struct reason_info *reason_info(enum reason reason);
// REASON_INTERNAL when no row has that constraint; `found` (may be NULL) tells.
enum reason reason_by_constraint(const char *constraint, bool *found);
// REASON_INTERNAL when there is none of that name.
enum reason reason_by_name(const char *name);
const char *status_code_name(enum status_code code);

static inline enum status_code status_code(const struct status *status) {
  return reason_info(status->reason)->code;
}

// Adds a wrong field, and sets the reason to FIELD_INVALID if it is OK so far. When memory is out the reason stays.
void status_add_violation(struct status *status, struct arena *arena, const char *field, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
// Blames the field that the reason's row names, with its text, unless one is blamed already.
void status_blame_field(struct status *status, struct arena *arena);
void status_add_detail(struct status *status, struct arena *arena, const char *name, const char *value);

// The reason's text with its details filled in; a detail that is missing shows as its name. NULL when memory is out.
char *status_text(const struct status *status, enum language language, struct arena *arena);
