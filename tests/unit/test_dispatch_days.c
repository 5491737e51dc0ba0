// The dispatcher lives through bad days: two instances and a database model, driven by one seed. Answers are lost, late
// and out of order, instances die, servers refuse, clocks jump, deliveries are superseded. Whatever happens:
//
//   - nothing is sent when it had been superseded before its claim
//   - nothing is lost: in the end every delivery is sent, superseded or dead, and dead only by its last channel, after
//   its
//     attempts there
//   - what turned out delivered isn't sent again, and what is put off uses up no attempt
//   - never two sends of one delivery at once, both under a valid lease
//   - a delivery is sent twice only where an outcome could not be recorded
//
// PULIH_SEED replays one day; PULIH_SEEDS says how many are lived.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "notifications/dispatch_core.h"

enum {
  DELIVERIES = 120,
  INSTANCES = 2,
  DOMAINS = 6,
  AWAIT_MS = 20000,
  MESSAGES_MAX = 4096,
  DAY_STEPS = 400000,
  QUIET_AFTER_MS = 600 * 1000
};

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

enum stored_state { STORED_PENDING, STORED_SENT, STORED_SUPERSEDED, STORED_DEAD };

struct stored {
  enum stored_state state;
  int64_t due_ms;  // wall
  int attempt, attempts_before;
  uint64_t lease_end_ms;   // 0: nobody holds it
  int first, steps, step;  // its channels are the `steps` from `first` on
  int domain;
  bool awaiting;  // sent by one that tells whether it was delivered
  bool delivered;
  bool bad_address;
  // What the test knows.
  int sends, unrecorded;  // sends whose outcome was lost or fenced off
  int sending_now;
  uint64_t sending_lease_ms;
};

enum message_kind { MESSAGE_CLAIM, MESSAGE_MARK, MESSAGE_LOOK, MESSAGE_SEND };

struct message {
  enum message_kind kind;
  int instance, life;  // an answer for an earlier life is nobody's
  uint64_t at_ms;      // when it takes effect and is answered
  bool done;           // took effect; now only the answer is on its way
  bool lost;           // its answer never comes: the caller learns of a failure
  bool channels[CHANNEL_COUNT];
  int limit, found, count;
  struct dispatch_claim claims[DISPATCH_SLOTS_MAX];
  struct dispatch_slot slots[DISPATCH_SLOTS_MAX];
  int slot;
  int64_t due_us;
  uint32_t lease_ms;
};

struct world {
  uint64_t seed, random;
  uint64_t now_ms;
  int64_t wall_offset_ms;
  struct stored stored[DELIVERIES];
  struct instance {
    struct dispatch dispatch;
    int life;
    bool alive;
    uint64_t reborn_ms, tick_ms;  // 0: no timer is armed
  } instances[INSTANCES];
  struct message *messages[MESSAGES_MAX];
  int message_count;
  bool server_down[CHANNEL_COUNT], domain_down[DOMAINS], quiet;
};

#define CHECK(world, condition, ...)                                 \
  do {                                                               \
    if (!(condition)) {                                              \
      print_error("seed %llu: ", (unsigned long long)(world)->seed); \
      fail_msg(__VA_ARGS__);                                         \
    }                                                                \
  } while (0)

static uint64_t chance(struct world *world, uint64_t below) {
  uint64_t z = world->random += 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return (z ^ (z >> 31)) % below;
}

static int64_t wall_ms(const struct world *world) {
  return (int64_t)world->now_ms + world->wall_offset_ms;
}

static struct message *add_message(struct world *world, int instance, enum message_kind kind, uint64_t longest_ms) {
  CHECK(world, world->message_count < MESSAGES_MAX, "too many messages under way: the core asks without end");
  struct message *message = calloc(1, sizeof *message);
  message->kind = kind;
  message->instance = instance;
  message->life = world->instances[instance].life;
  message->at_ms = world->now_ms + 1 + chance(world, longest_ms);
  message->lost = !world->quiet && chance(world, 12) == 0;
  return world->messages[world->message_count++] = message;
}

static void follow(struct world *world, int number, const struct dispatch_actions *actions) {
  struct dispatch *dispatch = &world->instances[number].dispatch;
  if (actions->mark_count) {
    struct message *mark = add_message(world, number, MESSAGE_MARK, 200);
    for (int i = 0; i < actions->mark_count; i++) mark->slots[i] = dispatch->slots[actions->mark[i]];
    mark->count = actions->mark_count;
  }
  for (int i = 0; i < actions->send_count; i++) {
    struct message *send = add_message(world, number, MESSAGE_SEND, settings.send_ms - 1);
    send->slot = actions->send[i];
    send->claims[0] = dispatch->slots[send->slot].claim;
    struct stored *stored = &world->stored[atoi(send->claims[0].delivery_id)];
    CHECK(world, !stored->sending_now || stored->sending_lease_ms <= world->now_ms,
          "delivery %s is sent twice at once under a valid lease", send->claims[0].delivery_id);
    stored->sending_now++;
    stored->sending_lease_ms = stored->lease_end_ms;
    CHECK(world, stored->attempt != send->claims[0].attempt || send->at_ms <= stored->lease_end_ms,
          "the send of %s may outlive its lease", send->claims[0].delivery_id);
  }
  if (actions->claim) {
    struct message *claim = add_message(world, number, MESSAGE_CLAIM, 400);
    claim->limit = actions->claim;
    memcpy(claim->channels, actions->channels, sizeof claim->channels);
  }
  if (actions->look) {
    struct message *look = add_message(world, number, MESSAGE_LOOK, 100);
    memcpy(look->channels, actions->channels, sizeof look->channels);
  }
  world->instances[number].tick_ms = dispatch_tick_at_ms(dispatch, world->now_ms);
}

static bool held(const struct world *world, const struct stored *stored) {
  return stored->lease_end_ms > world->now_ms;
}

static enum dispatch_channel channel_of(const struct stored *stored) {
  return (enum dispatch_channel)((stored->first + stored->step) % CHANNEL_COUNT);
}

static bool waits(const struct stored *stored) {
  return stored->state == STORED_PENDING || (stored->state == STORED_SENT && stored->awaiting);
}

// What the SQL does: due ones that nobody holds, each with a new attempt.
static void store_claim(struct world *world, struct message *message) {
  for (int i = 0; i < DELIVERIES && message->found < message->limit; i++) {
    struct stored *stored = &world->stored[i];
    if (!waits(stored) || stored->due_ms > wall_ms(world) || held(world, stored)) continue;
    if (!message->channels[channel_of(stored)]) continue;
    message->found++;
    if (stored->attempt - stored->attempts_before >= settings.attempts_limit) {
      stored->state = STORED_DEAD;
      continue;
    }
    stored->attempt++;
    stored->lease_end_ms = world->now_ms + settings.lease_ms;
    struct dispatch_claim *claim = &message->claims[message->count++];
    snprintf(claim->delivery_id, sizeof claim->delivery_id, "%d", i);
    claim->attempt = stored->attempt;
    claim->tries = stored->attempt - stored->attempts_before;
    claim->channel = channel_of(stored);
    claim->destination = claim->channel == CHANNEL_EMAIL ? (uint64_t)stored->domain * 1000 : 7;
    claim->last = stored->step + 1 == stored->steps;
    claim->await_ms = claim->channel == CHANNEL_EMAIL ? 0 : AWAIT_MS;
  }
}

static void store_outcome(struct world *world, struct stored *stored, const struct dispatch_slot *slot) {
  int tries = stored->attempt - stored->attempts_before;
  stored->lease_end_ms = 0;
  stored->due_ms = wall_ms(world) + slot->retry_ms;
  bool gives_up = slot->outcome == OUTCOME_DEAD || slot->outcome == OUTCOME_NEXT;
  CHECK(world, !gives_up || stored->bad_address || tries >= settings.attempts_limit, "given up too early");
  CHECK(world, slot->outcome != OUTCOME_DEAD || stored->step + 1 == stored->steps, "dead before its last channel");
  switch (slot->outcome) {
    case OUTCOME_SENT:
    case OUTCOME_AWAITED:
      stored->state = STORED_SENT;
      stored->unrecorded--;
      stored->awaiting = slot->outcome == OUTCOME_AWAITED;
      break;
    case OUTCOME_WAIT:
      stored->attempts_before++;
      break;
    case OUTCOME_DEAD:
      stored->state = STORED_DEAD;
      break;
    case OUTCOME_DROPPED:
      if (stored->state == STORED_PENDING) stored->state = STORED_SUPERSEDED;
      stored->awaiting = false;
      break;
    case OUTCOME_RETRY:
    case OUTCOME_NEXT:
      break;
  }
  if (slot->outcome == OUTCOME_AWAITED || slot->outcome == OUTCOME_NEXT) {
    stored->step++;
    stored->attempts_before = stored->attempt;
  }
}

static void store_mark(struct world *world, const struct message *message) {
  for (int i = 0; i < message->count; i++) {
    const struct dispatch_slot *slot = &message->slots[i];
    struct stored *stored = &world->stored[atoi(slot->claim.delivery_id)];
    if (stored->attempt == slot->claim.attempt && waits(stored) && stored->lease_end_ms) {
      store_outcome(world, stored, slot);
    }
  }
}

static void store_look(struct world *world, struct message *message) {
  for (int i = 0; i < DELIVERIES; i++) {
    struct stored *stored = &world->stored[i];
    if (!waits(stored) || !message->channels[channel_of(stored)]) continue;
    if (held(world, stored)) {
      uint32_t left = (uint32_t)(stored->lease_end_ms - world->now_ms);
      if (!message->lease_ms || left < message->lease_ms) message->lease_ms = left;
    } else if (!message->due_us || stored->due_ms * 1000 < message->due_us) {
      message->due_us = stored->due_ms * 1000;
    }
  }
}

// A gateway's receipt, whenever it likes.
static void receipt_comes(struct world *world, struct stored *stored) {
  if (stored->state != STORED_SENT || !stored->awaiting || held(world, stored)) return;
  if (chance(world, 2)) {
    stored->due_ms = wall_ms(world);  // failed
  } else {
    stored->awaiting = false;
    stored->delivered = true;
  }
}

static struct dispatch_end server_answers(struct world *world, struct message *send) {
  struct stored *stored = &world->stored[atoi(send->claims[0].delivery_id)];
  const struct dispatch_claim *claim = &send->claims[0];
  stored->sending_now--;
  if (world->server_down[claim->channel]) return (struct dispatch_end){.result = DISPATCH_NO_SERVER};
  if (claim->channel == CHANNEL_EMAIL && world->domain_down[stored->domain]) {
    return (struct dispatch_end){.result = DISPATCH_PUT_OFF, .destination_failed = true};
  }
  if (stored->bad_address) return (struct dispatch_end){.result = DISPATCH_REFUSED};
  if (!world->quiet && chance(world, 6) == 0) return (struct dispatch_end){.result = DISPATCH_PUT_OFF, .wait_ms = 3000};
  if (!world->quiet && chance(world, 10) == 0)
    return (struct dispatch_end){.result = DISPATCH_NOT_YET, .wait_ms = 5000};
  CHECK(world, stored->sends == 0 || stored->unrecorded > 0 || stored->step > 0,
        "delivery %s is sent again though it was recorded", claim->delivery_id);
  CHECK(world, !stored->delivered, "delivery %s is sent again though it was delivered", claim->delivery_id);
  stored->sends++;
  stored->unrecorded++;
  return (struct dispatch_end){.result = DISPATCH_SENT};
}

static void answer(struct world *world, struct message *message) {
  struct instance *instance = &world->instances[message->instance];
  bool heard = instance->alive && instance->life == message->life;
  struct dispatch *dispatch = &instance->dispatch;
  struct dispatch_actions actions = {0};
  struct dispatch_end end = {0};
  if (message->kind == MESSAGE_SEND) end = server_answers(world, message);
  if (!heard) return;
  switch (message->kind) {
    case MESSAGE_CLAIM:
      if (message->lost) {
        dispatch_claim_failed(dispatch, world->now_ms, &actions);
      } else {
        dispatch_claimed(dispatch, message->claims, message->count, message->found, world->now_ms, &actions);
      }
      break;
    case MESSAGE_MARK:
      (message->lost ? dispatch_mark_failed : dispatch_marked)(dispatch, world->now_ms, &actions);
      break;
    case MESSAGE_LOOK:
      if (message->lost) {
        dispatch_look_failed(dispatch, world->now_ms, &actions);
      } else {
        dispatch_looked(dispatch, message->due_us, message->lease_ms, world->now_ms, &actions);
      }
      break;
    case MESSAGE_SEND:
      dispatch_ended(dispatch, message->slot, &end, world->now_ms, &actions);
      break;
  }
  follow(world, message->instance, &actions);
}

// A request takes effect (or, half of the lost ones, doesn't), and its answer comes after another while.
static void arrive(struct world *world, int index) {
  struct message *message = world->messages[index];
  if (!message->done && message->kind != MESSAGE_SEND && !(message->lost && chance(world, 2))) {
    if (message->kind == MESSAGE_CLAIM) store_claim(world, message);
    if (message->kind == MESSAGE_MARK) store_mark(world, message);
    if (message->kind == MESSAGE_LOOK) store_look(world, message);
    message->done = true;
    bool slow = !world->quiet && chance(world, 20) == 0;
    message->at_ms = world->now_ms + 1 + chance(world, slow ? 40000 : 50);
    return;
  }
  world->messages[index] = world->messages[--world->message_count];
  answer(world, message);
  free(message);
}

static void start(struct world *world, int number) {
  struct instance *instance = &world->instances[number];
  instance->alive = true;
  instance->life++;
  dispatch_init(&instance->dispatch, &settings, chance(world, UINT64_MAX));
  instance->dispatch.settings.rates_per_second[CHANNEL_EMAIL] = 5;
  struct dispatch_actions actions;
  dispatch_wake(&instance->dispatch, world->now_ms, &actions);
  follow(world, number, &actions);
}

static void something_bad(struct world *world) {
  struct stored *stored = &world->stored[chance(world, DELIVERIES)];
  switch (chance(world, 8)) {
    case 0: {
      struct instance *instance = &world->instances[chance(world, INSTANCES)];
      instance->alive = false;
      instance->reborn_ms = world->now_ms + chance(world, 20000);
      break;
    }
    case 1:
      // Only what nobody holds: a session that changes while its mail is on its way can't call it back.
      if (stored->state == STORED_PENDING && !held(world, stored)) stored->state = STORED_SUPERSEDED;
      break;
    case 2:
      world->wall_offset_ms += (int64_t)chance(world, 600000) - 200000;
      break;
    case 3:
      world->server_down[chance(world, CHANNEL_COUNT)] ^= true;
      break;
    case 4:
      world->domain_down[chance(world, DOMAINS)] ^= true;
      break;
    case 5:
      receipt_comes(world, stored);
      break;
    default:
      break;
  }
}

static void wake_whom_time_wakes(struct world *world) {
  for (int i = 0; i < INSTANCES; i++) {
    struct instance *instance = &world->instances[i];
    if (!instance->alive && world->now_ms >= instance->reborn_ms) start(world, i);
    struct dispatch *dispatch = &instance->dispatch;
    struct dispatch_actions actions;
    if (instance->alive && dispatch->due_us && dispatch->due_us <= wall_ms(world) * 1000) {
      dispatch_wake(dispatch, world->now_ms, &actions);
      follow(world, i, &actions);
    }
    if (instance->alive && instance->tick_ms && instance->tick_ms <= world->now_ms) {
      dispatch_tick(dispatch, world->now_ms, &actions);
      follow(world, i, &actions);
    }
  }
}

static bool settled(const struct world *world) {
  for (int i = 0; i < DELIVERIES; i++) {
    if (waits(&world->stored[i])) return false;
  }
  return true;
}

// The next instant at which anything can happen.
static void advance(struct world *world) {
  uint64_t next = world->now_ms + (world->quiet ? 1000 : 200);
  for (int i = 0; i < world->message_count; i++) {
    if (world->messages[i]->at_ms < next) next = world->messages[i]->at_ms;
  }
  world->now_ms = next > world->now_ms ? next : world->now_ms + 1;
}

static void live_a_day(uint64_t seed) {
  struct world *world = calloc(1, sizeof *world);
  *world = (struct world){.seed = seed, .random = seed, .now_ms = 1000, .wall_offset_ms = 1000000};
  for (int i = 0; i < DELIVERIES; i++) {
    world->stored[i].due_ms = wall_ms(world) + (int64_t)chance(world, 300000);
    world->stored[i].bad_address = chance(world, 15) == 0;
    world->stored[i].first = (int)chance(world, CHANNEL_COUNT);
    world->stored[i].steps = 1 + (int)chance(world, CHANNEL_COUNT);
    world->stored[i].domain = (int)chance(world, DOMAINS);
  }
  for (int i = 0; i < INSTANCES; i++) start(world, i);
  int step = 0;
  for (; step < DAY_STEPS && !settled(world); step++) {
    advance(world);
    if (world->now_ms > QUIET_AFTER_MS && !world->quiet) {
      world->quiet = true;
      memset(world->server_down, 0, sizeof world->server_down);
      memset(world->domain_down, 0, sizeof world->domain_down);
      world->wall_offset_ms += 600000;
    }
    if (!world->quiet && chance(world, 10) == 0) something_bad(world);
    for (int i = world->message_count - 1; i >= 0; i--) {
      if (i < world->message_count && world->messages[i]->at_ms <= world->now_ms) arrive(world, i);
    }
    wake_whom_time_wakes(world);
  }
  for (int i = 0; i < DELIVERIES; i++) {
    struct stored *stored = &world->stored[i];
    CHECK(world, !waits(stored), "delivery %d is lost: still pending after %d steps", i, step);
    CHECK(world, stored->attempt - stored->attempts_before <= settings.attempts_limit, "delivery %d has %d attempts", i,
          stored->attempt - stored->attempts_before);
    CHECK(world, stored->state != STORED_SENT || stored->sends > 0, "delivery %d is marked sent and never was", i);
  }
  for (int i = 0; i < world->message_count; i++) free(world->messages[i]);
  free(world);
}

static void every_day_ends_well(void **state) {
  const char *one = getenv("PULIH_SEED"), *many = getenv("PULIH_SEEDS");
  if (one) {
    live_a_day(strtoull(one, NULL, 10));
    return;
  }
  uint64_t days = many ? strtoull(many, NULL, 10) : 200;
  for (uint64_t seed = 1; seed <= days; seed++) live_a_day(seed);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_day_ends_well),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
