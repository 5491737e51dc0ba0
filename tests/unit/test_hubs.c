#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "loop/loop.h"
#include "rpc/hubs.h"

struct seen {
  struct loop loop;
  struct hubs hubs;
  char text[256];  // "+tcp://… -tcp://…"
  bool closed;
};

static void note(struct seen *seen, char sign, const char *endpoint) {
  size_t size = strlen(seen->text);
  snprintf(seen->text + size, sizeof seen->text - size, "%c%s ", sign, endpoint);
}

static int came(void *owner, const char *endpoint) {
  note(owner, '+', endpoint);
  return 0;
}

static void went(void *owner, const char *endpoint) {
  note(owner, '-', endpoint);
}

static void closed(void *owner) {
  ((struct seen *)owner)->closed = true;
}

static void stop(uv_timer_t *timer) {
  loop_stop(timer->data);
}

// Runs for `ms`, and gives what hubs_init() said.
static int follow(struct seen *seen, const char *endpoints, uint64_t ms) {
  uv_timer_t timer;
  memset(seen, 0, sizeof *seen);
  assert_int_equal(loop_init(&seen->loop, NULL), 0);
  int error = hubs_init(&seen->hubs,
                        &(struct hubs_settings){
                            .loop = &seen->loop.uv, .endpoints = endpoints, .came = came, .went = went, .owner = seen});
  uv_timer_init(&seen->loop.uv, &timer);
  timer.data = &seen->loop;
  uv_timer_start(&timer, stop, ms, 0);
  assert_int_equal(loop_run(&seen->loop), 0);
  hubs_close(&seen->hubs, closed);
  assert_int_equal(loop_finish(&seen->loop), 0);
  assert_true(seen->closed);
  return error;
}

static void an_address_comes_at_once_and_a_name_when_it_was_looked_up(void **state) {
  struct seen seen;
  assert_int_equal(follow(&seen, "tcp://192.0.2.7:7100,tcp://localhost:7101,inproc://hub", 1500), 0);
  assert_string_equal(seen.text, "+tcp://192.0.2.7:7100 +inproc://hub +tcp://127.0.0.1:7101 ");
}

static void a_name_that_nobody_knows_brings_nothing_and_keeps_nobody_waiting(void **state) {
  struct seen seen;
  assert_int_equal(follow(&seen, "tcp://hub.invalid:7100", 1), 0);
  assert_string_equal(seen.text, "");
}

static void what_is_no_endpoint_is_refused(void **state) {
  struct seen seen;
  assert_int_equal(follow(&seen, "tcp://hub", 1), -EINVAL);
  assert_int_equal(follow(&seen, "tcp://:7100", 1), -EINVAL);
  assert_int_equal(follow(&seen, "tcp://hub:many", 1), -EINVAL);
}

// As when its name leaves an answer out three times in a row.
static void who_is_missed_too_often_goes(void **state) {
  struct seen seen = {0};
  assert_int_equal(loop_init(&seen.loop, NULL), 0);
  assert_int_equal(
      hubs_init(
          &seen.hubs,
          &(struct hubs_settings){
              .loop = &seen.loop.uv, .endpoints = "tcp://localhost:7101", .came = came, .went = went, .owner = &seen}),
      0);
  seen.hubs.names[0].addresses[3] = (struct hubs_address){.endpoint = "tcp://192.0.2.9:7101"};
  uv_timer_t timer;
  uv_timer_init(&seen.loop.uv, &timer);
  timer.data = &seen.loop;
  uv_timer_start(&timer, stop, 2500, 0);
  assert_int_equal(loop_run(&seen.loop), 0);
  hubs_close(&seen.hubs, closed);
  assert_int_equal(loop_finish(&seen.loop), 0);
  assert_string_equal(seen.text, "+tcp://127.0.0.1:7101 -tcp://192.0.2.9:7101 ");
}

RUN_TESTS(TEST(an_address_comes_at_once_and_a_name_when_it_was_looked_up),
          TEST(a_name_that_nobody_knows_brings_nothing_and_keeps_nobody_waiting), TEST(what_is_no_endpoint_is_refused),
          TEST(who_is_missed_too_often_goes))
