// When a producer reads its new events and says where it stands. No I/O, no clock: what happened and a time come in,
// what to do goes out.
//
// After a write it looks where its events stand, and publishes what is new. An event that a running transaction may
// still precede isn't readable yet; then it looks again, soon, and less and less soon while that lasts. Otherwise it
// only beats: now and then it says where it stands, so that a consumer notices what it has lost. What other instances
// of the producer wrote meanwhile they publish themselves; a beat passes over it.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "event/position.h"

enum {
  RELAY_GAP_MS = 50,  // from a write to the look, so that a burst is one look
  RELAY_PENDING_MOST_MS = 1000,
  RELAY_RETRY_MOST_MS = 10000,
  RELAY_BEAT_MS = 10000,
  RELAY_BATCH_EVENTS = 100,  // a batch fits in a header frame
};

enum relay_action {
  RELAY_WAIT,  // nothing until due_ms or the next write or outcome
  RELAY_LOOK,  // see where the producer's events stand, and whether any are pending
  RELAY_READ,  // read at most RELAY_BATCH_EVENTS after `at`, and publish them
};

struct event_relay {
  struct event_position at;    // everything up to here is published
  struct event_position head;  // where the log stands, as last seen
  bool started, busy;
  bool written;    // since the last look began
  bool expecting;  // what is new is ours to publish
  uint64_t due_ms, beat_ms;
  uint64_t wait_ms;  // the latest wait for something pending, or after a failure; 0 when all is well
};

void event_relay_init(struct event_relay *relay);
// Writes were committed here.
void event_relay_written(struct event_relay *relay, uint64_t now_ms);
// What to do now; what it says has begun with that.
enum relay_action event_relay_next(struct event_relay *relay, uint64_t now_ms);
// The outcome of a look. True: publish an empty batch behind `at`.
bool event_relay_looked(struct event_relay *relay, struct event_position head, bool pending, uint64_t now_ms);
// The outcome of a read; `last` is the last event's position, or `at` when there was none. What was read is published.
void event_relay_published(struct event_relay *relay, struct event_position last, uint64_t now_ms);
// A look or a read failed.
void event_relay_failed(struct event_relay *relay, uint64_t now_ms);
