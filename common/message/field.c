#include "message/field.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "date.pb-c.h"
#include "timestamp.pb-c.h"

enum message_kind message_kind(const ProtobufCMessageDescriptor *descriptor) {
  static const char package[] = "google.protobuf.";
  if (descriptor == &google__protobuf__timestamp__descriptor) return MESSAGE_TIMESTAMP;
  if (descriptor == &pulih__type__v1__date__descriptor) return MESSAGE_DATE;
  if (strncmp(descriptor->name, package, sizeof package - 1)) return MESSAGE_PLAIN;
  if (!strcmp(descriptor->short_name, "Duration")) return MESSAGE_DURATION;
  size_t size = strlen(descriptor->short_name);
  bool wraps = size > 5 && !strcmp(descriptor->short_name + size - 5, "Value") && descriptor->n_fields == 1;
  return wraps ? MESSAGE_WRAPPER : MESSAGE_PLAIN;
}

bool message_is_scalar(const ProtobufCMessageDescriptor *descriptor) {
  enum message_kind kind = message_kind(descriptor);
  return kind == MESSAGE_TIMESTAMP || kind == MESSAGE_DATE;
}

const void *field_value(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field) {
  return (const char *)message + field->offset;
}

size_t field_count(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field) {
  return *(const size_t *)(const void *)((const char *)message + field->quantifier_offset);
}

size_t field_element_size(ProtobufCType type) {
  switch (type) {
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
      return 8;
    case PROTOBUF_C_TYPE_BOOL:
      return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
      return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
      return sizeof(ProtobufCBinaryData);
    default:
      return 4;
  }
}

const void *field_element(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, size_t index) {
  return *(const char *const *)field_value(message, field) + index * field_element_size(field->type);
}

bool field_is_set(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field) {
  if (field->label == PROTOBUF_C_LABEL_REPEATED) return field_count(message, field) > 0;
  const void *value = field_value(message, field);
  if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
    return *(const uint32_t *)(const void *)((const char *)message + field->quantifier_offset) == field->id;
  switch (field->type) {
    case PROTOBUF_C_TYPE_MESSAGE:
      return *(const ProtobufCMessage *const *)value != NULL;
    case PROTOBUF_C_TYPE_STRING: {
      const char *text = *(const char *const *)value;
      return text && *text;
    }
    case PROTOBUF_C_TYPE_BYTES:
      return ((const ProtobufCBinaryData *)value)->len > 0;
    default: {
      static const char zero[8];
      return memcmp(value, zero, field_element_size(field->type)) != 0;
    }
  }
}

const ProtobufCMessage *field_follow(const ProtobufCMessage *message, const unsigned short *indexes, size_t depth,
                                     const ProtobufCFieldDescriptor **ret_field) {
  const ProtobufCFieldDescriptor *field = &message->descriptor->fields[indexes[0]];
  for (size_t step = 1; step < depth; step++) {
    if (!field_is_set(message, field)) return NULL;
    message = *(const ProtobufCMessage *const *)field_value(message, field);
    field = &message->descriptor->fields[indexes[step]];
  }
  *ret_field = field;
  return message;
}

int field_find_path(const ProtobufCMessageDescriptor *descriptor, const char *path, unsigned short *ret_indexes,
                    size_t room) {
  for (size_t step = 0; descriptor && step < room; step++) {
    size_t size = strcspn(path, ".");
    const ProtobufCFieldDescriptor *field = NULL;
    for (unsigned i = 0; i < descriptor->n_fields && !field; i++) {
      const char *name = descriptor->fields[i].name;
      if (strlen(name) == size && !memcmp(name, path, size)) field = &descriptor->fields[i];
    }
    if (!field) return -ENOENT;
    ret_indexes[step] = (unsigned short)(field - descriptor->fields);
    if (!path[size]) return (int)step + 1;
    path += size + 1;
    bool single_message = field->type == PROTOBUF_C_TYPE_MESSAGE && field->label != PROTOBUF_C_LABEL_REPEATED;
    descriptor = single_message ? field->descriptor : NULL;
  }
  return -ENOENT;
}

// Length of "ENROLLMENT_STATUS_" for EnrollmentStatus, as protoc's style has it; 0 when `name` doesn't begin with it.
static size_t prefix_size(const ProtobufCEnumDescriptor *descriptor, const char *name) {
  size_t size = 0;
  for (const char *at = descriptor->short_name; *at; at++) {
    bool after_small = at > descriptor->short_name && !isupper((unsigned char)at[-1]);
    bool before_small = at > descriptor->short_name && islower((unsigned char)at[1]);
    if (isupper((unsigned char)*at) && (after_small || before_small) && name[size++] != '_') return 0;
    if (name[size++] != toupper((unsigned char)*at)) return 0;
  }
  return name[size] == '_' ? size + 1 : 0;
}

const char *enum_short_name(const ProtobufCEnumDescriptor *descriptor, int number) {
  const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(descriptor, number);
  return value ? value->name + prefix_size(descriptor, value->name) : NULL;
}

int enum_by_short_name(const ProtobufCEnumDescriptor *descriptor, const char *name, size_t size, int *ret_number) {
  for (unsigned i = 0; i < descriptor->n_values; i++) {
    const ProtobufCEnumValue *value = &descriptor->values[i];
    const char *known = value->name + prefix_size(descriptor, value->name);
    if (strlen(known) != size || memcmp(known, name, size)) continue;
    *ret_number = value->value;
    return 0;
  }
  return -ENOENT;
}
