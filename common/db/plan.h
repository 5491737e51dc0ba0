// What the database says of a statement, held against its messages once, when a connection prepares it.
#pragma once

#include <libpq-fe.h>
#include <stdbool.h>

#include "db/statement.h"

// PostgreSQL's own numbers for types (pg_type.dat), which never change.
enum db_type {
  DB_TYPE_BOOL = 16,
  DB_TYPE_BYTEA = 17,
  DB_TYPE_INT8 = 20,
  DB_TYPE_INT2 = 21,
  DB_TYPE_INT4 = 23,
  DB_TYPE_TEXT = 25,
  DB_TYPE_JSON = 114,
  DB_TYPE_FLOAT4 = 700,
  DB_TYPE_FLOAT8 = 701,
  DB_TYPE_DATE = 1082,
  DB_TYPE_TIMESTAMPTZ = 1184,
  DB_TYPE_NUMERIC = 1700,
  DB_TYPE_UUID = 2950,
  DB_TYPE_UUID_ARRAY = 2951,
  DB_TYPE_JSONB = 3802,
  DB_TYPE_XID8 = 5069,
};

struct db_plan {
  const struct db_statement *statement;
  Oid *parameter_types;  // parameter_count
  bool described;        // checked, and it agrees
};

int db_plan_init(struct db_plan *plan, const struct db_statement *statement);
void db_plan_finish(struct db_plan *plan);

// Takes over the types in a description. 0, or -EINVAL with what disagrees in `problem` (one line, without file).
int db_plan_describe(struct db_plan *plan, const PGresult *description, char *problem, size_t problem_size);

// The field that a path ends at.
const ProtobufCFieldDescriptor *db_path_field(const ProtobufCMessageDescriptor *message, const struct db_path *path);
