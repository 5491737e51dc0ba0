// Enrollment is its statements. Beside them one watch: when the day of a signed renewal comes, the cases of the
// agreement that it renews move to it. An activation does the same for its own prison first, so this may be late, and
// may run in every instance at once.
#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "db/db.h"
#include "enrollment_internal.pb-c.h"
#include "enrollment_methods.h"
#include "loop/loop.h"
#include "service/service.h"

enum { WATCH_EVERY_US = 60 * 1000 * 1000, WATCH_TIMEOUT_MS = 30 * 1000, WATCH_ARENA_BYTES = 64 * 1024 };

struct watch {
  struct service *service;
  struct wall_timer timer;
  struct arena arena;  // one query's
  struct service_query query;
  bool running;   // a query is on its way
  bool stopping;  // end with it
};

static void watch_take_over(struct wall_timer *timer);

static void watch_in(struct watch *watch, int64_t delay_us) {
  struct loop *loop = service_loop(watch->service);
  wall_timer_start(loop, &watch->timer, loop_wall_us(loop) + delay_us, watch_take_over);
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
  // One renewal a statement, so that none waits for the locks of another.
  watch_in(watch, taken && taken->moved > 0 ? 0 : WATCH_EVERY_US);
}

static void watch_take_over(struct wall_timer *timer) {
  struct watch *watch = container_of(timer, struct watch, timer);
  arena_reset(&watch->arena);
  watch->running = true;
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
  watch_in(service_state(service), 0);
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
      .stop = stop,
  };
  return service_main(argc, argv, &definition);
}
