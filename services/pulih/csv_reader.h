// Rows from a CSV file as spreadsheets write them (RFC 4180 and its neighbours), piece by piece in constant memory:
// comma, semicolon or tab; a UTF-8 byte order mark; CRLF, LF or CR; quoted fields with line breaks in them; white space
// around a field is left out, and so are empty rows. No I/O.
#pragma once

#include <csv.h>
#include <stdbool.h>
#include <stddef.h>

enum { CSV_COLUMNS_MAX = 64, CSV_ROW_MAX_BYTES = 64 * 1024 };

struct csv_row {
  size_t line;  // where it begins, from 1
  size_t count;
  const char *fields[CSV_COLUMNS_MAX];  // as message_text_problem() wants them; until the callback returns
};

struct csv_reader {
  struct csv_parser parser;
  void (*row)(void *owner, const struct csv_row *row);
  void *owner;
  char delimiter;
  struct csv_row current;
  char texts[CSV_ROW_MAX_BYTES + CSV_COLUMNS_MAX + 1];
  size_t texts_size;
  size_t line;       // of the next byte
  size_t row_bytes;  // of the row at hand so far
  size_t bytes;      // in all
  bool after_return;
  char problem[160];  // "line 12: …" once something can't be read
};

// `head` is the beginning of the file, with at least its first line where that has an end: the delimiter is the one
// that stands there most often. It is only looked at. -ENOMEM.
int csv_reader_init(struct csv_reader *reader, const char *head, size_t size,
                    void (*row)(void *owner, const struct csv_row *row), void *owner);
// -EINVAL with `problem` for what is no CSV: bytes that are no text, a quotation mark in the wrong place, a row too
// long.
int csv_reader_feed(struct csv_reader *reader, const char *data, size_t size);
// The end of the file: its last row may lack a line end. -EINVAL for a quotation mark that was never closed.
int csv_reader_end(struct csv_reader *reader);
void csv_reader_finish(struct csv_reader *reader);
