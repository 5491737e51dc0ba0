// A Connect call: the first byte chooses the method, the second how it came, the rest is its message. What is let pass
// is a message that can be read; a refusal can be written.
#include <assert.h>
#include <string.h>

#include "catalogue.h"
#include "connect.h"
#include "fuzz.h"
#include "message/message.h"
#include "rpc/envelope.h"

enum { GET = 1, JSON = 2, GZIP = 4, BASE64 = 8, LIMIT = 64 << 10 };

static struct connect_input input_of(const struct method *method, unsigned how, const uint8_t *data, size_t size,
                                     struct arena *arena) {
  const char *compression = how & GZIP ? "gzip" : NULL;
  struct connect_input input = {.path = arena_printf(arena, "/%s", method->name),
                                .get = how & GET,
                                .version = "1",
                                .message_limit_bytes = LIMIT,
                                .timeout_ms = 1000};
  if (input.get) {
    input.connect = "v1";
    input.encoding = how & JSON ? "json" : "proto";
    input.message = arena_copy_text(arena, (const char *)data, size);
    input.message_size = size;
    input.base64 = how & BASE64 ? "1" : NULL;
    input.compression = compression;
  } else {
    input.content_type = how & JSON ? "application/json" : "application/proto";
    input.content_encoding = compression;
    input.body = data;
    input.body_size = size;
  }
  return input;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct gzip *gzip;
  if (!gzip) gzip = gzip_create();
  if (size < 2) return 0;
  struct arena arena;
  arena_init(&arena, FUZZ_ARENA_LIMIT);
  const struct method *method = &catalogue.methods[data[0] % catalogue.count];
  struct connect_input input = input_of(method, data[1], data + 2, size - 2, &arena);
  struct connect_request request;
  struct status status = {0};
  unsigned refused = connect_read(&input, &catalogue, gzip, &arena, &request, &status);
  if (!refused) {
    assert(request.method == method && request.timeout_ms == input.timeout_ms);
    struct status unread = {0};
    if (request.codec == CONNECT_JSON)
      assert(message_unpack(method->input, request.message, request.size, &arena, &unread));
  } else if (refused != 405 && refused != 415) {
    char *body;
    size_t body_size;
    const Pulih__Rpc__V1__Status *message = status_to_message(&status, &arena);
    assert(refused >= 400 && message && !connect_error(message, &arena, &body, &body_size) && body[0] == '{');
  }
  arena_finish(&arena);
  return 0;
}
