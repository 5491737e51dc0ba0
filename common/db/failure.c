#include "db/failure.h"

#include <jansson.h>
#include <string.h>

// By SQLSTATE, or by its class where only two characters stand.
static const struct {
  const char *sqlstate;
  enum reason reason;
} reasons_by_sqlstate[] = {
    {"23502", REASON_FIELD_REQUIRED},       {"23503", REASON_REFERENCE_NOT_FOUND}, {"23505", REASON_ALREADY_EXISTS},
    {"23514", REASON_VALUE_OUT_OF_RANGE},   {"23P01", REASON_ALREADY_EXISTS},      {"22", REASON_VALUE_OUT_OF_RANGE},
    {"42501", REASON_NOT_ALLOWED},          {"40", REASON_CONFLICT_TRY_AGAIN},     {"55P03", REASON_CONFLICT_TRY_AGAIN},
    {"57014", REASON_DEADLINE_EXCEEDED},    {"53", REASON_DATABASE_UNAVAILABLE},   {"57", REASON_DATABASE_UNAVAILABLE},
    {"25006", REASON_DATABASE_UNAVAILABLE}, {"P0002", REASON_NOT_FOUND},
};

static enum reason reason_by_sqlstate(const char *sqlstate) {
  for (size_t i = 0; i < sizeof reasons_by_sqlstate / sizeof reasons_by_sqlstate[0]; i++)
    if (!strncmp(sqlstate, reasons_by_sqlstate[i].sqlstate, strlen(reasons_by_sqlstate[i].sqlstate)))
      return reasons_by_sqlstate[i].reason;
  return REASON_INTERNAL;
}

// {"who": "Ibu Sari", "minutes": 90} → details.
static void add_details(const char *detail, struct arena *arena, struct status *status) {
  json_t *object = json_loads(detail, JSON_REJECT_DUPLICATES, NULL);
  const char *name;
  json_t *value;
  json_object_foreach(object, name, value) {
    if (json_is_string(value)) status_add_detail(status, arena, name, json_string_value(value));
    if (json_is_integer(value)) {
      const char *text = arena_printf(arena, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
      if (text) status_add_detail(status, arena, name, text);
    }
  }
  json_decref(object);
}

void db_failure(const PGresult *result, struct arena *arena, struct status *status) {
  const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
  const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
  const char *column = PQresultErrorField(result, PG_DIAG_COLUMN_NAME);
  const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  bool known;
  *status = (struct status){.reason = reason_by_constraint(constraint, &known)};
  if (!known) status->reason = reason_by_sqlstate(sqlstate ? sqlstate : "");
  if (detail && *detail == '{') add_details(detail, arena, status);
  status_blame_field(status, arena);
  if (known) return;
  if (status->reason == REASON_FIELD_REQUIRED && column) {
    status_add_detail(status, arena, "field", column);
    status_add_violation(status, arena, column, "is required");
  } else if (constraint && *constraint) {
    status_add_detail(status, arena, "what", constraint);
  } else if (message && status->reason == REASON_VALUE_OUT_OF_RANGE) {
    status_add_detail(status, arena, "what", message);
  }
}

bool db_failure_is_passing(const PGresult *result) {
  const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  return sqlstate && (!strcmp(sqlstate, "40001") || !strcmp(sqlstate, "40P01"));
}
