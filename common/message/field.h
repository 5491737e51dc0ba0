// Fields of a message by descriptor and by path, and enum values by the short names that the database uses.
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

// Messages that stand for one value. Wrappers are google.protobuf.StringValue and its like.
enum message_kind { MESSAGE_PLAIN, MESSAGE_TIMESTAMP, MESSAGE_DATE, MESSAGE_DURATION, MESSAGE_WRAPPER };

enum message_kind message_kind(const ProtobufCMessageDescriptor *descriptor);
// Timestamp or Date: one parameter or column, where other messages are jsonb.
bool message_is_scalar(const ProtobufCMessageDescriptor *descriptor);

// Where the field's value is. For a repeated one the array's pointer is there, and its count at field_count().
const void *field_value(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);
size_t field_count(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);
// One element of a repeated field.
const void *field_element(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, size_t index);
// Of a repeated field's array.
size_t field_element_size(ProtobufCType type);
// The chosen one of its oneof, a message that is there, an array with elements, or a value other than the default.
bool field_is_set(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);

// Goes down by indexes in descriptor->fields (struct db_path) to the message that holds the last field. NULL when a
// message on the way is absent.
const ProtobufCMessage *field_follow(const ProtobufCMessage *message, const unsigned short *indexes, size_t depth,
                                     const ProtobufCFieldDescriptor **ret_field);
// "person.birth_date" → indexes. How many, or -ENOENT when there is no such field or more than `room` steps.
int field_find_path(const ProtobufCMessageDescriptor *descriptor, const char *path, unsigned short *ret_indexes,
                    size_t room);

// "ENROLLMENT_STATUS_ON_HOLD" of enum EnrollmentStatus ↔ "ON_HOLD". NULL when there is no such number.
const char *enum_short_name(const ProtobufCEnumDescriptor *descriptor, int number);
// 0, or -ENOENT.
int enum_by_short_name(const ProtobufCEnumDescriptor *descriptor, const char *name, size_t size, int *ret_number);
