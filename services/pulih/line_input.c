#include "line_input.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM_BYTES = 64 * 1024 };

void line_input_init(struct line_input *input, uv_loop_t *loop, int descriptor, size_t limit) {
  *input = (struct line_input){.loop = loop, .descriptor = descriptor, .limit = limit};
}

static void end_input(struct line_input *input, int error) {
  input->ended = true;
  input->error = error;
  if (error) input->start = input->end;
}

static void read_some(uv_fs_t *request) {
  struct line_input *input = request->data;
  ssize_t size = request->result;
  uv_fs_req_cleanup(request);
  input->reading = false;
  if (size <= 0) end_input(input, (int)size);
  if (size > 0) input->end += (size_t)size;
}

static void start_read(struct line_input *input) {
  if (input->start) memmove(input->data, input->data + input->start, input->end - input->start);
  input->end -= input->start;
  input->start = 0;
  if (input->end == input->room) {
    size_t room = input->room ? 2 * input->room : FIRST_ROOM_BYTES;
    char *larger = room <= 2 * input->limit ? realloc(input->data, room) : NULL;
    if (!larger) {
      end_input(input, UV_EFBIG);
      return;
    }
    input->data = larger;
    input->room = room;
  }
  uv_buf_t buffer = uv_buf_init(input->data + input->end, (unsigned)(input->room - input->end));
  input->request.data = input;
  int error = uv_fs_read(input->loop, &input->request, input->descriptor, &buffer, 1, -1, read_some);
  if (error) end_input(input, error);
  input->reading = !error;
}

bool line_input_take(struct line_input *input, const char **ret_line, size_t *ret_size) {
  size_t size = input->end - input->start;
  char *line = input->data + input->start, *end = size ? memchr(line, '\n', size) : NULL;
  if (!end && !(input->ended && size)) {
    if (!input->ended && !input->reading) start_read(input);
    return false;
  }
  *ret_line = line;
  *ret_size = end ? (size_t)(end - line) : size;
  input->start += *ret_size + (end != NULL);
  return true;
}

bool line_input_at_end(const struct line_input *input) {
  return input->ended && input->start == input->end;
}

void line_input_finish(struct line_input *input) {
  free(input->data);
}
