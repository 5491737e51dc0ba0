#include "register.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

typedef Pulih__Enrollment__V1__ImportRow import_row;

static const struct {
  const char *field;  // of ImportRow
  size_t offset;
  const char *title;
  const char *names;  // between spaces
} columns[REGISTER_COLUMNS] = {
#define COLUMN(column, field, title, names) [column] = {#field, offsetof(import_row, field), (title), " " names " "},
#include "register.def"
#undef COLUMN
};

static bool fits(const char *header, enum register_column column) {
  char name[REGISTER_HEADER_BYTES + 2] = " ";
  size_t size = 1;
  for (; *header && size < sizeof name - 2; header++)
    if (isalnum((unsigned char)*header)) name[size++] = (char)tolower((unsigned char)*header);
  name[size++] = ' ';
  name[size] = 0;
  return size > 2 && strstr(columns[column].names, name);
}

static bool take_header(struct register_map *map, const char *header, size_t at, FILE *notes) {
  for (int column = 0; column < REGISTER_COLUMNS; column++) {
    if (!fits(header, (enum register_column)column)) continue;
    if (map->at[column] >= 0) {
      fprintf(notes, "The column \"%s\" says the same as \"%s\"; take one away.\n", header, map->headers[column]);
      return false;
    }
    map->at[column] = (int)at;
    snprintf(map->headers[column], REGISTER_HEADER_BYTES, "%s", header);
    return true;
  }
  if (*header) fprintf(notes, "The column \"%.80s\" isn't known; it is passed over.\n", header);
  return true;
}

static void note_missing(const struct register_map *map, bool needed, const char *meaning, FILE *notes) {
  const char *comma = "There is no column ";
  for (int column = 0; column < REGISTER_COLUMNS; column++) {
    bool is_needed = column == REGISTER_NUMBER || column == REGISTER_NAME;
    if (map->at[column] >= 0 || is_needed != needed) continue;
    fprintf(notes, "%s\"%s\"", comma, columns[column].title);
    comma = ", ";
  }
  if (*comma == ',') fprintf(notes, "; %s.\n", meaning);
}

int register_map_init(struct register_map *map, const struct csv_row *header, FILE *notes) {
  struct register_map made = {.count = header->count};
  int error = 0;
  for (int column = 0; column < REGISTER_COLUMNS; column++) made.at[column] = -1;
  for (size_t i = 0; i < header->count; i++)
    if (!take_header(&made, header->fields[i], i, notes)) error = -EINVAL;
  if (made.at[REGISTER_NUMBER] < 0 || made.at[REGISTER_NAME] < 0) error = -EINVAL;
  note_missing(&made, true, "nothing can be imported without", notes);
  if (!error) note_missing(&made, false, "what is known of it stays", notes);
  if (!error) *map = made;
  return error;
}

const char *register_header(const struct register_map *map, const char *field) {
  for (int column = 0; column < REGISTER_COLUMNS; column++)
    if (!strcmp(columns[column].field, field))
      return map->at[column] >= 0 ? map->headers[column] : columns[column].title;
  return field;
}

import_row *register_row(const struct register_map *map, const struct csv_row *row, struct arena *arena) {
  import_row *message = ARENA_NEW(arena, import_row);
  if (!message) return NULL;
  pulih__enrollment__v1__import_row__init(message);
  message->line = (int32_t)row->line;
  for (int column = 0; column < REGISTER_COLUMNS; column++) {
    int at = map->at[column];
    if (at < 0 || (size_t)at >= row->count || !*row->fields[at]) continue;
    char *text = arena_copy_text(arena, row->fields[at], strlen(row->fields[at]));
    if (!text) return NULL;
    *(char **)((char *)message + columns[column].offset) = text;
  }
  return message;
}
