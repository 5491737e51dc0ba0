// Design. A call is unpacked, header and body, in its own arena, and lives in a struct that is used again for the next
// one.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message/message.h"
#include "rpc/server_private.h"

struct server_call *server_call_take(struct rpc_server *server) {
  struct server_call *call;
  if (list_is_empty(&server->free_calls)) {
    call = calloc(1, sizeof *call);
    if (!call) return NULL;
    arena_init(&call->call.arena, server->settings.call_memory_bytes);
    call->call.arena.wipes = server->settings.wipes;
  } else {
    call = container_of(server->free_calls.next, struct server_call, list);
    list_remove(&call->list);
    struct arena arena = call->call.arena;
    *call = (struct server_call){.call.arena = arena};
  }
  list_append(&server->calls, &call->list);
  return call;
}

void server_call_give_back(struct rpc_server *server, struct server_call *call) {
  arena_reset(&call->call.arena);
  list_remove(&call->list);
  list_append(&server->free_calls, &call->list);
}

// Answers, and the call is gone. The body (may be NULL) is taken.
static void answer(struct server_call *call, zmq_msg_t *body) {
  struct link *link = call->link;
  struct rpc_server *server = link->server;
  bool ok = call->call.status.reason == REASON_OK;
  zmq_msg_t header;
  int error = envelope_write_reply(call->id, &call->call.status, &call->call.arena, &header);
  if (!error) {
    error = mq_send(&link->socket, 0, &header, body);
    if (error) zmq_msg_close(&header);
  }
  if (error && body) zmq_msg_close(body);
  if (error) metric_count(&server->unsent, 1);
  metric_count(ok ? &server->answered : &server->failed, 1);
  if (call->began_ns) {
    uint64_t took_ns = uv_hrtime() - call->began_ns;
    metric_observe(&server->seconds, (double)took_ns / 1e9);
    if (server->settings.answered) server->settings.answered(server->settings.owner, &call->call, took_ns);
    link->in_flight--;
    server->in_flight--;
    metric_set(&server->flying, (double)server->in_flight);
  }
  server_call_give_back(server, call);
  server_call_ended(server);
}

static struct server_call *server_call_of(struct call *call) {
  return container_of(call, struct server_call, call);
}

struct wiped_body {
  size_t size;
  unsigned char data[];
};

// On libzmq's own thread.
static void wipe_and_free(void *data, void *block) {
  struct wiped_body *body = block;
  explicit_bzero(body->data, body->size);
  free(body);
}

static bool wiped_body_init(size_t size, zmq_msg_t *body) {
  struct wiped_body *block = malloc(sizeof *block + size);
  if (!block) return false;
  block->size = size;
  if (!zmq_msg_init_data(body, block->data, size, wipe_and_free, block)) return true;
  free(block);
  return false;
}

// Room for a body of `size`; otherwise the call has been answered with why not.
static bool body_init(struct call *call, size_t size, zmq_msg_t *body) {
  const struct rpc_server_settings *settings = &server_call_of(call)->link->server->settings;
  size_t limit = settings->socket.frame_limit_bytes;
  if (size <= limit && (settings->wipes ? wiped_body_init(size, body) : !zmq_msg_init_size(body, size))) return true;
  char text[24];
  snprintf(text, sizeof text, "%zu", limit);
  call->status = (struct status){.reason = REASON_MESSAGE_TOO_LARGE};
  status_add_detail(&call->status, &call->arena, "limit", text);
  call_fail(call);
  return false;
}

void call_reply(struct call *call, const ProtobufCMessage *response) {
  zmq_msg_t body;
  if (!body_init(call, protobuf_c_message_get_packed_size(response), &body)) return;
  protobuf_c_message_pack(response, zmq_msg_data(&body));
  call->status = (struct status){0};
  answer(server_call_of(call), &body);
}

void call_reply_packed(struct call *call, const void *data, size_t size) {
  zmq_msg_t body;
  if (!body_init(call, size, &body)) return;
  if (size) memcpy(zmq_msg_data(&body), data, size);
  call->status = (struct status){0};
  answer(server_call_of(call), &body);
}

void call_fail(struct call *call) {
  if (call->status.reason == REASON_OK) call->status.reason = REASON_INTERNAL;
  status_blame_field(&call->status, &call->arena);
  answer(server_call_of(call), NULL);
}

void call_fail_with(struct call *call, enum reason reason) {
  call->status.reason = reason;
  call_fail(call);
}

static void read_caller(const Pulih__Rpc__V1__Caller *from, struct caller *caller) {
  *caller = (struct caller){.user_id = "", .prison_id = "", .key_name = ""};
  if (!from) return;
  caller->user_id = from->user_id;
  caller->prison_id = from->prison_id;
  caller->every_prison = from->every_prison;
  caller->key_name = from->key_name;
  for (size_t i = 0; i < from->n_roles; i++) caller->roles |= 1u << from->roles[i];
}

// Why it isn't begun, or OK.
static enum reason may_begin(struct link *link, const Pulih__Rpc__V1__Request *request, struct call *call) {
  struct rpc_server *server = link->server;
  if (server->stopping) return REASON_SERVICE_UNAVAILABLE;
  if (link->in_flight >= server->settings.credit) return REASON_TOO_BUSY;
  if (!request->timeout_ms) return REASON_DEADLINE_EXCEEDED;
  call->method = method_find(server->settings.methods, request->method);
  if (!call->method) {
    status_add_detail(&call->status, &call->arena, "method", request->method);
    return REASON_METHOD_UNKNOWN;
  }
  // The hub has looked already; a service doesn't rely on it.
  if (!call->method->anyone && !(call->method->roles & call->caller.roles)) return REASON_NOT_ALLOWED;
  return REASON_OK;
}

bool server_call_begin(struct link *link, struct server_call *call, const Pulih__Rpc__V1__Request *request,
                       struct mq_message *message) {
  struct rpc_server *server = link->server;
  struct call *begun = &call->call;
  if (request->id.len != ENVELOPE_ID_BYTES) return false;
  memcpy(call->id, request->id.data, ENVELOPE_ID_BYTES);
  call->link = link;
  read_caller(request->caller, &begun->caller);
  begun->traceparent = request->traceparent;
  begun->deadline_ms = loop_now_ms(server->loop) + request->timeout_ms;
  begun->service = server->settings.service;
  enum reason reason = may_begin(link, request, begun);
  if (reason != REASON_OK) {
    metric_count(&server->refused, 1);
    call_fail_with(begun, reason);
    return true;
  }
  call->began_ns = uv_hrtime();
  link->in_flight++;
  metric_set(&server->flying, (double)++server->in_flight);
  begun->request = message_unpack(begun->method->input, message->has_body ? zmq_msg_data(&message->body) : NULL,
                                  message->has_body ? zmq_msg_size(&message->body) : 0, &begun->arena, &begun->status);
  if (!begun->request)
    call_fail(begun);
  else if (begun->method->statement)
    server->settings.run_statement(begun);
  else
    begun->method->handle(begun);
  return true;
}
