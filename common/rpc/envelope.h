// Header frames (proto/pulih/rpc/v1/rpc.proto) to and from bytes, and statuses to and from messages.
#pragma once

#include <stddef.h>
#include <zmq.h>

#include "base/arena.h"
#include "base/status.h"
#include "rpc.pb-c.h"

enum {
  ENVELOPE_HEADER_MOST_BYTES = 64 * 1024,  // a Hello names every method; an EventBatch may be long
  ENVELOPE_ID_BYTES = 16,
  ENVELOPE_TEXT_BYTES = 37,  // of an id as a UUID
};

// The header in a frame, in `arena`; NULL when it isn't one (malformed, too large, no kind set).
const Pulih__Rpc__V1__Header *envelope_read(const void *data, size_t size, struct arena *arena);
// -EMSGSIZE when it is larger than envelope_read() takes, -ENOMEM. The frame is initialised on success only.
int envelope_write(const Pulih__Rpc__V1__Header *header, zmq_msg_t *frame);

// A frame that holds a Reply; `status` NULL or OK without one. `arena` is only used on the way.
int envelope_write_reply(const void *id, const struct status *status, struct arena *arena, zmq_msg_t *frame);

// NULL for OK, and when memory is out.
Pulih__Rpc__V1__Status *status_to_message(const struct status *status, struct arena *arena);
// NULL is OK; a reason that this program doesn't know becomes the nearest it does.
void status_from_message(const Pulih__Rpc__V1__Status *message, struct arena *arena, struct status *ret_status);
