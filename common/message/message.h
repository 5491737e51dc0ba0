// Messages from and to untrusted bytes. protobuf-c alone has no limits (PITFALLS 11) and checks no text, enum or date;
// every message that comes from outside a process is unpacked here.
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/status.h"

enum {
  MESSAGE_DEPTH_MAX = 16,        // messages within messages, the outermost counted
  MESSAGE_FIELDS_MAX = 200000,   // on the wire, at all depths
  MESSAGE_VIOLATIONS_MAX = 16,   // more are not looked for
  MESSAGE_RESERVE_BYTES = 4096,  // of the arena, that unpacking leaves for saying what was wrong
};

// What the bytes must be before anything is allocated for them: whole fields of the wire types that the descriptor has,
// no single nested message twice, within the limits above; texts in UTF-8 without control characters (\n and \t are
// fine); enum numbers that exist; Timestamps in the years 1 to 9999; Dates that exist. Unknown fields are passed over,
// so that a newer peer can be understood. 0, or -EBADMSG with `status` MESSAGE_MALFORMED or FIELD_INVALID with the
// fields' paths ("rows[3].name").
int message_check(const ProtobufCMessageDescriptor *descriptor, const void *data, size_t size, struct arena *arena,
                  struct status *status);

// What a text of a message must be: UTF-8 by RFC 3629 (no overlong forms, no surrogates), no controls but \n and \t.
// What is wrong with it, "isn't …" or "has …"; NULL when it is fine.
const char *message_text_problem(const void *text, size_t size);

// Checks and unpacks. The message and all that it points to live in `arena` (never free it); what doesn't fit there is
// MESSAGE_TOO_LARGE. NULL when `status` says why.
ProtobufCMessage *message_unpack(const ProtobufCMessageDescriptor *descriptor, const void *data, size_t size,
                                 struct arena *arena, struct status *status);

// Serialised in `arena`. -ENOMEM when it doesn't fit.
int message_pack(const ProtobufCMessage *message, struct arena *arena, const void **ret_data, size_t *ret_size);
