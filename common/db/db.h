// PostgreSQL for one service: a few connections in pipeline mode, many callers in flight on each, reconnecting by
// itself.
//
// Each request is its own implicit transaction: the caller's context, the statement, one sync. Writes run with
// synchronous_commit = off; behind each burst a small transaction commits synchronously, and only then are the burst's
// requests done, so that done means flushed (DESIGN, "Durable together"). A request whose connection died ends with
// OUTCOME_UNKNOWN if it may have been committed and DATABASE_UNAVAILABLE if not; the caller repeats it with the same
// id.
//
// A statement that takes a set gets whatever waits for it from one caller as one transaction, with its own flush. When
// that fails, each of its members is tried by itself, so that here too one failure touches nobody else.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "db/statement.h"

struct loop;
struct metrics;
struct db;

struct db_settings {
  const char *url;           // libpq connection string
  int connections;           // 1 to 32
  int queue_limit;           // requests waiting or in flight; more are refused with TOO_BUSY
  int statement_timeout_ms;  // in the server
  int connect_timeout_ms;
  const char *application_name;
};

// As whom a statement runs; see common/db/migrations/0001_context.sql.
struct db_context {
  const char *user_id;    // "" for a machine
  const char *roles;      // "OFFICER,COUNSELLOR"
  const char *prison_id;  // "*" for every prison, "" for none
  const char *now;        // RFC 3339 where the clock is injected, else ""
};

// Rows of an answer; lives until the request's `done` returns.
struct db_result;

struct db_request {
  // Filled by the owner, alive until `done`.
  const struct db_statement *statement;
  const ProtobufCMessage *in;  // of statement->in, or NULL
  struct db_context context;
  uint64_t deadline_ms;  // loop time; a request still waiting then isn't sent. 0: none
  struct arena *arena;
  // `result` is NULL when `status` isn't OK. Called exactly once, never from within db_submit().
  void (*done)(struct db_request *request, struct db_result *result, const struct status *status);
  void *owner;
  // db's own.
  struct db_request *next;
  struct db_result *result;
  struct status status;
  uint64_t submitted_ms;
  unsigned char attempts;
  bool alone;  // was in a set that failed; from now on by itself
};

// `statements` are prepared on every connection and described against the messages; outlives the db.
struct db *db_create(struct loop *loop, const struct db_settings *settings,
                     const struct db_statement *const *statements, size_t count);
void db_destroy(struct db *db);  // every request must be done
void db_submit(struct db *db, struct db_request *request);

// Ready: at least one connection is up and no statement disagrees with its messages.
bool db_ready(const struct db *db);
// Told when readiness changes; `mismatch` is true when it can never be ready with this database.
void db_watch(struct db *db, void (*changed)(void *data, bool ready, bool mismatch), void *data);

// Adds the db's metrics, labelled with its name ("main", "keystore").
void db_add_metrics(struct db *db, struct metrics *metrics);

size_t db_result_rows(const struct db_result *result);
// Row `index` as a message of statement->row, in `arena`. NULL when it doesn't fit in the arena.
ProtobufCMessage *db_result_row(const struct db_result *result, size_t index, struct arena *arena);
// The whole result as the serialised statement->out, with the rows in its repeated field and next_page_token. Straight
// from columns to wire, nothing allocated a row.
int db_result_pack(const struct db_result *result, struct arena *arena, const void **ret_data, size_t *ret_size,
                   struct status *status);
