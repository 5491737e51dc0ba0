#include <string.h>

#include "base/log.h"
#include "hub/hub.h"
#include "rpc/envelope.h"

enum { METHODS_MOST = 1024 };

// Says something that is said again when it doesn't arrive.
static void say(struct hub *hub, mq_route route, Pulih__Rpc__V1__Header *header) {
  zmq_msg_t frame;
  if (envelope_write(header, &frame)) return;
  if (mq_send(&hub->services, route, &frame, NULL)) zmq_msg_close(&frame);
}

static void say_unknown(struct hub *hub, mq_route route) {
  Pulih__Rpc__V1__Unknown unknown = PULIH__RPC__V1__UNKNOWN__INIT;
  Pulih__Rpc__V1__Header header = PULIH__RPC__V1__HEADER__INIT;
  header.kind_case = PULIH__RPC__V1__HEADER__KIND_UNKNOWN;
  header.unknown = &unknown;
  say(hub, route, &header);
}

static void say_welcome(struct hub *hub, mq_route route) {
  Pulih__Rpc__V1__Welcome welcome = PULIH__RPC__V1__WELCOME__INIT;
  Pulih__Rpc__V1__Header header = PULIH__RPC__V1__HEADER__INIT;
  welcome.ping_interval_ms = (uint32_t)hub->settings.ping_interval_ms;
  header.kind_case = PULIH__RPC__V1__HEADER__KIND_WELCOME;
  header.welcome = &welcome;
  say(hub, route, &header);
}

static void say_pong(struct hub *hub, mq_route route, uint64_t number) {
  Pulih__Rpc__V1__Pong pong = PULIH__RPC__V1__PONG__INIT;
  Pulih__Rpc__V1__Header header = PULIH__RPC__V1__HEADER__INIT;
  pong.number = number;
  header.kind_case = PULIH__RPC__V1__HEADER__KIND_PONG;
  header.pong = &pong;
  say(hub, route, &header);
}

static void take_hello(struct hub *hub, mq_route route, const struct hub_key *key,
                       const Pulih__Rpc__V1__Hello *message) {
  size_t methods[METHODS_MOST];
  struct hub_hello hello = {.service = message->service,
                            .name = message->instance,
                            .version = message->version,
                            .methods = methods,
                            .subscriptions = (const char *const *)message->subscriptions,
                            .subscription_count = message->n_subscriptions,
                            .credit = message->credit};
  if (!hub_access_may_serve(key, message->service)) {
    LOG(ERROR, "SERVICE_NOT_ITS_KEY", log_text("service", message->service), log_text("key", key->name));
    return;
  }
  for (size_t i = 0; i < message->n_methods && hello.method_count < METHODS_MOST; i++) {
    size_t index = hub_method_index(message->methods[i]);
    if (index != SIZE_MAX && hub_access_may_serve_method(message->service, message->methods[i]))
      methods[hello.method_count++] = index;
    else
      LOG(WARNING, "METHOD_NOT_ROUTED", log_text("service", message->service), log_text("method", message->methods[i]));
  }
  bool known = hub_core_instance_at(hub->core, route);
  int error = hub_core_hello(hub->core, loop_now_ms(hub->loop), route, &hello);
  if (error) {
    LOG(ERROR, "SERVICE_NOT_TAKEN", log_text("service", message->service), log_text("reason", strerror(-error)));
    return;
  }
  if (!known)
    LOG(INFO, "SERVICE_CONNECTED", log_text("service", message->service), log_text("instance_name", message->instance),
        log_number("methods", (int64_t)hello.method_count), log_number("credit", hello.credit));
  say_welcome(hub, route);
  // While identity was away, or we were, keys may have changed.
  if (!known && !strcmp(message->service, "identity")) hub_access_changed(hub);
}

static void take_reply(struct hub *hub, mq_route route, const Pulih__Rpc__V1__Reply *message,
                       struct mq_message *frames) {
  struct hub_reply reply = {message->status && message->status->code ? message->status : NULL,
                            frames->has_body ? &frames->body : NULL};
  uint64_t number;
  bool ours = message->id.len == HUB_ID_BYTES && !memcmp(message->id.data, hub->epoch, sizeof hub->epoch);
  if (ours) memcpy(&number, message->id.data + sizeof hub->epoch, sizeof number);
  if (!ours || !hub_core_reply(hub->core, loop_now_ms(hub->loop), route, number, &reply))
    metric_count(&hub->counts.late, 1);
  hub_act(hub);  // now, while the reply is here
}

static void take_events(struct hub *hub, mq_route route, const Pulih__Event__V1__EventBatch *batch, zmq_msg_t *header) {
  hub_route routes[HUB_INSTANCES_MOST];
  const char *service = hub_core_instance_at(hub->core, route)->service;
  if (!hub_access_is_producer(service, batch->producer)) {
    LOG(ERROR, "EVENTS_NOT_ITS_OWN", log_text("service", service), log_text("producer", batch->producer));
    return;
  }
  size_t count = hub_core_subscribers(hub->core, batch->producer, routes);
  for (size_t i = 0; i < count; i++) {
    zmq_msg_t copy;
    zmq_msg_init(&copy);
    zmq_msg_copy(&copy, header);
    // One that is missed is asked for: consumers notice gaps.
    if (mq_send(&hub->services, routes[i], &copy, NULL)) zmq_msg_close(&copy);
  }
  for (size_t i = 0; i < batch->n_events; i++) {
    if (strcmp(batch->events[i]->type, "identity.access_changed")) continue;
    hub_access_changed(hub);
    return;
  }
}

static void take(struct hub *hub, mq_route route, const Pulih__Rpc__V1__Header *header, struct mq_message *frames) {
  switch (header->kind_case) {
    case PULIH__RPC__V1__HEADER__KIND_REPLY:
      take_reply(hub, route, header->reply, frames);
      break;
    case PULIH__RPC__V1__HEADER__KIND_PING:
      say_pong(hub, route, header->ping->number);
      break;
    case PULIH__RPC__V1__HEADER__KIND_GOODBYE:
      hub_core_goodbye(hub->core, loop_now_ms(hub->loop), route);
      break;
    case PULIH__RPC__V1__HEADER__KIND_EVENTS:
      take_events(hub, route, header->events, &frames->header);
      break;
    default:
      metric_count(&hub->counts.malformed, 1);
  }
}

static void received(struct mq_socket *socket, struct mq_message *message) {
  struct hub *hub = socket->owner;
  arena_reset(&hub->arena);
  const struct hub_key *key = hub_keys_find(&hub->keys, message->user_id, loop_wall_us(hub->loop));
  const Pulih__Rpc__V1__Header *header =
      envelope_read(zmq_msg_data(&message->header), zmq_msg_size(&message->header), &hub->arena);
  if (!header || !key || key->kind != HUB_KEY_SERVICE) {
    metric_count(&hub->counts.malformed, 1);
    if (!key) hub_core_gone(hub->core, loop_now_ms(hub->loop), message->route);  // its key was withdrawn
    hub_act(hub);
    return;
  }
  bool known = hub_core_heard(hub->core, loop_now_ms(hub->loop), message->route);
  bool ping = header->kind_case == PULIH__RPC__V1__HEADER__KIND_PING;
  if (header->kind_case == PULIH__RPC__V1__HEADER__KIND_HELLO)
    take_hello(hub, message->route, key, header->hello);
  else if (!known)
    say_unknown(hub, message->route);
  // A Pong also says that everything before it has been sent, and that is for one that has left too.
  if (ping || (known && header->kind_case != PULIH__RPC__V1__HEADER__KIND_HELLO))
    take(hub, message->route, header, message);
  hub_act(hub);
}

static void malformed(struct mq_socket *socket, mq_route route) {
  struct hub *hub = socket->owner;
  metric_count(&hub->counts.malformed, 1);
}

static void lost(struct mq_socket *socket, mq_route route, size_t messages) {
  struct hub *hub = socket->owner;
  metric_count(&hub->counts.unsent, (double)messages);
  hub_core_gone(hub->core, loop_now_ms(hub->loop), route);
  hub_act(hub);
}

const struct mq_socket_handler hub_service_handler = {.received = received, .malformed = malformed, .lost = lost};

static void fill_caller(const struct hub_caller *caller, Pulih__Rpc__V1__Caller *message, Pulih__Role *roles) {
  pulih__rpc__v1__caller__init(message);
  message->user_id = (char *)caller->person.user_id;
  message->prison_id = (char *)caller->person.prison_id;
  message->every_prison = caller->every_prison;
  message->key_name = (char *)caller->key_name;
  message->roles = roles;
  for (uint32_t bits = caller->person.roles; bits; bits &= bits - 1)
    roles[message->n_roles++] = (Pulih__Role)__builtin_ctz(bits);
}

void hub_forward(struct hub *hub, const struct hub_action *action) {
  struct hub_call *call = action->payload;
  uint64_t now_ms = loop_now_ms(hub->loop);
  Pulih__Role roles[32];
  Pulih__Rpc__V1__Caller caller;
  Pulih__Rpc__V1__Request request = PULIH__RPC__V1__REQUEST__INIT;
  Pulih__Rpc__V1__Header header = PULIH__RPC__V1__HEADER__INIT;
  unsigned char id[HUB_ID_BYTES];
  memcpy(id, hub->epoch, sizeof hub->epoch);
  memcpy(id + sizeof hub->epoch, &action->number, sizeof action->number);
  fill_caller(&call->caller, &caller, roles);
  request.id = (ProtobufCBinaryData){sizeof id, id};
  request.method = (char *)hub_method(action->method)->name;
  request.timeout_ms = action->deadline_ms > now_ms ? (uint32_t)(action->deadline_ms - now_ms) : 1;
  request.caller = &caller;
  request.traceparent = call->traceparent;
  header.kind_case = PULIH__RPC__V1__HEADER__KIND_REQUEST;
  header.request = &request;
  zmq_msg_t frame;
  int error = envelope_write(&header, &frame);
  if (!error) {
    error = mq_send(&hub->services, action->route, &frame, call->has_body ? &call->body : NULL);
    if (error) zmq_msg_close(&frame);
  }
  // Not even a queue for it: nobody is there any more.
  if (error) hub_core_gone(hub->core, now_ms, action->route);
}
