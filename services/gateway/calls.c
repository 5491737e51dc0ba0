#include "calls.h"

#include <string.h>
#include <strings.h>

#include "connect.h"
#include "json/base64.h"
#include "message/message.h"
#include "rpc/envelope.h"
#include "session_cookie.h"
#include "trace/trace.h"

struct calling {
  struct rpc_call call;
  const char *parent;          // who asked is part of this trace, or NULL
  char own[TRACEPARENT_TEXT];  // what the call is told of it
  int64_t begin_us;
  struct http_exchange *exchange;
  call_done *done;
};

const char *cookie_name(const struct gateway *gateway) {
  bool plain = !strncmp(gateway->settings.origin, "http://", strlen("http://"));
  return plain ? "pulih" : "__Host-pulih";
}

// The token that a text holds in base64url; NULL when it holds none.
static const unsigned char *read_token(const char *text, struct arena *arena) {
  enum { TEXT_MOST = 64 };
  size_t size;
  unsigned char *token = arena_alloc(arena, TEXT_MOST);
  if (!token || strlen(text) > TEXT_MOST || !base64_decode(text, strlen(text), token, &size)) return NULL;
  return size == RPC_TOKEN_BYTES ? token : NULL;
}

struct caller_token caller_of(struct http_exchange *exchange) {
  static const char bearer[] = "Bearer ";
  const char *authorization = http_field(exchange, "authorization");
  const char *cookie = authorization ? NULL : http_cookie(exchange, cookie_name(http_owner(exchange)));
  struct caller_token caller = {.by_cookie = cookie};
  if (cookie) caller.token = read_token(cookie, http_arena(exchange));
  if (authorization && !strncasecmp(authorization, bearer, sizeof bearer - 1))
    caller.token = read_token(authorization + sizeof bearer - 1, http_arena(exchange));
  caller.signed_in = caller.token;
  return caller;
}

bool is_same_origin(struct http_exchange *exchange) {
  const struct gateway *gateway = http_owner(exchange);
  const char *site = http_field(exchange, "sec-fetch-site");
  if (site) return !strcmp(site, "same-origin");
  const char *origin = http_field(exchange, "origin");
  return origin && !strcmp(origin, gateway->settings.origin);
}

static void tell(struct gateway *gateway, const struct calling *calling, const struct rpc_answer *answer) {
  if (!gateway->tracer) return;
  tracer_tell(gateway->tracer, &(struct span){.parent = calling->parent,
                                              .own = calling->own,
                                              .name = calling->call.method,
                                              .begin_us = calling->begin_us,
                                              .end_us = loop_wall_us(&gateway->loop),
                                              .failure = answer->status ? answer->status->reason : NULL});
}

static void answered(struct rpc_call *call, const struct rpc_answer *answer) {
  struct calling *calling = call->owner;
  tell(http_owner(calling->exchange), calling, answer);
  calling->done(calling->exchange, answer);
}

// A trace's parent as W3C has it; anything else isn't passed on.
static const char *trace_of(struct http_exchange *exchange) {
  const char *trace = http_field(exchange, "traceparent");
  bool fits = trace && strlen(trace) == strlen("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  return fits && strspn(trace, "0123456789abcdef-") == strlen(trace) ? trace : NULL;
}

static void call_by(struct rpc_client *client, struct http_exchange *exchange, const char *method, const void *body,
                    size_t size, const unsigned char *token, uint32_t timeout_ms, call_done *done) {
  struct gateway *gateway = http_owner(exchange);
  struct calling *calling = ARENA_NEW(http_arena(exchange), struct calling);
  if (!calling) {
    reply_reason(exchange, REASON_TOO_BUSY);
    return;
  }
  *calling = (struct calling){.exchange = exchange, .done = done, .parent = trace_of(exchange)};
  if (gateway->tracer) {
    calling->begin_us = loop_wall_us(&gateway->loop);
    trace_continue(calling->parent, calling->own);
  }
  calling->call = (struct rpc_call){.method = method,
                                    .body = body,
                                    .size = size,
                                    .timeout_ms = timeout_ms,
                                    .token = token,
                                    .traceparent = gateway->tracer ? calling->own : calling->parent,
                                    .done = answered,
                                    .owner = calling};
  rpc_client_call(client, &calling->call);
}

void call_method(struct http_exchange *exchange, const char *method, const void *body, size_t size,
                 const unsigned char *token, uint32_t timeout_ms, call_done *done) {
  const struct gateway *gateway = http_owner(exchange);
  call_by(gateway->client, exchange, method, body, size, token, timeout_ms, done);
}

void call_method_by(struct rpc_client *client, struct http_exchange *exchange, const char *method, uint32_t timeout_ms,
                    call_done *done) {
  call_by(client, exchange, method, "", 0, NULL, timeout_ms, done);
}

void call_message(struct http_exchange *exchange, const char *method, const ProtobufCMessage *request,
                  const unsigned char *token, call_done *done) {
  const struct gateway *gateway = http_owner(exchange);
  const void *packed;
  size_t size;
  if (message_pack(request, http_arena(exchange), &packed, &size))
    reply_reason(exchange, REASON_TOO_BUSY);
  else
    call_method(exchange, method, packed, size, token, (uint32_t)gateway->settings.call_ms, done);
}

void reply_json(struct http_exchange *exchange, unsigned status, const char *text, size_t size) {
  http_reply(exchange,
             &(struct http_reply){.status = status, .content_type = "application/json", .body = text, .size = size});
}

void reply_failure(struct http_exchange *exchange, const Pulih__Rpc__V1__Status *status, unsigned http_status) {
  char *body;
  size_t size;
  if (!http_status) http_status = connect_http_status(status->code);
  if (connect_error(status, http_arena(exchange), &body, &size)) {
    http_reply_status(exchange, http_status);
    return;
  }
  // A cookie that stands for nobody any more goes.
  struct http_field *cookie = ARENA_NEW(http_arena(exchange), struct http_field);
  bool stale = cookie && !strcmp(status->reason, "NOT_SIGNED_IN") && caller_of(exchange).by_cookie &&
               session_cookie_clear(exchange, cookie);
  http_reply(exchange, &(struct http_reply){.status = http_status,
                                            .content_type = "application/json",
                                            .body = body,
                                            .size = size,
                                            .fields = cookie,
                                            .field_count = stale});
}

void reply_refusal(struct http_exchange *exchange, const struct status *status, unsigned http_status) {
  const Pulih__Rpc__V1__Status *message = status_to_message(status, http_arena(exchange));
  if (message)
    reply_failure(exchange, message, http_status);
  else
    http_reply_status(exchange, http_status ? http_status : connect_http_status(status_code(status)));
}

void reply_reason(struct http_exchange *exchange, enum reason reason) {
  const struct status status = {.reason = reason};
  reply_refusal(exchange, &status, 0);
}
