// One side of the event flow, with lines for the hub between them:
//   event_lines produce    a line on stdin: something was written; each batch goes to stdout as a line of hex
//   event_lines consume    a batch a line on stdin; "applied" goes to stdout
// The database is PULIH_TEST_DATABASE, the producer "scheduling". The end of stdin ends it.
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "event/consumer.h"
#include "event/producer.h"
#include "event_test_methods.h"
#include "loop/loop.h"
#include "message/message.h"

enum { LINE_MAX_BYTES = 1 << 20 };

struct side {
  struct loop loop;
  struct db *db;
  bool produces;
  struct event_producer *producer;
  struct event_consumer *consumer;
  uv_pipe_t input;
  struct loop_stopper stop_input;
  char line[LINE_MAX_BYTES];
  size_t size;
};

static void publish(void *owner, const Pulih__Event__V1__EventBatch *batch) {
  struct arena arena;
  const void *data;
  size_t size;
  arena_init(&arena, 1 << 24);
  if (message_pack(&batch->base, &arena, &data, &size)) abort();
  char *hex = arena_alloc(&arena, size * 2 + 1);
  puts(sodium_bin2hex(hex, size * 2 + 1, data, size));
  fflush(stdout);
  arena_finish(&arena);
}

static void applied(void *owner, const char *producer) {
  puts("applied");
  fflush(stdout);
}

static void take_line(struct side *side, size_t size) {
  if (side->producer) event_producer_written(side->producer);
  if (!side->consumer) return;
  struct arena arena;
  struct status status = {0};
  arena_init(&arena, 1 << 24);
  unsigned char *data = arena_alloc(&arena, size);
  size_t data_size;
  if (sodium_hex2bin(data, size, side->line, size, NULL, &data_size, NULL)) abort();
  ProtobufCMessage *batch =
      message_unpack(&pulih__event__v1__event_batch__descriptor, data, data_size, &arena, &status);
  if (!batch) abort();
  event_consumer_batch(side->consumer, (const Pulih__Event__V1__EventBatch *)batch);
  arena_finish(&arena);
}

static void read_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room) {
  struct side *side = handle->data;
  *room = uv_buf_init(side->line + side->size, (unsigned)(sizeof side->line - side->size));
}

static void read_done(uv_stream_t *stream, ssize_t count, const uv_buf_t *room) {
  struct side *side = stream->data;
  if (count < 0) {
    loop_stop(&side->loop);
    return;
  }
  side->size += (size_t)count;
  for (char *end; (end = memchr(side->line, '\n', side->size));) {
    size_t size = (size_t)(end - side->line);
    take_line(side, size);
    side->size -= size + 1;
    memmove(side->line, end + 1, side->size);
  }
}

static void input_closed(uv_handle_t *handle) {
  struct side *side = handle->data;
  loop_stopped(&side->stop_input);
}

static void stop_input(struct loop_stopper *stopper) {
  struct side *side = container_of(stopper, struct side, stop_input);
  uv_close((uv_handle_t *)&side->input, input_closed);
}

static void ready(void *data, bool is_ready, bool mismatch) {
  struct side *side = data;
  if (mismatch) abort();
  if (!is_ready || side->producer || side->consumer) return;
  if (side->produces)
    side->producer = event_producer_create(
        &(struct event_producer_settings){"scheduling", &side->loop, side->db, &event_test_list_events_statement,
                                          &event_test_get_standing_statement, publish, NULL});
  else
    side->consumer = event_consumer_create(
        &(struct event_consumer_settings){"scheduling", &side->loop, side->db, &event_test_apply_scheduling_statement,
                                          &event_test_list_events_statement, applied, NULL});
}

int main(int argc, char **argv) {
  struct side *side = calloc(1, sizeof *side);
  const struct db_settings settings = {.url = getenv("PULIH_TEST_DATABASE"),
                                       .connections = 1,
                                       .queue_limit = 100,
                                       .statement_timeout_ms = 10000,
                                       .connect_timeout_ms = 5000,
                                       .application_name = "event_lines"};
  if (argc != 2 || !side || loop_init(&side->loop, NULL)) {
    free(side);
    return EXIT_FAILURE;
  }
  side->produces = !strcmp(argv[1], "produce");
  // The producer has no apply statement: its role may not use the consumer's schema.
  const struct db_statement *const statements[] = {
      &event_test_list_events_statement, &event_test_get_standing_statement, &event_test_apply_scheduling_statement};
  side->db = db_create(&side->loop, &settings, statements, side->produces ? 2 : 3);
  uv_pipe_init(&side->loop.uv, &side->input, 0);
  side->input.data = side;
  side->stop_input.stop = stop_input;
  loop_add_stopper(&side->loop, &side->stop_input);
  uv_pipe_open(&side->input, STDIN_FILENO);
  uv_read_start((uv_stream_t *)&side->input, read_room, read_done);
  db_watch(side->db, ready, side);
  int error = loop_run(&side->loop);
  event_producer_destroy(side->producer);
  event_consumer_destroy(side->consumer);
  db_destroy(side->db);
  loop_finish(&side->loop);
  free(side);
  return error ? EXIT_FAILURE : EXIT_SUCCESS;
}
