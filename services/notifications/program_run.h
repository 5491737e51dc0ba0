// Runs a program of ours beside the loop: bytes to its standard input, bytes from its standard output. It is the one
// beside our own executable, whatever PATH says; it gets no environment, and standard error is ours. One that takes too
// long or says too much is killed.
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/list.h"

// Outlives its runs; more of them than `most` wait for each other.
struct program {
  uv_loop_t *loop;
  char path[PATH_MAX];
  uint32_t limit_ms;          // longest time of one run
  size_t output_limit_bytes;  // most that one may say
  int most, running;
  struct list waiting;  // of struct program_run
};

// The caller's, zeroed at first. Once `done` is called it may be started again.
struct program_run {
  const void *input;  // until `done`
  size_t input_size;
  void (*done)(struct program_run *run);
  void *owner;
  // What came of it; the output is the owner's to free.
  char problem[128];  // "was killed by signal 9"; empty when it ended well
  char *output;
  size_t output_size;
  // the run's own
  struct program *program;
  struct list link;
  uv_process_t process;
  uv_pipe_t in, out;
  uv_timer_t deadline;
  uv_write_t write;
  size_t room;
  int handles;  // not closed yet
  bool exited, at_end;
};

// `name` without a folder. A negative libuv error.
int program_init(struct program *program, uv_loop_t *loop, const char *name);
// `done` is called once, never from within.
void program_start(struct program *program, struct program_run *run);
