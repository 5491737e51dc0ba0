#include "event/event_relay.h"

#include <assert.h>

static uint64_t least(uint64_t a, uint64_t b) {
  return a < b ? a : b;
}

void event_relay_init(struct event_relay *relay) {
  *relay = (struct event_relay){0};
}

// Twice as long as the last time.
static uint64_t longer_wait(struct event_relay *relay, uint64_t most) {
  relay->wait_ms = relay->wait_ms ? least(relay->wait_ms * 2, most) : RELAY_GAP_MS;
  return relay->wait_ms;
}

void event_relay_written(struct event_relay *relay, uint64_t now_ms) {
  relay->written = true;
  if (!relay->busy && !relay->wait_ms) relay->due_ms = least(relay->due_ms, now_ms + RELAY_GAP_MS);
}

enum relay_action event_relay_next(struct event_relay *relay, uint64_t now_ms) {
  if (relay->busy) return RELAY_WAIT;
  if (relay->due_ms > now_ms + RELAY_BEAT_MS) relay->due_ms = now_ms;  // the clock went back
  if (now_ms < relay->due_ms) return RELAY_WAIT;
  relay->busy = true;
  if (event_position_compare(relay->head, relay->at) > 0) return RELAY_READ;
  relay->expecting |= relay->written;
  relay->written = false;
  return RELAY_LOOK;
}

// Everything that was seen is published: when to look again.
static void settle(struct event_relay *relay, uint64_t now_ms) {
  relay->due_ms = relay->written ? now_ms + RELAY_GAP_MS : relay->beat_ms;
  if (relay->wait_ms) relay->due_ms = now_ms + relay->wait_ms;
}

bool event_relay_looked(struct event_relay *relay, struct event_position head, bool pending, uint64_t now_ms) {
  assert(relay->busy);
  relay->busy = false;
  bool beat = !relay->started || now_ms >= relay->beat_ms || relay->beat_ms > now_ms + RELAY_BEAT_MS;
  // Not from the beginning, not what others wrote; and a restored database may stand further back.
  if (!relay->started || !relay->expecting || event_position_compare(head, relay->at) < 0) relay->at = head;
  if (!pending || event_position_compare(head, relay->head) > 0) relay->wait_ms = 0;
  if (pending) longer_wait(relay, RELAY_PENDING_MOST_MS);
  relay->started = true;
  relay->head = head;
  relay->expecting = pending;
  if (beat) relay->beat_ms = now_ms + RELAY_BEAT_MS;
  if (event_position_compare(head, relay->at) > 0)
    relay->due_ms = now_ms;
  else
    settle(relay, now_ms);
  return beat;
}

void event_relay_published(struct event_relay *relay, struct event_position last, uint64_t now_ms) {
  assert(relay->busy);
  relay->busy = false;
  // Nothing between `at` and where the log stood: it has gone back since.
  bool nothing = event_position_compare(last, relay->at) <= 0;
  relay->at = nothing ? relay->head : last;
  relay->beat_ms = now_ms + RELAY_BEAT_MS;
  if (event_position_compare(relay->head, relay->at) > 0)
    relay->due_ms = now_ms;
  else
    settle(relay, now_ms);
}

void event_relay_failed(struct event_relay *relay, uint64_t now_ms) {
  assert(relay->busy);
  relay->busy = false;
  relay->written |= relay->expecting;
  relay->due_ms = now_ms + longer_wait(relay, RELAY_RETRY_MOST_MS);
}
