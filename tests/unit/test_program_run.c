// Programs that are run beside the loop, real ones: what they are given, what they say, and how many there are at once.
// What a drawer of call sheets can do wrong is in tests/smtp.
#include "unit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop/loop.h"
#include "notifications/program_run.h"

enum { RUNS = 7, AT_ONCE = 2, BYTES = 1024 * 1024 };

struct fixture {
  uv_loop_t loop;
  struct program program;
  struct program_run runs[RUNS];
  int done, most_running;
  char *input;
};

static int set_up(void **state) {
  struct fixture *fixture = calloc(1, sizeof *fixture);
  signal(SIGPIPE, SIG_IGN);
  uv_loop_init(&fixture->loop);
  assert_int_equal(program_init(&fixture->program, &fixture->loop, "nothing"), 0);
  fixture->program.limit_ms = 20000;
  fixture->program.output_limit_bytes = BYTES;
  fixture->program.most = AT_ONCE;
  fixture->input = malloc(BYTES);
  for (size_t i = 0; i < BYTES; i++) fixture->input[i] = (char)(i * 7 / 3);
  *state = fixture;
  return 0;
}

static int tear_down(void **state) {
  struct fixture *fixture = *state;
  assert_int_equal(uv_loop_close(&fixture->loop), 0);
  for (int i = 0; i < RUNS; i++) free(fixture->runs[i].output);
  free(fixture->input);
  free(fixture);
  return 0;
}

static void done(struct program_run *run) {
  struct fixture *fixture = run->owner;
  fixture->done++;
  if (fixture->program.running > fixture->most_running) fixture->most_running = fixture->program.running;
}

static void run_all(struct fixture *fixture, const char *path, int count) {
  snprintf(fixture->program.path, sizeof fixture->program.path, "%s", path);
  for (int i = 0; i < count; i++) {
    fixture->runs[i] =
        (struct program_run){.input = fixture->input, .input_size = BYTES - (size_t)i, .done = done, .owner = fixture};
    program_start(&fixture->program, &fixture->runs[i]);
  }
  assert_int_equal(fixture->done, 0);
  uv_run(&fixture->loop, UV_RUN_DEFAULT);
  assert_int_equal(fixture->done, count);
  assert_int_equal(fixture->program.running, 0);
}

static void it_is_the_one_beside_our_own_executable(void **state) {
  struct fixture *fixture = *state;
  char own[PATH_MAX];
  size_t size = sizeof own;
  uv_exepath(own, &size);
  snprintf(strrchr(own, '/'), 20, "/nothing");
  assert_string_equal(fixture->program.path, own);
}

static void all_that_is_said_arrives_and_few_run_at_once(void **state) {
  struct fixture *fixture = *state;
  run_all(fixture, "/bin/cat", RUNS);
  for (int i = 0; i < RUNS; i++) {
    assert_string_equal(fixture->runs[i].problem, "");
    assert_int_equal(fixture->runs[i].output_size, BYTES - i);
    assert_memory_equal(fixture->runs[i].output, fixture->input, BYTES - (size_t)i);
  }
  assert_int_equal(fixture->most_running, AT_ONCE);
}

static void one_that_reads_nothing_of_much_harms_nobody(void **state) {
  struct fixture *fixture = *state;
  run_all(fixture, "/bin/true", RUNS);
  for (int i = 0; i < RUNS; i++) {
    assert_string_equal(fixture->runs[i].problem, "");
    assert_int_equal(fixture->runs[i].output_size, 0);
  }
}

static void those_behind_one_that_cant_be_started_have_their_turn(void **state) {
  struct fixture *fixture = *state;
  run_all(fixture, "/nowhere/program", RUNS);
  for (int i = 0; i < RUNS; i++) assert_non_null(strstr(fixture->runs[i].problem, "couldn't be started"));
}

static void one_that_says_too_much_or_takes_too_long_is_killed(void **state) {
  struct fixture *fixture = *state;
  fixture->program.output_limit_bytes = BYTES / 2;
  run_all(fixture, "/bin/cat", 1);
  assert_string_equal(fixture->runs[0].problem, "said more than 524288 bytes");
  free(fixture->runs[0].output);
  fixture->done = 0;
  fixture->program.limit_ms = 50;
  fixture->program.output_limit_bytes = SIZE_MAX;
  run_all(fixture, "/usr/bin/yes", 1);
  assert_string_equal(fixture->runs[0].problem, "took longer than 50 ms");
}

#define ONE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
RUN_TESTS(ONE(it_is_the_one_beside_our_own_executable), ONE(all_that_is_said_arrives_and_few_run_at_once),
          ONE(one_that_reads_nothing_of_much_harms_nobody), ONE(those_behind_one_that_cant_be_started_have_their_turn),
          ONE(one_that_says_too_much_or_takes_too_long_is_killed))
