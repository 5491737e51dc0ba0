// The event window against a plain list of everything that ever happened, drawn from a seed: whatever a reader is told
// from its place on is what the log has behind it and the scope may know, or it is told that it missed some.
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "event_window.h"
#include "options.pb-c.h"
#include "seeds.h"

enum { WINDOW = 16, LOG_MOST = 400, STEPS = 3000, PAGE = 10 };

static const char *const types[] = {"scheduling.session_changed", "identity.person_changed", "scheduling.unheard_of",
                                    "notifications.notice_shown"};
static const char *const prisons[] = {"01950000-0000-7000-8000-000000000001", "01950000-0000-7000-8000-000000000002",
                                      ""};
static const char *const people[] = {"01950000-0000-7000-8000-00000000000a", "01950000-0000-7000-8000-00000000000b"};
static const struct event_scope coordinator = {.roles = 1u << PULIH__ROLE__ROLE_COORDINATOR,
                                               .every_prison = true,
                                               .user_id = "01950000-0000-7000-8000-00000000000a"};
static const struct event_scope officer = {.roles = 1u << PULIH__ROLE__ROLE_OFFICER,
                                           .prison_id = "01950000-0000-7000-8000-000000000001",
                                           .user_id = "01950000-0000-7000-8000-00000000000b"};

// One producer's log.
struct log {
  size_t count;
  Pulih__Event__V1__Event events[LOG_MOST], *pointers[LOG_MOST];
  Pulih__Event__V1__Position positions[LOG_MOST];
};

struct world {
  struct dice *dice;
  struct event_window *window;
  struct log logs[EVENT_PRODUCERS];
  size_t appended[EVENT_PRODUCERS];  // of the log, from the beginning
};

static void happen(struct world *world, struct log *log) {
  if (log->count == LOG_MOST) return;
  size_t i = log->count++;
  struct event_position before = i ? event_position_read(&log->positions[i - 1]) : (struct event_position){5, 5};
  event_position_write((struct event_position){before.transaction + dice_below(world->dice, 2), before.id + 1},
                       &log->positions[i]);
  pulih__event__v1__event__init(&log->events[i]);
  log->events[i].position = &log->positions[i];
  log->events[i].type = (char *)types[dice_below(world->dice, 4)];
  log->events[i].prison_id = (char *)prisons[dice_below(world->dice, 3)];
  log->events[i].subject_id = (char *)people[dice_below(world->dice, 2)];
  log->events[i].version = (int32_t)i;
  log->pointers[i] = &log->events[i];
}

static struct event_position place_in(const struct log *log, size_t index) {
  return index ? event_position_read(&log->positions[index - 1]) : (struct event_position){0, 0};
}

static bool may_know(const struct event_scope *scope, const Pulih__Event__V1__Event *event) {
  if (!strcmp(event->type, types[2])) return false;
  if (!strcmp(event->type, types[3])) return !strcmp(event->subject_id, scope->user_id);
  if (scope == &officer) return !strcmp(event->type, types[0]) && !strcmp(event->prison_id, prisons[0]);
  return true;
}

// A reader who has the first `had` of each log.
static void read_on(struct world *world, const struct event_scope *scope) {
  struct event_place place, head;
  size_t had[EVENT_PRODUCERS];
  char text[EVENT_PLACE_TEXT_MAX];
  for (size_t i = 0; i < EVENT_PRODUCERS; i++) {
    size_t back = dice_below(world->dice, dice_below(world->dice, 30) + 1);
    had[i] = world->appended[i] > back ? world->appended[i] - back : 0;
    place.at[i] = place_in(&world->logs[i], had[i]);
  }
  event_place_write(&place, text);
  memset(&place, 0xff, sizeof place);
  assert_true(event_place_read(text, &place));
  if (event_window_missed(world->window, &place, 0) < EVENT_PRODUCERS) return;
  const struct window_event *event;
  while ((event = event_window_next(world->window, scope, &place))) {
    size_t producer = 0;
    const struct log *log = NULL;
    // Whose it is: the only one whose next visible event it can be.
    for (; producer < EVENT_PRODUCERS; producer++) {
      log = &world->logs[producer];
      while (had[producer] < world->appended[producer] && !may_know(scope, log->pointers[had[producer]]))
        had[producer]++;
      if (had[producer] < world->appended[producer]) break;
    }
    assert_true(producer < EVENT_PRODUCERS);
    assert_int_equal(event->version, log->events[had[producer]].version);
    assert_string_equal(event->type, log->events[had[producer]].type);
    had[producer]++;
  }
  for (size_t i = 0; i < EVENT_PRODUCERS; i++)
    for (; had[i] < world->appended[i]; had[i]++) assert_false(may_know(scope, world->logs[i].pointers[had[i]]));
  event_window_head(world->window, &head);
  assert_memory_equal(&place, &head, sizeof head);
}

static void step(struct world *world) {
  size_t i = dice_below(world->dice, EVENT_PRODUCERS);
  struct log *log = &world->logs[i];
  switch (dice_below(world->dice, 6)) {
    case 0:
      happen(world, log);
      break;
    case 1: {  // what is new, and some that is old again
      size_t again = dice_below(world->dice, 3), from = world->appended[i] > again ? world->appended[i] - again : 0;
      event_window_append(world->window, i, log->pointers + from, log->count - from);
      world->appended[i] = log->count;
      break;
    }
    case 2: {
      size_t back = dice_below(world->dice, 30), from = world->appended[i] > back ? world->appended[i] - back : 0;
      size_t count = log->count - from;
      bool more = count > PAGE;
      event_window_prepend(world->window, i, place_in(log, from), log->pointers + from, more ? PAGE : count, more);
      break;
    }
    case 3:  // as after a restart: it begins anew, where the log stands
      event_window_begin(world->window, i, place_in(log, world->appended[i]));
      break;
    default:
      read_on(world, dice_below(world->dice, 2) ? &coordinator : &officer);
  }
}

static void run(struct dice *dice) {
  static struct world world;
  memset(&world, 0, sizeof world);
  world.dice = dice;
  world.window = event_window_create(WINDOW);
  for (size_t i = 0; i < EVENT_PRODUCERS; i++) {
    for (uint64_t before = dice_below(dice, 30); before; before--) happen(&world, &world.logs[i]);
    assert_false(event_window_is_known(world.window));
    world.appended[i] = world.logs[i].count;
    event_window_begin(world.window, i, place_in(&world.logs[i], world.appended[i]));
  }
  assert_true(event_window_is_known(world.window));
  for (int i = 0; i < STEPS; i++) step(&world);
  event_window_destroy(world.window);
}

static void a_reader_gets_what_it_missed_or_hears_that_it_missed_some(void **state) {
  for_each_seed(run);
}

static void a_place_is_a_text_that_nothing_else_is(void **state) {
  const struct event_place place = {{{1, 2}, {0, 0}, {UINT64_MAX, UINT64_MAX}, {0x3f2, 0x1a}, {7, 8}}};
  struct event_place read;
  char text[EVENT_PLACE_TEXT_MAX];
  event_place_write(&place, text);
  assert_string_equal(text, "1.2-0.0-ffffffffffffffff.ffffffffffffffff-3f2.1a-7.8");
  assert_true(event_place_read(text, &read));
  assert_memory_equal(&read, &place, sizeof place);
  static const char *const wrong[] = {"",
                                      "1.2",
                                      "1.2-0.0-1.1-1.1-1.1-1.1",
                                      "1.2-0.0-1.1-1.1-1.1 ",
                                      "1.2-0.0-1.1-1.1-1.G",
                                      "1.2-0.0-1.1-1.1-1.",
                                      "11111111111111111.1-0.0-1.1-1.1-1.1",
                                      "0x1.2-0.0-1.1-1.1-1.1"};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    if (event_place_read(wrong[i], &read)) fail_msg("\"%s\" was read", wrong[i]);
  }
}

RUN_TESTS(TEST(a_reader_gets_what_it_missed_or_hears_that_it_missed_some), TEST(a_place_is_a_text_that_nothing_else_is))
