// Enrollment is its statements. Beside them one watch: when the day of a signed renewal comes, the cases of the
// agreement that it renews move to it. It wakes at the next such day, or when one of its own events may have changed
// which that is. An activation does the same for its own prison first, so this may be late, and may run in every
// instance at once.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "db/db.h"
#include "enrollment_internal.pb-c.h"
#include "enrollment_methods.h"
#include "loop/loop.h"
#include "message/time.h"
#include "service/service.h"

enum { WATCH_TIMEOUT_MS = 30 * 1000, WATCH_ARENA_BYTES = 64 * 1024 };

static const int64_t AFTER_CASES_US = INT64_C(60) * 1000 * 1000;  // seats that get free aren't looked at one by one
static const int64_t AT_LATEST_US = INT64_C(3600) * 1000 * 1000;  // another instance may have signed, and died

struct watch {
  struct service *service;
  struct wall_timer timer;
  struct arena arena;  // one query's
  struct service_query query;
  bool running;   // a query is on its way
  bool changed;   // since it began
  bool stopping;  // end with it
};

static void watch_take_over(struct wall_timer *timer);

static void watch_at(struct watch *watch, int64_t due_us) {
  wall_timer_start(service_loop(watch->service), &watch->timer, due_us, watch_take_over);
}

static int64_t next_due_us(const Pulih__Enrollment__Internal__V1__TakenOver *taken, int64_t now_us) {
  int64_t latest_us = now_us + AT_LATEST_US;
  if (!taken) return now_us + AFTER_CASES_US;
  if (taken->moved) return now_us;  // one renewal a statement, so that none waits for the locks of another
  int64_t next_us = taken->next_at ? timestamp_to_us(taken->next_at) : latest_us;
  return next_us < latest_us ? next_us : latest_us;
}

static void watch_end(struct watch *watch) {
  struct service *service = watch->service;
  arena_finish(&watch->arena);
  free(watch);
  service_stopped(service);
}

static void take_over_done(struct service_query *query, struct db_result *result, const struct status *status) {
  struct watch *watch = container_of(query, struct watch, query);
  watch->running = false;
  if (watch->stopping) {
    watch_end(watch);
    return;
  }
  const Pulih__Enrollment__Internal__V1__TakenOver *taken = NULL;
  if (result) {
    taken = (const Pulih__Enrollment__Internal__V1__TakenOver *)db_result_row(result, 0, &watch->arena);
  } else {
    LOG(WARNING, "RENEWAL_NOT_TAKEN_OVER", log_text("reason", reason_info(status->reason)->name));
  }
  int64_t now_us = loop_wall_us(service_loop(watch->service));
  watch_at(watch, watch->changed ? now_us : next_due_us(taken, now_us));
}

static void watch_take_over(struct wall_timer *timer) {
  struct watch *watch = container_of(timer, struct watch, timer);
  arena_reset(&watch->arena);
  watch->running = true;
  watch->changed = false;
  watch->query = (struct service_query){.statement = &enrollment_take_over_renewals_statement,
                                        .arena = &watch->arena,
                                        .timeout_ms = WATCH_TIMEOUT_MS,
                                        .done = take_over_done};
  service_query_run(watch->service, &watch->query);
}

static int start(struct service *service, void **ret_state) {
  struct watch *watch = calloc(1, sizeof *watch);
  if (!watch) return -ENOMEM;
  watch->service = service;
  arena_init(&watch->arena, WATCH_ARENA_BYTES);
  *ret_state = watch;
  return 0;
}

static void ready(struct service *service) {
  watch_at(service_state(service), loop_wall_us(service_loop(service)));
}

static void published(struct service *service, const Pulih__Event__V1__EventBatch *batch) {
  struct watch *watch = service_state(service);
  int64_t now_us = loop_wall_us(service_loop(service));
  bool signed_one = false;
  if (!batch->n_events) return;
  for (size_t i = 0; i < batch->n_events; i++)
    signed_one = signed_one || !strcmp(batch->events[i]->type, "enrollment.agreement_signed");
  watch->changed = watch->changed || signed_one;
  int64_t due_us = signed_one ? now_us : now_us + AFTER_CASES_US;
  if (watch->timer.armed && due_us < watch->timer.due_us) watch_at(watch, due_us);
}

static void stop(struct service *service) {
  struct watch *watch = service_state(service);
  wall_timer_stop(&watch->timer);
  watch->stopping = true;
  if (!watch->running) watch_end(watch);
}

int main(int argc, char **argv) {
  static const struct service_definition definition = {
      .name = "enrollment",
      .summary = "prisons, agreements, programmes, participants, consents and cases",
      .methods = &enrollment_methods,
      .statements = enrollment_statements,
      .statement_count = enrollment_statement_count,
      .start = start,
      .ready = ready,
      .published = published,
      .stop = stop,
  };
  return service_main(argc, argv, &definition);
}
