#include "db/rows.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/db.h"
#include "db/page.h"
#include "db/plan.h"
#include "json/json.h"
#include "message/field.h"
#include "message/message.h"
#include "message/time.h"

static int write_timestamp(struct wire_buffer *buffer, uint32_t number, const char *text) {
  // PostgreSQL in UTC: "2026-03-02 18:00:00.5+00"; RFC 3339 wants the minutes of the offset.
  char instant[CLOCK_TEXT_MAX + 4];
  Google__Protobuf__Timestamp timestamp = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
  int size = snprintf(instant, sizeof instant, "%s:00", text);
  if (size < 0 || (size_t)size >= sizeof instant || timestamp_parse(instant, &timestamp)) return -EBADMSG;
  size_t mark = wire_nested_begin(buffer, number);
  if (timestamp.seconds) wire_varint_field(buffer, 1, (uint64_t)timestamp.seconds);
  if (timestamp.nanos) wire_varint_field(buffer, 2, (uint64_t)timestamp.nanos);
  wire_nested_end(buffer, mark);
  return 0;
}

static int write_date(struct wire_buffer *buffer, uint32_t number, const char *text) {
  Pulih__Type__V1__Date date = PULIH__TYPE__V1__DATE__INIT;
  if (date_parse(text, &date)) return -EBADMSG;
  size_t mark = wire_nested_begin(buffer, number);
  wire_varint_field(buffer, 1, (uint64_t)date.year);
  wire_varint_field(buffer, 2, (uint64_t)date.month);
  wire_varint_field(buffer, 3, (uint64_t)date.day);
  wire_nested_end(buffer, mark);
  return 0;
}

// bytea in hex: "\x0a1b".
static int write_bytes(struct wire_buffer *buffer, uint32_t number, const char *text, size_t size) {
  if (size < 2 || text[0] != '\\' || text[1] != 'x' || size % 2) return -EBADMSG;
  size_t mark = wire_nested_begin(buffer, number), count = size / 2 - 1;
  unsigned char *to = wire_extend(buffer, count);
  if (to && sodium_hex2bin(to, count, text + 2, size - 2, NULL, NULL, NULL)) return -EBADMSG;
  wire_nested_end(buffer, mark);
  return 0;
}

static int write_integer(struct wire_buffer *buffer, const ProtobufCFieldDescriptor *field, const char *text) {
  char *end;
  errno = 0;
  bool is_unsigned = field->type == PROTOBUF_C_TYPE_UINT64 || field->type == PROTOBUF_C_TYPE_FIXED64;
  uint64_t value = is_unsigned ? strtoull(text, &end, 10) : (uint64_t)strtoll(text, &end, 10);
  if (errno || *end || end == text) return -EBADMSG;
  switch (field->type) {
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SINT64:
      wire_sint_field(buffer, field->id, (int64_t)value);
      return 0;
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_SFIXED32:
      wire_fixed32_field(buffer, field->id, (uint32_t)value);
      return 0;
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
      wire_fixed64_field(buffer, field->id, value);
      return 0;
    default:
      wire_varint_field(buffer, field->id, value);
      return 0;
  }
}

static int write_real(struct wire_buffer *buffer, const ProtobufCFieldDescriptor *field, const char *text) {
  char *end;
  double value = strtod(text, &end);
  if (*end || end == text) return -EBADMSG;
  if (field->type == PROTOBUF_C_TYPE_FLOAT)
    wire_float_field(buffer, field->id, (float)value);
  else
    wire_double_field(buffer, field->id, value);
  return 0;
}

static int write_message(struct wire_buffer *buffer, const ProtobufCFieldDescriptor *field, const char *text,
                         size_t size) {
  if (field->label != PROTOBUF_C_LABEL_REPEATED) {
    enum message_kind kind = message_kind(field->descriptor);
    if (kind == MESSAGE_TIMESTAMP) return write_timestamp(buffer, field->id, text);
    if (kind == MESSAGE_DATE) return write_date(buffer, field->id, text);
  }
  struct status status = {0};
  return json_field_to_wire(field, text, size, buffer, &status);
}

// One value that isn't an array of scalars.
static int write_value(struct wire_buffer *buffer, const ProtobufCFieldDescriptor *field, const char *text,
                       size_t size) {
  int number;
  switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
      wire_bytes_field(buffer, field->id, text, size);
      return 0;
    case PROTOBUF_C_TYPE_BYTES:
      return write_bytes(buffer, field->id, text, size);
    case PROTOBUF_C_TYPE_BOOL:
      if (*text == 't') wire_varint_field(buffer, field->id, 1);
      return 0;
    case PROTOBUF_C_TYPE_ENUM:
      if (enum_by_short_name(field->descriptor, text, size, &number)) return -EBADMSG;
      wire_varint_field(buffer, field->id, (uint64_t)(int64_t)number);
      return 0;
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
      return write_real(buffer, field, text);
    case PROTOBUF_C_TYPE_MESSAGE:
      return write_message(buffer, field, text, size);
    default:
      return write_integer(buffer, field, text);
  }
}

// The next element of an array's text, unquoted into `element`; moves *text behind it.
// https://www.postgresql.org/docs/15/arrays.html#ARRAYS-IO
static int next_element(const char **text, char *element, size_t *ret_size) {
  const char *from = *text;
  char *to = element;
  bool quoted = *from == '"';
  if (quoted) from++;
  while (*from && (quoted ? *from != '"' : *from != ',' && *from != '}')) {
    if (*from == '\\' && from[1]) from++;
    *to++ = *from++;
  }
  if (quoted && *from++ != '"') return -EBADMSG;
  if (*from != ',' && *from != '}') return -EBADMSG;
  *to = 0;
  *ret_size = (size_t)(to - element);
  *text = from;
  return 0;
}

static int write_array(struct wire_buffer *buffer, const ProtobufCFieldDescriptor *field, const char *text,
                       size_t size) {
  if (*text != '{') return -EBADMSG;
  char *element = arena_alloc(buffer->arena, size + 1);
  if (!element) return -ENOMEM;
  for (text++; *text != '}';) {
    size_t element_size;
    int error = next_element(&text, element, &element_size);
    if (!error) error = write_value(buffer, field, element, element_size);
    if (error) return error;
    if (*text == ',') text++;
  }
  return 0;
}

static int write_column(struct wire_buffer *buffer, const struct db_statement *statement, size_t column,
                        const char *text, size_t size) {
  const ProtobufCFieldDescriptor *field = db_path_field(statement->row, &statement->columns[column].path);
  if (field->label == PROTOBUF_C_LABEL_REPEATED && field->type != PROTOBUF_C_TYPE_MESSAGE)
    return write_array(buffer, field, text, size);
  return write_value(buffer, field, text, size);
}

// Columns of one nested message stand side by side in a row; its message is opened at the first and closed behind the
// last. One level is open at a time, which is what "position.id" needs.
int db_row_write(const struct db_result *result, size_t index, struct wire_buffer *buffer, const char **ret_column) {
  const struct db_statement *statement = result->statement;
  int row = (int)(result->first_row + index), open = -1;  // index of the nested message's field in the row's descriptor
  size_t mark = 0;
  for (size_t i = 0; i < statement->column_count; i++) {
    const struct db_column *column = &statement->columns[i];
    if (column->kind != DB_COLUMN_FIELD || PQgetisnull(result->rows, row, (int)i)) continue;
    int nested = column->path.depth > 1 ? column->path.index[0] : -1;
    if (open >= 0 && nested != open) wire_nested_end(buffer, mark);
    if (nested >= 0 && nested != open) mark = wire_nested_begin(buffer, statement->row->fields[nested].id);
    open = nested;
    int error = write_column(buffer, statement, i, PQgetvalue(result->rows, row, (int)i),
                             (size_t)PQgetlength(result->rows, row, (int)i));
    if (error) {
      *ret_column = column->path.text;
      return error;
    }
  }
  if (open >= 0) wire_nested_end(buffer, mark);
  return buffer->failed ? -ENOMEM : 0;
}

size_t db_result_rows(const struct db_result *result) {
  return result->row_count;
}

ProtobufCMessage *db_result_row(const struct db_result *result, size_t index, struct arena *arena) {
  struct wire_buffer buffer;
  struct status status = {0};
  const char *column;
  wire_init(&buffer, arena);
  if (db_row_write(result, index, &buffer, &column)) return NULL;
  return message_unpack(result->statement->row, buffer.data, buffer.size, arena, &status);
}

static const char *page_key_of(const struct db_result *result, size_t row) {
  for (size_t i = 0; i < result->statement->column_count; i++)
    if (result->statement->columns[i].kind == DB_COLUMN_PAGE_KEY)
      return PQgetvalue(result->rows, (int)(result->first_row + row), (int)i);
  return NULL;
}

// The rows as the response's repeated field, and the token of the next page when one more row came than it holds.
static int write_rows(const struct db_result *result, struct wire_buffer *buffer, const char **ret_column) {
  const struct db_statement *statement = result->statement;
  size_t rows = db_result_rows(result), page_rows = statement->paged ? (size_t)page_size(result->request) : rows;
  uint32_t number = statement->out->fields[statement->rows_field].id;
  for (size_t i = 0; i < rows && i < page_rows; i++) {
    size_t mark = wire_nested_begin(buffer, number);
    int error = db_row_write(result, i, buffer, ret_column);
    if (error) return error;
    wire_nested_end(buffer, mark);
  }
  if (rows <= page_rows) return 0;
  const char *token = page_token(result->request, page_key_of(result, page_rows - 1), buffer->arena);
  const ProtobufCFieldDescriptor *field =
      protobuf_c_message_descriptor_get_field_by_name(statement->out, "next_page_token");
  if (!token || !field) return -ENOMEM;
  wire_bytes_field(buffer, field->id, token, strlen(token));
  return 0;
}

int db_result_pack(const struct db_result *result, struct arena *arena, const void **ret_data, size_t *ret_size,
                   struct status *status) {
  struct wire_buffer buffer;
  const char *column = NULL;
  int error = 0;
  wire_init(&buffer, arena);
  switch (result->statement->shape) {
    case DB_SHAPE_ROWS:
      error = write_rows(result, &buffer, &column);
      break;
    case DB_SHAPE_ROW:
      if (!db_result_rows(result)) {
        status->reason = REASON_NOT_FOUND;
        return -ENOENT;
      }
      error = db_row_write(result, 0, &buffer, &column);
      break;
    case DB_SHAPE_NONE:
      break;
  }
  if (error || buffer.failed) {
    status->reason = error == -EBADMSG ? REASON_INTERNAL : REASON_MESSAGE_TOO_LARGE;
    if (column) status_add_detail(status, arena, "column", column);
    return error ? error : -ENOMEM;
  }
  *ret_data = buffer.data;
  *ret_size = buffer.size;
  return 0;
}
