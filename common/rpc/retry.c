#include "rpc/retry.h"

enum { ATTEMPT_DOUBLINGS_MOST = 3 };

const struct retry_settings retry_defaults = {.first_ms = 50, .most_ms = 2000, .attempt_ms = 2000};

// splitmix64, https://prng.di.unimi.it/splitmix64.c
static uint64_t next_random(struct retry *retry) {
  uint64_t x = retry->random += UINT64_C(0x9e3779b97f4a7c15);
  x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
  return x ^ x >> 31;
}

// `least_ms` doubled `times` times, but no more than `most_ms`.
static uint64_t doubled(uint64_t least_ms, uint32_t times, uint64_t most_ms) {
  while (times-- && least_ms < most_ms) least_ms *= 2;
  return least_ms < most_ms ? least_ms : most_ms;
}

void retry_begin(struct retry *retry, const struct retry_settings *settings, uint64_t now_ms, uint64_t deadline_ms,
                 uint64_t seed) {
  *retry = (struct retry){.settings = *settings, .deadline_ms = deadline_ms, .due_ms = now_ms, .random = seed};
}

enum retry_action retry_next(struct retry *retry, uint64_t now_ms) {
  if (now_ms >= retry->deadline_ms) return RETRY_EXPIRED;
  if (retry->state != RETRY_BLOCKED && now_ms < retry->due_ms) return RETRY_WAIT;
  retry->state = RETRY_WAITING;
  return RETRY_SEND;
}

void retry_sent(struct retry *retry, uint64_t now_ms) {
  uint64_t attempt_ms = retry->settings.attempt_ms;
  retry->state = RETRY_SENT;
  retry->due_ms = now_ms + doubled(attempt_ms, retry->attempts, attempt_ms << ATTEMPT_DOUBLINGS_MOST);
  retry->attempts++;
}

void retry_blocked(struct retry *retry) {
  retry->state = RETRY_BLOCKED;
}

static bool worth_repeating(enum reason reason) {
  switch (reason) {
    case REASON_OUTCOME_UNKNOWN:
    case REASON_SERVICE_UNAVAILABLE:
    case REASON_DATABASE_UNAVAILABLE:
    case REASON_TOO_BUSY:
    case REASON_CONFLICT_TRY_AGAIN:
      return true;
    default:
      return false;
  }
}

bool retry_answered(struct retry *retry, uint64_t now_ms, enum reason reason) {
  if (!worth_repeating(reason)) return true;
  // The answer to an attempt that was given up: the next one is on its way to be sent.
  if (retry->state != RETRY_SENT) return false;
  uint64_t wait_ms = doubled(retry->settings.first_ms, retry->attempts - 1, retry->settings.most_ms);
  // Somewhere in the upper half, so that those who were refused together don't come back together.
  wait_ms = wait_ms - next_random(retry) % (wait_ms / 2 + 1);
  if (now_ms + wait_ms >= retry->deadline_ms) return true;
  retry->state = RETRY_WAITING;
  retry->due_ms = now_ms + wait_ms;
  return false;
}
