#include "hub/hub.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "catalogue.h"
#include "rpc/envelope.h"

enum { TICK_MS = 20, ABANDONED_MS = 30000, SELF_TEST_MS = 5000, ENDPOINT_BYTES = 256 };

const struct method *hub_method(size_t index) {
  return &catalogue.methods[index];
}

size_t hub_method_index(const char *name) {
  const struct method *method = method_find(&catalogue, name);
  return method ? (size_t)(method - catalogue.methods) : SIZE_MAX;
}

struct hub_call *hub_call_take(struct hub *hub) {
  struct hub_call *call;
  if (list_is_empty(&hub->free_calls)) {
    call = hub->calls_made < hub->calls_most ? malloc(sizeof *call) : NULL;
    if (!call) return NULL;
    hub->calls_made++;
  } else {
    call = container_of(hub->free_calls.next, struct hub_call, list);
    list_remove(&call->list);
  }
  memset(call, 0, sizeof *call);
  return call;
}

void hub_call_give_back(struct hub *hub, struct hub_call *call) {
  struct hub_key *key = call->counted ? hub_keys_find(&hub->keys, call->public_key, loop_wall_us(hub->loop)) : NULL;
  if (key && key->open_calls) key->open_calls--;
  if (call->has_body) zmq_msg_close(&call->body);
  list_append(&hub->free_calls, &call->list);
}

static void send_to_caller(struct hub *hub, mq_route route, zmq_msg_t *header, zmq_msg_t *body) {
  if (!mq_send(&hub->callers, route, header, body)) return;
  // Gone, or it doesn't read: it asks again when it is back.
  metric_count(&hub->counts.unsent, 1);
  zmq_msg_close(header);
  if (body) zmq_msg_close(body);
}

void hub_answer(struct hub *hub, struct hub_call *call, const struct status *status, zmq_msg_t *body) {
  zmq_msg_t header;
  if (call->done) {
    call->done(hub, call, status->reason, NULL);
  } else {
    metric_count(status->reason == REASON_OK ? &hub->counts.answered : &hub->counts.refused, 1);
    arena_reset(&hub->answer_arena);
    if (!envelope_write_reply(call->id, status, &hub->answer_arena, &header))
      send_to_caller(hub, call->route, &header, body);
    else if (body)
      zmq_msg_close(body);
  }
  hub_call_give_back(hub, call);
}

void hub_refuse(struct hub *hub, struct hub_call *call, enum reason reason) {
  hub_answer(hub, call, &(struct status){.reason = reason}, NULL);
}

void hub_refuse_message(struct hub *hub, mq_route route, const unsigned char id[HUB_ID_BYTES], enum reason reason) {
  struct status status = {.reason = reason};
  zmq_msg_t header;
  metric_count(&hub->counts.refused, 1);
  arena_reset(&hub->answer_arena);
  if (!envelope_write_reply(id, &status, &hub->answer_arena, &header)) send_to_caller(hub, route, &header, NULL);
}

// A service's reply goes to its caller: the same status and body under the caller's own id.
static void pass_reply(struct hub *hub, struct hub_call *call, const struct hub_reply *reply) {
  Pulih__Rpc__V1__Reply message = PULIH__RPC__V1__REPLY__INIT;
  Pulih__Rpc__V1__Header header = PULIH__RPC__V1__HEADER__INIT;
  message.id = (ProtobufCBinaryData){sizeof call->id, call->id};
  message.status = (Pulih__Rpc__V1__Status *)reply->status;
  header.kind_case = PULIH__RPC__V1__HEADER__KIND_REPLY;
  header.reply = &message;
  zmq_msg_t frame;
  if (envelope_write(&header, &frame)) return;
  if (!reply->status && hub_method(call->method)->changes_access) {
    hub_access_changed(hub);
    hub_hold_answer(hub, call, &frame, reply->body);
  } else {
    send_to_caller(hub, call->route, &frame, reply->body);
  }
}

static enum reason reason_of(const struct hub_action *action) {
  const struct hub_reply *reply = action->reply;
  return reply && reply->status ? reason_by_name(reply->status->reason) : action->reason;
}

static void answer_action(struct hub *hub, const struct hub_action *action) {
  struct hub_call *call = action->payload;
  struct hub_reply *reply = action->reply;
  call->route = action->route;
  if (!reply) {
    hub_refuse(hub, call, action->reason);
    return;
  }
  metric_count(reply->status ? &hub->counts.failed : &hub->counts.answered, 1);
  if (call->done)
    call->done(hub, call, reason_of(action), reply->status ? NULL : reply);
  else
    pass_reply(hub, call, reply);
  hub_call_give_back(hub, call);
}

void hub_act(struct hub *hub) {
  struct hub_action action;
  while (hub_core_next(hub->core, &action)) {
    if (action.kind == HUB_FORWARD)
      hub_forward(hub, &action);
    else
      answer_action(hub, &action);
  }
}

static void tick(uv_timer_t *timer) {
  struct hub *hub = timer->data;
  arena_reset(&hub->arena);
  hub_core_tick(hub->core, loop_now_ms(hub->loop));
  hub_identity_tick(hub);
  hub_act(hub);
}

// A site must find its way back by itself: one that comes before its key does, or with all the others after an outage,
// is put off and not kept out.
static enum mq_verdict judge_key(struct mq_zap *zap, const char *public_key) {
  struct hub *hub = zap->owner;
  const struct hub_key *key = hub_keys_find(&hub->keys, public_key, loop_wall_us(hub->loop));
  if (!key) return hub_keys_are_fresh(hub) ? MQ_KEPT_OUT : MQ_LATER;
  if (key->kind != HUB_KEY_SITE) return MQ_LET_IN;
  return token_bucket_take(&hub->site_connections, loop_now_ms(hub->loop)) ? MQ_LET_IN : MQ_LATER;
}

static void one_closed(struct hub *hub) {
  if (!--hub->open_handles) loop_stopped(&hub->stopper);
}

static void socket_closed(struct mq_socket *socket) {
  one_closed(socket->owner);
}

static void zap_closed(struct mq_pump *pump) {
  one_closed(container_of(pump, struct hub, zap.pump));
}

static void handle_closed(uv_handle_t *handle) {
  one_closed(handle->data);
}

static void stop(struct loop_stopper *stopper) {
  struct hub *hub = container_of(stopper, struct hub, stopper);
  hub_core_abort(hub->core);
  hub_act(hub);
  hub_end_parked(hub);
  hub_act(hub);
  uv_close((uv_handle_t *)&hub->tick, handle_closed);
  uv_close((uv_handle_t *)&hub->keys_file, handle_closed);
  mq_socket_close(&hub->callers, socket_closed);
  mq_socket_close(&hub->services, socket_closed);
  mq_zap_close(&hub->zap, zap_closed);
}

static int fail(const char *what, const char *of, int error) {
  LOG(ERROR, "HUB_NOT_STARTED", log_text("what", what), log_text("of", of), log_text("reason", strerror(-error)));
  return error;
}

static int read_keys(struct hub *hub) {
  int error = mq_key_pair_from_secret(&hub->key, hub->settings.secret_key);
  if (error) return fail("secret key", "PULIH_HUB_SECRET_KEY", error);
  error = hub_keys_file_read(hub);
  return error ? fail("keys", hub->settings.keys_file, error) : 0;
}

static int make_core(struct hub *hub) {
  const struct hub_settings *settings = &hub->settings;
  struct hub_limits limits = {.calls = (size_t)settings->calls,
                              .waiting_per_method = (size_t)settings->waiting_per_method,
                              .silent_ms = (uint32_t)settings->ping_interval_ms * SILENT_INTERVALS,
                              .abandoned_ms = ABANDONED_MS};
  uint64_t seed;
  randombytes_buf(&seed, sizeof seed);
  randombytes_buf(hub->epoch, sizeof hub->epoch);
  hub->core = hub_core_create(&limits, catalogue.count, seed);
  hub->sessions = hub_sessions_create();
  return hub->core && hub->sessions ? 0 : fail("memory", "core", -ENOMEM);
}

// Bound, and seen to refuse strangers; not yet read from.
static int open_router(struct hub *hub, struct mq_socket *socket, const char *endpoint,
                       const struct mq_socket_handler *handler) {
  struct mq_socket_settings settings = mq_socket_defaults;
  settings.key = &hub->key;
  settings.frame_limit_bytes = (size_t)hub->settings.frame_limit_bytes;
  int error = mq_router_init(socket, hub->context, &settings, handler, hub);
  if (error) return fail("socket", endpoint, error);
  hub->open_handles++;
  char bound[ENDPOINT_BYTES];
  error = mq_socket_bind(socket, endpoint, bound, sizeof bound);
  if (error) return fail("endpoint", endpoint, error);
  error = mq_refuses_strangers(hub->context, bound, hub->key.public_key, SELF_TEST_MS);
  return error ? fail("refusal of strangers", bound, error) : 0;
}

static int open_sockets(struct hub *hub) {
  int error = mq_zap_start(&hub->zap, hub->context, judge_key, hub);
  if (error) return fail("key check", "inproc://zeromq.zap.01", error);
  hub->open_handles++;
  error = open_router(hub, &hub->callers, hub->settings.caller_endpoint, &hub_caller_handler);
  if (!error) error = open_router(hub, &hub->services, hub->settings.service_endpoint, &hub_service_handler);
  return error;
}

int hub_start(struct hub *hub, struct mq_context *context, const struct hub_settings *settings) {
  *hub = (struct hub){.settings = *settings, .context = context, .loop = context->loop};
  list_init(&hub->free_calls);
  list_init(&hub->waiting_for_keys);
  list_init(&hub->waiting_for_person);
  list_init(&hub->held_answers);
  arena_init(&hub->arena, ENVELOPE_ARENA_BYTES);
  arena_init(&hub->answer_arena, ENVELOPE_ARENA_BYTES);
  hub->calls_most = (size_t)settings->calls + HUB_PARKED_MOST;
  hub->site_connections.per_second = (uint64_t)settings->sites_per_second;
  hub_name_metrics(hub);
  int error = read_keys(hub);
  if (!error) error = make_core(hub);
  if (!error) error = open_sockets(hub);
  if (!error && hub_keys_file_watch(hub)) error = fail("watch", settings->keys_file, -ENOMEM);
  if (error) return error;
  uv_timer_init(&hub->loop->uv, &hub->tick);
  hub->tick.data = hub;
  hub->open_handles += 2;
  uv_timer_start(&hub->tick, tick, TICK_MS, TICK_MS);
  mq_socket_start(&hub->callers);
  mq_socket_start(&hub->services);
  hub->stopper.stop = stop;
  loop_add_stopper(hub->loop, &hub->stopper);
  LOG(INFO, "SERVING", log_text("callers", settings->caller_endpoint), log_text("services", settings->service_endpoint),
      log_number("methods", (int64_t)catalogue.count), log_number("keys", (int64_t)hub->keys.installed.count));
  return 0;
}

void hub_finish(struct hub *hub) {
  for (struct list *item = hub->free_calls.next, *next; item != &hub->free_calls; item = next) {
    next = item->next;
    free(container_of(item, struct hub_call, list));
  }
  hub_core_destroy(hub->core);
  hub_sessions_destroy(hub->sessions);
  hub_keys_finish(&hub->keys);
  arena_finish(&hub->arena);
  arena_finish(&hub->answer_arena);
}
