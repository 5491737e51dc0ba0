#include "db/plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message/field.h"

int db_plan_init(struct db_plan *plan, const struct db_statement *statement) {
  Oid *types = calloc(statement->parameter_count + 1, sizeof *types);
  if (!types) return -ENOMEM;
  *plan = (struct db_plan){.statement = statement, .parameter_types = types};
  return 0;
}

void db_plan_finish(struct db_plan *plan) {
  free(plan->parameter_types);
  plan->parameter_types = NULL;
}

const ProtobufCFieldDescriptor *db_path_field(const ProtobufCMessageDescriptor *message, const struct db_path *path) {
  const ProtobufCFieldDescriptor *field = NULL;
  for (int step = 0; step < path->depth; step++) {
    field = &message->fields[path->index[step]];
    message = field->descriptor;
  }
  return field;
}

static bool one_of(Oid type, const Oid *types) {
  for (; *types; types++)
    if (*types == type) return true;
  return false;
}

// The types that a value of the field can be read from or written to as text without surprise; NULL: any. A set's
// parameters are arrays, whose elements the server reads.
static const Oid *types_of(const ProtobufCFieldDescriptor *field) {
  static const Oid booleans[] = {DB_TYPE_BOOL, 0};
  static const Oid numbers[] = {DB_TYPE_INT2,   DB_TYPE_INT4,   DB_TYPE_INT8, DB_TYPE_NUMERIC,
                                DB_TYPE_FLOAT4, DB_TYPE_FLOAT8, DB_TYPE_XID8, 0};
  static const Oid bytes[] = {DB_TYPE_BYTEA, 0};
  static const Oid instants[] = {DB_TYPE_TIMESTAMPTZ, 0};
  static const Oid days[] = {DB_TYPE_DATE, 0};
  static const Oid documents[] = {DB_TYPE_JSON, DB_TYPE_JSONB, 0};
  bool repeated = field->label == PROTOBUF_C_LABEL_REPEATED;
  if (repeated && field->type != PROTOBUF_C_TYPE_MESSAGE) return NULL;
  switch (field->type) {
    case PROTOBUF_C_TYPE_BOOL:
      return booleans;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_ENUM:
      return NULL;
    case PROTOBUF_C_TYPE_BYTES:
      return bytes;
    case PROTOBUF_C_TYPE_MESSAGE:
      if (repeated) return documents;
      if (message_kind(field->descriptor) == MESSAGE_TIMESTAMP) return instants;
      return message_kind(field->descriptor) == MESSAGE_DATE ? days : documents;
    default:
      return numbers;
  }
}

int db_plan_describe(struct db_plan *plan, const PGresult *description, char *problem, size_t problem_size) {
  const struct db_statement *statement = plan->statement;
  if ((size_t)PQnparams(description) != statement->parameter_count) {
    snprintf(problem, problem_size, "the database sees %d parameters, expected %zu", PQnparams(description),
             statement->parameter_count);
    return -EINVAL;
  }
  for (size_t i = 0; i < statement->parameter_count; i++) {
    Oid type = PQparamtype(description, (int)i);
    const struct db_parameter *parameter = &statement->parameters[i];
    const Oid *types = parameter->kind == DB_PARAMETER_FIELD && !statement->set
                           ? types_of(db_path_field(statement->in, &parameter->path))
                           : NULL;
    if (types && !one_of(type, types)) {
      snprintf(problem, problem_size, ":%s is type %u in the database, expected %u; add a cast", parameter->path.text,
               type, types[0]);
      return -EINVAL;
    }
    plan->parameter_types[i] = type;
  }
  if (statement->shape == DB_SHAPE_NONE) return 0;
  if ((size_t)PQnfields(description) != statement->column_count) {
    snprintf(problem, problem_size, "the database gives %d columns, expected %zu", PQnfields(description),
             statement->column_count);
    return -EINVAL;
  }
  for (size_t i = 0; i < statement->column_count; i++) {
    Oid type = PQftype(description, (int)i);
    const struct db_column *column = &statement->columns[i];
    const Oid *types = column->kind == DB_COLUMN_FIELD ? types_of(db_path_field(statement->row, &column->path)) : NULL;
    if (types && !one_of(type, types)) {
      snprintf(problem, problem_size, "column %s is type %u in the database, expected %u", column->path.text, type,
               types[0]);
      return -EINVAL;
    }
  }
  return 0;
}
