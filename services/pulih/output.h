// What goes to stdout: messages as ProtoJSON, and tables.
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stdio.h>

#include "command.h"

// Indented, or on one line, and a newline. 0, or a negative error with nothing written.
int output_json(const ProtobufCMessage *message, FILE *out, bool indented);
// In quotes, escaped.
void output_json_text(const char *text, FILE *out);
// JSON text that is right already, with each value on a line of its own.
void output_indented(const char *json, size_t size, FILE *out);
// Indented on a terminal, else on one line.
enum outcome output_message(const ProtobufCMessage *message);

// Bold on a terminal, unless NO_COLOR is set (https://no-color.org).
bool output_has_style(FILE *out);

enum { TABLE_COLUMNS_MAX = 8 };

// Rows of texts that are printed in columns as wide as they need. Texts live as long as the table.
struct table {
  struct arena *arena;
  size_t columns;
  const char **cells;
  size_t count, room;
};

void table_init(struct table *table, struct arena *arena, size_t columns);
// As many texts as there are columns; NULL stands for "".
void table_row(struct table *table, ...);
// The first row is the head; it is left out when nothing follows.
void table_print(const struct table *table, FILE *out);
