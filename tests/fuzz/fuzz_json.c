// Any text: a message or a status. What was read is written as a text that means the same.
#include <assert.h>
#include <string.h>

#include "fuzz.h"
#include "json/json.h"
#include "message/message.h"
#include "sample.pb-c.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const ProtobufCMessageDescriptor *descriptor = &pulih__test__v1__sample__descriptor;
  struct arena arena;
  struct status status = {0};
  if (!size) return 0;
  struct json_options options = {data[0] & 1, data[0] & 2, data[0] & 4};
  arena_init(&arena, FUZZ_ARENA_LIMIT);
  ProtobufCMessage *message = json_decode(descriptor, (const char *)data + 1, size - 1, &options, &arena, &status);
  assert(message || status.reason == REASON_MESSAGE_MALFORMED || status.reason == REASON_FIELD_INVALID);
  char *text, *again;
  size_t text_size, again_size;
  if (message) {
    assert(json_encode(message, &options, &arena, &text, &text_size) == 0);
    message = json_decode(descriptor, text, text_size, &options, &arena, &status);
    assert(message && json_encode(message, &options, &arena, &again, &again_size) == 0);
    assert(text_size == again_size && !memcmp(text, again, text_size));
  }
  arena_finish(&arena);
  return 0;
}
