#include "event/producer.h"

#include <stdlib.h>

#include "base/log.h"
#include "event/errand.h"
#include "event/event_relay.h"

struct event_producer {
  struct event_producer_settings settings;
  struct event_relay relay;
  struct errand errand;
  uv_timer_t timer;
  struct loop_stopper stopper;
  struct metric published_total;
};

static void turn(struct event_producer *producer);

static void publish(struct event_producer *producer, Pulih__Event__V1__Event **events, size_t count) {
  Pulih__Event__V1__EventBatch batch = PULIH__EVENT__V1__EVENT_BATCH__INIT;
  Pulih__Event__V1__Position previous;
  event_position_write(producer->relay.at, &previous);
  batch.producer = (char *)producer->settings.name;
  batch.previous = &previous;
  batch.events = events;
  batch.n_events = count;
  producer->settings.publish(producer->settings.owner, &batch);
  metric_count(&producer->published_total, (double)count);
}

static void failed(struct event_producer *producer, const char *what, const struct status *status) {
  LOG(WARNING, "EVENTS_NOT_READ", log_text("statement", what), log_text("reason", reason_info(status->reason)->name));
  event_relay_failed(&producer->relay, loop_now_ms(producer->settings.loop));
}

static void looked(void *owner, struct db_result *result, const struct status *status) {
  struct event_producer *producer = owner;
  const Pulih__Event__V1__Standing *standing =
      result ? (const Pulih__Event__V1__Standing *)db_result_row(result, 0, &producer->errand.arena) : NULL;
  if (!standing)
    failed(producer, "get_standing", status);
  else if (event_relay_looked(&producer->relay, event_position_read(standing->position), standing->pending,
                              loop_now_ms(producer->settings.loop)))
    publish(producer, NULL, 0);
  turn(producer);
}

static void listed(void *owner, struct db_result *result, const struct status *status) {
  struct event_producer *producer = owner;
  size_t count = 0;
  Pulih__Event__V1__Event **events = errand_events(&producer->errand, result, &count);
  if (!events) {
    failed(producer, "list_events", status);
  } else {
    if (count) publish(producer, events, count);
    event_relay_published(&producer->relay,
                          count ? event_position_read(events[count - 1]->position) : producer->relay.at,
                          loop_now_ms(producer->settings.loop));
  }
  turn(producer);
}

static void look(struct event_producer *producer) {
  Pulih__Event__V1__GetStandingRequest *request =
      ARENA_NEW(&producer->errand.arena, Pulih__Event__V1__GetStandingRequest);
  pulih__event__v1__get_standing_request__init(request);
  request->producer = (char *)producer->settings.name;
  errand_run(&producer->errand, producer->settings.get_standing, &request->base, looked);
}

static void timer_fired(uv_timer_t *timer) {
  turn(timer->data);
}

static void closed(uv_handle_t *handle) {
  struct event_producer *producer = handle->data;
  loop_stopped(&producer->stopper);
}

static void stop(struct loop_stopper *stopper) {
  turn(container_of(stopper, struct event_producer, stopper));
}

// Does what is due, or waits until something is.
static void turn(struct event_producer *producer) {
  if (producer->errand.running) return;
  if (producer->stopper.stopping) {
    uv_close((uv_handle_t *)&producer->timer, closed);
    return;
  }
  uint64_t now_ms = loop_now_ms(producer->settings.loop);
  arena_reset(&producer->errand.arena);
  switch (event_relay_next(&producer->relay, now_ms)) {
    case RELAY_WAIT:
      uv_timer_start(&producer->timer, timer_fired, producer->relay.due_ms - now_ms, 0);
      break;
    case RELAY_LOOK:
      look(producer);
      break;
    case RELAY_READ:
      errand_list_events(&producer->errand, producer->settings.list_events, producer->settings.name, producer->relay.at,
                         RELAY_BATCH_EVENTS, listed);
      break;
  }
}

void event_producer_written(struct event_producer *producer) {
  if (producer->stopper.stopping) return;
  event_relay_written(&producer->relay, loop_now_ms(producer->settings.loop));
  turn(producer);
}

struct event_producer *event_producer_create(const struct event_producer_settings *settings) {
  struct event_producer *producer = calloc(1, sizeof *producer);
  if (!producer) return NULL;
  producer->settings = *settings;
  producer->published_total = (struct metric){
      .name = "pulih_events_published_total", .help = "Events handed to the hub.", .kind = METRIC_COUNTER};
  event_relay_init(&producer->relay);
  errand_init(&producer->errand, settings->loop, settings->db, producer);
  uv_timer_init(&settings->loop->uv, &producer->timer);
  producer->timer.data = producer;
  producer->stopper.stop = stop;
  loop_add_stopper(settings->loop, &producer->stopper);
  uv_timer_start(&producer->timer, timer_fired, 0, 0);
  return producer;
}

void event_producer_destroy(struct event_producer *producer) {
  if (!producer) return;
  arena_finish(&producer->errand.arena);
  free(producer);
}

void event_producer_add_metrics(struct event_producer *producer, struct metrics *metrics) {
  metrics_add(metrics, &producer->published_total);
}
