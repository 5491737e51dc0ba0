// Makes sessions up to the horizon: a page of series that don't reach it yet, expanded and sent in batches of a
// transaction each, until there are none. The series of a batch that fails are tried one by one; the one that fails is
// passed over and logged, and the next run tries it again.
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "db/db.h"
#include "loop/loop.h"
#include "recurrence.h"
#include "scheduling.h"
#include "scheduling_methods.h"
#include "service/service.h"

enum {
  PAGE_SERIES = 100,
  BATCH_SERIES = 25,
  BATCH_DAYS = BATCH_SERIES * SCHEDULING_DAYS_MAX,
  ARENA_LIMIT = 1 << 20,
  STATEMENT_TIMEOUT_MS = 30000,
};

struct materialise_run {
  struct service *service;
  struct arena arena;  // of the page, of each statement beside it
  struct arena statement_arena;
  const char *prison_id;
  char last_id[37];  // of the series seen last
  uint64_t deadline_ms;
  Pulih__Scheduling__Internal__V1__DueSeries *page[PAGE_SERIES];
  size_t page_count, next;
  size_t batch_first, alone_until;  // places in the page; before alone_until a batch is one series
  struct service_query query;
  Pulih__Scheduling__Internal__V1__DueRequest due;
  Pulih__Scheduling__Internal__V1__MaterialiseSeries batch;
  char *series_ids[BATCH_SERIES];
  int32_t of_series[BATCH_DAYS], days[BATCH_DAYS];
  struct materialise_result result;
  materialise_done *done;
  void *owner;
};

static void page_listed(struct service_query *query, struct db_result *result, const struct status *status);
static void batch_materialised(struct service_query *query, struct db_result *result, const struct status *status);
static void next_batch(struct materialise_run *run);

static void finish(struct materialise_run *run, const struct status *status) {
  run->done(run->owner, &run->result, status);
  arena_finish(&run->arena);
  arena_finish(&run->statement_arena);
  free(run);
}

static void ask(struct materialise_run *run, const struct db_statement *statement, const ProtobufCMessage *in,
                void (*done)(struct service_query *query, struct db_result *result, const struct status *status)) {
  struct loop *loop = service_loop(run->service);
  if (loop->stopping || (run->deadline_ms && loop_now_ms(loop) >= run->deadline_ms)) {
    finish(run, &(struct status){.reason = loop->stopping ? REASON_SERVICE_UNAVAILABLE : REASON_DEADLINE_EXCEEDED});
    return;
  }
  arena_reset(&run->statement_arena);
  run->query = (struct service_query){.statement = statement,
                                      .in = in,
                                      .arena = &run->statement_arena,
                                      .timeout_ms = STATEMENT_TIMEOUT_MS,
                                      .done = done,
                                      .owner = run};
  service_query_run(run->service, &run->query);
}

static void list_page(struct materialise_run *run) {
  pulih__scheduling__internal__v1__due_request__init(&run->due);
  run->due.prison_id = (char *)run->prison_id;
  run->due.after_id = run->last_id;
  run->due.limit = PAGE_SERIES;
  ask(run, &scheduling_list_due_series_statement, &run->due.base, page_listed);
}

void materialise_begin(struct service *service, const char *prison_id, uint64_t deadline_ms, materialise_done *done,
                       void *owner) {
  struct materialise_run *run = calloc(1, sizeof *run);
  if (!run) {
    done(owner, &(struct materialise_result){0}, &(struct status){.reason = REASON_TOO_BUSY});
    return;
  }
  run->service = service;
  run->deadline_ms = deadline_ms;
  run->done = done;
  run->owner = owner;
  run->prison_id = prison_id;
  arena_init(&run->arena, ARENA_LIMIT);
  arena_init(&run->statement_arena, ARENA_LIMIT);
  list_page(run);
}

static void page_listed(struct service_query *query, struct db_result *result, const struct status *status) {
  struct materialise_run *run = query->owner;
  size_t rows = result ? db_result_rows(result) : 0;
  if (!rows) {
    finish(run, status);
    return;
  }
  arena_reset(&run->arena);
  run->next = run->alone_until = run->page_count = 0;
  for (size_t i = 0; i < rows && i < PAGE_SERIES; i++) {
    void *series = db_result_row(result, i, &run->arena);
    if (!series) break;  // the next page begins with it
    run->page[run->page_count++] = series;
  }
  if (!run->page_count) {
    finish(run, &(struct status){.reason = REASON_TOO_BUSY});
    return;
  }
  run->result.series_count += (int32_t)run->page_count;
  snprintf(run->last_id, sizeof run->last_id, "%s", run->page[run->page_count - 1]->id);
  next_batch(run);
}

static void pass_over(struct materialise_run *run, const char *series_id, enum reason reason) {
  LOG(WARNING, "SERIES_NOT_MATERIALISED", log_text("series", series_id), log_text("reason", reason_info(reason)->name));
}

// Adds a series and its days to the batch. False when the rule can't be expanded, which it could when the series was
// made.
static bool expand(struct materialise_run *run, const Pulih__Scheduling__Internal__V1__DueSeries *due) {
  Pulih__Scheduling__Internal__V1__MaterialiseSeries *batch = &run->batch;
  struct recurrence recurrence;
  struct recurrence_problem problem;
  size_t count;
  int32_t from_day = due->from_day;
  if (from_day < due->until_day - SCHEDULING_DAYS_MAX + 1) from_day = due->until_day - SCHEDULING_DAYS_MAX + 1;
  if (recurrence_parse(due->rrule, &recurrence, &problem) ||
      recurrence_expand(&recurrence, due->start_day, due->start_minute, from_day, due->until_day,
                        run->days + batch->n_days, SCHEDULING_DAYS_MAX, &count))
    return false;
  run->series_ids[batch->n_series_ids++] = due->id;
  for (size_t i = 0; i < count; i++) run->of_series[batch->n_days++] = (int32_t)batch->n_series_ids;
  batch->n_of_series = batch->n_days;
  return true;
}

static void next_batch(struct materialise_run *run) {
  size_t capacity = run->next < run->alone_until ? 1 : BATCH_SERIES;
  pulih__scheduling__internal__v1__materialise_series__init(&run->batch);
  run->batch.series_ids = run->series_ids;
  run->batch.of_series = run->of_series;
  run->batch.days = run->days;
  run->batch_first = run->next;
  while (run->next < run->page_count && run->batch.n_series_ids < capacity) {
    const Pulih__Scheduling__Internal__V1__DueSeries *due = run->page[run->next++];
    if (!expand(run, due)) pass_over(run, due->id, REASON_RRULE_INVALID);
  }
  if (run->batch.n_series_ids)
    ask(run, &scheduling_materialise_series_statement, &run->batch.base, batch_materialised);
  else
    list_page(run);
}

static void batch_materialised(struct service_query *query, struct db_result *result, const struct status *status) {
  struct materialise_run *run = query->owner;
  Pulih__Scheduling__Internal__V1__Materialised *made =
      result && db_result_rows(result) ? (void *)db_result_row(result, 0, &run->statement_arena) : NULL;
  if (made) {
    run->result.session_count += made->session_count;
  } else if (run->batch.n_series_ids > 1) {
    run->alone_until = run->next;
    run->next = run->batch_first;
  } else {
    pass_over(run, run->series_ids[0], status->reason);
  }
  next_batch(run);
}

static void materialise_sessions_done(void *owner, const struct materialise_result *result,
                                      const struct status *status) {
  struct call *call = owner;
  Pulih__Scheduling__V1__MaterialiseSessionsResponse response =
      PULIH__SCHEDULING__V1__MATERIALISE_SESSIONS_RESPONSE__INIT;
  if (status->reason != REASON_OK) {
    call->status = *status;
    call_fail(call);
    return;
  }
  response.series_count = result->series_count;
  response.session_count = result->session_count;
  call_reply(call, &response.base);
}

void scheduling_materialise_sessions(struct call *call) {
  const Pulih__Scheduling__V1__MaterialiseSessionsRequest *request = (const void *)call->request;
  materialise_begin(call->service, request->prison_id, call->deadline_ms, materialise_sessions_done, call);
}
