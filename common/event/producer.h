// Tells the other services what happened in this one: reads its new events after its writes and hands them to be
// published, as event_relay.h decides. Begins at once; stops with the loop.
#pragma once

#include "base/metrics.h"
#include "db/db.h"
#include "event.pb-c.h"

struct loop;
struct event_producer;

struct event_producer_settings {
  const char *name;  // of the producer: "enrollment"
  struct loop *loop;
  struct db *db;
  const struct db_statement *list_events, *get_standing;  // the service's, of pulih.event.v1.EventService
  // Sends a batch to whoever wants it. It may be lost: what follows shows that.
  void (*publish)(void *owner, const Pulih__Event__V1__EventBatch *batch);
  void *owner;
};

// NULL when memory is out.
struct event_producer *event_producer_create(const struct event_producer_settings *settings);
// After the loop has run.
void event_producer_destroy(struct event_producer *producer);
void event_producer_add_metrics(struct event_producer *producer, struct metrics *metrics);
// Writes were committed. Cheap; call it as often as it happens.
void event_producer_written(struct event_producer *producer);
