// When a call is sent again, and when it is given up. No clock, no I/O, no random source: a time and a seed come in,
// what to do goes out.
//
// WAITING until due_ms → retry_next() says SEND and the owner sends: retry_sent() → SENT until an answer, or until the
// attempt's time is up, and then WAITING again; or it can't be sent: retry_blocked() → BLOCKED until the owner asks
// again. A request that is repeated keeps its id, so the hub recognises it while it is still at work, and the service's
// statement makes a second one harmless when it is not.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct retry_settings {
  uint32_t first_ms;    // the first wait; it doubles
  uint32_t most_ms;     // up to this
  uint32_t attempt_ms;  // an attempt without an answer is repeated after this; it doubles too, up to eight times
};

extern const struct retry_settings retry_defaults;

enum retry_state { RETRY_WAITING, RETRY_BLOCKED, RETRY_SENT };

struct retry {
  struct retry_settings settings;
  enum retry_state state;
  uint64_t deadline_ms;
  uint64_t due_ms;  // of the next attempt
  uint32_t attempts;
  uint64_t random;
};

enum retry_action {
  RETRY_WAIT,     // nothing until due_ms
  RETRY_SEND,     // send it and call retry_sent(), or retry_blocked() when that can't be done
  RETRY_EXPIRED,  // the deadline has passed
};

void retry_begin(struct retry *retry, const struct retry_settings *settings, uint64_t now_ms, uint64_t deadline_ms,
                 uint64_t seed);
enum retry_action retry_next(struct retry *retry, uint64_t now_ms);
void retry_sent(struct retry *retry, uint64_t now_ms);
void retry_blocked(struct retry *retry);
// An answer came. True: it is the call's answer, for what it says or because there is no time left for another attempt.
// False: the call goes on waiting, to be sent again.
bool retry_answered(struct retry *retry, uint64_t now_ms, enum reason reason);
