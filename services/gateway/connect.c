#include "connect.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "json/base64.h"
#include "json/json.h"
#include "message/message.h"

static const struct {
  unsigned http_status;
  const char *name;
} codes[] = {
    [STATUS_OK] = {200, "ok"},
    [STATUS_CANCELLED] = {499, "canceled"},
    [STATUS_UNKNOWN] = {500, "unknown"},
    [STATUS_INVALID_ARGUMENT] = {400, "invalid_argument"},
    [STATUS_DEADLINE_EXCEEDED] = {504, "deadline_exceeded"},
    [STATUS_NOT_FOUND] = {404, "not_found"},
    [STATUS_ALREADY_EXISTS] = {409, "already_exists"},
    [STATUS_PERMISSION_DENIED] = {403, "permission_denied"},
    [STATUS_RESOURCE_EXHAUSTED] = {429, "resource_exhausted"},
    [STATUS_FAILED_PRECONDITION] = {400, "failed_precondition"},
    [STATUS_ABORTED] = {409, "aborted"},
    [STATUS_OUT_OF_RANGE] = {400, "out_of_range"},
    [STATUS_UNIMPLEMENTED] = {501, "unimplemented"},
    [STATUS_INTERNAL] = {500, "internal"},
    [STATUS_UNAVAILABLE] = {503, "unavailable"},
    [STATUS_DATA_LOSS] = {500, "data_loss"},
    [STATUS_UNAUTHENTICATED] = {401, "unauthenticated"},
};
enum { CODES = sizeof codes / sizeof codes[0] };

unsigned connect_http_status(int code) {
  return codes[code > STATUS_OK && code < CODES ? code : STATUS_UNKNOWN].http_status;
}
const char *connect_code_name(int code) {
  return codes[code > STATUS_OK && code < CODES ? code : STATUS_UNKNOWN].name;
}

static unsigned refuse(struct status *status, struct arena *arena, enum reason reason, const char *detail,
                       const char *value) {
  status->reason = reason;
  status_add_detail(status, arena, detail, value);
  return connect_http_status(status_code(status));
}

static unsigned malformed(struct status *status, struct arena *arena, const char *what) {
  return refuse(status, arena, REASON_MESSAGE_MALFORMED, "what", what);
}

// "application/json" and "application/json; charset=utf-8" are the one, "application/proto" the other; -1.
static int codec_of(const char *type) {
  static const char *const types[] = {[CONNECT_JSON] = "application/json", [CONNECT_PROTO] = "application/proto"};
  if (!type) return -1;
  size_t size = strcspn(type, "; \t");
  const char *parameter = type + size + strspn(type + size, "; \t");
  for (int codec = CONNECT_JSON; codec <= CONNECT_PROTO; codec++) {
    if (size != strlen(types[codec]) || strncasecmp(type, types[codec], size) != 0) continue;
    bool plain = !*parameter || (codec == CONNECT_JSON && (!strcasecmp(parameter, "charset=utf-8") ||
                                                           !strcasecmp(parameter, "charset=\"utf-8\"")));
    return plain ? codec : -1;
  }
  return -1;
}

static unsigned read_timeout(const struct connect_input *input, struct arena *arena, uint32_t *ret_timeout_ms,
                             struct status *status) {
  enum { DIGITS_MOST = 10 };
  *ret_timeout_ms = input->timeout_ms;
  if (!input->timeout) return 0;
  size_t digits = strspn(input->timeout, "0123456789");
  if (!digits || digits > DIGITS_MOST || input->timeout[digits])
    return malformed(status, arena, "Connect-Timeout-Ms isn't one to ten digits");
  unsigned long long timeout_ms = strtoull(input->timeout, NULL, 10);
  if (!timeout_ms) {
    status->reason = REASON_DEADLINE_EXCEEDED;
    return connect_http_status(status_code(status));
  }
  if (timeout_ms < input->timeout_ms) *ret_timeout_ms = (uint32_t)timeout_ms;
  return 0;
}

// The message as it came, its compression and base64 undone.
struct content {
  const void *data;
  size_t size;
};

static unsigned unpack(const struct connect_input *input, const char *encoding, struct gzip *gzip, struct arena *arena,
                       struct content *content, struct status *status) {
  bool plain = !encoding || !*encoding || !strcasecmp(encoding, "identity");
  if (!plain && strcasecmp(encoding, "gzip") != 0)
    return refuse(status, arena, REASON_CONTENT_ENCODING_UNKNOWN, "encoding", encoding);
  int error = content->size > input->message_limit_bytes ? -EMSGSIZE : 0;
  if (!plain)
    error = gzip_unpack(gzip, content->data, content->size, input->message_limit_bytes, arena, &content->data,
                        &content->size);
  if (error == -EBADMSG) return malformed(status, arena, "it isn't gzip");
  if (!error) return 0;
  return refuse(status, arena, REASON_MESSAGE_TOO_LARGE, "limit",
                arena_printf(arena, "%zu", input->message_limit_bytes));
}

static unsigned read_get(const struct connect_input *input, struct gzip *gzip, struct arena *arena,
                         enum connect_codec *ret_codec, struct content *content, struct status *status) {
  if (input->connect && strcmp(input->connect, "v1") != 0)
    return malformed(status, arena, "connect=… in the query isn't v1");
  if (!input->encoding || !input->message)
    return malformed(status, arena, "the query needs encoding=json or proto, and message");
  if (strcmp(input->encoding, "json") != 0 && strcmp(input->encoding, "proto") != 0) return 415;
  *ret_codec = strcmp(input->encoding, "json") ? CONNECT_PROTO : CONNECT_JSON;
  *content = (struct content){input->message, input->message_size};
  if (input->base64 && !strcmp(input->base64, "1")) {
    unsigned char *data = arena_alloc(arena, content->size / 4 * 3 + 3);
    if (!data || !base64_decode(content->data, content->size, data, &content->size))
      return malformed(status, arena, "the query's message isn't base64");
    content->data = data;
  }
  return unpack(input, input->compression, gzip, arena, content, status);
}

static unsigned read_post(const struct connect_input *input, struct gzip *gzip, struct arena *arena,
                          enum connect_codec *ret_codec, struct content *content, struct status *status) {
  int codec = codec_of(input->content_type);
  if (codec < 0) return 415;
  if (input->version && strcmp(input->version, "1") != 0)
    return malformed(status, arena, "Connect-Protocol-Version isn't 1");
  *ret_codec = (enum connect_codec)codec;
  *content = (struct content){input->body, input->body_size};
  return unpack(input, input->content_encoding, gzip, arena, content, status);
}

unsigned connect_read(const struct connect_input *input, const struct method_table *methods, struct gzip *gzip,
                      struct arena *arena, struct connect_request *ret_request, struct status *status) {
  struct connect_request request = {.method = method_find(methods, input->path + 1)};
  struct content content = {0};
  if (!request.method) {
    refuse(status, arena, REASON_METHOD_UNKNOWN, "method", input->path + 1);
    return 404;
  }
  if (input->get && !request.method->read_only) return 405;
  unsigned refused = input->get ? read_get(input, gzip, arena, &request.codec, &content, status)
                                : read_post(input, gzip, arena, &request.codec, &content, status);
  if (!refused) refused = read_timeout(input, arena, &request.timeout_ms, status);
  if (refused) return refused;
  request.message = content.data;
  request.size = content.size;
  if (request.codec == CONNECT_JSON) {
    static const struct json_options strict = {0};
    struct wire_buffer wire;
    wire_init(&wire, arena);
    if (json_to_wire(request.method->input, content.data, content.size, &strict, &wire, status))
      return connect_http_status(status_code(status));
    request.message = wire.data;
    request.size = wire.size;
  }
  *ret_request = request;
  return 0;
}

int connect_write(const struct method *method, enum connect_codec codec, const void *packed, size_t packed_size,
                  struct arena *arena, const void **ret_body, size_t *ret_size) {
  if (codec == CONNECT_PROTO) {
    char *copy = arena_copy_text(arena, packed_size ? packed : "", packed_size);
    if (!copy) return -ENOMEM;
    *ret_body = copy;
    *ret_size = packed_size;
    return 0;
  }
  static const struct json_options outside = {0};
  struct status status = {0};
  const ProtobufCMessage *message = message_unpack(method->output, packed, packed_size, arena, &status);
  if (!message) return -EBADMSG;
  char *text;
  int error = json_encode(message, &outside, arena, &text, ret_size);
  if (!error) *ret_body = text;
  return error;
}

static void put(struct wire_buffer *out, const char *text) {
  wire_append(out, text, strlen(text));
}

int connect_error(const Pulih__Rpc__V1__Status *status, struct arena *arena, char **ret_body, size_t *ret_size) {
  static const struct json_options outside = {0};
  static const char type[] = ",\"details\":[{\"type\":\"pulih.rpc.v1.Status\",\"value\":\"";
  const ProtobufCFieldDescriptor *message_field =
      protobuf_c_message_descriptor_get_field_by_name(status->base.descriptor, "message");
  const void *packed;
  char *debug, *text;
  size_t packed_size, debug_size, text_size;
  if (message_pack(&status->base, arena, &packed, &packed_size) ||
      json_encode(&status->base, &outside, arena, &debug, &debug_size) ||
      json_encode_field(&status->base, message_field, arena, &text, &text_size))
    return -ENOMEM;
  struct wire_buffer out;
  wire_init(&out, arena);
  put(&out, "{\"code\":\"");
  put(&out, connect_code_name(status->code));
  put(&out, "\",\"message\":");
  wire_append(&out, text, text_size);
  wire_append(&out, type, sizeof type - 1);
  // base64 without padding, as the protocol wants it.
  unsigned char *value = wire_extend(&out, base64_size(packed_size));
  if (value) {
    base64_encode(packed, packed_size, (char *)value);
    while (out.size && out.data[out.size - 1] == '=') out.size--;
  }
  put(&out, "\",\"debug\":");
  wire_append(&out, debug, debug_size);
  put(&out, "}]}");
  if (out.failed) return -ENOMEM;
  *ret_body = (char *)out.data;
  *ret_size = out.size;
  return 0;
}
