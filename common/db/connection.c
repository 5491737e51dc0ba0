// Design. A connection's pipeline is a ring of items, each ended by its own sync, so that one failure touches nobody
// else. Answers come in that order. A write that succeeded waits in `unflushed` for an item that commits synchronously:
// when its sync arrives everything in `unflushed` was committed before it and is flushed with it. The last write of a
// turn is such an item, so that a lone one needs no second transaction; where a flush is under way already, or its
// carrier failed, a barrier, which is nothing but the flush, follows when that is done: what is written meanwhile
// shares it.
//
// Exactly-once of `done`: a request is either in the ring, or in `unflushed`, or the pool's; db_connection_lost() and
// the answer of its sync are the only ways out of the first two.
#include "db/connection.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "db/bind.h"
#include "db/failure.h"
#include "db/pool.h"
#include "db/rows.h"
#include "db/set.h"

#define CONTEXT                                                                         \
  "select set_config('pulih.user_id', $1, true), set_config('pulih.roles', $2, true), " \
  "set_config('pulih.prison_id', $3, true), set_config('pulih.now', $4, true)"
// A transaction that writes nothing flushes nothing; the message makes it one that does.
#define FLUSH "set_config('synchronous_commit', 'on', true), pg_logical_emit_message(true, 'pulih', '')"
static const char context_text[] = CONTEXT;
static const char context_and_flush_text[] = CONTEXT ", " FLUSH;
static const char barrier_text[] = "select " FLUSH;

static void connection_lost(struct db_connection *connection);
static void connect_again(uv_timer_t *timer);
static void polled(uv_poll_t *poll, int status, int events);

// The poll handle.

static void free_handle(uv_handle_t *handle) {
  free(handle);
}

static void drop_poll(struct db_connection *connection) {
  if (!connection->poll) return;
  uv_poll_stop(connection->poll);
  uv_close((uv_handle_t *)connection->poll, free_handle);
  connection->poll = NULL;
}

// libpq may have opened another socket, under the same number too, so while connecting the handle is made anew at each
// step (PITFALLS 15).
static int watch(struct db_connection *connection, int events) {
  int fd = PQsocket(connection->pg);
  if (connection->poll && connection->poll_fd != fd) drop_poll(connection);
  if (!connection->poll) {
    uv_poll_t *poll = malloc(sizeof *poll);
    if (!poll) return -ENOMEM;
    int error = uv_poll_init(&connection->db->loop->uv, poll, fd);
    if (error) {
      free(poll);
      return error;
    }
    poll->data = connection;
    connection->poll = poll;
    connection->poll_fd = fd;
  }
  return uv_poll_start(connection->poll, events, polled);
}

// The ring.

static struct pipeline_item *push(struct db_connection *connection, enum pipeline_kind kind) {
  struct pipeline_item *item =
      &connection->items[(connection->item_first + connection->item_count++) % connection->item_room];
  *item = (struct pipeline_item){.kind = kind};
  return item;
}

static struct pipeline_item *front(struct db_connection *connection) {
  return connection->item_count ? &connection->items[connection->item_first] : NULL;
}

static void pop(struct db_connection *connection) {
  connection->item_first = (connection->item_first + 1) % connection->item_room;
  connection->item_count--;
}

int db_connection_init(struct db_connection *connection, struct db *db, size_t plan_count) {
  size_t room = plan_count + CONNECTION_REQUESTS_MAX + 4;
  struct pipeline_item *items = calloc(room, sizeof *items);
  if (!items) return -ENOMEM;
  *connection = (struct db_connection){.db = db, .items = items, .item_room = room};
  uv_timer_init(&db->loop->uv, &connection->timer);
  connection->timer.data = connection;
  db->open_handles++;
  return uv_timer_start(&connection->timer, connect_again, 0, 0);
}

static void disconnect(struct db_connection *connection) {
  drop_poll(connection);
  PQfinish(connection->pg);
  connection->pg = NULL;
}

void db_connection_close(struct db_connection *connection) {
  disconnect(connection);
  free(connection->items);
  connection->items = NULL;
  connection->timer.data = connection->db;
  uv_close((uv_handle_t *)&connection->timer, db_handle_closed);
}

// Losing it, and coming back.

static void fail_lost(struct db_connection *connection, struct db_request *request, bool answered) {
  struct db *db = connection->db;
  if (!request->statement->writes && db_request_again(db, request)) return;
  request->status.reason = request->statement->writes ? REASON_OUTCOME_UNKNOWN : REASON_DATABASE_UNAVAILABLE;
  if (answered && request->result) {
    PQclear((PGresult *)request->result->rows);
    request->result = NULL;
  }
  db_request_done(db, request);
}

static void connection_lost(struct db_connection *connection) {
  struct db *db = connection->db;
  if (connection->failures < 10) connection->failures++;
  uint32_t wait_ms = CONNECTION_RETRY_MIN_MS << connection->failures;
  if (wait_ms > CONNECTION_RETRY_MAX_MS) wait_ms = CONNECTION_RETRY_MAX_MS;
  connection->state = CONNECTION_DOWN;
  disconnect(connection);
  uv_timer_start(&connection->timer, connect_again, wait_ms / 2 + randombytes_uniform(wait_ms / 2 + 1), 0);
  db_connection_changed(db);

  connection->writes_since_flush = 0;
  connection->flushes_in_flight = 0;
  struct db_request *unflushed = connection->unflushed;
  connection->unflushed = NULL;
  while (unflushed) {
    struct db_request *request = unflushed;
    unflushed = request->next;
    fail_lost(connection, request, true);
  }
  for (struct pipeline_item *item; (item = front(connection));) {
    struct pipeline_item lost = *item;
    pop(connection);
    PQclear(lost.result);
    if (lost.set) db->sets_in_flight--;
    for (struct db_request *request = lost.request, *next; request; request = next) {
      next = request->next;
      fail_lost(connection, request, false);
    }
  }
  metric_count(&db->lost_total, 1);
}

static void connecting_took_too_long(uv_timer_t *timer) {
  struct db_connection *connection = timer->data;
  LOG(WARNING, "DB_CONNECT_TIMEOUT", log_number("limit_ms", connection->db->settings.connect_timeout_ms));
  connection_lost(connection);
}

static void connect_again(uv_timer_t *timer) {
  struct db_connection *connection = timer->data;
  const struct db_settings *settings = &connection->db->settings;
  char options[256];
  snprintf(options, sizeof options,
           "-c synchronous_commit=off -c timezone=UTC -c datestyle=ISO -c statement_timeout=%d -c lock_timeout=%d "
           "-c idle_in_transaction_session_timeout=60000",
           settings->statement_timeout_ms, settings->statement_timeout_ms);
  // A server whose machine is gone is noticed in a few seconds, also while connecting, so that the next host of several
  // is tried within connect_timeout; what the url says comes before these.
  const char *const keywords[] = {"tcp_user_timeout", "keepalives_idle", "keepalives_interval",
                                  "keepalives_count", "dbname",          "application_name",
                                  "options",          "client_encoding", NULL};
  const char *const values[] = {"3000",  "5",    "2", "3", settings->url, settings->application_name,
                                options, "UTF8", NULL};
  connection->state = CONNECTION_CONNECTING;
  connection->pg = PQconnectStartParams(keywords, values, 1);
  if (!connection->pg || PQstatus(connection->pg) == CONNECTION_BAD || watch(connection, UV_WRITABLE)) {
    LOG(ERROR, "DB_CONNECT_REFUSED", log_text("reason", connection->pg ? PQerrorMessage(connection->pg) : "no memory"));
    connection_lost(connection);
    return;
  }
  uv_timer_start(timer, connecting_took_too_long, (uint64_t)settings->connect_timeout_ms, 0);
}

// Preparing.

static int prepare_all(struct db_connection *connection) {
  PGconn *pg = connection->pg;
  struct db *db = connection->db;
  if (PQsetnonblocking(pg, 1) || !PQenterPipelineMode(pg)) return -EIO;
  push(connection, PIPELINE_SETUP);
  if (!PQsendPrepare(pg, "context", context_text, 4, NULL) ||
      !PQsendPrepare(pg, "context_and_flush", context_and_flush_text, 4, NULL) ||
      !PQsendPrepare(pg, "barrier", barrier_text, 0, NULL) || !PQpipelineSync(pg))
    return -EIO;
  for (size_t i = 0; i < db->plan_count; i++) {
    const struct db_statement *statement = db->plans[i].statement;
    push(connection, PIPELINE_PREPARE)->plan = i;
    if (!PQsendPrepare(pg, statement->name, statement->text, 0, NULL) || !PQsendDescribePrepared(pg, statement->name) ||
        !PQpipelineSync(pg))
      return -EIO;
  }
  return 0;
}

static void connecting_step(struct db_connection *connection) {
  // The socket may be closed under the handle by this very call, so it isn't watched meanwhile.
  uv_poll_stop(connection->poll);
  PostgresPollingStatusType next = PQconnectPoll(connection->pg);
  int error = 0;
  switch (next) {
    case PGRES_POLLING_READING:
      error = watch(connection, UV_READABLE);
      break;
    case PGRES_POLLING_WRITING:
      error = watch(connection, UV_WRITABLE);
      break;
    case PGRES_POLLING_OK:
      connection->state = CONNECTION_PREPARING;
      error = prepare_all(connection);
      if (!error) error = watch(connection, UV_READABLE | UV_WRITABLE);
      break;
    default:
      error = -EIO;
  }
  if (!error) return;
  if (connection->failures % 8 == 0)
    LOG(WARNING, "DB_CONNECT_FAILED", log_text("reason", PQerrorMessage(connection->pg)));
  connection_lost(connection);
}

static void take_description(struct db_connection *connection, struct pipeline_item *item) {
  struct db *db = connection->db;
  struct db_plan *plan = &db->plans[item->plan];
  char problem[256];
  ExecStatusType status = PQresultStatus(item->result);
  plan->described = status == PGRES_COMMAND_OK && !db_plan_describe(plan, item->result, problem, sizeof problem);
  if (plan->described) return;
  if (status != PGRES_COMMAND_OK)
    snprintf(problem, sizeof problem, "%s", PQresultErrorField(item->result, PG_DIAG_MESSAGE_PRIMARY));
  if (!db->mismatch)
    LOG(ERROR, "DB_STATEMENT_MISMATCH", log_text("file", plan->statement->file), log_text("problem", problem));
}

// All statements are described: serve, or try again later when one disagrees (a migration may be on its way).
static void finish_preparing(struct db_connection *connection) {
  struct db *db = connection->db;
  bool agrees = true;
  for (size_t i = 0; i < db->plan_count; i++) agrees = agrees && db->plans[i].described;
  db->mismatch = !agrees;
  if (!agrees) {
    connection->failures = 10;
    connection_lost(connection);
    return;
  }
  uv_timer_stop(&connection->timer);
  connection->state = CONNECTION_READY;
  connection->failures = 0;
  db_connection_changed(db);
}

// Requests.

bool db_connection_has_room(const struct db_connection *connection) {
  return connection->state == CONNECTION_READY && connection->item_count < CONNECTION_REQUESTS_MAX;
}

static int bind_request(struct db *db, struct db_request **request, struct db_values *values) {
  struct db_request *first = *request;
  const struct db_plan *plan = db_plan_of(db, first->statement);
  if (!first->statement->set) return db_bind(plan, first->in, first->arena, values, &first->status);
  int error = db_set_bind(db, plan, request, values);
  if (!error || !*request || !(*request)->next) return error;
  // Too much for one: each by itself.
  db_set_failed(db, *request, REASON_MESSAGE_TOO_LARGE);
  *request = NULL;
  return 0;
}

void db_connection_send(struct db_connection *connection, struct db_request *request, bool last) {
  struct db *db = connection->db;
  struct db_values values;
  int error = bind_request(db, &request, &values);
  if (!request) return;
  if (error) {
    if (request->status.reason == REASON_OK) request->status.reason = REASON_MESSAGE_TOO_LARGE;
    db_request_done(db, request);
    return;
  }
  const struct db_context *context = &request->context;
  const char *const who[] = {context->user_id, context->roles, context->prison_id, context->now};
  const struct db_statement *statement = request->statement;
  struct pipeline_item *item = push(connection, PIPELINE_REQUEST);
  item->request = request;
  item->set = statement->set && !request->alone;
  item->flushes = item->set || (statement->writes && last && !connection->flushes_in_flight);
  db->sets_in_flight += item->set;
  connection->flushes_in_flight += item->flushes;
  connection->writes_since_flush = item->flushes ? 0 : connection->writes_since_flush + statement->writes;
  // A failure to queue is a lost connection, and is found at the next flush.
  if (!PQsendQueryPrepared(connection->pg, item->flushes ? "context_and_flush" : "context", 4, who, NULL, NULL, 0) ||
      !PQsendQueryPrepared(connection->pg, statement->name, (int)statement->parameter_count, values.values,
                           values.lengths, values.formats, 0) ||
      !PQpipelineSync(connection->pg))
    LOG(WARNING, "DB_SEND_FAILED", log_text("reason", PQerrorMessage(connection->pg)));
}

static void send_barrier(struct db_connection *connection) {
  connection->writes_since_flush = 0;
  connection->flushes_in_flight++;
  push(connection, PIPELINE_BARRIER)->flushes = true;
  if (!PQsendQueryPrepared(connection->pg, "barrier", 0, NULL, NULL, NULL, 0) || !PQpipelineSync(connection->pg))
    LOG(WARNING, "DB_SEND_FAILED", log_text("reason", PQerrorMessage(connection->pg)));
}

static void fail_request(struct db *db, struct db_request *request, const PGresult *result) {
  if (request->next) {
    db_set_failed(db, request, REASON_CONFLICT_TRY_AGAIN);
    return;
  }
  if (db_failure_is_passing(result) && db_request_again(db, request)) return;
  db_failure(result, request->arena, &request->status);
  if (request->status.reason == REASON_INTERNAL)
    LOG(ERROR, "DB_STATEMENT_FAILED", log_text("statement", request->statement->name),
        log_text("sqlstate", PQresultErrorField(result, PG_DIAG_SQLSTATE)),
        log_text("constraint", PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME)),
        log_text("where", PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION)));
  db_request_done(db, request);
}

// All that was committed before an item that flushes is done, oldest first; or isn't known to be on disk, when the
// server couldn't say so.
static void finish_unflushed(struct db_connection *connection, bool flushed) {
  struct db_request *oldest = NULL;
  while (connection->unflushed) {
    struct db_request *request = connection->unflushed;
    connection->unflushed = request->next;
    request->next = oldest;
    oldest = request;
  }
  while (oldest) {
    struct db_request *request = oldest;
    oldest = request->next;
    if (flushed)
      db_request_done(connection->db, request);
    else
      fail_lost(connection, request, true);
  }
}

static void finish_request(struct db_connection *connection, struct pipeline_item *item) {
  struct db *db = connection->db;
  struct db_request *request = item->request;
  ExecStatusType status = PQresultStatus(item->result);
  bool succeeded = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
  if (item->set) db->sets_in_flight--;
  if (item->flushes && succeeded) finish_unflushed(connection, true);
  if (item->flushes && connection->unflushed) connection->writes_since_flush++;  // they need another
  if (!succeeded) {
    fail_request(db, request, item->result);
    PQclear(item->result);
    return;
  }
  if (request->next) {
    db_set_answered(db, request, item->result);
    PQclear(item->result);
    return;
  }
  request->result = ARENA_NEW(request->arena, struct db_result);
  if (!request->result) {
    // The rows can't be handed over, though a write has happened: the caller repeats it with the same id.
    request->status.reason = request->statement->writes ? REASON_OUTCOME_UNKNOWN : REASON_MESSAGE_TOO_LARGE;
    PQclear(item->result);
  } else {
    *request->result = (struct db_result){.statement = request->statement,
                                          .rows = item->result,
                                          .row_count = (size_t)PQntuples(item->result),
                                          .request = request->in};
  }
  if (request->statement->writes && !item->flushes && request->result) {
    request->next = connection->unflushed;
    connection->unflushed = request;
    return;
  }
  db_request_done(db, request);
}

// The sync behind the front item: nothing more comes for it.
static void finish_front(struct db_connection *connection) {
  struct pipeline_item item = *front(connection);
  pop(connection);
  connection->flushes_in_flight -= item.flushes;
  switch (item.kind) {
    case PIPELINE_REQUEST:
      finish_request(connection, &item);
      return;
    case PIPELINE_BARRIER:
      finish_unflushed(connection, PQresultStatus(item.result) == PGRES_TUPLES_OK);
      PQclear(item.result);
      return;
    case PIPELINE_SETUP:
      PQclear(item.result);
      break;
    case PIPELINE_PREPARE:
      take_description(connection, &item);
      PQclear(item.result);
      break;
  }
  if (connection->state == CONNECTION_PREPARING && !connection->item_count) finish_preparing(connection);
}

// False when the connection can't go on.
static bool take_result(struct db_connection *connection, PGresult *result) {
  struct pipeline_item *item = front(connection);
  switch (PQresultStatus(result)) {
    case PGRES_PIPELINE_SYNC:
      PQclear(result);
      finish_front(connection);
      return connection->state >= CONNECTION_PREPARING;
    case PGRES_COPY_IN:
    case PGRES_COPY_OUT:
    case PGRES_COPY_BOTH:
      PQclear(result);
      return false;
    case PGRES_PIPELINE_ABORTED:
      PQclear(result);
      return true;
    default:
      break;
  }
  if (!item) {
    PQclear(result);
    return false;
  }
  bool failed_before = item->result && PQresultStatus(item->result) == PGRES_FATAL_ERROR;
  if (failed_before) {
    PQclear(result);
    return true;
  }
  PQclear(item->result);
  item->result = result;
  return true;
}

// Everything that has come and can be taken without waiting.
static void take_results(struct db_connection *connection) {
  bool goes_on = true;
  // libpq gives NULL between two queries' results. Many in a row while answers are due would mean that it and we count
  // differently.
  for (int nulls = 0; goes_on && connection->item_count && !PQisBusy(connection->pg);) {
    PGresult *result = PQgetResult(connection->pg);
    nulls = result ? 0 : nulls + 1;
    goes_on = result ? take_result(connection, result) : nulls < 8;
  }
  if (connection->state < CONNECTION_PREPARING) return;
  if (!goes_on || PQstatus(connection->pg) == CONNECTION_BAD) connection_lost(connection);
}

void db_connection_flush(struct db_connection *connection) {
  if (connection->state < CONNECTION_PREPARING) return;
  if (connection->writes_since_flush && !connection->flushes_in_flight) send_barrier(connection);
  int unsent = PQflush(connection->pg);
  if (unsent < 0 || PQstatus(connection->pg) == CONNECTION_BAD ||
      watch(connection, UV_READABLE | (unsent ? UV_WRITABLE : 0))) {
    connection_lost(connection);
    return;
  }
  // When the socket takes no more, libpq reads on the side so as not to block the server; what it read then raises no
  // event any more.
  take_results(connection);
}

static void polled(uv_poll_t *poll, int status, int events) {
  struct db_connection *connection = poll->data;
  if (connection->state == CONNECTION_CONNECTING) {
    connecting_step(connection);
    return;
  }
  if (status < 0 || !PQconsumeInput(connection->pg)) {
    connection_lost(connection);
    return;
  }
  take_results(connection);
  if (events & UV_WRITABLE) db_connection_flush(connection);
}
