// Bad days for the hub's core: calls, replies, losses, repetitions, restarts and jumps of time in any order, drawn from
// a seed. A model beside it knows what was taken and what is in flight, and checks after every step that nothing is
// lost, answered twice or over its limit.
#include "unit.h"

#include <string.h>

#include "hub/hub_core.h"
#include "seeds.h"

enum {
  STEPS = 20000,
  METHODS = 6,
  PROCESSES = 5,
  CALLS = 64,
  WAITING = 8,
  TAKEN_MOST = STEPS,
  SILENT_MS = 3000,
  ABANDONED_MS = 5000,
  FLIGHT_MOST = 16,
};

struct taken {
  struct hub_request request;
  bool answered, waits;
};

// A service's process. Its route changes whenever it connects again.
struct process {
  hub_route route;  // 0: it is down
  bool known;       // the hub took its Hello on this route
  bool leaving;
  unsigned restarts;
  uint32_t credit;
  uint64_t serves;                // bits
  uint64_t numbers[FLIGHT_MOST];  // forwarded to it, not answered by it
  size_t flying;
};

struct day {
  struct dice *dice;
  struct hub_core *core;
  uint64_t now_ms;
  hub_route next_route;
  struct process processes[PROCESSES];
  struct taken taken[TAKEN_MOST];
  size_t taken_count, answered, waiting[METHODS];
  uint64_t old_numbers[64];  // answered before: late and repeated replies
};

static struct process *process_at(struct day *day, hub_route route) {
  for (size_t i = 0; i < PROCESSES; i++)
    if (day->processes[i].route == route) return &day->processes[i];
  return NULL;
}

static void stop_waiting(struct day *day, struct taken *taken) {
  if (taken->waits) day->waiting[taken->request.method]--;
  taken->waits = false;
}

static void on_forward(struct day *day, const struct hub_action *action) {
  struct taken *taken = action->payload;
  struct process *process = process_at(day, action->route);
  assert_false(taken->answered);
  stop_waiting(day, taken);
  assert_int_equal(action->method, taken->request.method);
  if (!process) return;  // sent into the void: the hub doesn't know yet
  assert_true(process->known);
  assert_false(process->leaving);
  assert_true(process->serves >> action->method & 1);
  assert_true(process->flying < process->credit);
  process->numbers[process->flying++] = action->number;
}

static void on_answer(struct day *day, const struct hub_action *action) {
  struct taken *taken = action->payload;
  assert_false(taken->answered);
  stop_waiting(day, taken);
  taken->answered = true;
  day->answered++;
  assert_int_equal(action->route, taken->request.route);
  assert_memory_equal(action->id, taken->request.id, HUB_ID_BYTES);
  assert_int_equal(action->reason == REASON_OK, action->reply != NULL);
  if (action->reason == REASON_DEADLINE_EXCEEDED) assert_true(day->now_ms >= taken->request.deadline_ms);
}

static void take_actions(struct day *day) {
  struct hub_action action;
  while (hub_core_next(day->core, &action)) {
    if (action.kind == HUB_FORWARD)
      on_forward(day, &action);
    else
      on_answer(day, &action);
  }
  for (size_t i = 0; i < METHODS; i++) assert_true(day->waiting[i] <= WAITING);
  assert_true(hub_core_calls(day->core) <= CALLS);
  size_t waiting = 0;
  for (size_t i = 0; i < METHODS; i++) waiting += day->waiting[i];
  assert_int_equal(hub_core_waiting(day->core), waiting);
}

static void ask(struct day *day) {
  struct taken *taken = &day->taken[day->taken_count];
  struct hub_request *request = &taken->request;
  *request = (struct hub_request){.caller = dice_below(day->dice, 3),
                                  .route = 1000000 + dice_below(day->dice, 100),
                                  .method = dice_below(day->dice, METHODS),
                                  .deadline_ms = day->now_ms + 1 + dice_below(day->dice, 4000),
                                  .payload = taken};
  memcpy(request->id, &day->taken_count, sizeof day->taken_count);
  enum hub_verdict verdict = hub_core_request(day->core, day->now_ms, request);
  assert_int_not_equal(verdict, HUB_REPEATED);
  if (verdict == HUB_FULL) assert_true(day->waiting[request->method] == WAITING || hub_core_calls(day->core) == CALLS);
  if (verdict != HUB_TAKEN) return;
  day->taken_count++;
  taken->waits = true;
  day->waiting[request->method]++;
}

// The caller didn't hear and asks again, perhaps from another connection.
static void ask_again(struct day *day) {
  if (!day->taken_count) return;
  struct taken *taken =
      &day->taken[day->taken_count - 1 - dice_below(day->dice, day->taken_count < 40 ? day->taken_count : 40)];
  if (taken->answered) return;
  struct hub_request again = taken->request;
  again.route = 1000000 + dice_below(day->dice, 100);
  again.payload = NULL;
  assert_int_equal(hub_core_request(day->core, day->now_ms, &again), HUB_REPEATED);
  taken->request.route = again.route;
}

static void reply(struct day *day, struct process *process) {
  if (!process->flying) return;
  size_t i = dice_below(day->dice, process->flying);
  uint64_t number = process->numbers[i];
  process->numbers[i] = process->numbers[--process->flying];
  day->old_numbers[dice_below(day->dice, 64)] = number;
  hub_core_reply(day->core, day->now_ms, process->route, number, process);
}

// Late, repeated, or made up.
static void reply_wrongly(struct day *day, struct process *process) {
  uint64_t number = dice_below(day->dice, 2) ? day->old_numbers[dice_below(day->dice, 64)] : dice_throw(day->dice);
  for (size_t i = 0; i < process->flying; i++)
    if (process->numbers[i] == number) return;
  assert_false(hub_core_reply(day->core, day->now_ms, process->route, number, process));
}

static void hello(struct day *day, struct process *process) {
  char name[32];
  size_t methods[METHODS], count = 0;
  size_t index = (size_t)(process - day->processes);
  process->serves = dice_below(day->dice, 4) ? UINT64_C(0x07) << (index % 2) * 3 : dice_below(day->dice, 1 << METHODS);
  for (size_t i = 0; i < METHODS; i++)
    if (process->serves >> i & 1) methods[count++] = i;
  snprintf(name, sizeof name, "process-%zu-%u", index, process->restarts);
  uint32_t credit = 1 + (uint32_t)dice_below(day->dice, FLIGHT_MOST);
  if (credit < process->credit) credit = process->credit;  // what is in flight stays within it
  process->credit = credit;
  struct hub_hello message = {
      .service = "service", .name = name, .version = "1", .methods = methods, .method_count = count, .credit = credit};
  process->known = true;
  process->leaving = false;
  assert_int_equal(hub_core_hello(day->core, day->now_ms, process->route, &message), 0);
}

static void start(struct day *day, struct process *process) {
  *process = (struct process){.route = day->next_route++, .restarts = process->restarts + 1};
  hello(day, process);
}

static void connect_again(struct day *day, struct process *process) {
  process->route = day->next_route++;
  process->known = false;
  if (dice_below(day->dice, 2)) hello(day, process);
  process->flying = 0;
}

static void step_process(struct day *day, struct process *process) {
  switch (dice_below(day->dice, 40)) {
    case 0:  // killed; the hub isn't told
      process->route = 0;
      process->known = false;
      break;
    case 1:
      connect_again(day, process);
      break;
    case 2:
      hub_core_gone(day->core, day->now_ms, process->route);
      process->known = false;
      process->flying = 0;
      break;
    case 3:
      hub_core_goodbye(day->core, day->now_ms, process->route);
      process->leaving = true;
      break;
    case 4:
      reply_wrongly(day, process);
      break;
    case 5:
    case 6:
    case 7:
      if (!hub_core_heard(day->core, day->now_ms, process->route)) {
        process->flying = 0;
        hello(day, process);
      }
      break;
    case 8:
      if (process->known && !process->leaving) hello(day, process);
      break;
    default:
      reply(day, process);
  }
}

static void step(struct day *day) {
  struct process *process = &day->processes[dice_below(day->dice, PROCESSES)];
  uint64_t thrown = dice_below(day->dice, 100);
  if (thrown < 40) {
    ask(day);
  } else if (thrown < 45) {
    ask_again(day);
  } else if (thrown < 55) {
    // Mostly a little, now and then a jump, and never backwards for the core even when the owner's clock is.
    day->now_ms += dice_below(day->dice, 200) ? dice_below(day->dice, 20) : dice_below(day->dice, 20000);
    uint64_t told_ms = dice_below(day->dice, 50) ? day->now_ms : day->now_ms / 2;
    hub_core_tick(day->core, told_ms);
  } else if (process->route) {
    step_process(day, process);
  } else if (!dice_below(day->dice, 4)) {
    start(day, process);
  }
  // The hub forgot the silent ones; they find out by its Unknown.
  for (size_t i = 0; i < PROCESSES; i++) {
    struct process *each = &day->processes[i];
    if (each->known && !hub_core_instance_at(day->core, each->route)) {
      each->known = false;
      each->flying = 0;
    }
  }
  take_actions(day);
}

static void a_bad_day(struct dice *dice) {
  struct day *day = calloc(1, sizeof *day);
  struct hub_limits limits = {
      .calls = CALLS, .waiting_per_method = WAITING, .silent_ms = SILENT_MS, .abandoned_ms = ABANDONED_MS};
  day->dice = dice;
  day->next_route = 1;
  day->core = hub_core_create(&limits, METHODS, dice_throw(dice));
  for (size_t i = 0; i < STEPS; i++) step(day);
  day->now_ms += 1000000;
  hub_core_tick(day->core, day->now_ms);
  take_actions(day);
  hub_core_tick(day->core, day->now_ms + ABANDONED_MS);
  take_actions(day);
  assert_int_equal(day->answered, day->taken_count);
  assert_int_equal(hub_core_calls(day->core), 0);
  assert_true(day->taken_count > STEPS / 20);
  hub_core_destroy(day->core);
  free(day);
}

static void nothing_is_lost_doubled_or_over_its_limit(void **state) {
  for_each_seed(a_bad_day);
}

// One by one ---------------------------------------------------------------------------------------------------------

static struct hub_core *core_with(hub_route route, uint32_t credit) {
  struct hub_limits limits = {.calls = 8, .waiting_per_method = 2, .silent_ms = 3000, .abandoned_ms = 1000};
  struct hub_core *core = hub_core_create(&limits, 2, 1);
  struct hub_hello message = {.service = "s",
                              .name = "one",
                              .version = "1",
                              .methods = (size_t[]){0, 1},
                              .method_count = 2,
                              .credit = credit,
                              .subscriptions = (const char *[]){"scheduling"},
                              .subscription_count = 1};
  assert_int_equal(hub_core_hello(core, 0, route, &message), 0);
  return core;
}

static enum hub_verdict request(struct hub_core *core, unsigned char id, uint64_t now_ms, uint64_t deadline_ms) {
  return hub_core_request(core, now_ms,
                          &(struct hub_request){.id = {id}, .route = 77, .method = 0, .deadline_ms = deadline_ms});
}

static struct hub_action next(struct hub_core *core) {
  struct hub_action action;
  assert_true(hub_core_next(core, &action));
  return action;
}

static void nothing_more(struct hub_core *core) {
  struct hub_action action;
  assert_false(hub_core_next(core, &action));
}

static void a_full_queue_refuses_at_once(void **state) {
  struct hub_core *core = core_with(5, 1);
  for (unsigned char id = 0; id < 3; id++) assert_int_equal(request(core, id, 0, 100), HUB_TAKEN);
  assert_int_equal(request(core, 3, 0, 100), HUB_FULL);
  hub_core_destroy(core);
}

static void a_call_nobody_serves_is_refused_at_once(void **state) {
  struct hub_core *core = core_with(5, 1);
  hub_core_goodbye(core, 0, 5);
  assert_int_equal(request(core, 0, 0, 100), HUB_NOBODY);
  hub_core_destroy(core);
}

static void credit_comes_back_only_with_the_late_reply(void **state) {
  struct hub_core *core = core_with(5, 1);
  request(core, 0, 0, 100);
  struct hub_action forward = next(core);
  hub_core_tick(core, 100);
  assert_int_equal(next(core).reason, REASON_DEADLINE_EXCEEDED);
  assert_int_equal(request(core, 1, 100, 5000), HUB_TAKEN);
  nothing_more(core);
  assert_false(hub_core_reply(core, 200, 5, forward.number, core));
  assert_int_equal(next(core).kind, HUB_FORWARD);
  hub_core_destroy(core);
}

static void an_instance_that_drains_answers_what_it_has(void **state) {
  struct hub_core *core = core_with(5, 2);
  request(core, 0, 0, 100);
  struct hub_action forward = next(core);
  hub_core_goodbye(core, 1, 5);
  assert_non_null(hub_core_instance_at(core, 5));
  assert_true(hub_core_reply(core, 2, 5, forward.number, core));
  assert_int_equal(next(core).reason, REASON_OK);
  assert_null(hub_core_instance_at(core, 5));
  hub_core_destroy(core);
}

static void a_lost_instances_calls_end_with_an_unknown_outcome(void **state) {
  struct hub_core *core = core_with(5, 1);
  request(core, 0, 0, 9000);
  request(core, 1, 0, 9000);
  next(core);
  hub_core_tick(core, 3000);
  assert_int_equal(next(core).reason, REASON_OUTCOME_UNKNOWN);
  assert_int_equal(next(core).reason, REASON_SERVICE_UNAVAILABLE);
  nothing_more(core);
  hub_core_destroy(core);
}

static void another_route_cannot_answer(void **state) {
  struct hub_core *core = core_with(5, 1);
  request(core, 0, 0, 9000);
  assert_false(hub_core_reply(core, 1, 6, next(core).number, core));
  nothing_more(core);
  hub_core_destroy(core);
}

static void events_go_to_those_who_asked(void **state) {
  struct hub_core *core = core_with(5, 1);
  hub_route routes[HUB_INSTANCES_MOST];
  assert_int_equal(hub_core_subscribers(core, "scheduling", routes), 1);
  assert_int_equal(routes[0], 5);
  assert_int_equal(hub_core_subscribers(core, "enrollment", routes), 0);
  hub_core_destroy(core);
}

RUN_TESTS(TEST(nothing_is_lost_doubled_or_over_its_limit), TEST(a_full_queue_refuses_at_once),
          TEST(a_call_nobody_serves_is_refused_at_once), TEST(credit_comes_back_only_with_the_late_reply),
          TEST(an_instance_that_drains_answers_what_it_has), TEST(a_lost_instances_calls_end_with_an_unknown_outcome),
          TEST(another_route_cannot_answer), TEST(events_go_to_those_who_asked))
