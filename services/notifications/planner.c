#include "planner.h"

#include "base/log.h"
#include "db/db.h"
#include "notifications_internal.pb-c.h"
#include "notifications_methods.h"

enum { PLAN_TIMEOUT_MS = 30000, PLAN_ARENA_BYTES = 64 * 1024, PLAN_RETRY_MS = 2000 };

static void go_on(struct planner *planner);

static void day_begins(struct wall_timer *timer) {
  struct planner *planner = container_of(timer, struct planner, next_day);
  planner->days_wanted = true;
  go_on(planner);
}

static void retry_due(uv_timer_t *timer) {
  go_on(timer->data);
}

static void retry_closed(uv_handle_t *handle) {
  struct planner *planner = handle->data;
  arena_finish(&planner->arena);
  planner->stopped(planner->owner);
}

// What was asked for, or NULL: then it is tried again later, or not at all when the planner stops.
static const void *take_row(struct service_query *query, struct db_result *result, const struct status *status) {
  struct planner *planner = query->owner;
  planner->running = false;
  if (planner->stopping) {
    uv_close((uv_handle_t *)&planner->retry, retry_closed);
    return NULL;
  }
  const void *row = result ? db_result_row(result, 0, &planner->arena) : NULL;
  if (row) return row;
  LOG(WARNING, "PLAN_FAILED", log_text("reason", reason_info(status->reason)->name));
  uv_timer_start(&planner->retry, retry_due, PLAN_RETRY_MS, 0);
  return NULL;
}

static void days_planned(struct service_query *query, struct db_result *result, const struct status *status) {
  struct planner *planner = query->owner;
  const Pulih__Notifications__Internal__V1__PlannedDays *days = take_row(query, result, status);
  if (!days) return;
  planner->days_wanted = false;
  wall_timer_start(service_loop(planner->service), &planner->next_day, days->next_day_at->seconds * 1000000,
                   day_begins);
  if (days->planned_count > 0) planner->planned(planner->owner);
  go_on(planner);
}

static void slice_planned(struct service_query *query, struct db_result *result, const struct status *status) {
  struct planner *planner = query->owner;
  const Pulih__Notifications__Internal__V1__PlannedSlice *slice = take_row(query, result, status);
  if (!slice) return;
  planner->slices_wanted = slice->more;
  if (slice->planned_count > 0) planner->planned(planner->owner);
  go_on(planner);
}

// One statement at a time; the days come first.
static void go_on(struct planner *planner) {
  if (planner->running || planner->stopping || (!planner->days_wanted && !planner->slices_wanted)) return;
  arena_reset(&planner->arena);
  planner->running = true;
  planner->query = (struct service_query){
      .statement = planner->days_wanted ? &notifications_plan_days_statement : &notifications_plan_slice_statement,
      .arena = &planner->arena,
      .timeout_ms = PLAN_TIMEOUT_MS,
      .done = planner->days_wanted ? days_planned : slice_planned,
      .owner = planner};
  service_query_run(planner->service, &planner->query);
}

void planner_init(struct planner *planner, struct service *service, void (*planned)(void *owner), void *owner) {
  *planner = (struct planner){.service = service, .planned = planned, .owner = owner};
  arena_init(&planner->arena, PLAN_ARENA_BYTES);
  uv_timer_init(&service_loop(service)->uv, &planner->retry);
  planner->retry.data = planner;
}

void planner_start(struct planner *planner) {
  planner->days_wanted = planner->slices_wanted = true;
  go_on(planner);
}

void planner_plan_slices(struct planner *planner) {
  planner->slices_wanted = true;
  go_on(planner);
}

void planner_stop(struct planner *planner, void (*stopped)(void *owner)) {
  planner->stopping = true;
  planner->stopped = stopped;
  wall_timer_stop(&planner->next_day);
  if (!planner->running) uv_close((uv_handle_t *)&planner->retry, retry_closed);
}
