// The retry machine against a hub and services that lose, delay, repeat and refuse, drawn from a seed.
#include "unit.h"

#include "rpc/retry.h"
#include "seeds.h"

enum { CALLS = 3000, ANSWERS_MOST = 8 };

static const enum reason refusals[] = {REASON_OUTCOME_UNKNOWN, REASON_SERVICE_UNAVAILABLE, REASON_TOO_BUSY,
                                       REASON_CONFLICT_TRY_AGAIN, REASON_DATABASE_UNAVAILABLE};
static const enum reason finals[] = {
    REASON_OK,           REASON_NOT_FOUND, REASON_NOT_ALLOWED, REASON_VERSION_CHANGED, REASON_DEADLINE_EXCEEDED,
    REASON_FIELD_INVALID};

// An answer on its way.
struct flying {
  uint64_t at_ms;
  enum reason reason;
};

struct world {
  struct dice *dice;
  struct flying answers[ANSWERS_MOST];
  size_t count;
};

static enum reason pick(struct dice *dice, const enum reason *reasons, size_t count) {
  return reasons[dice_below(dice, count)];
}

static void attempt(struct world *world, uint64_t now_ms) {
  // Lost, or one answer or two.
  for (uint64_t copies = dice_below(world->dice, 3); copies && world->count < ANSWERS_MOST; copies--) {
    bool final = !dice_below(world->dice, 4);
    enum reason reason = final ? pick(world->dice, finals, sizeof finals / sizeof finals[0])
                               : pick(world->dice, refusals, sizeof refusals / sizeof refusals[0]);
    world->answers[world->count++] = (struct flying){now_ms + dice_below(world->dice, 6000), reason};
  }
}

// The first answer that has arrived, or false.
static bool arrived(struct world *world, uint64_t now_ms, enum reason *ret_reason) {
  for (size_t i = 0; i < world->count; i++) {
    if (world->answers[i].at_ms > now_ms) continue;
    *ret_reason = world->answers[i].reason;
    world->answers[i] = world->answers[--world->count];
    return true;
  }
  return false;
}

static void one_call(struct dice *dice) {
  struct world world = {.dice = dice};
  struct retry retry;
  uint64_t now_ms = dice_below(dice, 1000000), begun_ms = now_ms, deadline_ms = now_ms + 1 + dice_below(dice, 20000);
  uint64_t sent_ms = 0;
  unsigned sends = 0;
  retry_begin(&retry, &retry_defaults, now_ms, deadline_ms, dice_throw(dice));
  assert_int_equal(retry_next(&retry, now_ms), RETRY_SEND);
  for (;;) {
    enum reason reason;
    if (arrived(&world, now_ms, &reason)) {
      bool final = retry_answered(&retry, now_ms, reason);
      if (reason == REASON_OK || reason == REASON_NOT_FOUND) assert_true(final);
      if (final) break;
    }
    enum retry_action action = retry_next(&retry, now_ms);
    assert_int_equal(action == RETRY_EXPIRED, now_ms >= deadline_ms);
    if (action == RETRY_EXPIRED) break;
    if (action == RETRY_SEND) {
      assert_true(now_ms < deadline_ms);
      if (!dice_below(dice, 5)) {
        retry_blocked(&retry);
        assert_int_equal(retry_next(&retry, now_ms), RETRY_SEND);
        retry_blocked(&retry);
      } else {
        // Half of the first wait is the least there may be between two attempts.
        if (sends++) assert_true(now_ms - sent_ms >= retry_defaults.first_ms / 2);
        sent_ms = now_ms;
        retry_sent(&retry, now_ms);
        attempt(&world, now_ms);
        assert_int_equal(retry_next(&retry, now_ms), RETRY_WAIT);
      }
    }
    now_ms += dice_below(dice, 300) ? 1 + dice_below(dice, 40) : dice_below(dice, 10000);
  }
  // With a doubling wait there can't be many in 20 s.
  assert_true(sends <= 4 + (deadline_ms - begun_ms) / 500);
}

static void many_calls(struct dice *dice) {
  for (int i = 0; i < CALLS; i++) one_call(dice);
}

static void every_call_ends_and_none_is_hammered(void **state) {
  for_each_seed(many_calls);
}

static void equal_seeds_wait_equally_and_others_dont(void **state) {
  struct retry first, same, other;
  retry_begin(&first, &retry_defaults, 0, 60000, 1);
  retry_begin(&same, &retry_defaults, 0, 60000, 1);
  retry_begin(&other, &retry_defaults, 0, 60000, 2);
  bool differs = false;
  for (uint64_t now_ms = 0; now_ms < 10000; now_ms += 1000) {
    struct retry *all[] = {&first, &same, &other};
    for (size_t i = 0; i < 3; i++) {
      retry_sent(all[i], now_ms);
      assert_false(retry_answered(all[i], now_ms, REASON_TOO_BUSY));
    }
    assert_int_equal(first.due_ms, same.due_ms);
    differs = differs || first.due_ms != other.due_ms;
  }
  assert_true(differs);
}

static void a_refusal_with_no_time_left_is_the_answer(void **state) {
  struct retry retry;
  retry_begin(&retry, &retry_defaults, 0, 20, 1);
  retry_sent(&retry, 0);
  assert_true(retry_answered(&retry, 1, REASON_TOO_BUSY));
}

RUN_TESTS(TEST(every_call_ends_and_none_is_hammered), TEST(equal_seeds_wait_equally_and_others_dont),
          TEST(a_refusal_with_no_time_left_is_the_answer))
