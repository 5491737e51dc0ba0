// One thread, one libuv loop: wall-clock timers that follow the injected clock, and an ordered stop.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/clock.h"

struct loop;

// Something that must end before what was added earlier does. `stop` is called once, when everything added later has
// called loop_stopped(); it may take its time, and ends with loop_stopped().
struct loop_stopper {
  void (*stop)(struct loop_stopper *stopper);
  struct loop *loop;
  struct loop_stopper *next;
  bool stopping;
};

// Fires once when the wall clock reaches `due_us`, also when it gets there by a jump.
struct wall_timer {
  void (*due)(struct wall_timer *timer);
  int64_t due_us;
  struct loop *loop;
  struct wall_timer *next;
  bool armed;
};

struct loop {
  uv_loop_t uv;
  struct clock clock;
  struct loop_stopper *stoppers;
  struct wall_timer *wall_timers;
  uv_timer_t wall_wake, stop_deadline;
  uv_fs_event_t clock_watch;
  uv_signal_t terminate, interrupt;
  int stop_signals;
  bool stopping;
};

// SIGTERM and SIGINT begin the stop; a second one, or `stop_deadline` of 10 s, ends the process. `clock_file` may be
// NULL.
int loop_init(struct loop *loop, const char *clock_file);
// Runs until stopped. 0, or a negative libuv error.
int loop_run(struct loop *loop);
int loop_finish(struct loop *loop);

void loop_add_stopper(struct loop *loop, struct loop_stopper *stopper);
void loop_stop(struct loop *loop);
void loop_stopped(struct loop_stopper *stopper);

// Monotonic milliseconds, for deadlines and durations.
static inline uint64_t loop_now_ms(struct loop *loop) {
  return uv_now(&loop->uv);
}
static inline int64_t loop_wall_us(struct loop *loop) {
  return clock_now_us(&loop->clock);
}

// Arms it, or moves it when it is armed.
void wall_timer_start(struct loop *loop, struct wall_timer *timer, int64_t due_us,
                      void (*due)(struct wall_timer *timer));
void wall_timer_stop(struct wall_timer *timer);

#define container_of(pointer, type, member) ((type *)((char *)(pointer)-offsetof(type, member)))
