// Header frames (proto/pulih/rpc/v1/rpc.proto) to and from bytes, and statuses to and from messages.
#pragma once

#include <stddef.h>
#include <zmq.h>

#include "base/arena.h"
#include "base/status.h"
#include "rpc.pb-c.h"

enum {
  ENVELOPE_MOST_BYTES = 256 * 1024,  // a Hello names every method; an EventBatch may be long
  ENVELOPE_ARENA_BYTES = 2 << 20,    // a limit with which everything of that size can be read
  ENVELOPE_ID_BYTES = 16,
};

// The header in a frame, in `arena`; NULL when it isn't one (malformed, too large, no kind set).
const Pulih__Rpc__V1__Header *envelope_read(const void *data, size_t size, struct arena *arena);
// -EMSGSIZE when it is larger than envelope_read() takes, -ENOMEM. The frame is initialised on success only.
int envelope_write(const Pulih__Rpc__V1__Header *header, zmq_msg_t *frame);

// A frame that holds a Reply to the request of `id`, with a status unless it is OK.
int envelope_write_reply(const void *id, const struct status *status, struct arena *arena, zmq_msg_t *frame);

// NULL for OK.
Pulih__Rpc__V1__Status *status_to_message(const struct status *status, struct arena *arena);
// NULL is OK; a reason that this program doesn't know becomes the nearest it does.
void status_from_message(const Pulih__Rpc__V1__Status *message, struct arena *arena, struct status *ret_status);
