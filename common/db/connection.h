// One connection in pipeline mode: connecting, preparing, requests in order, barriers, and what a lost one leaves
// behind.
#pragma once

#include <libpq-fe.h>
#include <stdbool.h>
#include <uv.h>

#include "db/db.h"
#include "db/plan.h"

enum {
  CONNECTION_REQUESTS_MAX = 128,  // in flight on one connection
  CONNECTION_RETRY_MIN_MS = 50,
  CONNECTION_RETRY_MAX_MS = 3000,
};

enum connection_state {
  CONNECTION_DOWN,        // waits for its timer, then connects
  CONNECTION_CONNECTING,  // libpq is at it
  CONNECTION_PREPARING,   // statements are being prepared and described
  CONNECTION_READY,
};

// What stands in the pipeline, up to its sync.
enum pipeline_kind { PIPELINE_SETUP, PIPELINE_PREPARE, PIPELINE_REQUEST, PIPELINE_BARRIER };

struct pipeline_item {
  enum pipeline_kind kind;
  size_t plan;                 // PIPELINE_PREPARE: index in db->plans
  struct db_request *request;  // PIPELINE_REQUEST: it, or the members of a set
  bool set;                    // PIPELINE_REQUEST: counted in db->sets_in_flight
  bool flushes;                // commits synchronously, and so flushes what was committed before it
  PGresult *result;            // the first failure, or the last success
};

struct db_connection {
  struct db *db;
  PGconn *pg;
  uv_poll_t *poll;  // its own allocation, freed when closed
  int poll_fd;
  uv_timer_t timer;  // bounds connecting; spaces attempts
  enum connection_state state;
  unsigned failures;            // in a row
  struct pipeline_item *items;  // ring
  size_t item_room, item_first, item_count;
  struct db_request *unflushed;  // succeeded writes that wait for a flush
  size_t writes_since_flush;     // sent behind the last item that flushes
  size_t flushes_in_flight;
};

int db_connection_init(struct db_connection *connection, struct db *db, size_t plan_count);
void db_connection_close(struct db_connection *connection);

bool db_connection_has_room(const struct db_connection *connection);
// Binds and sends a request, or the members of a set. What can't be bound is done at once, with the reason. A write
// that is the `last` of its turn carries the flush for all of it, where none is under way; a set always does.
void db_connection_send(struct db_connection *connection, struct db_request *request, bool last);
// Sends the barrier that the writes since the last flush need, and what libpq still holds.
void db_connection_flush(struct db_connection *connection);
