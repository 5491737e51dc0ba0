// What a consumer does about one producer's events. No I/O, no clock: batches, outcomes and a time come in, what to do
// goes out. That each event takes effect once and in order is the database's doing (event.take); this decides what to
// try, so that nothing stays missing and nothing is asked for in vain.
//
//   UNKNOWN  → the durable cursor isn't known yet (start): CURSOR_ASK → APPLYING
//   READY    → a batch that follows or overlaps: APPLYING. One that begins beyond the cursor: CURSOR_REPLAY →
//   REPLAYING.
//              One that is all old: dropped. Nothing heard for long: CURSOR_REPLAY too, to be sure.
//   APPLYING, REPLAYING → READY with the outcome; batches that come meanwhile are only remembered as where the producer
//              stands, and what they held is read again from the log.
// After a failure it waits, twice as long each time; its outcome may be unknown, so it reads on from the log then.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "event/position.h"

enum {
  CURSOR_RETRY_FIRST_MS = 200,
  CURSOR_RETRY_MOST_MS = 30000,
  CURSOR_QUIET_MS = 60000,  // several times RELAY_BEAT_MS
};

enum cursor_state { CURSOR_UNKNOWN, CURSOR_READY, CURSOR_APPLYING, CURSOR_REPLAYING };

enum cursor_action {
  CURSOR_WAIT,    // nothing until due_ms or the next batch or outcome
  CURSOR_ASK,     // apply an empty batch, to learn where the cursor stands
  CURSOR_REPLAY,  // read the log after `at`
};

struct event_cursor {
  enum cursor_state state;
  struct event_position at;    // the durable cursor, as last heard
  struct event_position head;  // where the producer is said to stand
  bool known;                  // `at` is
  bool more;                   // the log has more behind what is being applied
  bool moves;                  // what is being applied lies behind `at`, so it must move it
  uint64_t due_ms;
  uint32_t failures;  // in a row
  uint64_t random;
};

void event_cursor_init(struct event_cursor *cursor, uint64_t seed);
// What to do now; what it says has begun with that.
enum cursor_action event_cursor_next(struct event_cursor *cursor, uint64_t now_ms);
// A batch came: from behind `previous` up to `last` (which is `previous` when it is empty). True: apply it now.
bool event_cursor_offer(struct event_cursor *cursor, struct event_position previous, struct event_position last,
                        uint64_t now_ms);
// The log was read: this many events, and whether there may be more. True: apply them now, as a batch behind `at`.
bool event_cursor_replayed(struct event_cursor *cursor, size_t count, bool more, uint64_t now_ms);
// A batch was applied, or there was nothing to apply; the durable cursor is `standing`. False when it stands where it
// stood although there was something to apply: whatever applies it is wrong, which counts as a failure.
bool event_cursor_applied(struct event_cursor *cursor, struct event_position standing, uint64_t now_ms);
// Applying or reading failed, or nobody knows.
void event_cursor_failed(struct event_cursor *cursor, uint64_t now_ms);
