// Result rows as messages on the wire: columns straight to bytes, nothing allocated a row.
#pragma once

#include <libpq-fe.h>

#include "base/arena.h"
#include "base/status.h"
#include "db/statement.h"
#include "message/wire.h"

struct db_result {
  const struct db_statement *statement;
  const PGresult *rows;
  size_t first_row, row_count;      // which of them are the request's
  bool borrowed;                    // the rows are those of a set, which clears them
  const ProtobufCMessage *request;  // what the page token is bound to
};

// Appends the fields of row `index`. -EBADMSG with the column's name in `ret_column` when its text isn't what its field
// holds (a fault of ours: the statement), -ENOMEM.
int db_row_write(const struct db_result *result, size_t index, struct wire_buffer *buffer, const char **ret_column);
