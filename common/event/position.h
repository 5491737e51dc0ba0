// A place in a producer's events (pulih.event.v1.Position), ordered by transaction, then number.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "event.pb-c.h"

struct event_position {
  uint64_t transaction, id;  // both 0: the beginning
};

// Negative, 0 or positive.
static inline int event_position_compare(struct event_position a, struct event_position b) {
  if (a.transaction != b.transaction) return a.transaction < b.transaction ? -1 : 1;
  return a.id < b.id ? -1 : a.id > b.id;
}

// Absent is the beginning.
static inline struct event_position event_position_read(const Pulih__Event__V1__Position *message) {
  return message ? (struct event_position){message->transaction, message->id} : (struct event_position){0, 0};
}

static inline void event_position_write(struct event_position position, Pulih__Event__V1__Position *message) {
  pulih__event__v1__position__init(message);
  message->transaction = position.transaction;
  message->id = position.id;
}
