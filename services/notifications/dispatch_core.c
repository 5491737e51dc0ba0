#include "dispatch_core.h"

#include <assert.h>
#include <stddef.h>

enum { EMPTY_PAUSE_MS = 20 };

// splitmix64, https://prng.di.unimi.it/splitmix64.c
static uint64_t next_random(struct dispatch *dispatch) {
  uint64_t z = dispatch->random += 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

// The wait after `failures` in a row: half of it fixed, half by chance, so that what failed together comes back apart.
static uint32_t wait_ms(struct dispatch *dispatch, int failures, uint32_t first_ms, uint32_t most_ms) {
  uint64_t wait = first_ms;
  for (int i = 1; i < failures && wait < most_ms; i++) wait *= 2;
  if (wait > most_ms) wait = most_ms;
  return (uint32_t)(wait / 2 + next_random(dispatch) % (wait / 2 + 1));
}

static uint32_t backoff_ms(struct dispatch *dispatch, int tries) {
  return wait_ms(dispatch, tries, dispatch->settings.backoff_first_ms, dispatch->settings.backoff_most_ms);
}

static uint32_t pause_ms(struct dispatch *dispatch, int failures) {
  return wait_ms(dispatch, failures, dispatch->settings.pause_first_ms, dispatch->settings.pause_most_ms);
}

static int count_slots(const struct dispatch *dispatch, enum dispatch_slot_state state) {
  int count = 0;
  for (int i = 0; i < dispatch->settings.slots; i++) count += dispatch->slots[i].state == state;
  return count;
}

static void set_state(struct dispatch_slot *slot, enum dispatch_slot_state state) {
  static const enum dispatch_slot_state before[] = {
      [SLOT_FREE] = SLOT_MARKING, [SLOT_SENDING] = SLOT_FREE, [SLOT_ENDED] = SLOT_SENDING, [SLOT_MARKING] = SLOT_ENDED};
  // A failed mark goes back.
  assert(slot->state == before[state] || (state == SLOT_ENDED && slot->state == SLOT_MARKING));
  slot->state = state;
}

static void decide_mark(struct dispatch *dispatch, uint64_t now_ms, struct dispatch_actions *actions) {
  if (dispatch->marking || now_ms < dispatch->mark_at_ms) return;
  for (int i = 0; i < dispatch->settings.slots; i++) {
    if (dispatch->slots[i].state != SLOT_ENDED) continue;
    set_state(&dispatch->slots[i], SLOT_MARKING);
    actions->mark[actions->mark_count++] = i;
  }
  dispatch->marking = actions->mark_count > 0;
}

// Claims wait until an eighth of the slots is free, so that a busy queue is taken by the handful.
static void decide_claim(struct dispatch *dispatch, uint64_t now_ms, struct dispatch_actions *actions) {
  if (!dispatch->wanted || dispatch->claiming || now_ms < dispatch->claim_at_ms) return;
  int slots = dispatch->settings.slots, free_slots = count_slots(dispatch, SLOT_FREE);
  if (dispatch->server_failures > 0) {
    if (free_slots < slots) return;
    free_slots = 1;
  } else if (free_slots == 0 || free_slots * 8 < slots) {
    return;
  }
  dispatch->wanted = false;
  dispatch->claiming = true;
  dispatch->asked = free_slots;
  dispatch->asked_ms = now_ms;
  actions->claim = free_slots;
}

// What follows from the state; the end of every step.
static void decide(struct dispatch *dispatch, uint64_t now_ms, struct dispatch_actions *actions) {
  decide_mark(dispatch, now_ms, actions);
  if (dispatch->stopping) {
    actions->stopped =
        !dispatch->claiming && !dispatch->looking && count_slots(dispatch, SLOT_FREE) == dispatch->settings.slots;
    return;
  }
  decide_claim(dispatch, now_ms, actions);
  if (dispatch->look_wanted && !dispatch->wanted && !dispatch->claiming && !dispatch->looking &&
      now_ms >= dispatch->look_at_ms) {
    dispatch->look_wanted = false;
    dispatch->looking = true;
    actions->look = true;
  }
}

void dispatch_init(struct dispatch *dispatch, const struct dispatch_settings *settings, uint64_t seed) {
  assert(settings->slots >= 1 && settings->slots <= DISPATCH_SLOTS_MAX);
  assert(settings->lease_ms > settings->send_ms);
  *dispatch = (struct dispatch){.settings = *settings, .random = seed};
}

void dispatch_wake(struct dispatch *dispatch, uint64_t now_ms, struct dispatch_actions *ret_actions) {
  *ret_actions = (struct dispatch_actions){0};
  dispatch->wanted = true;
  dispatch->due_us = 0;  // the look behind the claim finds the next
  decide(dispatch, now_ms, ret_actions);
}

void dispatch_claimed(struct dispatch *dispatch, const struct dispatch_claim *claims, int count, int found,
                      uint64_t now_ms, struct dispatch_actions *ret_actions) {
  *ret_actions = (struct dispatch_actions){0};
  assert(dispatch->claiming && count <= found && found <= dispatch->asked);
  dispatch->claiming = false;
  dispatch->claim_failures = 0;
  dispatch->look_wanted = true;
  if (found == dispatch->asked) dispatch->wanted = true;
  // What is due and can't be had is locked by somebody for a moment; without a pause we would ask all the while.
  if (found == 0) dispatch->claim_at_ms = now_ms + EMPTY_PAUSE_MS;
  bool in_time = now_ms + dispatch->settings.send_ms <= dispatch->asked_ms + dispatch->settings.lease_ms;
  for (int i = 0, taken = 0; in_time && taken < count; i++) {
    struct dispatch_slot *slot = &dispatch->slots[i];
    if (slot->state != SLOT_FREE) continue;
    set_state(slot, SLOT_SENDING);
    slot->claim = claims[taken++];
    ret_actions->send[ret_actions->send_count++] = i;
  }
  decide(dispatch, now_ms, ret_actions);
}

void dispatch_claim_failed(struct dispatch *dispatch, uint64_t now_ms, struct dispatch_actions *ret_actions) {
  *ret_actions = (struct dispatch_actions){0};
  dispatch->claiming = false;
  dispatch->wanted = true;
  dispatch->claim_at_ms = now_ms + pause_ms(dispatch, ++dispatch->claim_failures);
  decide(dispatch, now_ms, ret_actions);
}

static enum dispatch_outcome outcome_of(struct dispatch *dispatch, const struct dispatch_claim *claim,
                                        enum dispatch_result result) {
  switch (result) {
    case DISPATCH_SENT:
      return OUTCOME_SENT;
    case DISPATCH_NOT_WANTED:
      return OUTCOME_DROPPED;
    case DISPATCH_REFUSED:
      return OUTCOME_DEAD;
    case DISPATCH_PUT_OFF:
    case DISPATCH_NO_SERVER:
      break;
  }
  return claim->tries >= dispatch->settings.attempts_limit ? OUTCOME_DEAD : OUTCOME_RETRY;
}

void dispatch_ended(struct dispatch *dispatch, int slot_number, enum dispatch_result result, uint64_t now_ms,
                    struct dispatch_actions *ret_actions) {
  *ret_actions = (struct dispatch_actions){0};
  struct dispatch_slot *slot = &dispatch->slots[slot_number];
  set_state(slot, SLOT_ENDED);
  slot->outcome = outcome_of(dispatch, &slot->claim, result);
  slot->retry_ms = slot->outcome == OUTCOME_RETRY ? backoff_ms(dispatch, slot->claim.tries) : 0;
  if (result == DISPATCH_NO_SERVER) {
    // Those that fail together are one failure.
    if (now_ms >= dispatch->claim_at_ms) {
      dispatch->claim_at_ms = now_ms + pause_ms(dispatch, ++dispatch->server_failures);
    }
  } else if (result != DISPATCH_NOT_WANTED) {
    dispatch->server_failures = 0;
  }
  decide(dispatch, now_ms, ret_actions);
}

void dispatch_marked(struct dispatch *dispatch, uint64_t now_ms, struct dispatch_actions *ret_actions) {
  *ret_actions = (struct dispatch_actions){0};
  dispatch->marking = false;
  dispatch->mark_failures = 0;
  for (int i = 0; i < dispatch->settings.slots; i++) {
    if (dispatch->slots[i].state == SLOT_MARKING) set_state(&dispatch->slots[i], SLOT_FREE);
  }
  dispatch->look_wanted = true;
  decide(dispatch, now_ms, ret_actions);
}

void dispatch_mark_failed(struct dispatch *dispatch, uint64_t now_ms, struct dispatch_actions *ret_actions) {
  *ret_actions = (struct dispatch_actions){0};
  dispatch->marking = false;
  dispatch->mark_at_ms = now_ms + pause_ms(dispatch, ++dispatch->mark_failures);
  for (int i = 0; i < dispatch->settings.slots; i++) {
    if (dispatch->slots[i].state == SLOT_MARKING) set_state(&dispatch->slots[i], SLOT_ENDED);
  }
  decide(dispatch, now_ms, ret_actions);
}

void dispatch_looked(struct dispatch *dispatch, int64_t due_us, uint32_t lease_ms, uint64_t now_ms,
                     struct dispatch_actions *ret_actions) {
  *ret_actions = (struct dispatch_actions){0};
  dispatch->looking = false;
  dispatch->look_failures = 0;
  dispatch->due_us = due_us;
  dispatch->lease_end_ms = lease_ms ? now_ms + lease_ms : 0;
  decide(dispatch, now_ms, ret_actions);
}

void dispatch_look_failed(struct dispatch *dispatch, uint64_t now_ms, struct dispatch_actions *ret_actions) {
  *ret_actions = (struct dispatch_actions){0};
  dispatch->looking = false;
  dispatch->look_wanted = true;
  dispatch->look_at_ms = now_ms + pause_ms(dispatch, ++dispatch->look_failures);
  decide(dispatch, now_ms, ret_actions);
}

void dispatch_stop(struct dispatch *dispatch, uint64_t now_ms, struct dispatch_actions *ret_actions) {
  *ret_actions = (struct dispatch_actions){0};
  dispatch->stopping = true;
  decide(dispatch, now_ms, ret_actions);
}

void dispatch_tick(struct dispatch *dispatch, uint64_t now_ms, struct dispatch_actions *ret_actions) {
  *ret_actions = (struct dispatch_actions){0};
  if (dispatch->lease_end_ms && now_ms >= dispatch->lease_end_ms) {
    dispatch->lease_end_ms = 0;
    dispatch->wanted = true;
  }
  decide(dispatch, now_ms, ret_actions);
}

uint64_t dispatch_tick_at_ms(const struct dispatch *dispatch, uint64_t now_ms) {
  // What isn't after now waits for something else: a free slot, an answer.
  const uint64_t times[] = {
      count_slots(dispatch, SLOT_ENDED) > 0 ? dispatch->mark_at_ms : 0,
      dispatch->wanted && !dispatch->stopping ? dispatch->claim_at_ms : 0,
      dispatch->look_wanted && !dispatch->stopping ? dispatch->look_at_ms : 0,
      dispatch->stopping ? 0 : dispatch->lease_end_ms,
  };
  uint64_t soonest = 0;
  for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
    if (times[i] > now_ms && (!soonest || times[i] < soonest)) soonest = times[i];
  }
  return soonest;
}

int dispatch_in_hand(const struct dispatch *dispatch) {
  return dispatch->settings.slots - count_slots(dispatch, SLOT_FREE);
}
