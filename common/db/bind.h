// A request message's fields as the parameters of a statement.
#pragma once

#include "base/arena.h"
#include "base/status.h"
#include "db/plan.h"

struct db_values {
  const char **values;  // NULL is null
  int *lengths, *formats;
};

// Fills `ret_values` from `in`, in `arena`. A value that the database would refuse (a malformed UUID, a foreign page
// token) is a violation in `status` and -EINVAL; -ENOMEM when the arena is full.
int db_bind(const struct db_plan *plan, const ProtobufCMessage *in, struct arena *arena, struct db_values *ret_values,
            struct status *status);

// The array literal of `count` texts, NULL among them for null: {"a",NULL}. NULL when the arena is full.
const char *db_array_literal(const char *const *texts, size_t count, struct arena *arena);
