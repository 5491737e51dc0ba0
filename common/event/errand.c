#include "event/errand.h"

enum { ERRAND_MEMORY_BYTES = 16 << 20, ERRAND_TIMEOUT_MS = 30000 };

void errand_init(struct errand *errand, struct loop *loop, struct db *db, void *owner) {
  *errand = (struct errand){.loop = loop, .db = db, .owner = owner};
  arena_init(&errand->arena, ERRAND_MEMORY_BYTES);
}

static void errand_run_done(struct db_request *request, struct db_result *result, const struct status *status) {
  struct errand *errand = request->owner;
  errand->running = false;
  errand->done(errand->owner, result, status);
}

void errand_run(struct errand *errand, const struct db_statement *statement, const ProtobufCMessage *in,
                errand_done *done) {
  errand->running = true;
  errand->done = done;
  errand->now[0] = 0;
  if (clock_is_injected(&errand->loop->clock)) clock_format(loop_wall_us(errand->loop), errand->now);
  errand->request = (struct db_request){
      .statement = statement,
      .in = in,
      .context = {.user_id = "", .roles = "SERVICE", .prison_id = "*", .now = errand->now},
      .deadline_ms = loop_now_ms(errand->loop) + ERRAND_TIMEOUT_MS,
      .arena = &errand->arena,
      .done = errand_run_done,
      .owner = errand,
  };
  db_submit(errand->db, &errand->request);
}

void errand_list_events(struct errand *errand, const struct db_statement *statement, const char *producer,
                        struct event_position after, int32_t limit, errand_done *done) {
  Pulih__Event__V1__ListEventsRequest *request = ARENA_NEW(&errand->arena, Pulih__Event__V1__ListEventsRequest);
  Pulih__Event__V1__Position *position = ARENA_NEW(&errand->arena, Pulih__Event__V1__Position);
  pulih__event__v1__list_events_request__init(request);
  event_position_write(after, position);
  request->producer = (char *)producer;
  request->after = position;
  request->limit = limit;
  errand_run(errand, statement, &request->base, done);
}

Pulih__Event__V1__Event **errand_events(struct errand *errand, const struct db_result *result, size_t *ret_count) {
  size_t count = result ? db_result_rows(result) : 0;
  Pulih__Event__V1__Event **events =
      result ? (Pulih__Event__V1__Event **)ARENA_ARRAY(&errand->arena, void *, count) : NULL;
  if (!events) return NULL;
  for (size_t i = 0; i < count; i++) {
    events[i] = (Pulih__Event__V1__Event *)db_result_row(result, i, &errand->arena);
    if (!events[i]) return NULL;
  }
  *ret_count = count;
  return events;
}
