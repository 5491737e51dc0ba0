// Any bytes in the header frame: a header or nothing. What was read can be written, and a status keeps what it says.
#include <assert.h>
#include <string.h>

#include "fuzz.h"
#include "rpc/envelope.h"

static void same_status(const Pulih__Rpc__V1__Status *message, struct arena *arena) {
  struct status status, again;
  status_from_message(message, arena, &status);
  const Pulih__Rpc__V1__Status *written = status_to_message(&status, arena);
  if (!written) return;
  status_from_message(written, arena, &again);
  assert(again.reason == status.reason);
  assert(!strcmp(written->reason, reason_info(status.reason)->name));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct arena arena;
  arena_init(&arena, FUZZ_ARENA_LIMIT);
  const Pulih__Rpc__V1__Header *header = envelope_read(data, size, &arena);
  if (header) {
    zmq_msg_t frame;
    assert(header->kind_case != PULIH__RPC__V1__HEADER__KIND__NOT_SET);
    assert(envelope_write(header, &frame) == 0);
    const Pulih__Rpc__V1__Header *again = envelope_read(zmq_msg_data(&frame), zmq_msg_size(&frame), &arena);
    assert(again && again->kind_case == header->kind_case);
    zmq_msg_close(&frame);
    if (header->kind_case == PULIH__RPC__V1__HEADER__KIND_REPLY && header->reply->status)
      same_status(header->reply->status, &arena);
  }
  arena_finish(&arena);
  return 0;
}
