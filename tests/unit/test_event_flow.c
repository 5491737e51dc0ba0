// Relays and cursors in a bad world, in one process: two producers' instances write to a log whose transactions commit
// out of order; batches are lost, doubled, delayed and reordered; two consumer instances share a durable cursor; either
// side is killed at any moment; applying fails before or after its commit; clocks jump. At the end every event has
// taken effect once, in order. A failing seed is printed; PULIH_SEED=n runs that one alone.
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "event/event_cursor.h"
#include "event/event_relay.h"

enum {
  PRODUCERS = 2,
  CONSUMERS = 2,
  ROWS_MAX = 4000,
  LETTERS_MAX = 512,
  OPEN_MAX = 8,
  IDS_MAX = 8,
  PAGE = 20,  // of a replay
  SEEDS = 200,
  CHAOS_MS = 40000,
  CALM_MS = 45000,  // the longest wait after a failure, a beat, and some
};

// A batch on its way to one consumer.
struct letter {
  uint64_t due_ms;
  int consumer;
  struct event_position previous, last;  // last is previous when it is empty
};

struct transaction {
  uint64_t xid, ends_ms, ids[IDS_MAX];
  size_t id_count;
  int producer;
};

// What a machine waits for from the database.
struct errand {
  uint64_t due_ms;  // 0: none
  int kind;         // enum relay_action or enum cursor_action; APPLY
  struct event_position previous, last;
};
enum { APPLY = 100 };

struct producer {
  struct event_relay relay;
  struct errand errand;
  int64_t clock_ms;  // what its clock is off by
};

struct consumer {
  struct event_cursor cursor;
  struct errand errand;
  int64_t clock_ms;
};

struct world {
  uint64_t random, now_ms, next_xid, next_id;
  bool calm;
  struct event_position rows[ROWS_MAX];  // committed, in order
  size_t row_count;
  struct transaction open[OPEN_MAX];
  size_t open_count;
  struct letter letters[LETTERS_MAX];
  size_t letter_count;
  struct producer producers[PRODUCERS];
  struct consumer consumers[CONSUMERS];
  struct event_position durable;            // the consumers' cursor
  struct event_position effects[ROWS_MAX];  // in the order they took effect
  size_t effect_count, errand_count;
};

static uint64_t dice(struct world *world, uint64_t sides) {
  world->random ^= world->random << 13;
  world->random ^= world->random >> 7;
  world->random ^= world->random << 17;
  return (world->random >> 11) % sides;
}

// Something bad happens, once in `odds` times; never when calm.
static bool mishap(struct world *world, uint64_t odds) {
  return !world->calm && dice(world, odds) == 0;
}

// The log: what is readable is committed and below the oldest open transaction.
static bool is_readable(const struct world *world, const struct event_position *row) {
  for (size_t i = 0; i < world->open_count; i++)
    if (world->open[i].xid <= row->transaction) return false;
  return true;
}

// How many committed rows stand at or before `place`.
static size_t log_rank(const struct world *world, struct event_position place) {
  size_t low = 0, high = world->row_count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (event_position_compare(world->rows[middle], place) <= 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

// The first readable row behind `after`, in order; NULL if there is none.
static const struct event_position *log_next(const struct world *world, struct event_position after) {
  size_t rank = log_rank(world, after);
  return rank < world->row_count && is_readable(world, &world->rows[rank]) ? &world->rows[rank] : NULL;
}

static void log_insert(struct world *world, struct event_position place) {
  size_t rank = log_rank(world, place);
  memmove(&world->rows[rank + 1], &world->rows[rank], (world->row_count++ - rank) * sizeof world->rows[0]);
  world->rows[rank] = place;
}

// Goes at most `limit` readable rows on; how many, and where that is.
static size_t log_read(const struct world *world, struct event_position after, size_t limit,
                       struct event_position *ret_last) {
  size_t count = 0;
  *ret_last = after;
  for (const struct event_position *row; count < limit && (row = log_next(world, *ret_last)); count++) *ret_last = *row;
  return count;
}

// event.take(): what lies between cursor and `last` takes effect, if the batch begins at or before the cursor.
static void database_take(struct world *world, struct event_position previous, struct event_position last) {
  if (event_position_compare(previous, world->durable) > 0) return;
  for (const struct event_position *row;
       (row = log_next(world, world->durable)) && event_position_compare(*row, last) <= 0;) {
    world->durable = *row;
    world->effects[world->effect_count++] = *row;
  }
}

static void publish(struct world *world, struct event_position previous, struct event_position last) {
  for (int consumer = 0; consumer < CONSUMERS; consumer++) {
    if (mishap(world, 4)) continue;
    for (int copies = mishap(world, 8) ? 2 : 1; copies && world->letter_count < LETTERS_MAX; copies--)
      world->letters[world->letter_count++] = (struct letter){
          world->now_ms + (world->calm ? 1 : dice(world, dice(world, 5) ? 20 : 2000)), consumer, previous, last};
  }
}

static void begin_errand(struct world *world, struct errand *errand, int kind, struct event_position previous,
                         struct event_position last) {
  *errand = (struct errand){world->now_ms + 1 + dice(world, world->calm ? 3 : 200), kind, previous, last};
  world->errand_count++;
}

static void producer_turn(struct world *world, struct producer *producer) {
  uint64_t now_ms = world->now_ms + (uint64_t)producer->clock_ms;
  struct event_relay *relay = &producer->relay;
  struct event_position none = {0, 0}, last;
  if (producer->errand.due_ms && producer->errand.due_ms <= world->now_ms) {
    producer->errand.due_ms = 0;
    if (mishap(world, 10)) {
      event_relay_failed(relay, now_ms);
    } else if (producer->errand.kind == RELAY_LOOK) {
      struct event_position head;
      bool pending = world->row_count && !is_readable(world, &world->rows[world->row_count - 1]);
      log_read(world, none, ROWS_MAX, &head);
      if (event_relay_looked(relay, head, pending, now_ms)) publish(world, relay->at, relay->at);
    } else {
      log_read(world, relay->at, RELAY_BATCH_EVENTS, &last);
      publish(world, relay->at, last);
      event_relay_published(relay, last, now_ms);
    }
  }
  enum relay_action action = event_relay_next(relay, now_ms);
  if (action != RELAY_WAIT) begin_errand(world, &producer->errand, (int)action, none, none);
}

static void consumer_finish(struct world *world, struct consumer *consumer, uint64_t now_ms) {
  struct event_cursor *cursor = &consumer->cursor;
  struct errand errand = consumer->errand;
  struct event_position last;
  consumer->errand.due_ms = 0;
  if (mishap(world, 10)) {
    event_cursor_failed(cursor, now_ms);
  } else if (errand.kind == CURSOR_REPLAY) {
    size_t count = log_read(world, cursor->at, PAGE, &last);
    if (event_cursor_replayed(cursor, count, count == PAGE, now_ms))
      begin_errand(world, &consumer->errand, APPLY, cursor->at, last);
  } else {
    database_take(world, errand.previous, errand.last);
    if (mishap(world, 10))
      event_cursor_failed(cursor, now_ms);  // committed, but nobody heard
    else
      event_cursor_applied(cursor, world->durable, now_ms);
  }
}

static void consumer_turn(struct world *world, struct consumer *consumer) {
  uint64_t now_ms = world->now_ms + (uint64_t)consumer->clock_ms;
  struct event_position none = {0, 0};
  if (consumer->errand.due_ms && consumer->errand.due_ms <= world->now_ms) consumer_finish(world, consumer, now_ms);
  enum cursor_action action = event_cursor_next(&consumer->cursor, now_ms);
  if (action != CURSOR_WAIT) begin_errand(world, &consumer->errand, (int)action, none, none);
}

static void deliver(struct world *world) {
  for (size_t i = 0; i < world->letter_count;) {
    struct letter letter = world->letters[i];
    if (letter.due_ms > world->now_ms) {
      i++;
      continue;
    }
    world->letters[i] = world->letters[--world->letter_count];
    struct consumer *consumer = &world->consumers[letter.consumer];
    if (event_cursor_offer(&consumer->cursor, letter.previous, letter.last,
                           world->now_ms + (uint64_t)consumer->clock_ms))
      begin_errand(world, &consumer->errand, APPLY, letter.previous, letter.last);
  }
}

static void write_to_log(struct world *world) {
  if (!world->calm && world->open_count < OPEN_MAX && dice(world, 3) == 0)
    world->open[world->open_count++] =
        (struct transaction){.xid = ++world->next_xid,
                             .ends_ms = world->now_ms + dice(world, dice(world, 10) ? 30 : 3000),
                             .producer = (int)dice(world, PRODUCERS)};
  for (size_t i = 0; i < world->open_count;) {
    struct transaction transaction = world->open[i];
    bool ends = world->calm || transaction.ends_ms <= world->now_ms;
    // An id is taken when the row is written, so it says nothing of the order of commits.
    if (!ends && dice(world, 4) == 0 && transaction.id_count < IDS_MAX)
      world->open[i].ids[world->open[i].id_count++] = ++world->next_id;
    if (!ends) {
      i++;
      continue;
    }
    bool commits = !mishap(world, 5) && world->row_count + IDS_MAX < ROWS_MAX;
    for (size_t row = 0; commits && row < transaction.id_count; row++)
      log_insert(world, (struct event_position){transaction.xid, transaction.ids[row]});
    world->open[i] = world->open[--world->open_count];
    struct producer *producer = &world->producers[transaction.producer];
    if (commits) event_relay_written(&producer->relay, world->now_ms + (uint64_t)producer->clock_ms);
  }
}

static void restart_and_jump(struct world *world) {
  struct producer *producer = &world->producers[dice(world, PRODUCERS)];
  struct consumer *consumer = &world->consumers[dice(world, CONSUMERS)];
  if (mishap(world, 200)) {
    producer->errand.due_ms = 0;
    event_relay_init(&producer->relay);
  }
  if (mishap(world, 200)) {
    // What it had sent may still be done, after its end.
    if (consumer->errand.due_ms && consumer->errand.kind == APPLY && dice(world, 2))
      database_take(world, consumer->errand.previous, consumer->errand.last);
    consumer->errand.due_ms = 0;
    event_cursor_init(&consumer->cursor, world->random);
  }
  if (mishap(world, 300)) producer->clock_ms = (int64_t)dice(world, 1000000);
  if (mishap(world, 300)) consumer->clock_ms = (int64_t)dice(world, 1000000);
}

static void live(struct world *world, uint64_t until_ms, bool calm) {
  world->calm = calm;
  while (world->now_ms < until_ms) {
    world->now_ms += calm ? 5 : 1 + dice(world, 20);
    write_to_log(world);
    restart_and_jump(world);
    deliver(world);
    for (int i = 0; i < PRODUCERS; i++) producer_turn(world, &world->producers[i]);
    for (int i = 0; i < CONSUMERS; i++) consumer_turn(world, &world->consumers[i]);
  }
}

// NULL, or what went wrong.
static const char *verdict(const struct world *world) {
  struct event_position last = {0, 0};
  size_t count = 0;
  for (const struct event_position *row; (row = log_next(world, last)); last = *row, count++) {
    if (count == world->effect_count) return "an event is missing";
    if (event_position_compare(world->effects[count], *row)) return "an event is missing, doubled or out of order";
  }
  return count == world->effect_count ? NULL : "an effect has no event";
}

static const char *run(uint64_t seed) {
  struct world *world = test_calloc(1, sizeof *world);
  world->random = seed * 0x9e3779b97f4a7c15 | 1;
  world->now_ms = 1000000;
  for (int i = 0; i < PRODUCERS; i++) event_relay_init(&world->producers[i].relay);
  for (int i = 0; i < CONSUMERS; i++) event_cursor_init(&world->consumers[i].cursor, seed + (uint64_t)i);
  live(world, world->now_ms + CHAOS_MS, false);
  live(world, world->now_ms + CALM_MS, true);
  const char *problem = verdict(world);
  // And then peace: beats and looks after silence, nothing else.
  world->errand_count = 0;
  live(world, world->now_ms + 60000, true);
  if (!problem && world->errand_count > 2 * PRODUCERS * 60000 / RELAY_BEAT_MS + 4 * CONSUMERS)
    problem = "idle machines keep asking";
  if (!problem && world->effect_count < 100) problem = "hardly anything happened";
  test_free(world);
  return problem;
}

static void every_event_takes_effect_once_and_in_order(void **state) {
  const char *only = getenv("PULIH_SEED");
  for (uint64_t seed = only ? strtoull(only, NULL, 10) : 1; seed <= SEEDS || only; seed++) {
    const char *problem = run(seed);
    if (problem) fail_msg("%s; PULIH_SEED=%llu", problem, (unsigned long long)seed);
    if (only) return;
  }
}

// The machines one by one, for what the world above can't tell apart.

static struct event_position at(uint64_t id) {
  return (struct event_position){1, id};
}

static void a_cursor_applies_what_follows_and_replays_what_is_missing(void **state) {
  struct event_cursor cursor;
  event_cursor_init(&cursor, 1);
  assert_int_equal(event_cursor_next(&cursor, 0), CURSOR_ASK);
  assert_int_equal(event_cursor_next(&cursor, 0), CURSOR_WAIT);
  assert_true(event_cursor_applied(&cursor, at(3), 0));
  assert_int_equal(event_cursor_next(&cursor, 0), CURSOR_REPLAY);
  assert_false(event_cursor_replayed(&cursor, 0, false, 0));
  assert_int_equal(event_cursor_next(&cursor, 1), CURSOR_WAIT);

  assert_true(event_cursor_offer(&cursor, at(3), at(5), 1));
  assert_false(event_cursor_offer(&cursor, at(5), at(6), 1));  // while it is applying
  event_cursor_applied(&cursor, at(5), 2);
  assert_int_equal(event_cursor_next(&cursor, 2), CURSOR_REPLAY);
  assert_true(event_cursor_replayed(&cursor, 1, false, 2));
  event_cursor_applied(&cursor, at(6), 2);
  assert_false(event_cursor_offer(&cursor, at(4), at(6), 3));
  assert_int_equal(event_cursor_next(&cursor, 3), CURSOR_WAIT);
  assert_false(event_cursor_offer(&cursor, at(8), at(8), 3));
  assert_int_equal(event_cursor_next(&cursor, 3), CURSOR_REPLAY);
  // The log knows no such event, so it isn't chased.
  assert_false(event_cursor_replayed(&cursor, 0, false, 3));
  assert_int_equal(event_cursor_next(&cursor, 4), CURSOR_WAIT);
}

static void a_cursor_waits_longer_after_each_failure(void **state) {
  struct event_cursor cursor;
  event_cursor_init(&cursor, 1);
  uint64_t now_ms = 0, wait_ms = 0;
  for (int i = 0; i < 12; i++) {
    assert_int_equal(event_cursor_next(&cursor, now_ms), CURSOR_ASK);
    event_cursor_failed(&cursor, now_ms);
    wait_ms = cursor.due_ms - now_ms;
    assert_true(wait_ms >= (i < 8 ? 100u << i : CURSOR_RETRY_MOST_MS / 2) && wait_ms <= CURSOR_RETRY_MOST_MS);
    assert_int_equal(event_cursor_next(&cursor, cursor.due_ms - 1), CURSOR_WAIT);
    now_ms = cursor.due_ms;
  }
}

static void a_cursor_that_does_not_move_is_a_failure(void **state) {
  struct event_cursor cursor;
  event_cursor_init(&cursor, 1);
  assert_int_equal(event_cursor_next(&cursor, 0), CURSOR_ASK);
  assert_true(event_cursor_applied(&cursor, at(3), 0));
  uint64_t now_ms = 0;
  for (int i = 0; i < 4; i++) {
    assert_int_equal(event_cursor_next(&cursor, now_ms), CURSOR_REPLAY);
    assert_true(event_cursor_replayed(&cursor, 2, false, now_ms));
    assert_false(event_cursor_applied(&cursor, at(3), now_ms));
    assert_true(cursor.due_ms >= now_ms + (100u << i));
    now_ms = cursor.due_ms;
  }
}

static void a_relay_publishes_its_own_and_passes_over_what_others_wrote(void **state) {
  struct event_relay relay;
  event_relay_init(&relay);
  assert_int_equal(event_relay_next(&relay, 0), RELAY_LOOK);
  assert_true(event_relay_looked(&relay, at(9), false, 0));
  assert_int_equal(event_relay_next(&relay, RELAY_BEAT_MS - 1), RELAY_WAIT);
  assert_int_equal(event_relay_next(&relay, RELAY_BEAT_MS), RELAY_LOOK);
  assert_true(event_relay_looked(&relay, at(12), false, RELAY_BEAT_MS));
  assert_int_equal(relay.at.id, 12);

  uint64_t now_ms = RELAY_BEAT_MS + 100;
  event_relay_written(&relay, now_ms);
  assert_int_equal(event_relay_next(&relay, now_ms), RELAY_WAIT);
  assert_int_equal(event_relay_next(&relay, now_ms + RELAY_GAP_MS), RELAY_LOOK);
  assert_false(event_relay_looked(&relay, at(14), false, now_ms));
  assert_int_equal(event_relay_next(&relay, now_ms), RELAY_READ);
  event_relay_published(&relay, at(14), now_ms);
  assert_int_equal(event_relay_next(&relay, now_ms), RELAY_WAIT);

  event_relay_written(&relay, now_ms);
  now_ms += RELAY_GAP_MS;
  assert_int_equal(event_relay_next(&relay, now_ms), RELAY_LOOK);
  event_relay_written(&relay, now_ms);  // too late for this look
  assert_false(event_relay_looked(&relay, at(14), false, now_ms));
  assert_int_equal(event_relay_next(&relay, now_ms + RELAY_GAP_MS), RELAY_LOOK);
}

static void a_relay_looks_again_while_something_is_pending(void **state) {
  struct event_relay relay;
  event_relay_init(&relay);
  event_relay_next(&relay, 0);
  event_relay_looked(&relay, at(9), true, 0);
  uint64_t now_ms = 0;
  for (int i = 0; i < 10; i++) {
    assert_true(relay.due_ms > now_ms && relay.due_ms <= now_ms + RELAY_PENDING_MOST_MS);
    now_ms = relay.due_ms;
    assert_int_equal(event_relay_next(&relay, now_ms), RELAY_LOOK);
    event_relay_looked(&relay, at(9), i < 9, now_ms);
  }
  assert_true(relay.due_ms > now_ms + RELAY_PENDING_MOST_MS);
}

RUN_TESTS(TEST(every_event_takes_effect_once_and_in_order),
          TEST(a_cursor_applies_what_follows_and_replays_what_is_missing),
          TEST(a_cursor_waits_longer_after_each_failure), TEST(a_cursor_that_does_not_move_is_a_failure),
          TEST(a_relay_publishes_its_own_and_passes_over_what_others_wrote),
          TEST(a_relay_looks_again_while_something_is_pending))
