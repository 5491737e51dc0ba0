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

struct scheduling {
  struct service *service;
  struct wall_timer nightly;
  bool running;   // a run of our own
  bool stopping;  // service_stopped() when it is over
};

static void run_nightly(struct wall_timer *timer);
static void nightly_done(void *owner, const struct materialise_result *result, const struct status *status);

static int start(struct service *service, void **ret_state) {
  struct scheduling *scheduling = calloc(1, sizeof *scheduling);
  if (!scheduling) return -ENOMEM;
  scheduling->service = service;
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
  scheduling->running = true;
  materialise_begin(scheduling->service, "", 0, nightly_done, scheduling);
}

static void nightly_done(void *owner, const struct materialise_result *result, const struct status *status) {
  struct scheduling *scheduling = owner;
  scheduling->running = false;
  LOG(INFO, "SESSIONS_MATERIALISED", log_number("series", result->series_count),
      log_number("sessions", result->session_count), log_text("reason", reason_info(status->reason)->name));
  if (!scheduling->stopping) return;
  struct service *service = scheduling->service;
  free(scheduling);
  service_stopped(service);
}

static void stop(struct service *service) {
  struct scheduling *scheduling = service_state(service);
  wall_timer_stop(&scheduling->nightly);
  scheduling->stopping = true;
  if (scheduling->running) return;
  free(scheduling);
  service_stopped(service);
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
