#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "loop/loop.h"
#include "scheduling.h"
#include "scheduling_methods.h"
#include "service/service.h"

// 01:00 in Jakarta, which has no summer time.
#define NIGHTLY_UTC_US (INT64_C(18) * 3600 * 1000000)
#define DAY_US (INT64_C(24) * 3600 * 1000000)

enum { MONTHS_TIMEOUT_MS = 30000, MONTHS_ARENA_BYTES = 16 * 1024 };

struct scheduling {
  struct service *service;
  struct wall_timer nightly;
  struct service_query months;
  struct arena months_arena;
  int running;    // queries and runs of our own that aren't over
  bool stopping;  // service_stopped() when it is over
};

static void run_nightly(struct wall_timer *timer);
static void months_done(struct service_query *query, struct db_result *result, const struct status *status);
static void nightly_done(void *owner, const struct materialise_result *result, const struct status *status);

static int start(struct service *service, void **ret_state) {
  struct scheduling *scheduling = calloc(1, sizeof *scheduling);
  if (!scheduling) return -ENOMEM;
  scheduling->service = service;
  arena_init(&scheduling->months_arena, MONTHS_ARENA_BYTES);
  *ret_state = scheduling;
  return 0;
}

static void ready(struct service *service) {
  struct scheduling *scheduling = service_state(service);
  run_nightly(&scheduling->nightly);
}

static void run_nightly(struct wall_timer *timer) {
  struct scheduling *scheduling = container_of(timer, struct scheduling, nightly);
  struct loop *loop = service_loop(scheduling->service);
  int64_t now_us = loop_wall_us(loop), due_us = now_us - now_us % DAY_US + NIGHTLY_UTC_US;
  wall_timer_start(loop, timer, due_us > now_us ? due_us : due_us + DAY_US, run_nightly);
  if (scheduling->running) return;
  scheduling->running = 2;
  arena_reset(&scheduling->months_arena);
  scheduling->months = (struct service_query){.statement = &scheduling_keep_event_months_statement,
                                              .arena = &scheduling->months_arena,
                                              .timeout_ms = MONTHS_TIMEOUT_MS,
                                              .done = months_done};
  service_query_run(scheduling->service, &scheduling->months);
  materialise_begin(scheduling->service, "", 0, nightly_done, scheduling);
}

static void finish(struct scheduling *scheduling) {
  struct service *service = scheduling->service;
  arena_finish(&scheduling->months_arena);
  free(scheduling);
  service_stopped(service);
}

static void one_is_over(struct scheduling *scheduling) {
  if (!--scheduling->running && scheduling->stopping) finish(scheduling);
}

static void months_done(struct service_query *query, struct db_result *result, const struct status *status) {
  if (!result) LOG(WARNING, "EVENT_MONTHS_NOT_MADE", log_text("reason", reason_info(status->reason)->name));
  one_is_over(container_of(query, struct scheduling, months));
}

static void nightly_done(void *owner, const struct materialise_result *result, const struct status *status) {
  struct scheduling *scheduling = owner;
  LOG(INFO, "SESSIONS_MATERIALISED", log_number("series", result->series_count),
      log_number("sessions", result->session_count), log_text("reason", reason_info(status->reason)->name));
  one_is_over(scheduling);
}

static void stop(struct service *service) {
  struct scheduling *scheduling = service_state(service);
  wall_timer_stop(&scheduling->nightly);
  scheduling->stopping = true;
  if (!scheduling->running) finish(scheduling);
}

int main(int argc, char **argv) {
  static const struct service_subscription subscriptions[] = {
      {.producer = "enrollment", .apply = &scheduling_apply_enrollment_statement}, {0}};
  static const struct service_definition definition = {
      .name = "scheduling",
      .summary = "rooms, series, sessions and attendance",
      .methods = &scheduling_methods,
      .statements = scheduling_statements,
      .statement_count = scheduling_statement_count,
      .subscriptions = subscriptions,
      .start = start,
      .ready = ready,
      .stop = stop,
  };
  return service_main(argc, argv, &definition);
}
