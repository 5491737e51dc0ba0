#include "message/message.h"

#include <errno.h>
#include <stdio.h>

static void *budget_alloc(void *data, size_t size) {
  struct arena *arena = data;
  size_t left = arena->limit_bytes - arena->used_bytes;
  return left > MESSAGE_RESERVE_BYTES && size <= left - MESSAGE_RESERVE_BYTES ? arena_alloc(arena, size) : NULL;
}

static void budget_free(void *data, void *pointer) {
  // The arena is freed as a whole.
}

ProtobufCMessage *message_unpack(const ProtobufCMessageDescriptor *descriptor, const void *data, size_t size,
                                 struct arena *arena, struct status *status) {
  if (message_check(descriptor, data, size, arena, status)) return NULL;
  ProtobufCAllocator allocator = {budget_alloc, budget_free, arena};
  ProtobufCMessage *message = protobuf_c_message_unpack(descriptor, &allocator, size, data);
  if (message) return message;
  // What was checked can be unpacked, so it is the memory that failed.
  char limit[24];
  snprintf(limit, sizeof limit, "%zu", arena->limit_bytes);
  status->reason = REASON_MESSAGE_TOO_LARGE;
  status_add_detail(status, arena, "limit", limit);
  return NULL;
}

int message_pack(const ProtobufCMessage *message, struct arena *arena, const void **ret_data, size_t *ret_size) {
  size_t size = protobuf_c_message_get_packed_size(message);
  unsigned char *data = arena_alloc(arena, size);
  if (!data) return -ENOMEM;
  *ret_size = protobuf_c_message_pack(message, data);
  *ret_data = data;
  return 0;
}
