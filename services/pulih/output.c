#include "output.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json/json.h"

static void new_line(int depth, FILE *out) {
  fprintf(out, "\n%*s", 2 * depth, "");
}

void output_indented(const char *json, size_t size, FILE *out) {
  int depth = 0;
  bool in_text = false;
  for (size_t i = 0; i < size; i++) {
    char c = json[i];
    if (in_text) {
      fputc(c, out);
      if (c == '\\' && i + 1 < size)
        fputc(json[++i], out);
      else if (c == '"')
        in_text = false;
      continue;
    }
    if (isspace((unsigned char)c)) continue;
    bool empty = i + 1 < size && ((c == '{' && json[i + 1] == '}') || (c == '[' && json[i + 1] == ']'));
    if (empty) {
      fwrite(json + i++, 1, 2, out);
      continue;
    }
    if (c == '}' || c == ']') new_line(--depth, out);
    fputc(c, out);
    if (c == '{' || c == '[') new_line(++depth, out);
    if (c == ',') new_line(depth, out);
    if (c == ':') fputc(' ', out);
    in_text = c == '"';
  }
  fputc('\n', out);
}

void output_json_text(const char *text, FILE *out) {
  fputc('"', out);
  for (; *text; text++) {
    unsigned char c = (unsigned char)*text;
    if (c == '"' || c == '\\')
      fprintf(out, "\\%c", c);
    else if (c < 0x20)
      fprintf(out, "\\u%04x", c);
    else
      fputc(c, out);
  }
  fputc('"', out);
}

int output_json(const ProtobufCMessage *message, FILE *out, bool indented) {
  struct arena arena;
  arena_init(&arena, MEMORY_MAX_BYTES);
  char *text;
  size_t size;
  int error = json_encode(message, &(struct json_options){0}, &arena, &text, &size);
  if (!error && indented) output_indented(text, size, out);
  if (!error && !indented) fprintf(out, "%s\n", text);
  arena_finish(&arena);
  return error;
}

enum outcome output_message(const ProtobufCMessage *message) {
  int error = output_json(message, stdout, isatty(STDOUT_FILENO));
  if (error) fprintf(stderr, "pulih: the answer can't be shown: %s\n", strerror(-error));
  return error ? OUTCOME_FAILED : OUTCOME_OK;
}

bool output_has_style(FILE *out) {
  const char *no_color = getenv("NO_COLOR");
  return isatty(fileno(out)) && !(no_color && *no_color);
}

void table_init(struct table *table, struct arena *arena, size_t columns) {
  *table = (struct table){.arena = arena, .columns = columns};
}

void table_row(struct table *table, ...) {
  if (table->count + table->columns > table->room) {
    size_t room = 2 * table->room + 64 * table->columns;
    const char **cells = ARENA_ARRAY(table->arena, const char *, room);
    if (!cells) return;
    if (table->count) memcpy(cells, table->cells, table->count * sizeof *cells);
    table->cells = cells;
    table->room = room;
  }
  va_list values;
  va_start(values, table);
  for (size_t i = 0; i < table->columns; i++) {
    const char *text = va_arg(values, const char *);
    table->cells[table->count++] = text ? text : "";
  }
  va_end(values);
}

// In code points: near enough to columns for names in Latin letters.
static int width_of(const char *text) {
  int width = 0;
  for (; *text; text++) width += ((unsigned char)*text & 0xc0) != 0x80;
  return width;
}

void table_print(const struct table *table, FILE *out) {
  int widths[TABLE_COLUMNS_MAX] = {0};
  for (size_t i = 0; i < table->count; i++) {
    int width = width_of(table->cells[i]);
    if (width > widths[i % table->columns]) widths[i % table->columns] = width;
  }
  bool style = output_has_style(out);
  for (size_t i = 0; table->count > table->columns && i < table->count; i++) {
    bool last = (i + 1) % table->columns == 0, head = style && i < table->columns;
    const char *text = table->cells[i];
    int space = last ? 0 : widths[i % table->columns] - width_of(text) + 2;
    fprintf(out, "%s%s%s%*s%s", head ? "\033[1m" : "", text, head ? "\033[0m" : "", space, "", last ? "\n" : "");
  }
}
