#include "db/set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/pool.h"
#include "db/rows.h"

bool db_set_takes(const struct db_request *member, const struct db_request *other) {
  const struct db_context *one = &member->context, *two = &other->context;
  return member->statement->set && member->statement == other->statement && !member->alone && !other->alone &&
         !strcmp(one->user_id, two->user_id) && !strcmp(one->roles, two->roles) &&
         !strcmp(one->prison_id, two->prison_id) && !strcmp(one->now, two->now);
}

int db_set_bind(struct db *db, const struct db_plan *plan, struct db_request **members, struct db_values *ret_values) {
  size_t parameters = plan->statement->parameter_count, count = 0;
  struct db_values each[DB_SET_MEMBERS_MAX];
  for (struct db_request **at = members; *at;) {
    struct db_request *member = *at;
    if (!db_bind(plan, member->in, member->arena, &each[count], &member->status)) {
      count++;
      at = &member->next;
      continue;
    }
    *at = member->next;
    if (member->status.reason == REASON_OK) member->status.reason = REASON_MESSAGE_TOO_LARGE;
    db_request_done(db, member);
  }
  arena_reset(&db->set_arena);
  struct db_values values = {.values = ARENA_ARRAY(&db->set_arena, const char *, parameters + 1)};
  if (!values.values) return -ENOMEM;
  for (size_t i = 0; i < parameters; i++) {
    const char *texts[DB_SET_MEMBERS_MAX];
    for (size_t member = 0; member < count; member++) texts[member] = each[member].values[i];
    values.values[i] = db_array_literal(texts, count, &db->set_arena);
    if (!values.values[i]) return -ENOMEM;
  }
  *ret_values = values;
  return 0;
}

static int member_column(const struct db_statement *statement) {
  int column = 0;
  while (statement->columns[column].kind != DB_COLUMN_MEMBER) column++;
  return column;
}

void db_set_answered(struct db *db, struct db_request *members, const PGresult *result) {
  int column = member_column(members->statement), rows = PQntuples(result), row = 0;
  for (int number = 1; members; number++) {
    struct db_request *member = members;
    members = member->next;
    int first = row;
    while (row < rows && atoi(PQgetvalue(result, row, column)) == number) row++;
    member->result = ARENA_NEW(member->arena, struct db_result);
    if (member->result)
      *member->result = (struct db_result){.statement = member->statement,
                                           .rows = result,
                                           .first_row = (size_t)first,
                                           .row_count = (size_t)(row - first),
                                           .borrowed = true,
                                           .request = member->in};
    else
      member->status.reason = REASON_OUTCOME_UNKNOWN;  // as in the connection's finish_request()
    db_request_done(db, member);
  }
}

void db_set_failed(struct db *db, struct db_request *members, enum reason reason) {
  while (members) {
    struct db_request *member = members;
    members = member->next;
    member->alone = true;
    if (db_request_again(db, member)) continue;
    member->status.reason = reason;
    db_request_done(db, member);
  }
}
