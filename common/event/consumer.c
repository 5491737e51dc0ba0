#include "event/consumer.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "event/errand.h"
#include "event/event_cursor.h"
#include "message/message.h"

enum { REPLAY_EVENTS = 1000 };

struct event_consumer {
  struct event_consumer_settings settings;
  struct event_cursor cursor;
  struct errand errand;
  uv_timer_t timer;
  struct loop_stopper stopper;
  struct metric applied_total, failed_total;
  char applied_labels[64], failed_labels[64];
};

static void turn(struct event_consumer *consumer);

static uint64_t now_of(const struct event_consumer *consumer) {
  return loop_now_ms(consumer->settings.loop);
}

// `failures` in a row, this one too.
static void tell_failure(struct event_consumer *consumer, const char *statement, const char *reason,
                         uint32_t failures) {
  LOG(WARNING, "EVENTS_NOT_APPLIED", log_text("producer", consumer->settings.producer),
      log_text("statement", statement), log_text("reason", reason), log_number("failures", failures));
  metric_count(&consumer->failed_total, 1);
}

static void failed(struct event_consumer *consumer, const char *statement, const struct status *status) {
  event_cursor_failed(&consumer->cursor, now_of(consumer));
  tell_failure(consumer, statement, reason_info(status->reason)->name, consumer->cursor.failures);
}

static void apply_done(void *owner, struct db_result *result, const struct status *status) {
  struct event_consumer *consumer = owner;
  const Pulih__Event__V1__Position *position =
      result ? (const Pulih__Event__V1__Position *)db_result_row(result, 0, &consumer->errand.arena) : NULL;
  if (!position) {
    failed(consumer, consumer->settings.apply->name, status);
  } else {
    struct event_position before = consumer->cursor.at, standing = event_position_read(position);
    if (event_cursor_applied(&consumer->cursor, standing, now_of(consumer)))
      metric_count(&consumer->applied_total, 1);
    else
      tell_failure(consumer, consumer->settings.apply->name, "CURSOR_NOT_MOVED", consumer->cursor.failures);
    if (event_position_compare(standing, before) > 0 && consumer->settings.applied)
      consumer->settings.applied(consumer->settings.owner, consumer->settings.producer);
  }
  turn(consumer);
}

// `batch` and what it points to are of the errand's arena.
static void apply(struct event_consumer *consumer, const Pulih__Event__V1__EventBatch *batch) {
  errand_run(&consumer->errand, consumer->settings.apply, &batch->base, apply_done);
}

// The batch behind the cursor that holds `events`.
static void apply_events(struct event_consumer *consumer, Pulih__Event__V1__Event **events, size_t count) {
  Pulih__Event__V1__EventBatch *batch = ARENA_NEW(&consumer->errand.arena, Pulih__Event__V1__EventBatch);
  Pulih__Event__V1__Position *previous = ARENA_NEW(&consumer->errand.arena, Pulih__Event__V1__Position);
  pulih__event__v1__event_batch__init(batch);
  event_position_write(consumer->cursor.at, previous);
  batch->producer = (char *)consumer->settings.producer;
  batch->previous = previous;
  batch->events = events;
  batch->n_events = count;
  apply(consumer, batch);
}

static void replay_done(void *owner, struct db_result *result, const struct status *status) {
  struct event_consumer *consumer = owner;
  size_t count = 0;
  Pulih__Event__V1__Event **events = errand_events(&consumer->errand, result, &count);
  if (!events)
    failed(consumer, "list_events", status);
  else if (event_cursor_replayed(&consumer->cursor, count, count == REPLAY_EVENTS, now_of(consumer)))
    apply_events(consumer, events, count);
  turn(consumer);
}

static void timer_fired(uv_timer_t *timer) {
  turn(timer->data);
}

static void closed(uv_handle_t *handle) {
  struct event_consumer *consumer = handle->data;
  loop_stopped(&consumer->stopper);
}

static void stop(struct loop_stopper *stopper) {
  turn(container_of(stopper, struct event_consumer, stopper));
}

// Does what is due, or waits until something is.
static void turn(struct event_consumer *consumer) {
  if (consumer->errand.running) return;
  if (consumer->stopper.stopping) {
    uv_close((uv_handle_t *)&consumer->timer, closed);
    return;
  }
  uint64_t now_ms = now_of(consumer);
  arena_reset(&consumer->errand.arena);
  switch (event_cursor_next(&consumer->cursor, now_ms)) {
    case CURSOR_WAIT:
      uv_timer_start(&consumer->timer, timer_fired, consumer->cursor.due_ms - now_ms, 0);
      break;
    case CURSOR_ASK:
      apply_events(consumer, NULL, 0);
      break;
    case CURSOR_REPLAY:
      errand_list_events(&consumer->errand, consumer->settings.list_events, consumer->settings.producer,
                         consumer->cursor.at, REPLAY_EVENTS, replay_done);
      break;
  }
}

// A copy in the errand's arena.
static const Pulih__Event__V1__EventBatch *keep(struct event_consumer *consumer,
                                                const Pulih__Event__V1__EventBatch *batch) {
  struct arena *arena = &consumer->errand.arena;
  struct status status = {0};
  const void *data;
  size_t size;
  if (message_pack(&batch->base, arena, &data, &size)) return NULL;
  return (const Pulih__Event__V1__EventBatch *)message_unpack(batch->base.descriptor, data, size, arena, &status);
}

void event_consumer_batch(struct event_consumer *consumer, const Pulih__Event__V1__EventBatch *batch) {
  struct event_position previous = event_position_read(batch->previous);
  struct event_position last =
      batch->n_events ? event_position_read(batch->events[batch->n_events - 1]->position) : previous;
  if (consumer->stopper.stopping) return;
  if (event_cursor_offer(&consumer->cursor, previous, last, now_of(consumer))) {
    arena_reset(&consumer->errand.arena);
    const Pulih__Event__V1__EventBatch *kept = keep(consumer, batch);
    if (kept)
      apply(consumer, kept);
    else
      failed(consumer, consumer->settings.apply->name, &(struct status){.reason = REASON_MESSAGE_TOO_LARGE});
  }
  turn(consumer);
}

struct event_consumer *event_consumer_create(const struct event_consumer_settings *settings) {
  struct event_consumer *consumer = calloc(1, sizeof *consumer);
  if (!consumer) return NULL;
  consumer->settings = *settings;
  snprintf(consumer->applied_labels, sizeof consumer->applied_labels, "producer=\"%s\",outcome=\"applied\"",
           settings->producer);
  snprintf(consumer->failed_labels, sizeof consumer->failed_labels, "producer=\"%s\",outcome=\"failed\"",
           settings->producer);
  consumer->applied_total = (struct metric){.name = "pulih_event_batches_total",
                                            .labels = consumer->applied_labels,
                                            .help = "Batches of another service's events.",
                                            .kind = METRIC_COUNTER};
  consumer->failed_total = consumer->applied_total;
  consumer->failed_total.labels = consumer->failed_labels;
  event_cursor_init(&consumer->cursor, uv_hrtime());
  errand_init(&consumer->errand, settings->loop, settings->db, consumer);
  uv_timer_init(&settings->loop->uv, &consumer->timer);
  consumer->timer.data = consumer;
  consumer->stopper.stop = stop;
  loop_add_stopper(settings->loop, &consumer->stopper);
  uv_timer_start(&consumer->timer, timer_fired, 0, 0);
  return consumer;
}

void event_consumer_destroy(struct event_consumer *consumer) {
  if (!consumer) return;
  arena_finish(&consumer->errand.arena);
  free(consumer);
}

void event_consumer_add_metrics(struct event_consumer *consumer, struct metrics *metrics) {
  metrics_add(metrics, &consumer->applied_total);
  metrics_add(metrics, &consumer->failed_total);
}
