// The dispatcher's single steps; test_dispatch_days.c lives whole days with it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "notifications/dispatch_core.h"

static const struct dispatch_settings settings = {.slots = 16,
                                                  .attempts_limit = 5,
                                                  .lease_ms = 30000,
                                                  .send_ms = 8000,
                                                  .backoff_first_ms = 1000,
                                                  .backoff_most_ms = 20000,
                                                  .pause_first_ms = 1000,
                                                  .pause_most_ms = 20000,
                                                  .failures_limit = 3,
                                                  .slow_ms = 2000};

static void an_idle_dispatcher_asks_for_nothing(void **state) {
  struct dispatch dispatch;
  struct dispatch_actions actions;
  dispatch_init(&dispatch, &settings, 1);
  dispatch_wake(&dispatch, 100, &actions);
  assert_int_equal(actions.claim, 16);
  dispatch_claimed(&dispatch, NULL, 0, 0, 110, &actions);
  assert_int_equal(actions.claim, 0);
  assert_true(actions.look);
  dispatch_looked(&dispatch, 0, 0, 120, &actions);
  assert_int_equal(actions.claim, 0);
  assert_false(actions.look);
  assert_int_equal(dispatch_tick_at_ms(&dispatch, 120), 0);
  assert_int_equal(dispatch.due_us, 0);
}

static void a_time_that_has_come_wakes_once(void **state) {
  struct dispatch dispatch;
  struct dispatch_actions actions;
  dispatch_init(&dispatch, &settings, 1);
  dispatch_wake(&dispatch, 100, &actions);
  dispatch_claimed(&dispatch, NULL, 0, 0, 110, &actions);
  dispatch_looked(&dispatch, 5000000, 0, 120, &actions);
  assert_int_equal(dispatch.due_us, 5000000);
  dispatch_wake(&dispatch, 300, &actions);
  assert_int_equal(actions.claim, 16);
  assert_int_equal(dispatch.due_us, 0);
}

// Held by another process, which may have died: nothing else tells when it is free again.
static void a_lease_that_ends_is_claimed_once(void **state) {
  struct dispatch dispatch;
  struct dispatch_actions actions;
  dispatch_init(&dispatch, &settings, 1);
  dispatch_wake(&dispatch, 100, &actions);
  dispatch_claimed(&dispatch, NULL, 0, 0, 110, &actions);
  dispatch_looked(&dispatch, 0, 700, 120, &actions);
  assert_int_equal(dispatch_tick_at_ms(&dispatch, 120), 820);
  dispatch_tick(&dispatch, 819, &actions);
  assert_int_equal(actions.claim, 0);
  dispatch_tick(&dispatch, 820, &actions);
  assert_int_equal(actions.claim, 16);
  assert_int_equal(dispatch_tick_at_ms(&dispatch, 820), 0);
}

// Sixteen are claimed and sent.
static void send_sixteen(struct dispatch *dispatch, struct dispatch_claim claims[16]) {
  struct dispatch_actions actions;
  for (int i = 0; i < 16; i++) {
    claims[i].attempt = claims[i].tries = 1;
    claims[i].last = true;
  }
  dispatch_init(dispatch, &settings, 1);
  dispatch_wake(dispatch, 100, &actions);
  dispatch_claimed(dispatch, claims, 16, 16, 110, &actions);
  assert_int_equal(actions.send_count, 16);
}

static void an_outage_costs_one_attempt_at_a_time_and_holds_up_no_other_channel(void **state) {
  struct dispatch dispatch;
  struct dispatch_actions actions;
  struct dispatch_claim claims[16] = {0};
  send_sixteen(&dispatch, claims);
  for (int i = 0; i < 16; i++) {
    dispatch_ended(&dispatch, i, &(struct dispatch_end){.result = DISPATCH_NO_SERVER}, 120, &actions);
  }
  dispatch_marked(&dispatch, 130, &actions);
  assert_int_equal(actions.mark_count, 15);
  dispatch_marked(&dispatch, 140, &actions);
  assert_int_equal(actions.claim, 16);
  assert_true(!actions.channels[CHANNEL_EMAIL] && actions.channels[CHANNEL_WHATSAPP] && actions.channels[CHANNEL_SMS]);
  dispatch_claimed(&dispatch, NULL, 0, 0, 145, &actions);
  dispatch_looked(&dispatch, 0, 0, 150, &actions);
  uint64_t tick = dispatch_tick_at_ms(&dispatch, 150);
  assert_in_range(tick, 120 + 500, 120 + 1000);
  dispatch_tick(&dispatch, tick, &actions);
  assert_int_equal(actions.claim, 1);
  assert_true(actions.channels[CHANNEL_EMAIL] && !actions.channels[CHANNEL_WHATSAPP] && !actions.channels[CHANNEL_SMS]);
  // While it is tried, the others go on.
  dispatch_claimed(&dispatch, claims, 1, 1, tick + 1, &actions);
  assert_int_equal(actions.send_count, 1);
  assert_int_equal(actions.claim, 15);
  assert_true(!actions.channels[CHANNEL_EMAIL] && actions.channels[CHANNEL_WHATSAPP] && actions.channels[CHANNEL_SMS]);
  dispatch_claimed(&dispatch, NULL, 0, 0, tick + 2, &actions);
  dispatch_ended(&dispatch, 0, &(struct dispatch_end){.result = DISPATCH_SENT}, tick + 40, &actions);
  assert_int_equal(actions.claim, 15);
  assert_true(actions.channels[CHANNEL_EMAIL]);
}

static void a_destination_that_fails_is_put_off_without_an_attempt(void **state) {
  struct dispatch dispatch;
  struct dispatch_actions actions;
  struct dispatch_claim claims[16] = {0};
  for (uint64_t i = 0; i < 16; i++) claims[i].destination = i % 4;
  send_sixteen(&dispatch, claims);
  for (int i = 0; i < 16; i++) {
    struct dispatch_end end = {.result = i % 4 ? DISPATCH_SENT : DISPATCH_PUT_OFF, .destination_failed = true};
    dispatch_ended(&dispatch, i, &end, 120, &actions);
  }
  dispatch_marked(&dispatch, 130, &actions);
  dispatch_marked(&dispatch, 140, &actions);
  assert_int_equal(dispatch_destinations_open(&dispatch), 1);
  dispatch_claimed(&dispatch, claims, 1, 1, 150, &actions);
  assert_int_equal(actions.send_count, 0);
  assert_int_equal(actions.mark_count, 1);
  assert_int_equal(dispatch.slots[actions.mark[0]].outcome, OUTCOME_WAIT);
  assert_in_range(dispatch.slots[actions.mark[0]].retry_ms, 470, 1300);
}

static void a_slow_destination_holds_a_quarter_of_the_slots_and_a_rate_is_kept(void **state) {
  struct dispatch dispatch;
  struct dispatch_actions actions;
  struct dispatch_claim claims[16] = {0};
  for (uint64_t i = 0; i < 16; i++) claims[i].destination = i < 5 ? 1 : 2;
  send_sixteen(&dispatch, claims);
  dispatch.settings.rates_per_second[CHANNEL_EMAIL] = 8;
  for (int i = 5; i < 16; i++) {
    dispatch_ended(&dispatch, i, &(struct dispatch_end){.result = DISPATCH_SENT}, 3000, &actions);
  }
  dispatch_marked(&dispatch, 3001, &actions);
  dispatch_marked(&dispatch, 3002, &actions);
  int limit = dispatch.asked;
  assert_true(dispatch.claiming);
  for (int i = 1; i < 16; i++) claims[i].destination = 2;
  claims[0].destination = 1;
  dispatch_claimed(&dispatch, claims, limit, limit, 3003, &actions);
  int waits = limit - actions.send_count;
  assert_int_equal(limit, 11);
  // One of the slow destination, and two above the other's eight a second.
  assert_int_equal(waits, 3);
}

static void a_stop_waits_for_what_is_in_hand(void **state) {
  struct dispatch dispatch;
  struct dispatch_actions actions;
  struct dispatch_claim claim = {.attempt = 1, .tries = 1};
  dispatch_init(&dispatch, &settings, 1);
  dispatch_wake(&dispatch, 100, &actions);
  dispatch_claimed(&dispatch, &claim, 1, 1, 110, &actions);
  assert_int_equal(actions.send_count, 1);
  dispatch_looked(&dispatch, 0, 0, 115, &actions);
  dispatch_stop(&dispatch, 120, &actions);
  assert_false(actions.stopped);
  dispatch_ended(&dispatch, 0, &(struct dispatch_end){.result = DISPATCH_SENT}, 130, &actions);
  assert_int_equal(actions.mark_count, 1);
  assert_false(actions.stopped);
  dispatch_marked(&dispatch, 140, &actions);
  assert_true(actions.stopped);
  assert_int_equal(actions.claim, 0);
}

static void a_claim_that_took_too_long_is_left_alone(void **state) {
  struct dispatch dispatch;
  struct dispatch_actions actions;
  struct dispatch_claim claim = {.attempt = 1, .tries = 1};
  dispatch_init(&dispatch, &settings, 1);
  dispatch_wake(&dispatch, 100, &actions);
  dispatch_claimed(&dispatch, &claim, 1, 1, 100 + settings.lease_ms - settings.send_ms + 1, &actions);
  assert_true(actions.late);
  assert_int_equal(actions.send_count, 0);
  assert_true(actions.look);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_idle_dispatcher_asks_for_nothing),
      cmocka_unit_test(a_time_that_has_come_wakes_once),
      cmocka_unit_test(a_lease_that_ends_is_claimed_once),
      cmocka_unit_test(an_outage_costs_one_attempt_at_a_time_and_holds_up_no_other_channel),
      cmocka_unit_test(a_destination_that_fails_is_put_off_without_an_attempt),
      cmocka_unit_test(a_slow_destination_holds_a_quarter_of_the_slots_and_a_rate_is_kept),
      cmocka_unit_test(a_stop_waits_for_what_is_in_hand),
      cmocka_unit_test(a_claim_that_took_too_long_is_left_alone),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
