// Design. libcsv takes bytes apart and knows nothing of lines; it is given no more than a line at a time, so that the
// line of a row, of a wrong byte and of a misplaced quotation mark is known without counting in callbacks.
#include "csv_reader.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "message/message.h"

static int refuse(struct csv_reader *reader, size_t line, const char *format, ...) {
  if (*reader->problem) return -EINVAL;
  int size = snprintf(reader->problem, sizeof reader->problem, "line %zu: ", line);
  va_list values;
  va_start(values, format);
  vsnprintf(reader->problem + size, sizeof reader->problem - (size_t)size, format, values);
  va_end(values);
  return -EINVAL;
}

static char find_delimiter(const char *head, size_t size) {
  static const char delimiters[] = ",;\t";
  size_t counts[sizeof delimiters] = {0};
  bool quoted = false;
  for (size_t i = 0; i < size && head[i] != '\n' && head[i] != '\r'; i++) {
    if (head[i] == '"') quoted = !quoted;
    const char *found = head[i] ? strchr(delimiters, head[i]) : NULL;
    if (found && !quoted) counts[found - delimiters]++;
  }
  size_t best = 0;
  for (size_t i = 1; delimiters[i]; i++)
    if (counts[i] > counts[best]) best = i;
  return delimiters[best];
}

int csv_reader_init(struct csv_reader *reader, const char *head, size_t size,
                    void (*row)(void *owner, const struct csv_row *row), void *owner) {
  memset(reader, 0, sizeof *reader);
  if (csv_init(&reader->parser, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL)) return -ENOMEM;
  reader->row = row;
  reader->owner = owner;
  reader->line = 1;
  reader->delimiter = find_delimiter(head, size);
  csv_set_delim(&reader->parser, (unsigned char)reader->delimiter);
  return 0;
}

static void take_field(void *data, size_t size, void *owner) {
  struct csv_reader *reader = owner;
  struct csv_row *row = &reader->current;
  if (*reader->problem) return;
  if (row->count == CSV_COLUMNS_MAX) {
    refuse(reader, reader->line, "more than %d columns", CSV_COLUMNS_MAX);
    return;
  }
  // Fits: the bytes of a row were counted before they came here, and its NULs have room of their own.
  char *text = reader->texts + reader->texts_size;
  size_t length = 0;
  for (size_t i = 0; i < size; i++)
    if (((const char *)data)[i] != '\r') text[length++] = ((const char *)data)[i];
  text[length] = 0;
  const char *problem = message_text_problem(text, length);
  if (problem) refuse(reader, reader->line, "a cell %s; is it saved as \"CSV UTF-8\"?", problem);
  row->fields[row->count++] = text;
  reader->texts_size += length + 1;
}

static bool is_empty(const struct csv_row *row) {
  for (size_t i = 0; i < row->count; i++)
    if (*row->fields[i]) return false;
  return true;
}

static void take_row(int end, void *owner) {
  struct csv_reader *reader = owner;
  (void)end;
  if (!*reader->problem && !is_empty(&reader->current)) reader->row(reader->owner, &reader->current);
  reader->current.count = 0;
  reader->texts_size = 0;
  reader->row_bytes = 0;
}

// Up to and with the line's end, if it is there.
static size_t line_size(const char *data, size_t size) {
  size_t at = 0;
  while (at < size && data[at] != '\n' && data[at] != '\r') at++;
  return at < size ? at + 1 : size;
}

static bool is_blank(const char *data, size_t size) {
  while (size && memchr(" \r\n", data[size - 1], 3)) size--;
  return !size;
}

static void count_line(struct csv_reader *reader, const char *data, size_t size) {
  char last = data[size - 1];
  bool pair = size == 1 && reader->after_return;  // the second half of CRLF
  if (last == '\r' || (last == '\n' && !pair)) reader->line++;
  reader->after_return = last == '\r';
}

static int feed_line(struct csv_reader *reader, const char *data, size_t size) {
  if (!reader->row_bytes && is_blank(data, size)) {
    count_line(reader, data, size);
    return 0;
  }
  if (!reader->row_bytes) reader->current.line = reader->line;
  if (reader->row_bytes + size > CSV_ROW_MAX_BYTES)
    return refuse(reader, reader->current.line, "a row of more than %d bytes; is a quotation mark not closed?",
                  CSV_ROW_MAX_BYTES);
  reader->row_bytes += size;
  if (csv_parse(&reader->parser, data, size, take_field, take_row, reader) != size) {
    if (csv_error(&reader->parser) == CSV_EPARSE)
      return refuse(reader, reader->line, "a quotation mark where none can be; inside of quotes it is written twice");
    return refuse(reader, reader->line, "%s", csv_strerror(csv_error(&reader->parser)));
  }
  count_line(reader, data, size);
  return *reader->problem ? -EINVAL : 0;
}

int csv_reader_feed(struct csv_reader *reader, const char *data, size_t size) {
  static const char mark[] = "\xef\xbb\xbf";
  if (*reader->problem) return -EINVAL;
  if (!reader->bytes && size >= 3 && !memcmp(data, mark, 3)) data += 3, size -= 3;
  reader->bytes += size;
  while (size) {
    size_t part = line_size(data, size);
    int error = feed_line(reader, data, part);
    if (error) return error;
    data += part;
    size -= part;
  }
  return 0;
}

int csv_reader_end(struct csv_reader *reader) {
  if (*reader->problem) return -EINVAL;
  if (csv_fini(&reader->parser, take_field, take_row, reader))
    return refuse(reader, reader->current.line, "the file ends inside of quotes that begin in this row");
  return *reader->problem ? -EINVAL : 0;
}

void csv_reader_finish(struct csv_reader *reader) {
  csv_free(&reader->parser);
}
