#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "loop/health.h"
#include "loop/loop.h"

struct fixture {
  struct loop loop;
  struct wall_timer timer;
  char path[32];
  char order[8];
  int fired;
};

static void write_clock(const char *path, const char *text) {
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
}

static void timer_due(struct wall_timer *timer) {
  struct fixture *fixture = container_of(timer, struct fixture, timer);
  fixture->fired++;
  loop_stop(timer->loop);
}

static void jump(uv_timer_t *timer) {
  struct fixture *fixture = timer->data;
  write_clock(fixture->path, "2026-04-01T00:00:00Z");
}

static void a_wall_timer_fires_when_the_injected_clock_jumps(void **state) {
  struct fixture fixture = {.path = "/tmp/pulih-loop-XXXXXX"};
  close(mkstemp(fixture.path));
  write_clock(fixture.path, "2026-03-01T00:00:00Z");
  assert_int_equal(loop_init(&fixture.loop, fixture.path), 0);
  wall_timer_start(&fixture.loop, &fixture.timer, loop_wall_us(&fixture.loop) + INT64_C(86400000000), timer_due);
  uv_timer_t later;
  uv_timer_init(&fixture.loop.uv, &later);
  later.data = &fixture;
  uv_timer_start(&later, jump, 20, 0);
  assert_int_equal(loop_run(&fixture.loop), 0);
  assert_int_equal(fixture.fired, 1);
  assert_int_equal(loop_finish(&fixture.loop), 0);
  unlink(fixture.path);
}

static void a_wall_timer_fires_by_the_real_clock(void **state) {
  struct fixture fixture = {0};
  assert_int_equal(loop_init(&fixture.loop, NULL), 0);
  wall_timer_start(&fixture.loop, &fixture.timer, loop_wall_us(&fixture.loop) + 5000, timer_due);
  assert_int_equal(loop_run(&fixture.loop), 0);
  assert_int_equal(fixture.fired, 1);
  assert_int_equal(loop_finish(&fixture.loop), 0);
}

struct part {
  struct loop_stopper stopper;
  struct fixture *fixture;
  uv_timer_t timer;
  char name;
};

static void part_gone(uv_timer_t *timer) {
  loop_stopped(timer->data);
}

static void part_stop(struct loop_stopper *stopper) {
  struct part *part = container_of(stopper, struct part, stopper);
  part->fixture->order[strlen(part->fixture->order)] = part->name;
  uv_timer_start(&part->timer, part_gone, 1, 0);
}

static void what_was_added_last_stops_first_and_sigterm_begins_it(void **state) {
  struct fixture fixture = {0};
  struct part parts[3] = {{.name = 'a'}, {.name = 'b'}, {.name = 'c'}};
  assert_int_equal(loop_init(&fixture.loop, NULL), 0);
  for (int i = 0; i < 3; i++) {
    parts[i].fixture = &fixture;
    parts[i].stopper.stop = part_stop;
    uv_timer_init(&fixture.loop.uv, &parts[i].timer);
    parts[i].timer.data = &parts[i].stopper;
    loop_add_stopper(&fixture.loop, &parts[i].stopper);
  }
  kill(getpid(), SIGTERM);
  assert_int_equal(loop_run(&fixture.loop), 0);
  assert_string_equal(fixture.order, "cba");
  assert_int_equal(loop_finish(&fixture.loop), 0);
}

// Who asks is another process, as with --health.
struct asking {
  struct health health;
  uv_timer_t look;
  pid_t child;
  const char *missing;
  int exit_code;
};

static const char *what_is_missing(void *owner) {
  return ((struct asking *)owner)->missing;
}

static void look(uv_timer_t *timer) {
  struct asking *asking = timer->data;
  int status;
  if (waitpid(asking->child, &status, WNOHANG) != asking->child) return;
  asking->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  loop_stop(asking->health.loop);
}

static int ask(const char *missing, const char *path, char *how) {
  struct loop loop;
  struct asking asking = {.missing = missing};
  assert_int_equal(loop_init(&loop, NULL), 0);
  assert_int_equal(health_serve(&asking.health, &loop, path, what_is_missing, &asking), 0);
  asking.child = fork();
  if (!asking.child) _exit(health_ask((char *[]){"pulih-thing", how}));
  uv_timer_init(&loop.uv, &asking.look);
  asking.look.data = &asking;
  uv_timer_start(&asking.look, look, 5, 5);
  assert_int_equal(loop_run(&loop), 0);
  assert_int_equal(loop_finish(&loop), 0);
  return asking.exit_code;
}

static void a_process_tells_whether_it_serves(void **state) {
  char folder[] = "/tmp/pulih-health-XXXXXX", path[64];
  assert_non_null(mkdtemp(folder));
  snprintf(path, sizeof path, "%s/socket", folder);
  setenv(HEALTH_SETTING, path, 1);
  assert_int_equal(health_ask((char *[]){"pulih-thing", "--health"}), 1);  // nobody is there
  assert_int_equal(ask(NULL, path, "--health"), 0);
  assert_int_equal(ask("no hub has said Welcome", path, "--health"), 1);
  assert_int_equal(ask("no hub has said Welcome", path, "--live"), 0);
  write_clock(path, "what a killed process left");
  assert_int_equal(ask(NULL, path, "--health"), 0);
  unsetenv(HEALTH_SETTING);
  assert_int_equal(health_ask((char *[]){"pulih-thing", "--live"}), 1);
  rmdir(folder);
}

RUN_TESTS(TEST(a_wall_timer_fires_when_the_injected_clock_jumps), TEST(a_wall_timer_fires_by_the_real_clock),
          TEST(what_was_added_last_stops_first_and_sigterm_begins_it), TEST(a_process_tells_whether_it_serves))
