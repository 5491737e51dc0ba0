// The route of every method: a Connect request becomes a call through the hub, and its answer the reply. Nothing here
// knows any method.
#include <string.h>

#include "calls.h"
#include "catalogue.h"
#include "connect.h"
#include "cors.h"
#include "message/wire.h"

enum { COMPRESS_FROM_BYTES = 1024 };

static void reply_body(struct http_exchange *exchange, const struct connect_request *request, const void *body,
                       size_t size) {
  static const struct http_field packed[] = {{.name = "Content-Encoding", .value = "gzip"},
                                             {.name = "Vary", .value = "Accept-Encoding"}};
  struct gateway *gateway = http_owner(exchange);
  struct http_reply reply = {.status = 200,
                             .content_type = request->codec == CONNECT_JSON ? "application/json" : "application/proto",
                             .body = body,
                             .size = size};
  if (size >= COMPRESS_FROM_BYTES && accepts_encoding(http_field(exchange, "accept-encoding"), "gzip") &&
      !gzip_pack(gateway->gzip, body, size, http_arena(exchange), &reply.body, &reply.size)) {
    reply.fields = packed;
    reply.field_count = sizeof packed / sizeof packed[0];
  }
  http_reply(exchange, &reply);
}

static void answered(struct http_exchange *exchange, const struct rpc_answer *answer) {
  const struct connect_request *request = http_step(exchange);
  const void *body;
  size_t size;
  if (answer->status) {
    reply_failure(exchange, answer->status, 0);
    return;
  }
  int error =
      connect_write(request->method, request->codec, answer->body, answer->size, http_arena(exchange), &body, &size);
  if (error)
    reply_reason(exchange, REASON_INTERNAL);
  else
    reply_body(exchange, request, body, size);
}

// Where the browser is, for methods that want to know: ours is the last word, whatever the caller wrote there.
static bool add_source(struct http_exchange *exchange, struct connect_request *request) {
  const ProtobufCFieldDescriptor *source =
      protobuf_c_message_descriptor_get_field_by_name(request->method->input, "source");
  if (!source || source->type != PROTOBUF_C_TYPE_STRING || source->label == PROTOBUF_C_LABEL_REPEATED) return true;
  const char *peer = http_request(exchange)->peer;
  struct wire_buffer wire;
  wire_init(&wire, http_arena(exchange));
  wire_append(&wire, request->message, request->size);
  wire_bytes_field(&wire, source->id, peer, strlen(peer));
  request->message = wire.data;
  request->size = wire.size;
  return !wire.failed;
}

static struct connect_input read_input(struct http_exchange *exchange) {
  const struct http_request *http = http_request(exchange);
  const struct gateway *gateway = http_owner(exchange);
  struct connect_input input = {.path = http->path,
                                .get = http->method != HTTP_POST,
                                .timeout = http_field(exchange, "connect-timeout-ms"),
                                .message_limit_bytes = (size_t)gateway->settings.body_limit_bytes,
                                .timeout_ms = (uint32_t)gateway->settings.call_ms};
  if (input.get) {
    input.connect = http_query(exchange, "connect", NULL);
    input.encoding = http_query(exchange, "encoding", NULL);
    input.message = http_query(exchange, "message", &input.message_size);
    input.base64 = http_query(exchange, "base64", NULL);
    input.compression = http_query(exchange, "compression", NULL);
  } else {
    input.content_type = http_field(exchange, "content-type");
    input.content_encoding = http_field(exchange, "content-encoding");
    input.version = http_field(exchange, "connect-protocol-version");
    input.body = http->body;
    input.body_size = http->body_size;
  }
  return input;
}

// What the protocol wants to hear by HTTP alone.
static void reply_http(struct http_exchange *exchange, unsigned status) {
  static const struct http_field post = {.name = "Allow", .value = "POST"};
  static const struct http_field types = {.name = "Accept-Post", .value = "application/json, application/proto"};
  http_reply(exchange,
             &(struct http_reply){.status = status, .fields = status == 405 ? &post : &types, .field_count = 1});
}

static void call(struct http_exchange *exchange) {
  struct gateway *gateway = http_owner(exchange);
  struct connect_request *request = ARENA_NEW(http_arena(exchange), struct connect_request);
  if (!request) {
    reply_reason(exchange, REASON_TOO_BUSY);
    return;
  }
  const struct connect_input input = read_input(exchange);
  struct status status = {0};
  unsigned refused = connect_read(&input, &catalogue, gateway->gzip, http_arena(exchange), request, &status);
  if (refused == 405 || refused == 415) {
    reply_http(exchange, refused);
    return;
  }
  if (refused) {
    reply_refusal(exchange, &status, refused);
    return;
  }
  http_set_note(exchange, request->method->name);
  const struct caller_token caller = caller_of(exchange);
  if (caller.by_cookie && !input.get && !is_same_origin(exchange)) {
    reply_reason(exchange, REASON_CROSS_SITE);
    return;
  }
  if (!add_source(exchange, request)) {
    reply_reason(exchange, REASON_TOO_BUSY);
    return;
  }
  http_set_step(exchange, request);
  call_method(exchange, request->method->name, request->message, request->size, caller.token, request->timeout_ms,
              answered);
}

void connect_handle(struct http_exchange *exchange) {
  if (http_request(exchange)->method == HTTP_OPTIONS) {
    cors_preflight(exchange);
    return;
  }
  cors_allow(exchange);
  call(exchange);
}
