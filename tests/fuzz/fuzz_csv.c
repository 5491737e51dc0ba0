// Any file as a register: every row that comes out is text within the limits, in lines that go forward; how the file is
// cut into pieces makes no difference.
#include <assert.h>
#include <string.h>

#include "csv_reader.h"
#include "fuzz.h"
#include "message/message.h"
#include "register.h"

struct seen {
  size_t rows, line;
  unsigned hash;
  struct register_map map;
  bool has_map;
};

static void see_row(void *owner, const struct csv_row *row) {
  struct seen *seen = owner;
  assert(row->count >= 1 && row->count <= CSV_COLUMNS_MAX && row->line >= seen->line);
  seen->line = row->line;
  seen->rows++;
  for (size_t i = 0; i < row->count; i++) {
    assert(!message_text_problem(row->fields[i], strlen(row->fields[i])));
    for (const char *at = row->fields[i]; *at; at++) seen->hash = seen->hash * 31 + (unsigned char)*at;
    seen->hash = seen->hash * 31 + (unsigned)row->line;
  }
  FILE *nowhere = fopen("/dev/null", "w");
  assert(nowhere);
  if (!seen->has_map) seen->has_map = !register_map_init(&seen->map, row, nowhere);
  fclose(nowhere);
  struct arena arena;
  arena_init(&arena, FUZZ_ARENA_LIMIT);
  if (seen->has_map) assert(register_row(&seen->map, row, &arena));
  arena_finish(&arena);
}

static int read_in_steps(const uint8_t *data, size_t size, size_t step, struct seen *seen) {
  static struct csv_reader reader;
  *seen = (struct seen){0};
  int error = csv_reader_init(&reader, (const char *)data, size, see_row, seen);
  for (size_t at = 0; at < size && !error; at += step)
    error = csv_reader_feed(&reader, (const char *)data + at, size - at < step ? size - at : step);
  if (!error) error = csv_reader_end(&reader);
  assert(!error == !*reader.problem);
  csv_reader_finish(&reader);
  return error;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct seen whole, pieces;
  if (!size) return 0;
  int error = read_in_steps(data, size, size, &whole);
  // What is refused may have given more or fewer rows before.
  int error_in_pieces = read_in_steps(data, size, 3 + data[0] % 64, &pieces);
  assert(!error == !error_in_pieces);
  assert(error || (whole.rows == pieces.rows && whole.hash == pieces.hash));
  return 0;
}
