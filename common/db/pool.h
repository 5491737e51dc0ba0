// What connections and the pool know of each other.
#pragma once

#include <uv.h>

#include "base/metrics.h"
#include "db/connection.h"
#include "db/db.h"
#include "loop/loop.h"

enum { DB_METRICS = 6 };

struct db {
  struct loop *loop;
  struct db_settings settings;
  struct db_plan *plans;  // in the order given
  size_t plan_count;
  struct db_connection *connections;
  size_t connection_count, ready_count;
  struct db_request *waiting, **waiting_end;
  struct db_request *refused;
  size_t sets_in_flight;
  struct arena set_arena;  // parameters of the set being sent
  size_t outstanding;      // submitted and not done
  uv_prepare_t before_poll;
  uv_timer_t sweep;  // runs while requests wait and no connection is ready
  int open_handles;
  bool closing, mismatch;
  void (*changed)(void *data, bool ready, bool mismatch);
  void *changed_data;
  struct metric requests_total, failures_total, lost_total, request_seconds, outstanding_gauge, ready_gauge;
};

// Ends a request: its one call of `done`.
void db_request_done(struct db *db, struct db_request *request);
// Back to the front of the line, after a passing failure or a lost read. False when it has been tried often enough.
bool db_request_again(struct db *db, struct db_request *request);
const struct db_plan *db_plan_of(const struct db *db, const struct db_statement *statement);
void db_connection_changed(struct db *db);
void db_handle_closed(uv_handle_t *handle);  // handle->data is the db
