#include "db/bind.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <string.h>

#include "db/page.h"
#include "json/json.h"
#include "message/field.h"
#include "message/time.h"

enum { FORMAT_TEXT = 0, FORMAT_BINARY = 1 };

struct binding {
  struct arena *arena;
  struct status *status;
  const char *field;  // path, for violations
  Oid type;
  const char *value;
  int length, format;
};

static bool is_uuid(const char *text) {
  for (int i = 0; i < 36; i++) {
    bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !isxdigit((unsigned char)text[i])) return false;
  }
  return text[36] == 0;
}

static int bind_text(struct binding *binding, const char *text) {
  if ((binding->type == DB_TYPE_UUID || binding->type == DB_TYPE_UUID_ARRAY) && !is_uuid(text)) {
    status_add_violation(binding->status, binding->arena, binding->field,
                         "isn't a UUID; expected a form like 01890a5d-ac96-774b-bcce-b302099a8057");
    return -EINVAL;
  }
  binding->value = text;
  return 0;
}

static int bind_printed(struct binding *binding, const char *text) {
  binding->value = text;
  return text ? 0 : -ENOMEM;
}

// One value that isn't a message; `at` points to it.
static int bind_scalar(struct binding *binding, const ProtobufCFieldDescriptor *field, const void *at) {
  switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
      return bind_text(binding, *(char *const *)at);
    case PROTOBUF_C_TYPE_ENUM:
      return bind_printed(binding, enum_short_name(field->descriptor, *(const int *)at));
    case PROTOBUF_C_TYPE_BOOL:
      return bind_printed(binding, *(const protobuf_c_boolean *)at ? "t" : "f");
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
      return bind_printed(binding, arena_printf(binding->arena, "%" PRId32, *(const int32_t *)at));
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
      return bind_printed(binding, arena_printf(binding->arena, "%" PRIu32, *(const uint32_t *)at));
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
      return bind_printed(binding, arena_printf(binding->arena, "%" PRId64, *(const int64_t *)at));
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
      return bind_printed(binding, arena_printf(binding->arena, "%" PRIu64, *(const uint64_t *)at));
    case PROTOBUF_C_TYPE_FLOAT:
      return bind_printed(binding, arena_printf(binding->arena, "%.9g", (double)*(const float *)at));
    case PROTOBUF_C_TYPE_DOUBLE:
      return bind_printed(binding, arena_printf(binding->arena, "%.17g", *(const double *)at));
    case PROTOBUF_C_TYPE_BYTES: {
      const ProtobufCBinaryData *bytes = at;
      binding->value = (const char *)bytes->data;
      binding->length = (int)bytes->len;
      binding->format = FORMAT_BINARY;
      return 0;
    }
    case PROTOBUF_C_TYPE_MESSAGE:
      break;
  }
  return -EINVAL;
}

// Every element is quoted, which every element type takes.
const char *db_array_literal(const char *const *texts, size_t count, struct arena *arena) {
  size_t room = 3;
  for (size_t i = 0; i < count; i++) room += texts[i] ? strlen(texts[i]) * 2 + 3 : 5;
  char *literal = arena_alloc(arena, room), *to = literal;
  if (!literal) return NULL;
  *to++ = '{';
  for (size_t i = 0; i < count; i++) {
    if (i) *to++ = ',';
    if (!texts[i]) {
      to = stpcpy(to, "NULL");
      continue;
    }
    *to++ = '"';
    for (const char *from = texts[i]; *from; from++) {
      if (*from == '"' || *from == '\\') *to++ = '\\';
      *to++ = *from;
    }
    *to++ = '"';
  }
  *to = '}';
  return literal;
}

// bytea's own text, "\\x0a1b": an array is bound as text, and so are its elements.
static int bind_hex(struct binding *binding, const ProtobufCBinaryData *bytes) {
  size_t digits = bytes->len * 2 + 1;
  char *text = arena_alloc(binding->arena, digits + 2);
  if (!text) return -ENOMEM;
  sodium_bin2hex(stpcpy(text, "\\x"), digits, bytes->data, bytes->len);
  binding->value = text;
  return 0;
}

static int bind_array(struct binding *binding, const ProtobufCMessage *in, const ProtobufCFieldDescriptor *field) {
  size_t count = field_count(in, field);
  const char **texts = ARENA_ARRAY(binding->arena, const char *, count);
  if (count && !texts) return -ENOMEM;
  for (size_t i = 0; i < count; i++) {
    struct binding element = {
        .arena = binding->arena, .status = binding->status, .field = binding->field, .type = binding->type};
    const void *value = field_element(in, field, i);
    int error = field->type == PROTOBUF_C_TYPE_BYTES ? bind_hex(&element, value) : bind_scalar(&element, field, value);
    if (error) return error;
    texts[i] = element.value;
  }
  return bind_printed(binding, db_array_literal(texts, count, binding->arena));
}

// Other messages, and repeated ones, as jsonb.
static int bind_document(struct binding *binding, const ProtobufCMessage *in, const ProtobufCFieldDescriptor *field) {
  char *text;
  size_t size;
  int error = json_encode_field(in, field, binding->arena, &text, &size);
  if (!error) binding->value = text;
  return error == -ERANGE ? -EINVAL : error;
}

static int bind_message(struct binding *binding, const ProtobufCMessage *in, const ProtobufCFieldDescriptor *field) {
  const void *value = *(void *const *)field_value(in, field);
  char instant[CLOCK_TEXT_MAX], day[DATE_TEXT_MAX];
  switch (message_kind(field->descriptor)) {
    case MESSAGE_TIMESTAMP:
      timestamp_format(value, instant);
      return bind_printed(binding, arena_copy_text(binding->arena, instant, strlen(instant)));
    case MESSAGE_DATE:
      date_format(value, day);
      return bind_printed(binding, arena_copy_text(binding->arena, day, strlen(day)));
    default:
      return bind_document(binding, in, field);
  }
}

static int bind_field(struct binding *binding, const ProtobufCMessage *in, const struct db_path *path) {
  const ProtobufCFieldDescriptor *field;
  in = field_follow(in, path->index, path->depth, &field);
  if (!in) return 0;
  if (field->label == PROTOBUF_C_LABEL_REPEATED)
    return field->type == PROTOBUF_C_TYPE_MESSAGE ? bind_document(binding, in, field) : bind_array(binding, in, field);
  bool number = field->type != PROTOBUF_C_TYPE_STRING && field->type != PROTOBUF_C_TYPE_ENUM &&
                field->type != PROTOBUF_C_TYPE_BYTES && field->type != PROTOBUF_C_TYPE_MESSAGE &&
                !(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF);
  // A text, enum or message that isn't set is null; a number that is 0 is 0.
  if (!number && !field_is_set(in, field)) return 0;
  if (field->type == PROTOBUF_C_TYPE_MESSAGE) return bind_message(binding, in, field);
  return bind_scalar(binding, field, field_value(in, field));
}

static int bind_page_key(struct binding *binding, const ProtobufCMessage *in) {
  int error = page_key(in, binding->arena, &binding->value);
  if (error == -EINVAL) binding->status->reason = REASON_PAGE_TOKEN_INVALID;
  return error;
}

static int bind_parameter(struct binding *binding, const ProtobufCMessage *in, const struct db_parameter *parameter) {
  switch (parameter->kind) {
    case DB_PARAMETER_PAGE_KEY:
      return bind_page_key(binding, in);
    case DB_PARAMETER_PAGE_LIMIT:
      return bind_printed(binding, arena_printf(binding->arena, "%d", page_size(in) + 1));
    case DB_PARAMETER_FIELD:
      break;
  }
  return bind_field(binding, in, &parameter->path);
}

int db_bind(const struct db_plan *plan, const ProtobufCMessage *in, struct arena *arena, struct db_values *ret_values,
            struct status *status) {
  const struct db_statement *statement = plan->statement;
  size_t count = statement->parameter_count;
  struct db_values values = {.values = ARENA_ARRAY(arena, const char *, count + 1),
                             .lengths = ARENA_ARRAY(arena, int, count + 1),
                             .formats = ARENA_ARRAY(arena, int, count + 1)};
  if (!values.values || !values.lengths || !values.formats) return -ENOMEM;
  int result = 0;
  for (size_t i = 0; i < count; i++) {
    const struct db_parameter *parameter = &statement->parameters[i];
    struct binding binding = {
        .arena = arena, .status = status, .field = parameter->path.text, .type = plan->parameter_types[i]};
    int error = bind_parameter(&binding, in, parameter);
    // Every wrong field is told of at once; anything else ends it.
    if (error && error != -EINVAL) return error;
    if (error) result = error;
    values.values[i] = binding.value;
    values.lengths[i] = binding.length;
    values.formats[i] = binding.format;
  }
  if (!result) *ret_values = values;
  return result;
}
