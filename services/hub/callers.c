#include <string.h>

#include "crypto/token.h"
#include "hub/hub.h"
#include "rpc/envelope.h"

static bool park_is_full(const struct hub *hub) {
  return hub->parked >= HUB_PARKED_MOST;
}

static bool key_is_full(const struct hub *hub, const struct hub_key *key) {
  return key->kind == HUB_KEY_SITE && key->open_calls >= (size_t)hub->settings.calls_per_site;
}

static void give_to_core(struct hub *hub, struct hub_call *call, struct hub_key *key) {
  struct hub_request request = {.caller = key->number,
                                .route = call->route,
                                .method = call->method,
                                .deadline_ms = call->deadline_ms,
                                .payload = call};
  memcpy(request.id, call->id, HUB_ID_BYTES);
  switch (hub_core_request(hub->core, loop_now_ms(hub->loop), &request)) {
    case HUB_TAKEN:
      return;
    case HUB_REPEATED:
      metric_count(&hub->counts.repeated, 1);
      hub_call_give_back(hub, call);
      return;
    case HUB_FULL:
      hub_refuse(hub, call, REASON_TOO_BUSY);
      return;
    case HUB_NOBODY:
      hub_refuse(hub, call, REASON_SERVICE_UNAVAILABLE);
      return;
  }
}

void hub_admit(struct hub *hub, struct hub_call *call) {
  uint64_t now_ms = loop_now_ms(hub->loop);
  int64_t wall_us = loop_wall_us(hub->loop);
  // A connection outlives its key, so it is looked up for each message (PITFALLS 5).
  struct hub_key *key = hub_keys_find(&hub->keys, call->public_key, wall_us);
  if (!key) return hub_refuse(hub, call, REASON_KEY_NOT_KNOWN);
  if (now_ms >= call->deadline_ms) return hub_refuse(hub, call, REASON_DEADLINE_EXCEEDED);
  if (!call->counted) {
    if (key_is_full(hub, key)) return hub_refuse(hub, call, REASON_TOO_BUSY);
    call->counted = true;
    key->open_calls++;
  }
  if (key->kind == HUB_KEY_SITE && !hub_keys_are_fresh(hub)) {
    if (park_is_full(hub)) return hub_refuse(hub, call, REASON_TOO_BUSY);
    return hub_park(hub, &hub->waiting_for_keys, call);
  }
  const struct hub_person *person = NULL;
  if (call->has_token && key->kind != HUB_KEY_SERVICE) {
    person = hub_sessions_find(hub->sessions, call->token_hash, now_ms, wall_us);
    if (!person && park_is_full(hub)) return hub_refuse(hub, call, REASON_TOO_BUSY);
    if (!person) return hub_find_person(hub, call);
  }
  enum reason reason = hub_access_decide(hub_method(call->method), key, person, &call->caller);
  if (reason != REASON_OK) return hub_refuse(hub, call, reason);
  if (!hub_answer_itself(hub, call)) give_to_core(hub, call, key);
}

// Takes over what the header says. Anything but OK is the answer.
static enum reason read_request(struct hub *hub, struct hub_call *call, const Pulih__Rpc__V1__Request *request,
                                struct status *status) {
  call->method = hub_method_index(request->method);
  if (call->method == SIZE_MAX) {
    status_add_detail(status, &hub->arena, "method", request->method);
    return REASON_METHOD_UNKNOWN;
  }
  if (!request->timeout_ms || request->timeout_ms > HUB_TIMEOUT_MOST_MS) {
    status_add_violation(status, &hub->arena, "timeout_ms", "must be 1 to %d", HUB_TIMEOUT_MOST_MS);
    return REASON_FIELD_INVALID;
  }
  call->deadline_ms = loop_now_ms(hub->loop) + request->timeout_ms;
  size_t trace_size = strlen(request->traceparent);
  if (trace_size < sizeof call->traceparent) memcpy(call->traceparent, request->traceparent, trace_size + 1);
  call->has_token = request->session_token.len;
  if (!call->has_token) return REASON_OK;
  if (request->session_token.len != TOKEN_SIZE) return REASON_NOT_SIGNED_IN;
  token_hash(request->session_token.data, call->token_hash);
  return REASON_OK;
}

static void received(struct mq_socket *socket, struct mq_message *message) {
  struct hub *hub = socket->owner;
  arena_reset(&hub->arena);
  const Pulih__Rpc__V1__Header *header =
      envelope_read(zmq_msg_data(&message->header), zmq_msg_size(&message->header), &hub->arena);
  bool sane = header && header->kind_case == PULIH__RPC__V1__HEADER__KIND_REQUEST &&
              header->request->id.len == HUB_ID_BYTES && strlen(message->user_id) == MQ_KEY_TEXT - 1;
  if (!sane) {
    // Without an id there is nothing to answer to.
    metric_count(&hub->counts.malformed, 1);
    return;
  }
  struct hub_call *call = hub_call_take(hub);
  if (!call) {
    hub_refuse_message(hub, message->route, header->request->id.data, REASON_TOO_BUSY);
    return;
  }
  call->route = message->route;
  memcpy(call->id, header->request->id.data, HUB_ID_BYTES);
  memcpy(call->public_key, message->user_id, MQ_KEY_TEXT);
  struct status status = {0};
  status.reason = read_request(hub, call, header->request, &status);
  if (status.reason != REASON_OK) {
    hub_answer(hub, call, &status, NULL);
    return;
  }
  call->has_body = message->has_body;
  if (call->has_body) {
    zmq_msg_init(&call->body);
    zmq_msg_move(&call->body, &message->body);
  }
  hub_admit(hub, call);
  hub_act(hub);
}

static void malformed(struct mq_socket *socket, mq_route route) {
  struct hub *hub = socket->owner;
  metric_count(&hub->counts.malformed, 1);
}

static void lost(struct mq_socket *socket, mq_route route, size_t messages) {
  struct hub *hub = socket->owner;
  metric_count(&hub->counts.unsent, (double)messages);
}

const struct mq_socket_handler hub_caller_handler = {.received = received, .malformed = malformed, .lost = lost};
