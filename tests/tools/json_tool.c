// Turns messages into ProtoJSON and back for tests in Python. Requests on stdin, answers on stdout, in order:
//   request: <operation> <descriptor symbol> <size> "\n" <bytes>
//   answer:  ok|error <size> "\n" <bytes>
// Operations: "encode" and "encode-all" (with proto names and defaults) take the wire format; "decode" and
// "decode-lax" (unknown fields ignored) take JSON and give the wire format.
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/json.h"
#include "message/message.h"

enum { ARENA_LIMIT = 64 << 20 };

static void answer(const char *outcome, const void *data, size_t size) {
  printf("%s %zu\n", outcome, size);
  fwrite(data, 1, size, stdout);
  fflush(stdout);
}

static void answer_status(const struct status *status, struct arena *arena) {
  const char *text = status_text(status, LANGUAGE_ENGLISH, arena);
  const struct named_text *violation = status->violations;
  char *whole =
      violation ? arena_printf(arena, "%s: %s", violation->name, violation->text) : arena_printf(arena, "%s", text);
  answer("error", whole, strlen(whole));
}

static int encode(const ProtobufCMessage *message, bool all, struct arena *arena, const void **ret_data,
                  size_t *ret_size) {
  char *text;
  struct json_options options = {.proto_names = all, .defaults = all};
  int error = json_encode(message, &options, arena, &text, ret_size);
  if (!error) *ret_data = text;
  return error;
}

static void run(const char *operation, const ProtobufCMessageDescriptor *descriptor, const char *input, size_t size,
                struct arena *arena) {
  struct status status = {0};
  struct json_options options = {.ignore_unknown = !strcmp(operation, "decode-lax")};
  bool encodes = !strncmp(operation, "encode", 6);
  const ProtobufCMessage *message = encodes ? message_unpack(descriptor, input, size, arena, &status)
                                            : json_decode(descriptor, input, size, &options, arena, &status);
  if (!message) {
    answer_status(&status, arena);
    return;
  }
  const void *data;
  int error = encodes ? encode(message, !strcmp(operation, "encode-all"), arena, &data, &size)
                      : message_pack(message, arena, &data, &size);
  answer(error ? "error" : "ok", error ? strerror(-error) : data, error ? strlen(strerror(-error)) : size);
}

int main(void) {
  char operation[16], symbol[200];
  size_t size;
  while (scanf("%15s %199s %zu", operation, symbol, &size) == 3 && getchar() == '\n') {
    struct arena arena;
    arena_init(&arena, ARENA_LIMIT);
    const ProtobufCMessageDescriptor *descriptor = dlsym(RTLD_DEFAULT, symbol);
    // Exactly as large as the input, so that a sanitizer sees a read beyond it.
    char *input = malloc(size ? size : 1);
    bool read = descriptor && input && fread(input, 1, size, stdin) == size;
    if (read) run(operation, descriptor, input, size, &arena);
    free(input);
    arena_finish(&arena);
    if (!read) return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
