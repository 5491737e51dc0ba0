// Requests of one statement and one caller that go to the database together, as a set (CONTRIBUTING, "Sets"): a chain
// by their `next`, in the order in which they were submitted.
#pragma once

#include <libpq-fe.h>

#include "db/bind.h"
#include "db/db.h"

enum {
  DB_SET_MEMBERS_MAX = 64,
  // Of one db. While one is at work the next gathers.
  DB_SETS_IN_FLIGHT_MAX = 2,
};

// Whether the two may be members of one set.
bool db_set_takes(const struct db_request *member, const struct db_request *other);
// The parameters of a set, in db->set_arena. A member that can't be bound leaves the chain and is done, with the
// reason. -ENOMEM when they are too much for one set.
int db_set_bind(struct db *db, const struct db_plan *plan, struct db_request **members, struct db_values *ret_values);
// Every member is done, with its rows of `result`, which stays the caller's.
void db_set_answered(struct db *db, struct db_request *members, const PGresult *result);
// The set failed: each member goes back to the line, to be tried alone, or ends with `reason` when it has been tried
// often enough.
void db_set_failed(struct db *db, struct db_request *members, enum reason reason);
