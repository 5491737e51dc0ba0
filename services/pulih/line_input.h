// Lines from a file descriptor, read on the loop, so that answers are taken while a slow writer is waited for.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

struct line_input {
  uv_loop_t *loop;
  uv_fs_t request;
  int descriptor;
  char *data;
  size_t start, end, room, limit;
  bool reading, ended;
  int error;  // why it ended, if not by the end of the file: -EFBIG for a line of more than `limit` bytes, or -errno
};

void line_input_init(struct line_input *input, uv_loop_t *loop, int descriptor, size_t limit);
// The next line, without its end; valid until the next call. False when it hasn't come yet: run the loop and ask again.
bool line_input_take(struct line_input *input, const char **ret_line, size_t *ret_size);
// Every line has been taken.
bool line_input_at_end(const struct line_input *input);
// When it is at its end.
void line_input_finish(struct line_input *input);
