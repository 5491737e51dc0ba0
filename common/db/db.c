#include "db/db.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "db/pool.h"
#include "db/rows.h"
#include "db/set.h"

enum {
  // After a restart of the server each connection may turn out dead in its turn.
  ATTEMPTS_MAX = 8,
  SWEEP_MS = 100,
  // Longer than a failover's first seconds is not waited for: the caller can repeat it.
  WAIT_FOR_CONNECTION_MS = 3000,
  // Requests of one turn go down one connection, so that they share a flush, up to this many.
  BURST = 32,
  FLUSH_WEIGHT = 16,
  SET_PARAMETER_BYTES_MAX = 4 << 20,
};

static void send_waiting(uv_prepare_t *prepare);
static void sweep(uv_timer_t *timer);

void db_handle_closed(uv_handle_t *handle) {
  struct db *db = handle->data;
  if (--db->open_handles) return;
  for (size_t i = 0; i < db->plan_count; i++) db_plan_finish(&db->plans[i]);
  free(db->plans);
  free(db->connections);
  arena_finish(&db->set_arena);
  free(db);
}

static int compare_plans(const void *left, const void *right) {
  uintptr_t a = (uintptr_t)((const struct db_plan *)left)->statement;
  uintptr_t b = (uintptr_t)((const struct db_plan *)right)->statement;
  return a < b ? -1 : a > b;
}

static int create_plans(struct db *db, const struct db_statement *const *statements, size_t count) {
  db->plans = calloc(count + 1, sizeof *db->plans);
  if (!db->plans) return -ENOMEM;
  for (size_t i = 0; i < count; i++) {
    if (db_plan_init(&db->plans[i], statements[i])) return -ENOMEM;
    db->plan_count++;
  }
  qsort(db->plans, count, sizeof *db->plans, compare_plans);
  return 0;
}

static void name_metrics(struct db *db) {
  db->requests_total =
      (struct metric){.name = "pulih_db_requests_total", .help = "Statements that ended well.", .kind = METRIC_COUNTER};
  db->failures_total = (struct metric){
      .name = "pulih_db_failures_total", .help = "Statements that ended with a failure.", .kind = METRIC_COUNTER};
  db->lost_total = (struct metric){
      .name = "pulih_db_connections_lost_total", .help = "Connections lost or not made.", .kind = METRIC_COUNTER};
  db->request_seconds = (struct metric){
      .name = "pulih_db_request_seconds", .help = "From submitted to flushed.", .kind = METRIC_HISTOGRAM};
  db->outstanding_gauge =
      (struct metric){.name = "pulih_db_requests", .help = "Waiting or in flight.", .kind = METRIC_GAUGE};
  db->ready_gauge =
      (struct metric){.name = "pulih_db_connections_ready", .help = "Connections that serve.", .kind = METRIC_GAUGE};
}

void db_add_metrics(struct db *db, struct metrics *metrics) {
  struct metric *all[] = {&db->requests_total,  &db->failures_total,    &db->lost_total,
                          &db->request_seconds, &db->outstanding_gauge, &db->ready_gauge};
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) metrics_add(metrics, all[i]);
}

struct db *db_create(struct loop *loop, const struct db_settings *settings,
                     const struct db_statement *const *statements, size_t count) {
  struct db *db = calloc(1, sizeof *db);
  if (!db) return NULL;
  db->loop = loop;
  db->settings = *settings;
  db->waiting_end = &db->waiting;
  arena_init(&db->set_arena, SET_PARAMETER_BYTES_MAX);
  name_metrics(db);
  size_t connections = (size_t)settings->connections;
  db->connections = calloc(connections, sizeof *db->connections);
  uv_prepare_init(&loop->uv, &db->before_poll);
  uv_timer_init(&loop->uv, &db->sweep);
  db->before_poll.data = db->sweep.data = db;
  db->open_handles = 2;
  if (!db->connections || create_plans(db, statements, count)) {
    db_destroy(db);
    return NULL;
  }
  for (; db->connection_count < connections; db->connection_count++) {
    if (!db_connection_init(&db->connections[db->connection_count], db, count)) continue;
    db_destroy(db);
    return NULL;
  }
  uv_prepare_start(&db->before_poll, send_waiting);
  return db;
}

void db_destroy(struct db *db) {
  if (!db || db->closing) return;
  db->closing = true;
  for (size_t i = 0; i < db->connection_count; i++) db_connection_close(&db->connections[i]);
  uv_close((uv_handle_t *)&db->before_poll, db_handle_closed);
  uv_close((uv_handle_t *)&db->sweep, db_handle_closed);
}

bool db_ready(const struct db *db) {
  return db->ready_count > 0;
}

void db_watch(struct db *db, void (*changed)(void *data, bool ready, bool mismatch), void *data) {
  db->changed = changed;
  db->changed_data = data;
}

void db_connection_changed(struct db *db) {
  bool was_ready = db_ready(db);
  db->ready_count = 0;
  for (size_t i = 0; i < db->connection_count; i++) db->ready_count += db->connections[i].state == CONNECTION_READY;
  metric_set(&db->ready_gauge, (double)db->ready_count);
  if (was_ready == db_ready(db) && !db->mismatch) return;
  if (was_ready != db_ready(db))
    LOG(INFO, db_ready(db) ? "DB_READY" : "DB_LOST", log_number("connections", (int64_t)db->ready_count));
  if (db->changed) db->changed(db->changed_data, db_ready(db), db->mismatch);
}

const struct db_plan *db_plan_of(const struct db *db, const struct db_statement *statement) {
  struct db_plan wanted = {.statement = statement};
  return bsearch(&wanted, db->plans, db->plan_count, sizeof wanted, compare_plans);
}

void db_request_done(struct db *db, struct db_request *request) {
  struct db_result *result = request->result;
  const PGresult *rows = result && !result->borrowed ? result->rows : NULL;
  db->outstanding--;
  metric_set(&db->outstanding_gauge, (double)db->outstanding);
  metric_count(request->status.reason == REASON_OK ? &db->requests_total : &db->failures_total, 1);
  metric_observe(&db->request_seconds, (double)(loop_now_ms(db->loop) - request->submitted_ms) / 1e3);
  request->done(request, request->status.reason == REASON_OK ? result : NULL, &request->status);
  PQclear((PGresult *)rows);
}

static void append(struct db *db, struct db_request *request) {
  request->next = NULL;
  *db->waiting_end = request;
  db->waiting_end = &request->next;
  if (!db_ready(db) && !uv_is_active((uv_handle_t *)&db->sweep)) uv_timer_start(&db->sweep, sweep, SWEEP_MS, SWEEP_MS);
}

bool db_request_again(struct db *db, struct db_request *request) {
  if (++request->attempts >= ATTEMPTS_MAX) return false;
  request->status = (struct status){0};
  append(db, request);
  return true;
}

void db_submit(struct db *db, struct db_request *request) {
  request->result = NULL;
  request->status = (struct status){0};
  request->attempts = 0;
  request->alone = false;
  request->submitted_ms = loop_now_ms(db->loop);
  db->outstanding++;
  if (db->outstanding > (size_t)db->settings.queue_limit) {
    request->next = db->refused;
    db->refused = request;
    return;
  }
  append(db, request);
}

// `at` is the line's head or a `next` in it.
static struct db_request *take_waiting(struct db *db, struct db_request **at) {
  struct db_request *request = *at;
  *at = request->next;
  if (!*at) db->waiting_end = at;
  request->next = NULL;
  return request;
}

// With what waits behind it and can go to the database together with it.
static struct db_request *take_set(struct db *db, struct db_request **at) {
  struct db_request *members = take_waiting(db, at), *last = members;
  for (size_t count = 1; *at && count < DB_SET_MEMBERS_MAX;) {
    if (!db_set_takes(members, *at)) {
      at = &(*at)->next;
      continue;
    }
    last = last->next = take_waiting(db, at);
    count++;
  }
  return members;
}

static bool is_late(const struct db *db, const struct db_request *request) {
  return request->deadline_ms && loop_now_ms(db->loop) >= request->deadline_ms;
}

// The one with the least before it; a flush in flight is worth a few statements.
static struct db_connection *choose(struct db *db) {
  struct db_connection *best = NULL;
  size_t best_load = SIZE_MAX;
  for (size_t i = 0; i < db->connection_count; i++) {
    struct db_connection *connection = &db->connections[i];
    size_t load = connection->item_count + connection->flushes_in_flight * FLUSH_WEIGHT;
    if (!db_connection_has_room(connection) || load >= best_load) continue;
    best = connection;
    best_load = load;
  }
  return best;
}

static void end_refused(struct db *db) {
  while (db->refused) {
    struct db_request *request = db->refused;
    db->refused = request->next;
    request->status.reason = REASON_TOO_BUSY;
    db_request_done(db, request);
  }
}

// Whether anything was sent or ended.
static bool send_turn(struct db *db) {
  struct db_connection *connection = NULL;
  size_t sent = 0;
  for (struct db_request **at = &db->waiting; *at;) {
    bool in_set = (*at)->statement->set && !(*at)->alone;
    if (in_set && db->sets_in_flight >= DB_SETS_IN_FLIGHT_MAX && !is_late(db, *at)) {
      at = &(*at)->next;
      continue;
    }
    if (!connection || sent % BURST == 0 || !db_connection_has_room(connection)) connection = choose(db);
    if (!connection) break;
    sent++;
    struct db_request *request;
    if (is_late(db, *at)) {
      request = take_waiting(db, at);
      request->status.reason = REASON_DEADLINE_EXCEEDED;
      db_request_done(db, request);
    } else if (in_set) {
      request = take_set(db, at);
      db_connection_send(connection, request, true);
      connection = NULL;
    } else {
      request = take_waiting(db, at);
      db_connection_send(connection, request, !db->waiting);
    }
  }
  for (size_t i = 0; i < db->connection_count; i++) {
    connection = &db->connections[i];
    if (connection->state == CONNECTION_READY && (connection->item_count || connection->writes_since_flush))
      db_connection_flush(connection);
  }
  return sent > 0;
}

// Before the loop waits: everything that came in this turn goes out, a barrier behind it. A request that ends here may
// bring new ones, so it is done until nothing more can go.
static void send_waiting(uv_prepare_t *prepare) {
  struct db *db = prepare->data;
  do {
    end_refused(db);
  } while (send_turn(db) || db->refused);
}

// While no connection is there: what has waited long enough is told so.
static void sweep(uv_timer_t *timer) {
  struct db *db = timer->data;
  if (db_ready(db) || !db->waiting) {
    uv_timer_stop(timer);
    return;
  }
  struct db_request *all = db->waiting;
  db->waiting = NULL;
  db->waiting_end = &db->waiting;
  while (all) {
    struct db_request *request = all;
    all = request->next;
    bool long_enough = loop_now_ms(db->loop) - request->submitted_ms >= WAIT_FOR_CONNECTION_MS;
    if (!long_enough && !is_late(db, request)) {
      append(db, request);
      continue;
    }
    request->status.reason = REASON_DATABASE_UNAVAILABLE;
    db_request_done(db, request);
  }
}
