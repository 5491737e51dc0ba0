// ProtoJSON (https://protobuf.dev/programming-guides/json/) ↔ messages, by their descriptors. Reading writes the wire
// format as it goes: no tree in between, so what a text can cost is bounded by the arena.
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/status.h"
#include "message/wire.h"

enum { JSON_SIZE_MAX = 4 << 20 };

// Zeroed is the default, and what the outside sees.
struct json_options {
  bool proto_names;     // write "participant_id" rather than "participantId"; both are read
  bool defaults;        // write fields that have their default value too
  bool ignore_unknown;  // pass over fields that the message doesn't have, instead of refusing them
};

// -ENOMEM when it doesn't fit in the arena, -ERANGE when a Timestamp or Duration is out of range. The text ends with a
// NUL that isn't counted.
int json_encode(const ProtobufCMessage *message, const struct json_options *options, struct arena *arena,
                char **ret_text, size_t *ret_size);
// One field's value, with proto field names, as the database has it in jsonb: a repeated one is an array, an absent
// message is null.
int json_encode_field(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, struct arena *arena,
                      char **ret_text, size_t *ret_size);

// Reads a text into a message that has passed message_check(), in `arena`. NULL when `status` says what was expected
// where: MESSAGE_MALFORMED (not JSON, with line and column), FIELD_INVALID (with the field's path) or
// MESSAGE_TOO_LARGE.
ProtobufCMessage *json_decode(const ProtobufCMessageDescriptor *descriptor, const char *text, size_t size,
                              const struct json_options *options, struct arena *arena, struct status *status);
// The same to the wire format, not yet checked beyond what JSON needs. 0, or -EBADMSG.
int json_to_wire(const ProtobufCMessageDescriptor *descriptor, const char *text, size_t size,
                 const struct json_options *options, struct wire_buffer *ret_wire, struct status *status);
// Appends one field from a text such as json_encode_field() writes; null appends nothing. 0, or -EBADMSG.
int json_field_to_wire(const ProtobufCFieldDescriptor *field, const char *text, size_t size,
                       struct wire_buffer *ret_wire, struct status *status);
