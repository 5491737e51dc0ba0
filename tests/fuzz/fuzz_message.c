// Any bytes: a message or a status. What was checked can be unpacked, and what was unpacked comes back the same.
#include <assert.h>
#include <string.h>

#include "fuzz.h"
#include "message/message.h"
#include "rpc.pb-c.h"
#include "sample.pb-c.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const ProtobufCMessageDescriptor *const descriptors[] = {&pulih__test__v1__sample__descriptor,
                                                                  &pulih__rpc__v1__header__descriptor};
  struct arena arena;
  struct status status = {0};
  if (!size) return 0;
  const ProtobufCMessageDescriptor *descriptor = descriptors[data[0] % 2];
  arena_init(&arena, FUZZ_ARENA_LIMIT);
  ProtobufCMessage *message = message_unpack(descriptor, data + 1, size - 1, &arena, &status);
  assert(message || status.reason == REASON_MESSAGE_MALFORMED || status.reason == REASON_FIELD_INVALID);
  if (message) {
    const void *packed, *again;
    size_t packed_size, again_size;
    assert(message_pack(message, &arena, &packed, &packed_size) == 0);
    message = message_unpack(descriptor, packed, packed_size, &arena, &status);
    assert(message && message_pack(message, &arena, &again, &again_size) == 0);
    assert(packed_size == again_size && !memcmp(packed, again, again_size));
  }
  arena_finish(&arena);
  return 0;
}
