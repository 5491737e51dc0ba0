// A statement of a .sql file, bound to messages: fields of `in` are its parameters, its columns are fields of `out` (or
// of `out`'s one repeated message). Made by common/gen/methods.py at build time; described against the database at
// start.
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

// What a parameter is filled from.
enum db_parameter_kind {
  DB_PARAMETER_FIELD,       // a field of the request, by path
  DB_PARAMETER_PAGE_KEY,    // where the last page ended, from page_token; null on the first page
  DB_PARAMETER_PAGE_LIMIT,  // one more than page_size, to see whether there is a next page
};

enum { DB_PATH_MAX = 4 };

// The way from a message down to a field: one descriptor a step.
struct db_path {
  const char *text;  // "person.birth_date"
  unsigned char depth;
  unsigned short index[DB_PATH_MAX];  // of the field in each message's descriptor->fields
};

struct db_parameter {
  enum db_parameter_kind kind;
  struct db_path path;
};

enum db_column_kind {
  DB_COLUMN_FIELD,
  DB_COLUMN_PAGE_KEY,  // "page_key": text from which the next page goes on
  DB_COLUMN_DONE,      // "done": a row of a response that has no fields
  DB_COLUMN_MEMBER,    // "member": whose row it is, from 1, in a statement that takes a set
};

struct db_column {
  enum db_column_kind kind;
  struct db_path path;
};

// What comes back.
enum db_shape {
  DB_SHAPE_ROW,   // one row; none is NOT_FOUND
  DB_SHAPE_ROWS,  // any number; they become `out`'s field `rows_field`, or are handed over one by one
  DB_SHAPE_NONE,  // nothing is looked at
};

struct db_statement {
  const char *name;                       // also the prepared statement's
  const char *file;                       // for messages
  const char *text;                       // with $1, $2, …
  const ProtobufCMessageDescriptor *in;   // NULL when it has no parameters
  const ProtobufCMessageDescriptor *out;  // the response; NULL with DB_SHAPE_NONE
  const ProtobufCMessageDescriptor *row;  // what the columns are fields of: `out`, or the message it repeats
  enum db_shape shape;
  int rows_field;  // index in out->fields of the repeated field, -1 where rows aren't wrapped
  bool writes;     // its answer waits for a flush (durable together)
  bool paged;
  bool set;  // takes many requests at once: each parameter is an array with an element a request
  const struct db_parameter *parameters;
  size_t parameter_count;
  const struct db_column *columns;
  size_t column_count;
};
