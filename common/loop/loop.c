// Design. Wall-clock timers live in one unsorted list (a process has a handful) behind one uv_timer armed for the
// earliest. A real wall clock can be set back or forward under us, so the uv_timer never sleeps longer than
// WAKE_MAX_MS; an injected clock stands still, so nothing is armed and the file's change is what wakes us.
#include "loop/loop.h"

#include <stdlib.h>

#include "base/log.h"

enum { WAKE_MAX_MS = 60000, STOP_DEADLINE_MS = 10000 };

static void wall_wake(uv_timer_t *wake);

static void arm_wall_wake(struct loop *loop) {
  int64_t earliest_us = INT64_MAX;
  for (struct wall_timer *timer = loop->wall_timers; timer; timer = timer->next)
    if (timer->due_us < earliest_us) earliest_us = timer->due_us;
  int64_t now_us = loop_wall_us(loop);
  bool due = earliest_us <= now_us;
  if (earliest_us == INT64_MAX || (!due && clock_is_injected(&loop->clock))) {
    uv_timer_stop(&loop->wall_wake);
    return;
  }
  int64_t wait_ms = due ? 0 : (earliest_us - now_us) / 1000 + 1;
  uv_timer_start(&loop->wall_wake, wall_wake, (uint64_t)(wait_ms < WAKE_MAX_MS ? wait_ms : WAKE_MAX_MS), 0);
}

// One due timer after another, each taken off the list first: its callback may arm, move or stop any of them.
static void wall_wake(uv_timer_t *wake) {
  struct loop *loop = wake->data;
  int64_t now_us = loop_wall_us(loop);
  for (struct wall_timer *timer = loop->wall_timers; timer;) {
    if (timer->due_us > now_us) {
      timer = timer->next;
      continue;
    }
    wall_timer_stop(timer);
    timer->due(timer);
    timer = loop->wall_timers;
  }
  arm_wall_wake(loop);
}

void wall_timer_start(struct loop *loop, struct wall_timer *timer, int64_t due_us,
                      void (*due)(struct wall_timer *timer)) {
  if (!timer->armed) {
    timer->next = loop->wall_timers;
    loop->wall_timers = timer;
  }
  timer->armed = true;
  timer->loop = loop;
  timer->due_us = due_us;
  timer->due = due;
  arm_wall_wake(loop);
}

void wall_timer_stop(struct wall_timer *timer) {
  if (!timer->armed) return;
  struct wall_timer **at = &timer->loop->wall_timers;
  while (*at != timer) at = &(*at)->next;
  *at = timer->next;
  timer->armed = false;
}

static void clock_changed(uv_fs_event_t *watch, const char *name, int events, int status) {
  struct loop *loop = watch->data;
  bool jumped;
  // A file that is being written is read again at the next change.
  if (!clock_refresh(&loop->clock, &jumped) && jumped) arm_wall_wake(loop);
}

static void stop_next(struct loop *loop) {
  struct loop_stopper *stopper = loop->stoppers;
  if (!stopper) {
    uv_stop(&loop->uv);
    return;
  }
  if (stopper->stopping) return;
  stopper->stopping = true;
  stopper->stop(stopper);
}

static void stop_took_too_long(uv_timer_t *timer) {
  struct loop *loop = timer->data;
  LOG(ERROR, "STOP_TOOK_TOO_LONG", log_number("limit_ms", STOP_DEADLINE_MS));
  loop->stoppers = NULL;
  uv_stop(&loop->uv);
}

void loop_stop(struct loop *loop) {
  if (loop->stopping) return;
  loop->stopping = true;
  uv_timer_start(&loop->stop_deadline, stop_took_too_long, STOP_DEADLINE_MS, 0);
  stop_next(loop);
}

void loop_add_stopper(struct loop *loop, struct loop_stopper *stopper) {
  stopper->loop = loop;
  stopper->stopping = false;
  stopper->next = loop->stoppers;
  loop->stoppers = stopper;
}

void loop_stopped(struct loop_stopper *stopper) {
  struct loop *loop = stopper->loop;
  if (loop->stoppers != stopper) return;
  loop->stoppers = stopper->next;
  stop_next(loop);
}

static void signalled(uv_signal_t *signal, int number) {
  struct loop *loop = signal->data;
  if (++loop->stop_signals > 1) {
    LOG(WARNING, "STOPPED_AT_ONCE", log_number("signal", number));
    exit(1);
  }
  LOG(INFO, "STOPPING", log_number("signal", number));
  loop_stop(loop);
}

static int watch_clock(struct loop *loop, const char *file) {
  int error = clock_init(&loop->clock, file);
  if (error || !file) return error;
  error = uv_fs_event_init(&loop->uv, &loop->clock_watch);
  if (error) return error;
  loop->clock_watch.data = loop;
  error = uv_fs_event_start(&loop->clock_watch, clock_changed, file, 0);
  uv_unref((uv_handle_t *)&loop->clock_watch);
  return error;
}

int loop_init(struct loop *loop, const char *clock_file) {
  *loop = (struct loop){0};
  int error = uv_loop_init(&loop->uv);
  if (error) return error;
  uv_timer_init(&loop->uv, &loop->wall_wake);
  uv_timer_init(&loop->uv, &loop->stop_deadline);
  uv_signal_init(&loop->uv, &loop->terminate);
  uv_signal_init(&loop->uv, &loop->interrupt);
  loop->wall_wake.data = loop->stop_deadline.data = loop->terminate.data = loop->interrupt.data = loop;
  error = watch_clock(loop, clock_file);
  if (!error) error = uv_signal_start(&loop->terminate, signalled, SIGTERM);
  if (!error) error = uv_signal_start(&loop->interrupt, signalled, SIGINT);
  if (error) loop_finish(loop);
  return error;
}

int loop_run(struct loop *loop) {
  int error = uv_run(&loop->uv, UV_RUN_DEFAULT);
  return error < 0 ? error : 0;
}

static void close_handle(uv_handle_t *handle, void *unused) {
  if (!uv_is_closing(handle)) uv_close(handle, NULL);
}

int loop_finish(struct loop *loop) {
  uv_walk(&loop->uv, close_handle, NULL);
  uv_run(&loop->uv, UV_RUN_DEFAULT);
  return uv_loop_close(&loop->uv);
}
