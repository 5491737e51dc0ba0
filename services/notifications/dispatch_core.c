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

// Half of the slots at most wait for one slow server, a quarter for one slow destination; but one always may.
static bool has_room(const struct dispatch *dispatch, enum dispatch_channel channel,
                     const struct destination *destination, uint64_t now_ms) {
  int slow = 0, share = destination ? 4 : 2;
  for (int i = 0; i < dispatch->settings.slots; i++) {
    const struct dispatch_slot *slot = &dispatch->slots[i];
    if (slot->state != SLOT_SENDING || now_ms - slot->began_ms < dispatch->settings.slow_ms) continue;
    slow += destination ? slot->destination == destination : slot->claim.channel == channel;
  }
  return slow == 0 || slow * share < dispatch->settings.slots;
}

static bool takes(const struct dispatch *dispatch, enum dispatch_channel channel, uint64_t now_ms) {
  return circuit_state(&dispatch->channels[channel], now_ms) == CIRCUIT_CLOSED &&
         has_room(dispatch, channel, NULL, now_ms);
}

// It failed and may work again, and nothing is under way that will show it.
static bool is_to_be_tried(const struct dispatch *dispatch, enum dispatch_channel channel, uint64_t now_ms) {
  bool trying = circuit_state(&dispatch->channels[channel], now_ms) == CIRCUIT_TRYING;
  for (int i = 0; trying && i < dispatch->settings.slots; i++) {
    const struct dispatch_slot *slot = &dispatch->slots[i];
    trying = slot->state != SLOT_SENDING || slot->claim.channel != channel;
  }
  return trying;
}

// Claims wait until an eighth of the slots is free, so that a busy queue is taken by the handful. A channel that is to
// be tried is claimed for by itself, one delivery; what else may be due is claimed behind that.
static void decide_claim(struct dispatch *dispatch, uint64_t now_ms, struct dispatch_actions *actions) {
  if (!dispatch->wanted || dispatch->claiming || now_ms < dispatch->claim_at_ms) return;
  int free_slots = count_slots(dispatch, SLOT_FREE);
  if (free_slots == 0 || free_slots * 8 < dispatch->settings.slots) return;
  bool any = false;
  dispatch->trying = CHANNEL_COUNT;
  for (int i = 0; i < CHANNEL_COUNT; i++) {
    if (is_to_be_tried(dispatch, i, now_ms)) dispatch->trying = i;
  }
  for (int i = 0; i < CHANNEL_COUNT; i++) {
    actions->channels[i] = dispatch->trying == CHANNEL_COUNT ? takes(dispatch, i, now_ms) : dispatch->trying == i;
    any = any || actions->channels[i];
  }
  if (!any) return;
  dispatch->wanted = dispatch->trying < CHANNEL_COUNT;
  dispatch->claiming = true;
  dispatch->asked = dispatch->trying < CHANNEL_COUNT ? 1 : free_slots;
  dispatch->asked_ms = now_ms;
  actions->claim = dispatch->asked;
}

static void decide_look(struct dispatch *dispatch, uint64_t now_ms, struct dispatch_actions *actions) {
  bool busy = dispatch->wanted || dispatch->claiming || dispatch->looking;
  if (!dispatch->look_wanted || busy || now_ms < dispatch->look_at_ms) return;
  dispatch->look_wanted = false;
  dispatch->looking = true;
  actions->look = true;
  for (int i = 0; i < CHANNEL_COUNT; i++) actions->channels[i] = takes(dispatch, i, now_ms);
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
  decide_look(dispatch, now_ms, actions);
}

void dispatch_init(struct dispatch *dispatch, const struct dispatch_settings *settings, uint64_t seed) {
  assert(settings->slots >= 1 && settings->slots <= DISPATCH_SLOTS_MAX);
  assert(settings->lease_ms > settings->send_ms);
  *dispatch = (struct dispatch){.settings = *settings, .random = seed, .trying = CHANNEL_COUNT};
}

void dispatch_wake(struct dispatch *dispatch, uint64_t now_ms, struct dispatch_actions *ret_actions) {
  *ret_actions = (struct dispatch_actions){0};
  dispatch->wanted = true;
  dispatch->due_us = 0;  // the look behind the claim finds the next
  decide(dispatch, now_ms, ret_actions);
}

// How long until one of these may go, roughly: those that wait together come back apart.
static uint32_t spread_ms(struct dispatch *dispatch, uint64_t until_ms, uint64_t now_ms) {
  uint64_t wait = until_ms > now_ms ? until_ms - now_ms : 0;
  if (wait < dispatch->settings.pause_first_ms) wait = dispatch->settings.pause_first_ms;
  return (uint32_t)(wait + next_random(dispatch) % (wait / 4 + 1));
}

// 0 when it may go now, or for how long it is to be put off.
static uint32_t decide_wait(struct dispatch *dispatch, const struct dispatch_slot *slot, uint64_t now_ms) {
  enum dispatch_channel channel = slot->claim.channel;
  struct destination *destination = slot->destination;
  if (!is_to_be_tried(dispatch, channel, now_ms) && !takes(dispatch, channel, now_ms)) {
    return spread_ms(dispatch, dispatch->channels[channel].until_ms, now_ms);
  }
  if (!destination) return 0;
  enum circuit_state state = circuit_state(&destination->circuit, now_ms);
  if (state == CIRCUIT_OPEN || (state == CIRCUIT_TRYING && destination->in_hand > 0)) {
    return spread_ms(dispatch, destination->circuit.until_ms, now_ms);
  }
  if (!has_room(dispatch, channel, destination, now_ms)) return spread_ms(dispatch, 0, now_ms);
  return destination_rate_wait(destination, dispatch->settings.rates_per_second[channel], now_ms);
}

static void take(struct dispatch *dispatch, int slot_number, const struct dispatch_claim *claim, uint64_t now_ms,
                 struct dispatch_actions *actions) {
  struct dispatch_slot *slot = &dispatch->slots[slot_number];
  *slot = (struct dispatch_slot){
      .claim = *claim,
      .began_ms = now_ms,
      .destination = destination_of(&dispatch->destinations, claim->destination + claim->channel + 1, now_ms)};
  slot->retry_ms = decide_wait(dispatch, slot, now_ms);
  set_state(slot, SLOT_SENDING);
  if (slot->retry_ms) {
    set_state(slot, SLOT_ENDED);
    slot->outcome = OUTCOME_WAIT;
    return;
  }
  if (slot->destination) slot->destination->in_hand++;
  actions->send[actions->send_count++] = slot_number;
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
  // Nothing waits for the channel that was to be tried: what comes next shows it.
  if (found == 0 && dispatch->trying < CHANNEL_COUNT) dispatch->channels[dispatch->trying].until_ms = 0;
  bool in_time = now_ms + dispatch->settings.send_ms <= dispatch->asked_ms + dispatch->settings.lease_ms;
  ret_actions->late = count && !in_time;
  for (int i = 0, taken = 0; in_time && taken < count; i++) {
    if (dispatch->slots[i].state == SLOT_FREE) take(dispatch, i, &claims[taken++], now_ms, ret_actions);
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

// No more by this channel.
static void give_up(struct dispatch_slot *slot) {
  slot->outcome = slot->claim.last ? OUTCOME_DEAD : OUTCOME_NEXT;
}

static void decide_outcome(struct dispatch *dispatch, struct dispatch_slot *slot, const struct dispatch_end *end) {
  const struct dispatch_claim *claim = &slot->claim;
  slot->retry_ms = 0;
  slot->tried_out = false;
  switch (end->result) {
    case DISPATCH_SENT:
      slot->outcome = claim->last || !claim->await_ms ? OUTCOME_SENT : OUTCOME_AWAITED;
      if (slot->outcome == OUTCOME_AWAITED) slot->retry_ms = claim->await_ms;
      break;
    case DISPATCH_NOT_WANTED:
      slot->outcome = OUTCOME_DROPPED;
      break;
    case DISPATCH_NOT_YET:
      slot->outcome = OUTCOME_WAIT;
      slot->retry_ms = end->wait_ms;
      break;
    case DISPATCH_REFUSED:
    case DISPATCH_UNUSABLE:
      give_up(slot);
      break;
    case DISPATCH_PUT_OFF:
    case DISPATCH_NO_SERVER:
      slot->outcome = OUTCOME_RETRY;
      slot->retry_ms = backoff_ms(dispatch, claim->tries);
      if (slot->retry_ms < end->wait_ms) slot->retry_ms = end->wait_ms;
      slot->tried_out = claim->tries >= dispatch->settings.attempts_limit;
      if (slot->tried_out) give_up(slot);
      break;
  }
}

// What an end says of the server, and of the destination behind it.
static void judge(struct dispatch *dispatch, const struct dispatch_slot *slot, const struct dispatch_end *end,
                  uint64_t now_ms) {
  if (end->result == DISPATCH_NOT_WANTED || end->result == DISPATCH_NOT_YET || end->result == DISPATCH_UNUSABLE) return;
  struct circuit *channel = &dispatch->channels[slot->claim.channel];
  if (end->result == DISPATCH_NO_SERVER) {
    uint32_t wait = pause_ms(dispatch, channel->failures + 1);
    circuit_fails(channel, 1, wait > end->wait_ms ? wait : end->wait_ms, now_ms);
    return;
  }
  circuit_works(channel);
  struct circuit *destination = slot->destination ? &slot->destination->circuit : NULL;
  if (destination && end->result == DISPATCH_PUT_OFF && end->destination_failed) {
    int limit = dispatch->settings.failures_limit, over = destination->failures + 2 - limit;
    circuit_fails(destination, limit, pause_ms(dispatch, over > 1 ? over : 1), now_ms);
  } else if (destination && end->result != DISPATCH_PUT_OFF) {
    circuit_works(destination);
  }
}

void dispatch_ended(struct dispatch *dispatch, int slot_number, const struct dispatch_end *end, uint64_t now_ms,
                    struct dispatch_actions *ret_actions) {
  *ret_actions = (struct dispatch_actions){0};
  struct dispatch_slot *slot = &dispatch->slots[slot_number];
  set_state(slot, SLOT_ENDED);
  if (slot->destination) slot->destination->in_hand--;
  // What was passed over for want of room, or while its channel failed, may have its turn.
  if (dispatch->channels[slot->claim.channel].until_ms || now_ms - slot->began_ms >= dispatch->settings.slow_ms) {
    dispatch->wanted = true;
  }
  decide_outcome(dispatch, slot, end);
  judge(dispatch, slot, end, now_ms);
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
  for (int i = 0; i < CHANNEL_COUNT; i++) {
    if (is_to_be_tried(dispatch, i, now_ms)) dispatch->wanted = true;
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
  for (int i = 0; i < CHANNEL_COUNT && !dispatch->stopping; i++) {
    uint64_t until = dispatch->channels[i].until_ms;
    if (until > now_ms && (!soonest || until < soonest)) soonest = until;
  }
  return soonest;
}

int dispatch_in_hand(const struct dispatch *dispatch) {
  return dispatch->settings.slots - count_slots(dispatch, SLOT_FREE);
}

int dispatch_destinations_open(const struct dispatch *dispatch) {
  int count = 0;
  for (int i = 0; i < DESTINATIONS_MAX; i++) count += dispatch->destinations.known[i].circuit.until_ms != 0;
  return count;
}
