// Call sheets that a program draws, each once for all who get the same one: whoever wants one that is being drawn waits
// for it, and the last few are kept for a moment. The same is what is drawn from the same bytes, so what has changed is
// another one. They hold names: they are in memory alone, and not for long.
#pragma once

#include "base/list.h"
#include "program_run.h"

struct drawing;

enum { DRAWINGS_KEPT_MOST = 16 };

// Outlives what is wanted of it.
struct drawings {
  struct program *program;
  size_t kept_bytes_most;  // of all that are kept
  uint32_t keep_ms;
  // How many were drawn, how many couldn't be, and how often one was had without drawing.
  uint64_t drawn, failed, reused;
  // its own
  struct list running;                       // of struct drawing
  struct drawing *kept[DRAWINGS_KEPT_MOST];  // the oldest first
  int kept_count;
  size_t kept_bytes;
  uv_timer_t forget;
  void (*closed)(void *owner);
  void *owner;
};

// The caller's, zeroed at first. Once `done` was called it may be released, and want something again.
struct drawing_wanted {
  const void *input;  // until `done`
  size_t input_size;
  void (*done)(struct drawing_wanted *wanted);
  void *owner;
  // What came of it, until it is released.
  const char *problem;  // "was killed by signal 9"; empty when it ended well
  const char *data;     // a whole PDF; NULL with a problem
  size_t size;
  bool first;  // it was drawn for this one
  // its own
  struct list link;
  struct drawing *drawing;
};

void drawings_init(struct drawings *drawings, struct program *program);
// Calls `done` once, perhaps from within.
void drawings_want(struct drawings *drawings, struct drawing_wanted *wanted);
// Nothing where it has nothing.
void drawings_release(struct drawing_wanted *wanted);
// Forgets what is kept, and calls `closed`. Only when nothing is being drawn.
void drawings_close(struct drawings *drawings, void (*closed)(void *owner), void *owner);
