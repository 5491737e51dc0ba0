// The columns of a prison's register, by the names that its exports give them, and its rows as ImportRow messages.
#pragma once

#include <stdio.h>

#include "base/arena.h"
#include "csv_reader.h"
#include "participant.pb-c.h"

enum register_column {
#define COLUMN(column, field, title, names) column,
#include "register.def"
#undef COLUMN
  REGISTER_COLUMNS
};

enum { REGISTER_HEADER_BYTES = 64 };

struct register_map {
  int at[REGISTER_COLUMNS];                               // in a row's fields; -1: the file has no such column
  char headers[REGISTER_COLUMNS][REGISTER_HEADER_BYTES];  // as the file names them
  size_t count;                                           // columns of the header
};

// Reads the header. In `notes`, a line each: what can't be done without, what is there twice (-EINVAL); what isn't
// known and is passed over, what is missing and stays as it is known (0).
int register_map_init(struct register_map *map, const struct csv_row *header, FILE *notes);
// The file's name of the column that an answer calls "birth_date" (a field of ImportRow).
const char *register_header(const struct register_map *map, const char *field);
// A row, in `arena`; a cell beyond the row's end is empty. NULL when memory is out.
Pulih__Enrollment__V1__ImportRow *register_row(const struct register_map *map, const struct csv_row *row,
                                               struct arena *arena);
