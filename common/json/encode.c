#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/base64.h"
#include "json/json.h"
#include "json/name.h"
#include "json/number.h"
#include "message/field.h"
#include "message/time.h"

enum { NUMBER_TEXT_MAX = 40 };

struct writer {
  struct wire_buffer out;
  const struct json_options *options;
  int error;
};

size_t json_name(const char *proto_name, char name[JSON_NAME_MAX]) {
  size_t size = 0;
  bool capital = false;
  for (; *proto_name && size < JSON_NAME_MAX - 1; proto_name++) {
    if (*proto_name == '_') {
      capital = true;
      continue;
    }
    name[size++] = capital && *proto_name >= 'a' && *proto_name <= 'z' ? (char)(*proto_name - 'a' + 'A') : *proto_name;
    capital = false;
  }
  name[size] = 0;
  return size;
}

static void put(struct writer *writer, const char *text) {
  wire_append(&writer->out, text, strlen(text));
}

static void put_number(struct writer *writer, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put_number(struct writer *writer, const char *format, ...) {
  char text[NUMBER_TEXT_MAX];
  va_list values;
  va_start(values, format);
  vsnprintf(text, sizeof text, format, values);
  va_end(values);
  put(writer, text);
}

static void put_text(struct writer *writer, const char *text) {
  static const char hex[] = "0123456789abcdef";
  put(writer, "\"");
  for (const char *from = text; *from;) {
    size_t plain = 0;
    while ((unsigned char)from[plain] >= 0x20 && from[plain] != '"' && from[plain] != '\\') plain++;
    wire_append(&writer->out, from, plain);
    from += plain;
    if (!*from) break;
    char escape[] = {'\\', *from, '0', '0', hex[(*from >> 4) & 1], hex[*from & 15]};
    bool as_it_is = *from == '"' || *from == '\\';
    if (*from == '\n' || *from == '\t') escape[1] = *from == '\n' ? 'n' : 't', as_it_is = true;
    if (!as_it_is) escape[1] = 'u';
    wire_append(&writer->out, escape, as_it_is ? 2 : sizeof escape);
    from++;
  }
  put(writer, "\"");
}

static void put_bytes(struct writer *writer, const ProtobufCBinaryData *bytes) {
  put(writer, "\"");
  char *text = (char *)wire_extend(&writer->out, base64_size(bytes->len));
  if (text) base64_encode(bytes->data, bytes->len, text);
  put(writer, "\"");
}

// The shortest digits that read back as the same number.
static void put_real(struct writer *writer, double value, int least_digits, bool single) {
  if (isnan(value) || isinf(value)) {
    put(writer, isnan(value) ? "\"NaN\"" : value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
    return;
  }
  char text[NUMBER_TEXT_MAX];
  int digits = least_digits;
  do snprintf(text, sizeof text, "%.*g", digits++, value);
  while (single ? strtof(text, NULL) != (float)value : strtod(text, NULL) != value);
  put(writer, text);
}

static void put_fraction(struct writer *writer, int32_t nanos) {
  if (nanos % 1000)
    put_number(writer, ".%09d", nanos);
  else if (nanos % 1000000)
    put_number(writer, ".%06d", nanos / 1000);
  else if (nanos)
    put_number(writer, ".%03d", nanos / 1000000);
}

// Timestamp and Duration have the same two fields.
static void put_timestamp(struct writer *writer, const Google__Protobuf__Timestamp *timestamp) {
  char text[CLOCK_TEXT_MAX];
  bool fits = timestamp->seconds >= TIMESTAMP_SECONDS_MIN && timestamp->seconds <= TIMESTAMP_SECONDS_MAX &&
              timestamp->nanos >= 0 && timestamp->nanos <= 999999999;
  if (!fits) {
    writer->error = -ERANGE;
    return;
  }
  timestamp_format(timestamp, text);
  put_text(writer, text);
}

static void put_duration(struct writer *writer, const Google__Protobuf__Timestamp *duration) {
  int64_t seconds = duration->seconds;
  int32_t nanos = duration->nanos;
  bool fits = llabs(seconds) <= JSON_DURATION_SECONDS_MAX && abs(nanos) <= 999999999 &&
              (!seconds || !nanos || (seconds < 0) == (nanos < 0));
  if (!fits) {
    writer->error = -ERANGE;
    return;
  }
  put(writer, seconds < 0 || nanos < 0 ? "\"-" : "\"");
  put_number(writer, "%lld", llabs(seconds));
  put_fraction(writer, abs(nanos));
  put(writer, "s\"");
}

static void put_message(struct writer *writer, const ProtobufCMessage *message);

static void put_value(struct writer *writer, const ProtobufCFieldDescriptor *field, const void *value) {
  switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
      put_number(writer, "%d", *(const int32_t *)value);
      break;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
      put_number(writer, "%u", *(const uint32_t *)value);
      break;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
      put_number(writer, "\"%lld\"", (long long)*(const int64_t *)value);
      break;
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
      put_number(writer, "\"%llu\"", (unsigned long long)*(const uint64_t *)value);
      break;
    case PROTOBUF_C_TYPE_FLOAT:
      put_real(writer, (double)*(const float *)value, 6, true);
      break;
    case PROTOBUF_C_TYPE_DOUBLE:
      put_real(writer, *(const double *)value, 15, false);
      break;
    case PROTOBUF_C_TYPE_BOOL:
      put(writer, *(const protobuf_c_boolean *)value ? "true" : "false");
      break;
    case PROTOBUF_C_TYPE_ENUM: {
      const ProtobufCEnumValue *known = protobuf_c_enum_descriptor_get_value(field->descriptor, *(const int *)value);
      if (known)
        put_text(writer, known->name);
      else
        put_number(writer, "%d", *(const int *)value);
      break;
    }
    case PROTOBUF_C_TYPE_STRING: {
      const char *text = *(const char *const *)value;
      put_text(writer, text ? text : "");
      break;
    }
    case PROTOBUF_C_TYPE_BYTES:
      put_bytes(writer, value);
      break;
    case PROTOBUF_C_TYPE_MESSAGE: {
      const ProtobufCMessage *message = *(const ProtobufCMessage *const *)value;
      if (message)
        put_message(writer, message);
      else
        put(writer, "null");
      break;
    }
  }
}

static void put_field(struct writer *writer, const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field) {
  if (field->label != PROTOBUF_C_LABEL_REPEATED) {
    put_value(writer, field, field_value(message, field));
    return;
  }
  put(writer, "[");
  for (size_t i = 0, count = field_count(message, field); i < count; i++) {
    if (i) put(writer, ",");
    put_value(writer, field, field_element(message, field, i));
  }
  put(writer, "]");
}

static bool is_written(const struct writer *writer, const ProtobufCMessage *message,
                       const ProtobufCFieldDescriptor *field) {
  if (field_is_set(message, field)) return true;
  if (!writer->options->defaults || field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) return false;
  return field->type != PROTOBUF_C_TYPE_MESSAGE || field->label == PROTOBUF_C_LABEL_REPEATED;
}

static void put_object(struct writer *writer, const ProtobufCMessage *message) {
  const char *before = "{";
  for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
    const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
    if (!is_written(writer, message, field)) continue;
    char name[JSON_NAME_MAX];
    put(writer, before);
    put(writer, "\"");
    if (writer->options->proto_names)
      put(writer, field->name);
    else
      wire_append(&writer->out, name, json_name(field->name, name));
    put(writer, "\":");
    put_field(writer, message, field);
    before = ",";
  }
  put(writer, *before == '{' ? "{}" : "}");
}

static void put_message(struct writer *writer, const ProtobufCMessage *message) {
  switch (message_kind(message->descriptor)) {
    case MESSAGE_TIMESTAMP:
      put_timestamp(writer, (const Google__Protobuf__Timestamp *)message);
      break;
    case MESSAGE_DURATION:
      put_duration(writer, (const Google__Protobuf__Timestamp *)message);
      break;
    case MESSAGE_WRAPPER:
      put_field(writer, message, &message->descriptor->fields[0]);
      break;
    case MESSAGE_DATE:
    case MESSAGE_PLAIN:
      put_object(writer, message);
      break;
  }
}

static int finish(struct writer *writer, char **ret_text, size_t *ret_size) {
  wire_append(&writer->out, "", 1);
  if (writer->out.failed) return -ENOMEM;
  if (writer->error) return writer->error;
  *ret_text = (char *)writer->out.data;
  *ret_size = writer->out.size - 1;
  return 0;
}

int json_encode(const ProtobufCMessage *message, const struct json_options *options, struct arena *arena,
                char **ret_text, size_t *ret_size) {
  struct writer writer = {.options = options};
  wire_init(&writer.out, arena);
  put_message(&writer, message);
  return finish(&writer, ret_text, ret_size);
}

int json_encode_field(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, struct arena *arena,
                      char **ret_text, size_t *ret_size) {
  static const struct json_options options = {.proto_names = true};
  struct writer writer = {.options = &options};
  wire_init(&writer.out, arena);
  put_field(&writer, message, field);
  return finish(&writer, ret_text, ret_size);
}
