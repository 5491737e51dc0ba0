// What PostgreSQL said went wrong, as a status: the one place that maps constraints and SQLSTATEs to reasons.
#pragma once

#include <libpq-fe.h>
#include <stdbool.h>

#include "base/arena.h"
#include "base/status.h"

// Fills `status` from a failed result. A constraint with a row in the error table is that reason, with the details of
// the DETAIL when it is a JSON object; other failures go by SQLSTATE class (PostgreSQL 15, appendix A).
void db_failure(const PGresult *result, struct arena *arena, struct status *status);
// A serialisation failure or deadlock: the same statement may well succeed now.
bool db_failure_is_passing(const PGresult *result);
