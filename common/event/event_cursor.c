#include "event/event_cursor.h"

#include <assert.h>

void event_cursor_init(struct event_cursor *cursor, uint64_t seed) {
  *cursor = (struct event_cursor){.random = seed | 1};
}

// At least half of `most`, so that many consumers don't come at once. (xorshift64, Marsaglia 2003)
static uint64_t spread(struct event_cursor *cursor, uint64_t most) {
  cursor->random ^= cursor->random << 13;
  cursor->random ^= cursor->random >> 7;
  cursor->random ^= cursor->random << 17;
  return most / 2 + cursor->random % (most / 2 + 1);
}

static void settle(struct event_cursor *cursor, uint64_t now_ms) {
  bool behind = cursor->more || event_position_compare(cursor->head, cursor->at) > 0;
  cursor->state = CURSOR_READY;
  cursor->failures = 0;
  cursor->more = false;
  cursor->due_ms = behind ? now_ms : now_ms + spread(cursor, CURSOR_QUIET_MS);
}

enum cursor_action event_cursor_next(struct event_cursor *cursor, uint64_t now_ms) {
  if (cursor->state == CURSOR_APPLYING || cursor->state == CURSOR_REPLAYING) return CURSOR_WAIT;
  if (cursor->due_ms > now_ms + CURSOR_QUIET_MS) cursor->due_ms = now_ms;  // the clock went back
  if (now_ms < cursor->due_ms) return CURSOR_WAIT;
  cursor->state = cursor->known ? CURSOR_REPLAYING : CURSOR_APPLYING;
  cursor->moves = false;
  return cursor->known ? CURSOR_REPLAY : CURSOR_ASK;
}

bool event_cursor_offer(struct event_cursor *cursor, struct event_position previous, struct event_position last,
                        uint64_t now_ms) {
  if (event_position_compare(last, cursor->head) > 0) cursor->head = last;
  if (cursor->state != CURSOR_READY || cursor->failures) return false;
  if (event_position_compare(previous, cursor->at) > 0) {
    cursor->due_ms = now_ms;
    return false;
  }
  if (event_position_compare(last, cursor->at) <= 0) {
    settle(cursor, now_ms);
    return false;
  }
  cursor->state = CURSOR_APPLYING;
  cursor->moves = true;
  return true;
}

bool event_cursor_replayed(struct event_cursor *cursor, size_t count, bool more, uint64_t now_ms) {
  assert(cursor->state == CURSOR_REPLAYING);
  if (count) {
    cursor->state = CURSOR_APPLYING;
    cursor->moves = true;
    cursor->more = more;
    return true;
  }
  // The log is right and the hint was wrong.
  cursor->head = cursor->at;
  settle(cursor, now_ms);
  return false;
}

bool event_cursor_applied(struct event_cursor *cursor, struct event_position standing, uint64_t now_ms) {
  assert(cursor->state == CURSOR_APPLYING);
  if (cursor->moves && !event_position_compare(standing, cursor->at)) {
    event_cursor_failed(cursor, now_ms);
    return false;
  }
  cursor->more |= !cursor->known;  // at the start the log is read in any case
  cursor->known = true;
  cursor->at = standing;
  settle(cursor, now_ms);
  return true;
}

void event_cursor_failed(struct event_cursor *cursor, uint64_t now_ms) {
  uint64_t most = CURSOR_RETRY_MOST_MS;
  if (cursor->failures < 8) most = (uint64_t)CURSOR_RETRY_FIRST_MS << cursor->failures;
  cursor->failures++;
  cursor->more = false;
  cursor->state = cursor->known ? CURSOR_READY : CURSOR_UNKNOWN;
  cursor->due_ms = now_ms + spread(cursor, most);
}
