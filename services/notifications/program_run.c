#include "program_run.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loop/loop.h"

enum { ROOM_FIRST_BYTES = 64 * 1024 };

static void begin(struct program_run *run);

static void closed(uv_handle_t *handle) {
  struct program_run *run = handle->data;
  if (--run->handles) return;
  struct program *program = run->program;
  program->running--;
  if (!list_is_empty(&program->waiting)) begin(container_of(program->waiting.next, struct program_run, link));
  run->done(run);
}

static void close_handle(uv_handle_t *handle) {
  if (!uv_is_closing(handle)) uv_close(handle, closed);
}

static void finish(struct program_run *run) {
  close_handle((uv_handle_t *)&run->process);
  close_handle((uv_handle_t *)&run->in);
  close_handle((uv_handle_t *)&run->out);
  close_handle((uv_handle_t *)&run->deadline);
}

// Its exit and the end of what it said come in either order; of one that failed the rest isn't waited for.
static void finish_when_over(struct program_run *run) {
  if (run->exited && (run->at_end || *run->problem)) finish(run);
}

static void __attribute__((format(printf, 2, 3))) fail(struct program_run *run, const char *format, ...) {
  va_list values;
  if (*run->problem) return;  // the first is what the others came of
  va_start(values, format);
  vsnprintf(run->problem, sizeof run->problem, format, values);
  va_end(values);
  if (!run->exited) uv_process_kill(&run->process, SIGKILL);
  finish_when_over(run);
}

static void deadline_due(uv_timer_t *timer) {
  struct program_run *run = timer->data;
  fail(run, "took longer than %u ms", run->program->limit_ms);
}

static void exited(uv_process_t *process, int64_t status, int killed_by) {
  struct program_run *run = process->data;
  run->exited = true;
  if (killed_by) fail(run, "was killed by signal %d", killed_by);
  if (status) fail(run, "ended with status %d", (int)status);
  finish_when_over(run);
}

// With the end of its input. One that doesn't read it tells by its exit.
static void written(uv_write_t *write, int status) {
  close_handle((uv_handle_t *)write->handle);
}

static void make_room(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buffer) {
  struct program_run *run = handle->data;
  if (run->output_size == run->room) {
    size_t room = run->room ? 2 * run->room : ROOM_FIRST_BYTES;
    char *output = realloc(run->output, room);
    if (!output) return;  // read() gets UV_ENOBUFS
    run->output = output;
    run->room = room;
  }
  *ret_buffer = uv_buf_init(run->output + run->output_size, (unsigned)(run->room - run->output_size));
}

static void said(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer) {
  struct program_run *run = stream->data;
  if (size > 0) run->output_size += (size_t)size;
  if (size == UV_EOF) {
    run->at_end = true;
    finish_when_over(run);
  } else if (size < 0) {
    fail(run, "couldn't be read from: %s", uv_strerror((int)size));
  } else if (run->output_size > run->program->output_limit_bytes) {
    fail(run, "said more than %zu bytes", run->program->output_limit_bytes);
  }
}

static int spawn(struct program_run *run) {
  struct program *program = run->program;
  uv_stdio_container_t stdio[] = {{.flags = UV_CREATE_PIPE | UV_READABLE_PIPE, .data.stream = (uv_stream_t *)&run->in},
                                  {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&run->out},
                                  {.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO}};
  char *arguments[] = {program->path, NULL}, *environment[] = {NULL};
  const uv_process_options_t options = {.file = program->path,
                                        .args = arguments,
                                        .env = environment,
                                        .stdio = stdio,
                                        .stdio_count = 3,
                                        .exit_cb = exited};
  return uv_spawn(program->loop, &run->process, &options);
}

static void begin(struct program_run *run) {
  struct program *program = run->program;
  list_remove(&run->link);
  program->running++;
  uv_pipe_init(program->loop, &run->in, 0);
  uv_pipe_init(program->loop, &run->out, 0);
  uv_timer_init(program->loop, &run->deadline);
  run->process.data = run->in.data = run->out.data = run->deadline.data = run;
  run->handles = 4;
  int error = spawn(run);
  if (error) {
    run->exited = true;
    fail(run, "couldn't be started: %s", uv_strerror(error));
    return;
  }
  uv_timer_start(&run->deadline, deadline_due, program->limit_ms, 0);
  uv_read_start((uv_stream_t *)&run->out, make_room, said);
  const uv_buf_t input = uv_buf_init((char *)run->input, (unsigned)run->input_size);
  if (uv_write(&run->write, (uv_stream_t *)&run->in, &input, 1, written)) close_handle((uv_handle_t *)&run->in);
}

void program_start(struct program *program, struct program_run *run) {
  run->program = program;
  run->problem[0] = '\0';
  run->output = NULL;
  run->output_size = run->room = 0;
  run->exited = run->at_end = false;
  list_append(&program->waiting, &run->link);
  if (program->running < program->most) begin(run);
}

int program_init(struct program *program, uv_loop_t *loop, const char *name) {
  *program = (struct program){.loop = loop};
  list_init(&program->waiting);
  size_t size = sizeof program->path;
  int error = uv_exepath(program->path, &size);
  if (error) return error;
  char *file = strrchr(program->path, '/') + 1;
  size_t room = sizeof program->path - (size_t)(file - program->path);
  return snprintf(file, room, "%s", name) < (int)room ? 0 : UV_ENAMETOOLONG;
}
