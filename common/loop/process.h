// What every process does alike: options, settings, logs, limits, loop and health. A main() says what is its own and
// calls process_main().
#pragma once

#include "base/arena.h"
#include "base/config.h"
#include "loop/health.h"
#include "loop/loop.h"

enum { PROCESS_TABLES_MAX = 2 };

struct process {
  const char *name;     // "hub"
  const char *summary;  // one line, for --help
  struct {
    const struct setting *rows;  // NULL: none
    void *values;
  } tables[PROCESS_TABLES_MAX];
  // May be NULL: says what else is wrong with the values, a line each, and gives how many.
  int (*check)(void *owner);
  // A negative error; what failed is in the log. It leaves behind nothing that has to be wound up.
  int (*start)(void *owner);
  const char *(*why_not_serving)(void *owner);  // struct health; also asked before `start` is done
  // After a run, with loop_finish() in its place.
  void (*finish)(void *owner);
  void *owner;
  struct loop *loop;
  // Made here.
  const char *clock_file, *log_level, *health_socket;
  char instance[48];   // "hub-1f2e3d4c": unique wherever it runs; in a container every process is number 1
  struct arena arena;  // the settings' texts
  struct health health;
};

// Gives the exit status.
int process_main(int argc, char **argv, struct process *process);
