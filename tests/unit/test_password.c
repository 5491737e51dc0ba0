#include "unit.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <uv.h>

#include "crypto/password.h"

enum { JOBS = 6 };

static uv_loop_t loop;
static struct password_line line;
static struct password_job jobs[JOBS];
static int results[JOBS], order[JOBS], done_count;
static unsigned most_running;

static void note_done(struct password_job *job, int result) {
  int index = (int)(job - jobs);
  results[index] = result;
  order[done_count++] = index;
  if (line.running > most_running) most_running = line.running;
}

static int set_up(void **state) {
  memset(jobs, 0, sizeof jobs);
  for (int i = 0; i < JOBS; i++) {
    jobs[i] = (struct password_job){.done = note_done, .password = "kuda liar berlari"};
    results[i] = 1;
  }
  done_count = 0;
  most_running = 0;
  uv_loop_init(&loop);
  password_line_init(&line, &loop, 2);
  return 0;
}

static int tear_down(void **state) {
  uv_run(&loop, UV_RUN_DEFAULT);
  return uv_loop_close(&loop);
}

static void a_hash_knows_its_password_and_no_other(void **state) {
  assert_int_equal(password_hash(&line, &jobs[0]), 0);
  uv_run(&loop, UV_RUN_DEFAULT);
  assert_int_equal(results[0], 0);
  assert_int_equal(strncmp(jobs[0].hash, "$argon2id$v=19$m=65536,t=3,p=1$", 31), 0);
  jobs[2].password = "kuda liar berlarI";
  assert_int_equal(password_verify(&line, &jobs[1], jobs[0].hash), 0);
  assert_int_equal(password_verify(&line, &jobs[2], jobs[0].hash), 0);
  uv_run(&loop, UV_RUN_DEFAULT);
  assert_int_equal(results[1], 0);
  assert_int_equal(results[2], -EACCES);
}

static void nobody_takes_as_long_as_somebody(void **state) {
  password_hash(&line, &jobs[0]);
  uv_run(&loop, UV_RUN_DEFAULT);
  uint64_t start = uv_hrtime();
  password_verify(&line, &jobs[1], jobs[0].hash);
  uv_run(&loop, UV_RUN_DEFAULT);
  uint64_t somebody = uv_hrtime() - start;
  start = uv_hrtime();
  password_verify(&line, &jobs[2], NULL);
  uv_run(&loop, UV_RUN_DEFAULT);
  uint64_t nobody = uv_hrtime() - start;
  assert_int_equal(results[2], -EACCES);
  // Generous, for a busy machine: without the work it would be a thousand times less.
  assert_in_range(nobody, somebody / 4, somebody * 4);
}

static void two_run_two_wait_and_the_rest_come_back(void **state) {
  for (int i = 0; i < 4; i++) assert_int_equal(password_hash(&line, &jobs[i]), 0);
  assert_int_equal(password_hash(&line, &jobs[4]), -EBUSY);
  assert_int_equal(line.running, 2);
  assert_int_equal(line.waiting_gauge.value, 2);
  assert_int_equal(line.refused_total.value, 1);
  uv_run(&loop, UV_RUN_DEFAULT);
  assert_int_equal(done_count, 4);
  assert_int_equal(line.waiting_gauge.value, 0);
  assert_in_range(most_running, 1, 2);
  assert_int_equal(results[4], 1);
  assert_int_equal(password_hash(&line, &jobs[4]), 0);
}

static void one_whose_caller_has_gone_is_not_begun(void **state) {
  uv_update_time(&loop);
  password_hash(&line, &jobs[0]);
  password_hash(&line, &jobs[1]);
  jobs[2].deadline_ms = uv_now(&loop) + 1;
  password_hash(&line, &jobs[2]);
  password_hash(&line, &jobs[3]);
  uv_run(&loop, UV_RUN_DEFAULT);
  assert_int_equal(done_count, 4);
  assert_int_equal(results[2], -ETIMEDOUT);
  assert_int_equal(results[3], 0);
}

static void a_broken_hash_is_no_password(void **state) {
  password_verify(&line, &jobs[0], "$argon2id$v=19$m=65536,t=3,p=1$short");
  uv_run(&loop, UV_RUN_DEFAULT);
  assert_int_not_equal(results[0], 0);
}

static void only_the_length_is_judged(void **state) {
  assert_false(password_fits("123456789"));
  assert_true(password_fits("1234567890"));
  char longest[PASSWORD_MOST + 2];
  memset(longest, 'x', sizeof longest);
  longest[PASSWORD_MOST + 1] = '\0';
  assert_false(password_fits(longest));
  longest[PASSWORD_MOST] = '\0';
  assert_true(password_fits(longest));
}

#define LINE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  if (sodium_init() < 0) return 1;
  const struct CMUnitTest tests[] = {
      LINE_TEST(a_hash_knows_its_password_and_no_other),
      LINE_TEST(nobody_takes_as_long_as_somebody),
      LINE_TEST(two_run_two_wait_and_the_rest_come_back),
      LINE_TEST(one_whose_caller_has_gone_is_not_begun),
      LINE_TEST(a_broken_hash_is_no_password),
      TEST(only_the_length_is_judged),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
