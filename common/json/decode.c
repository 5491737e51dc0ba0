#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "json/base64.h"
#include "json/json.h"
#include "json/name.h"
#include "json/number.h"
#include "json/scan.h"
#include "message/field.h"
#include "message/message.h"
#include "message/time.h"

#define NO_INDEX SIZE_MAX

struct reader {
  struct json_scan scan;
  struct wire_buffer *out;
  struct status *status;
  bool ignore_unknown;
};

// The way down to the value that is read.
struct place {
  const struct place *above;
  const ProtobufCFieldDescriptor *field;
  size_t index;  // in an array, or NO_INDEX
};

// What became of a message's fields so far, a byte each.
enum seen { SEEN_NOT, SEEN_NULL, SEEN_VALUE };

static void path_write(struct reader *reader, const struct place *place, struct wire_buffer *path) {
  if (!place) return;
  path_write(reader, place->above, path);
  if (path->size) wire_append(path, ".", 1);
  wire_append(path, place->field->name, strlen(place->field->name));
  if (place->index == NO_INDEX) return;
  const char *index = arena_printf(reader->scan.arena, "[%zu]", place->index);
  if (index) wire_append(path, index, strlen(index));
}

// Where `place` is, and the field `name` in it (or NULL). A name that isn't a plain word isn't repeated to anybody.
static const char *path_text(struct reader *reader, const struct place *place, const char *name, size_t size) {
  static const char word[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
  struct wire_buffer path;
  wire_init(&path, reader->scan.arena);
  path_write(reader, place, &path);
  if (name && path.size) wire_append(&path, ".", 1);
  bool plain = size > 0 && size < JSON_NAME_MAX;
  for (size_t i = 0; plain && i < size; i++) plain = memchr(word, name[i], sizeof word - 1) != NULL;
  if (name) wire_append(&path, plain ? name : "?", plain ? size : 1);
  wire_append(&path, "", 1);
  return path.failed ? "" : (const char *)path.data;
}

static bool refuse(struct reader *reader, const struct place *place, const char *expected) {
  status_add_violation(reader->status, reader->scan.arena, path_text(reader, place, NULL, 0), "expected %s", expected);
  return false;
}

static bool take_text(struct reader *reader, const struct place *place, const char *expected, const char **ret_text,
                      size_t *ret_size) {
  if (json_peek(&reader->scan) != '"') return refuse(reader, place, expected);
  return json_string(&reader->scan, ret_text, ret_size);
}

// A number, or a string that holds one.
static bool take_number(struct reader *reader, const struct place *place, const char *expected, const char **ret_text,
                        size_t *ret_size) {
  char next = json_peek(&reader->scan);
  if (next == '-' || (next >= '0' && next <= '9')) return json_number(&reader->scan, ret_text, ret_size);
  return take_text(reader, place, expected, ret_text, ret_size);
}

static bool read_integer(struct reader *reader, const struct place *place, int bits, bool is_signed,
                         int64_t *ret_value) {
  const char *text, *expected = arena_printf(reader->scan.arena, "a whole number of %d bits%s", bits,
                                             is_signed ? "" : ", not negative");
  size_t size;
  if (!expected) return refuse(reader, place, "a shorter text");
  if (!take_number(reader, place, expected, &text, &size)) return false;
  return json_parse_integer(text, size, bits, is_signed, ret_value) || refuse(reader, place, expected);
}

static bool read_real(struct reader *reader, const struct place *place) {
  static const char expected[] = "a number in range, \"NaN\", \"Infinity\" or \"-Infinity\"";
  const ProtobufCFieldDescriptor *field = place->field;
  const char *text;
  size_t size;
  double value;
  if (!take_number(reader, place, expected, &text, &size)) return false;
  const char *copy = arena_copy_text(reader->scan.arena, text, size);
  if (!copy || !json_parse_real(copy, size, field->type == PROTOBUF_C_TYPE_FLOAT, &value))
    return refuse(reader, place, expected);
  if (field->type == PROTOBUF_C_TYPE_FLOAT)
    wire_float_field(reader->out, field->id, (float)value);
  else
    wire_double_field(reader->out, field->id, value);
  return true;
}

static bool refuse_enum(struct reader *reader, const struct place *place) {
  const ProtobufCEnumDescriptor *descriptor = place->field->descriptor;
  struct wire_buffer expected;
  wire_init(&expected, reader->scan.arena);
  for (unsigned i = 0; i < descriptor->n_values; i++) {
    const char *before = i == 0 ? "one of " : ", ", *name = descriptor->values[i].name;
    wire_append(&expected, before, strlen(before));
    wire_append(&expected, name, strlen(name));
  }
  wire_append(&expected, "", 1);
  return refuse(reader, place, expected.failed ? descriptor->name : (const char *)expected.data);
}

static bool read_enum(struct reader *reader, const struct place *place) {
  const ProtobufCEnumDescriptor *descriptor = place->field->descriptor;
  const char *text;
  size_t size;
  int64_t number;
  char next = json_peek(&reader->scan);
  if (next != '"' && next != '-' && (next < '0' || next > '9')) return refuse_enum(reader, place);
  if (next != '"') {
    if (!read_integer(reader, place, 32, true, &number)) return false;
    wire_varint_field(reader->out, place->field->id, (uint64_t)number);
    return true;
  }
  if (!json_string(&reader->scan, &text, &size)) return false;
  for (unsigned i = 0; i < descriptor->n_values; i++) {
    const ProtobufCEnumValue *value = &descriptor->values[i];
    if (strlen(value->name) != size || memcmp(value->name, text, size)) continue;
    wire_varint_field(reader->out, place->field->id, (uint64_t)(int64_t)value->value);
    return true;
  }
  return refuse_enum(reader, place);
}

static bool read_bytes(struct reader *reader, const struct place *place) {
  static const char expected[] = "base64 in a string";
  const char *text;
  size_t size, written;
  if (!take_text(reader, place, expected, &text, &size)) return false;
  unsigned char *bytes = arena_alloc(reader->scan.arena, size / 4 * 3 + 2);
  if (!bytes || !base64_decode(text, size, bytes, &written)) return refuse(reader, place, expected);
  wire_bytes_field(reader->out, place->field->id, bytes, written);
  return true;
}

static void put_seconds(struct reader *reader, int64_t seconds, int32_t nanos) {
  if (seconds) wire_varint_field(reader->out, 1, (uint64_t)seconds);
  if (nanos) wire_varint_field(reader->out, 2, (uint64_t)(int64_t)nanos);
}

static bool read_timestamp(struct reader *reader, const struct place *place) {
  static const char expected[] = "an instant such as \"2026-03-02T18:00:00Z\", in the years 1 to 9999";
  Google__Protobuf__Timestamp timestamp = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
  const char *text;
  size_t size;
  if (!take_text(reader, place, expected, &text, &size)) return false;
  const char *copy = arena_copy_text(reader->scan.arena, text, size);
  if (!copy || timestamp_parse(copy, &timestamp)) return refuse(reader, place, expected);
  put_seconds(reader, timestamp.seconds, timestamp.nanos);
  return true;
}

static bool read_duration(struct reader *reader, const struct place *place) {
  static const char expected[] = "a duration such as \"1.5s\"";
  const char *text;
  size_t size;
  int64_t seconds;
  int32_t nanos;
  if (!take_text(reader, place, expected, &text, &size)) return false;
  if (!json_parse_duration(text, size, &seconds, &nanos)) return refuse(reader, place, expected);
  put_seconds(reader, seconds, nanos);
  return true;
}

static bool read_content(struct reader *reader, const struct place *place, const ProtobufCMessageDescriptor *descriptor,
                         int depth);

static bool read_number(struct reader *reader, const struct place *place) {
  const ProtobufCFieldDescriptor *field = place->field;
  int64_t value;
  bool wide = field_element_size(field->type) == 8;
  bool is_signed = field->type != PROTOBUF_C_TYPE_UINT32 && field->type != PROTOBUF_C_TYPE_FIXED32 &&
                   field->type != PROTOBUF_C_TYPE_UINT64 && field->type != PROTOBUF_C_TYPE_FIXED64;
  if (!read_integer(reader, place, wide ? 64 : 32, is_signed, &value)) return false;
  switch (field->type) {
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SINT64:
      wire_sint_field(reader->out, field->id, value);
      break;
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FIXED32:
      wire_fixed32_field(reader->out, field->id, (uint32_t)value);
      break;
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_FIXED64:
      wire_fixed64_field(reader->out, field->id, (uint64_t)value);
      break;
    default:
      wire_varint_field(reader->out, field->id, (uint64_t)value);
  }
  return true;
}

// One value: an array's elements are written one by one (not packed), which every reader understands.
static bool read_value(struct reader *reader, const struct place *place, int depth) {
  const ProtobufCFieldDescriptor *field = place->field;
  const char *text;
  size_t size, mark;
  switch (field->type) {
    case PROTOBUF_C_TYPE_BOOL: {
      bool value = json_take_word(&reader->scan, "true");
      if (!value && !json_take_word(&reader->scan, "false")) return refuse(reader, place, "true or false");
      wire_varint_field(reader->out, field->id, value);
      return true;
    }
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
      return read_real(reader, place);
    case PROTOBUF_C_TYPE_ENUM:
      return read_enum(reader, place);
    case PROTOBUF_C_TYPE_STRING:
      if (!take_text(reader, place, "a string", &text, &size)) return false;
      wire_bytes_field(reader->out, field->id, text, size);
      return true;
    case PROTOBUF_C_TYPE_BYTES:
      return read_bytes(reader, place);
    case PROTOBUF_C_TYPE_MESSAGE:
      mark = wire_nested_begin(reader->out, field->id);
      if (!read_content(reader, place, field->descriptor, depth + 1)) return false;
      wire_nested_end(reader->out, mark);
      return true;
    default:
      return read_number(reader, place);
  }
}

static bool read_field(struct reader *reader, const struct place *above, const ProtobufCFieldDescriptor *field,
                       int depth) {
  struct place place = {above, field, NO_INDEX};
  if (field->label != PROTOBUF_C_LABEL_REPEATED) return read_value(reader, &place, depth);
  if (!json_take(&reader->scan, '[')) return refuse(reader, &place, "an array");
  if (json_take(&reader->scan, ']')) return true;
  place.index = 0;
  do {
    if (!read_value(reader, &place, depth)) return false;
    place.index++;
  } while (json_take(&reader->scan, ','));
  return json_expect(&reader->scan, ']', "a comma or ]");
}

static const ProtobufCFieldDescriptor *find_field(const ProtobufCMessageDescriptor *descriptor, const char *name,
                                                  size_t size) {
  for (unsigned i = 0; i < descriptor->n_fields; i++) {
    const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
    char json[JSON_NAME_MAX];
    if (strlen(field->name) == size && !memcmp(field->name, name, size)) return field;
    if (json_name(field->name, json) == size && !memcmp(json, name, size)) return field;
  }
  return NULL;
}

// Another member of the field's oneof that has a value already.
static bool is_second_of_oneof(const ProtobufCMessageDescriptor *descriptor, const unsigned char *seen,
                               const ProtobufCFieldDescriptor *field) {
  if (!(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)) return false;
  for (unsigned i = 0; i < descriptor->n_fields; i++) {
    const ProtobufCFieldDescriptor *other = &descriptor->fields[i];
    bool same = other->flags & PROTOBUF_C_FIELD_FLAG_ONEOF && other->quantifier_offset == field->quantifier_offset;
    if (same && seen[i] == SEEN_VALUE) return true;
  }
  return false;
}

static bool read_member(struct reader *reader, const struct place *place, const ProtobufCMessageDescriptor *descriptor,
                        unsigned char *seen, int depth) {
  const char *name;
  size_t size;
  if (!json_string(&reader->scan, &name, &size) || !json_expect(&reader->scan, ':', "a colon")) return false;
  const ProtobufCFieldDescriptor *field = find_field(descriptor, name, size);
  if (!field && reader->ignore_unknown) return json_skip(&reader->scan, MESSAGE_DEPTH_MAX);
  const char *problem = NULL;
  if (!field)
    problem = "there is no such field";
  else if (seen[field - descriptor->fields] != SEEN_NOT)
    problem = "is there twice";
  if (!problem && json_take_word(&reader->scan, "null")) {
    seen[field - descriptor->fields] = SEEN_NULL;
    return true;
  }
  if (!problem && is_second_of_oneof(descriptor, seen, field)) problem = "excludes another field that is there too";
  if (problem) {
    status_add_violation(reader->status, reader->scan.arena, path_text(reader, place, name, size), "%s", problem);
    return false;
  }
  seen[field - descriptor->fields] = SEEN_VALUE;
  return read_field(reader, place, field, depth);
}

static bool read_object(struct reader *reader, const struct place *place, const ProtobufCMessageDescriptor *descriptor,
                        int depth) {
  if (!json_take(&reader->scan, '{')) return refuse(reader, place, "an object");
  if (depth > MESSAGE_DEPTH_MAX) return refuse(reader, place, "less nesting");
  if (json_take(&reader->scan, '}')) return true;
  unsigned char *seen = arena_alloc(reader->scan.arena, descriptor->n_fields + 1);
  if (!seen) return refuse(reader, place, "a shorter text");
  do
    if (!read_member(reader, place, descriptor, seen, depth)) return false;
  while (json_take(&reader->scan, ','));
  return json_expect(&reader->scan, '}', "a comma or }");
}

static bool read_content(struct reader *reader, const struct place *place, const ProtobufCMessageDescriptor *descriptor,
                         int depth) {
  switch (message_kind(descriptor)) {
    case MESSAGE_TIMESTAMP:
      return read_timestamp(reader, place);
    case MESSAGE_DURATION:
      return read_duration(reader, place);
    case MESSAGE_WRAPPER: {
      struct place value = {place, &descriptor->fields[0], NO_INDEX};
      return read_value(reader, &value, depth);
    }
    default:
      return read_object(reader, place, descriptor, depth);
  }
}

static int too_large(struct status *status, struct arena *arena, size_t limit) {
  const char *text = arena_printf(arena, "%zu", limit);
  status->reason = REASON_MESSAGE_TOO_LARGE;
  if (text) status_add_detail(status, arena, "limit", text);
  return -EBADMSG;
}

// What remains to be said when the value was read (or not).
static int finish(struct reader *reader, bool done) {
  struct json_scan *scan = &reader->scan;
  if (done) done = json_expect_end(scan);
  if (reader->out->failed) return too_large(reader->status, scan->arena, scan->arena->limit_bytes);
  if (done) return 0;
  if (reader->status->reason != REASON_OK) return -EBADMSG;
  int line = 1;
  const char *line_start = scan->start;
  for (const char *at = scan->start; at < scan->at; at++)
    if (*at == '\n') line++, line_start = at + 1;
  reader->status->reason = REASON_MESSAGE_MALFORMED;
  const char *what = arena_printf(scan->arena, "not JSON at line %d, column %zu: expected %s", line,
                                  (size_t)(scan->at - line_start) + 1, scan->expected);
  if (what) status_add_detail(reader->status, scan->arena, "what", what);
  return -EBADMSG;
}

int json_to_wire(const ProtobufCMessageDescriptor *descriptor, const char *text, size_t size,
                 const struct json_options *options, struct wire_buffer *ret_wire, struct status *status) {
  if (size > JSON_SIZE_MAX) return too_large(status, ret_wire->arena, JSON_SIZE_MAX);
  struct reader reader = {.out = ret_wire, .status = status, .ignore_unknown = options->ignore_unknown};
  json_scan_init(&reader.scan, text, size, ret_wire->arena);
  return finish(&reader, read_content(&reader, NULL, descriptor, 1));
}

int json_field_to_wire(const ProtobufCFieldDescriptor *field, const char *text, size_t size,
                       struct wire_buffer *ret_wire, struct status *status) {
  struct reader reader = {.out = ret_wire, .status = status};
  json_scan_init(&reader.scan, text, size, ret_wire->arena);
  return finish(&reader, json_take_word(&reader.scan, "null") || read_field(&reader, NULL, field, 1));
}

ProtobufCMessage *json_decode(const ProtobufCMessageDescriptor *descriptor, const char *text, size_t size,
                              const struct json_options *options, struct arena *arena, struct status *status) {
  struct wire_buffer wire;
  wire_init(&wire, arena);
  if (json_to_wire(descriptor, text, size, options, &wire, status)) return NULL;
  return message_unpack(descriptor, wire.data, wire.size, arena, status);
}
