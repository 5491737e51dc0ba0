// Call sheets that are drawn once for all who want the same one. cat draws here: what it is given is the PDF.
#include "unit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop/loop.h"
#include "notifications/drawings.h"

enum { WANTED = DRAWINGS_KEPT_MOST + 3, INPUT_BYTES = 40 };

struct fixture {
  uv_loop_t loop;
  struct program program;
  struct drawings drawings;
  struct drawing_wanted wanted[WANTED];
  char inputs[WANTED][INPUT_BYTES];
  int done;
};

static int set_up(void **state) {
  struct fixture *fixture = calloc(1, sizeof *fixture);
  signal(SIGPIPE, SIG_IGN);
  uv_loop_init(&fixture->loop);
  assert_int_equal(program_init(&fixture->program, &fixture->loop, "nothing"), 0);
  strcpy(fixture->program.path, "/bin/cat");
  fixture->program.limit_ms = 20000;
  fixture->program.output_limit_bytes = INPUT_BYTES;
  fixture->program.most = 2;
  drawings_init(&fixture->drawings, &fixture->program);
  *state = fixture;
  return 0;
}

static void closed(void *owner) {
  (void)owner;
}

static int tear_down(void **state) {
  struct fixture *fixture = *state;
  for (int i = 0; i < WANTED; i++) drawings_release(&fixture->wanted[i]);
  drawings_close(&fixture->drawings, closed, NULL);
  uv_run(&fixture->loop, UV_RUN_DEFAULT);
  assert_int_equal(uv_loop_close(&fixture->loop), 0);
  free(fixture);
  return 0;
}

static void done(struct drawing_wanted *wanted) {
  struct fixture *fixture = wanted->owner;
  fixture->done++;
}

static void want(struct fixture *fixture, int i, int sheet) {
  char *input = fixture->inputs[i];
  int size = snprintf(input, INPUT_BYTES, "%%PDF-1.7 sheet %d\n%%%%EOF\n", sheet);
  fixture->wanted[i] =
      (struct drawing_wanted){.input = input, .input_size = (size_t)size, .done = done, .owner = fixture};
  drawings_want(&fixture->drawings, &fixture->wanted[i]);
}

static void assert_has(struct fixture *fixture, int i) {
  const struct drawing_wanted *wanted = &fixture->wanted[i];
  assert_string_equal(wanted->problem, "");
  assert_int_equal(wanted->size, wanted->input_size);
  assert_memory_equal(wanted->data, wanted->input, wanted->size);
}

static void who_wants_the_same_at_once_waits_for_one_drawing(void **state) {
  struct fixture *fixture = *state;
  for (int i = 0; i < WANTED; i++) want(fixture, i, i % 3);
  assert_int_equal(fixture->done, 0);
  uv_run(&fixture->loop, UV_RUN_DEFAULT);
  assert_int_equal(fixture->done, WANTED);
  assert_int_equal(fixture->drawings.drawn, 3);
  assert_int_equal(fixture->drawings.reused, WANTED - 3);
  for (int i = 0; i < WANTED; i++) {
    assert_has(fixture, i);
    assert_int_equal(fixture->wanted[i].first, i < 3);
  }
}

static void what_was_drawn_a_moment_ago_is_there_and_what_differs_in_a_byte_is_not(void **state) {
  struct fixture *fixture = *state;
  want(fixture, 0, 1);
  uv_run(&fixture->loop, UV_RUN_DEFAULT);
  drawings_release(&fixture->wanted[0]);
  want(fixture, 1, 1);
  assert_int_equal(fixture->done, 2);
  assert_has(fixture, 1);
  want(fixture, 2, 2);
  uv_run(&fixture->loop, UV_RUN_DEFAULT);
  assert_has(fixture, 2);
  assert_int_equal(fixture->drawings.drawn, 2);
}

static void few_are_kept_and_the_oldest_goes_first(void **state) {
  struct fixture *fixture = *state;
  for (int i = 0; i <= DRAWINGS_KEPT_MOST; i++) {
    want(fixture, i, i);
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
  }
  assert_int_equal(fixture->drawings.kept_count, DRAWINGS_KEPT_MOST);
  assert_has(fixture, 0);  // as long as it isn't released
  want(fixture, WANTED - 1, 1);
  assert_has(fixture, WANTED - 1);
  assert_int_equal(fixture->drawings.reused, 1);
  want(fixture, WANTED - 2, 0);
  assert_true(fixture->wanted[WANTED - 2].first);
  uv_run(&fixture->loop, UV_RUN_DEFAULT);
}

static void more_bytes_than_may_be_are_given_and_not_kept(void **state) {
  struct fixture *fixture = *state;
  fixture->drawings.kept_bytes_most = 1;
  want(fixture, 0, 1);
  uv_run(&fixture->loop, UV_RUN_DEFAULT);
  assert_has(fixture, 0);
  assert_int_equal(fixture->drawings.kept_count, 0);
  assert_int_equal(fixture->drawings.kept_bytes, 0);
}

static void what_is_old_is_forgotten_without_being_asked(void **state) {
  struct fixture *fixture = *state;
  fixture->drawings.keep_ms = 30;
  want(fixture, 0, 1);
  uv_ref((uv_handle_t *)&fixture->drawings.forget);
  uv_run(&fixture->loop, UV_RUN_DEFAULT);
  assert_int_equal(fixture->drawings.drawn, 1);
  assert_int_equal(fixture->drawings.kept_count, 0);
  want(fixture, 1, 1);
  assert_true(fixture->wanted[1].first);
  uv_run(&fixture->loop, UV_RUN_DEFAULT);
}

static void one_that_fails_fails_for_all_who_wait_and_is_tried_again(void **state) {
  struct fixture *fixture = *state;
  strcpy(fixture->program.path, "/bin/false");
  want(fixture, 0, 1);
  want(fixture, 1, 1);
  uv_run(&fixture->loop, UV_RUN_DEFAULT);
  assert_string_equal(fixture->wanted[0].problem, "ended with status 1");
  assert_string_equal(fixture->wanted[1].problem, "ended with status 1");
  assert_null(fixture->wanted[1].data);
  assert_true(fixture->wanted[0].first && !fixture->wanted[1].first);
  strcpy(fixture->program.path, "/bin/true");
  want(fixture, 2, 1);
  uv_run(&fixture->loop, UV_RUN_DEFAULT);
  assert_string_equal(fixture->wanted[2].problem, "gave something else than a PDF");
  strcpy(fixture->program.path, "/bin/cat");
  want(fixture, 3, 1);
  uv_run(&fixture->loop, UV_RUN_DEFAULT);
  assert_has(fixture, 3);
  assert_int_equal(fixture->drawings.failed, 2);
  assert_int_equal(fixture->drawings.drawn, 1);
}

#define ONE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
RUN_TESTS(ONE(who_wants_the_same_at_once_waits_for_one_drawing),
          ONE(what_was_drawn_a_moment_ago_is_there_and_what_differs_in_a_byte_is_not),
          ONE(few_are_kept_and_the_oldest_goes_first), ONE(more_bytes_than_may_be_are_given_and_not_kept),
          ONE(what_is_old_is_forgotten_without_being_asked),
          ONE(one_that_fails_fails_for_all_who_wait_and_is_tried_again))
