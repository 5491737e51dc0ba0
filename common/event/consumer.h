// Makes another service's events take effect in this one, each once and in order, as event_cursor.h decides. Every
// event is in the log that all services can read, so what was missed is read there, by the service's own statement,
// also while the hub is away. Begins at once by catching up; stops with the loop.
#pragma once

#include "base/metrics.h"
#include "db/db.h"
#include "event.pb-c.h"

struct loop;
struct event_consumer;

struct event_consumer_settings {
  const char *producer;  // "scheduling"
  struct loop *loop;
  struct db *db;
  const struct db_statement *apply;        // apply_<producer>: in EventBatch, out Position
  const struct db_statement *list_events;  // the service's, of pulih.event.v1.EventService
  // Events took effect. May be NULL.
  void (*applied)(void *owner, const char *producer);
  void *owner;
};

// NULL when memory is out.
struct event_consumer *event_consumer_create(const struct event_consumer_settings *settings);
// After the loop has run.
void event_consumer_destroy(struct event_consumer *consumer);
void event_consumer_add_metrics(struct event_consumer *consumer, struct metrics *metrics);
// A batch of this producer came through the hub. It is the caller's again when this returns.
void event_consumer_batch(struct event_consumer *consumer, const Pulih__Event__V1__EventBatch *batch);
