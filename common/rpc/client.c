// Design. Calls hang in buckets by their id, whose last bytes count up, so that a reply finds its call at once. A tick
// looks at all of them while there are any: there are few, and 20 ms is exact enough for waits of 50 ms and more. What
// has ended hangs in one list until the loop's next turn, so that an owner's `done` may start, forget or end whatever
// it likes.
#include "rpc/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/envelope.h"
#include "rpc/hubs.h"

enum { TICK_MS = 20 };

struct rpc_client {
  struct loop *loop;
  struct mq_socket socket;
  struct hubs hubs;
  struct retry_settings retry;
  struct arena arena;  // of the header at hand
  uv_timer_t tick, soon;
  int open_handles;
  unsigned char prefix[8];  // of every id: drawn at start
  uint64_t count;
  size_t calls, calls_limit, frame_limit_bytes;
  struct rpc_call **buckets;
  size_t bucket_mask;
  struct rpc_call *ended;
  void (*closed)(void *owner);
  void *owner;
};

static void link_call(struct rpc_call **list, struct rpc_call *call) {
  call->next = *list;
  if (call->next) call->next->link = &call->next;
  call->link = list;
  *list = call;
}

static void unlink_call(struct rpc_call *call) {
  *call->link = call->next;
  if (call->next) call->next->link = call->link;
  call->link = NULL;
}

static uint64_t number_of(const unsigned char id[ENVELOPE_ID_BYTES]) {
  uint64_t number;
  memcpy(&number, id + sizeof number, sizeof number);
  return number;
}

static void deliver(struct rpc_client *client, struct rpc_call *call, const struct rpc_answer *answer) {
  unlink_call(call);
  if (!--client->calls) uv_timer_stop(&client->tick);
  call->done(call, answer);
}

static void deliver_failure(struct rpc_client *client, struct rpc_call *call) {
  struct arena arena;
  arena_init(&arena, ENVELOPE_ARENA_BYTES);
  struct status status = {.reason = call->last};
  char limit[24];
  snprintf(limit, sizeof limit, "%zu", client->frame_limit_bytes);
  if (call->last == REASON_MESSAGE_TOO_LARGE) status_add_detail(&status, &arena, "limit", limit);
  Pulih__Rpc__V1__Status bare = PULIH__RPC__V1__STATUS__INIT;
  bare.code = status_code(&status);
  bare.reason = (char *)reason_info(status.reason)->name;
  struct rpc_answer answer = {.status = status_to_message(&status, &arena)};
  if (!answer.status) answer.status = &bare;
  deliver(client, call, &answer);
  arena_finish(&arena);
}

static void deliver_ended(uv_timer_t *soon) {
  struct rpc_client *client = soon->data;
  struct rpc_call *batch = client->ended;  // what its owners end meanwhile has its own turn
  client->ended = NULL;
  if (batch) batch->link = &batch;
  while (batch) deliver_failure(client, batch);
}

static void end(struct rpc_client *client, struct rpc_call *call, enum reason reason) {
  call->last = reason;
  unlink_call(call);
  link_call(&client->ended, call);
  uv_timer_start(&client->soon, deliver_ended, 0, 0);
}

static int send_request(struct rpc_client *client, struct rpc_call *call, uint64_t now_ms) {
  Pulih__Rpc__V1__Request request = PULIH__RPC__V1__REQUEST__INIT;
  Pulih__Rpc__V1__Header header = PULIH__RPC__V1__HEADER__INIT;
  request.id = (ProtobufCBinaryData){sizeof call->id, call->id};
  request.method = (char *)call->method;
  request.timeout_ms = (uint32_t)(call->retry.deadline_ms - now_ms);
  if (call->traceparent) request.traceparent = (char *)call->traceparent;
  if (call->token) request.session_token = (ProtobufCBinaryData){RPC_TOKEN_BYTES, (uint8_t *)call->token};
  header.kind_case = PULIH__RPC__V1__HEADER__KIND_REQUEST;
  header.request = &request;
  zmq_msg_t frames[2];
  int error = envelope_write(&header, &frames[0]);
  if (error) return error;
  if (zmq_msg_init_size(&frames[1], call->size)) {
    zmq_msg_close(&frames[0]);
    return -ENOMEM;
  }
  if (call->size) memcpy(zmq_msg_data(&frames[1]), call->body, call->size);
  // Nothing waits out of sight: what can't be sent now is sent later with the time that is then left.
  error = mq_send_now(&client->socket, 0, &frames[0], &frames[1]);
  if (error) {
    zmq_msg_close(&frames[0]);
    zmq_msg_close(&frames[1]);
  }
  return error;
}

static void step(struct rpc_client *client, struct rpc_call *call, uint64_t now_ms) {
  switch (retry_next(&call->retry, now_ms)) {
    case RETRY_WAIT:
      return;
    case RETRY_SEND:
      if (send_request(client, call, now_ms))
        retry_blocked(&call->retry);
      else
        retry_sent(&call->retry, now_ms);
      return;
    case RETRY_EXPIRED:
      if (call->last != REASON_OK)
        end(client, call, call->last);
      else
        end(client, call, call->retry.attempts ? REASON_DEADLINE_EXCEEDED : REASON_SERVICE_UNAVAILABLE);
      return;
  }
}

// Steps all calls, or only those that could not be sent.
static void step_all(struct rpc_client *client, bool blocked_only) {
  uint64_t now_ms = loop_now_ms(client->loop);
  for (size_t i = 0; i <= client->bucket_mask; i++) {
    struct rpc_call *next;
    for (struct rpc_call *call = client->buckets[i]; call; call = next) {
      next = call->next;
      if (!blocked_only || call->retry.state == RETRY_BLOCKED) step(client, call, now_ms);
    }
  }
}

static void tick(uv_timer_t *timer) {
  step_all(timer->data, false);
}

static void writable(struct mq_socket *socket) {
  step_all(socket->owner, true);
}

static struct rpc_call *find(struct rpc_client *client, const ProtobufCBinaryData *id) {
  if (id->len != ENVELOPE_ID_BYTES) return NULL;
  struct rpc_call *call = client->buckets[number_of(id->data) & client->bucket_mask];
  while (call && memcmp(call->id, id->data, ENVELOPE_ID_BYTES)) call = call->next;
  return call;
}

static void received(struct mq_socket *socket, struct mq_message *message) {
  struct rpc_client *client = socket->owner;
  arena_reset(&client->arena);
  const Pulih__Rpc__V1__Header *header =
      envelope_read(zmq_msg_data(&message->header), zmq_msg_size(&message->header), &client->arena);
  if (!header || header->kind_case != PULIH__RPC__V1__HEADER__KIND_REPLY) return;
  struct rpc_call *call = find(client, &header->reply->id);
  if (!call) return;  // answered already, or forgotten
  struct status status;
  status_from_message(header->reply->status, &client->arena, &status);
  if (!retry_answered(&call->retry, loop_now_ms(client->loop), status.reason)) {
    call->last = status.reason;
    return;
  }
  struct rpc_answer answer = {.status = status.reason == REASON_OK ? NULL : header->reply->status};
  if (!answer.status && message->has_body) {
    answer.body = zmq_msg_data(&message->body);
    answer.size = zmq_msg_size(&message->body);
  }
  deliver(client, call, &answer);
}

static const struct mq_socket_handler handler = {.received = received, .writable = writable};

void rpc_client_call(struct rpc_client *client, struct rpc_call *call) {
  memcpy(call->id, client->prefix, sizeof client->prefix);
  uint64_t number = client->count++;
  memcpy(call->id + sizeof client->prefix, &number, sizeof number);
  call->last = REASON_OK;
  link_call(&client->buckets[number & client->bucket_mask], call);
  if (client->calls++ >= client->calls_limit) {
    end(client, call, REASON_TOO_BUSY);
    return;
  }
  if (call->size > client->frame_limit_bytes) {
    end(client, call, REASON_MESSAGE_TOO_LARGE);  // the hub would hang up on it, with everything else on its way
    return;
  }
  uint64_t now_ms = loop_now_ms(client->loop), seed;
  memcpy(&seed, client->prefix, sizeof seed);
  uint32_t timeout_ms = call->timeout_ms < RPC_TIMEOUT_MOST_MS ? call->timeout_ms : RPC_TIMEOUT_MOST_MS;
  retry_begin(&call->retry, &client->retry, now_ms, now_ms + timeout_ms, seed + number);
  if (!uv_is_active((uv_handle_t *)&client->tick)) uv_timer_start(&client->tick, tick, TICK_MS, TICK_MS);
  step(client, call, now_ms);
}

void rpc_client_forget(struct rpc_client *client, struct rpc_call *call) {
  unlink_call(call);
  if (!--client->calls) uv_timer_stop(&client->tick);
}

static int hub_came(void *owner, const char *endpoint) {
  return mq_socket_connect(&((struct rpc_client *)owner)->socket, endpoint);
}

// Its calls are sent again to another when their attempt's time is up.
static void hub_went(void *owner, const char *endpoint) {
  mq_socket_disconnect(&((struct rpc_client *)owner)->socket, endpoint);
}

static void free_client(struct rpc_client *client) {
  arena_finish(&client->arena);
  free(client->buckets);
  free(client);
}

static void one_closed(struct rpc_client *client) {
  if (--client->open_handles) return;
  void (*closed)(void *owner) = client->closed;
  void *owner = client->owner;
  free_client(client);
  if (closed) closed(owner);
}

static void socket_closed(struct mq_socket *socket) {
  one_closed(socket->owner);
}

static void hubs_closed(void *client) {
  one_closed(client);
}

static void timer_closed(uv_handle_t *timer) {
  one_closed(timer->data);
}

void rpc_client_close(struct rpc_client *client, void (*closed)(void *owner), void *owner) {
  client->closed = closed;
  client->owner = owner;
  client->calls_limit = 0;
  for (size_t i = 0; i <= client->bucket_mask; i++)
    while (client->buckets[i]) end(client, client->buckets[i], REASON_SERVICE_UNAVAILABLE);
  deliver_ended(&client->soon);
  hubs_close(&client->hubs, hubs_closed);
  mq_socket_close(&client->socket, socket_closed);
  uv_close((uv_handle_t *)&client->tick, timer_closed);
  uv_close((uv_handle_t *)&client->soon, timer_closed);
}

struct rpc_client *rpc_client_create(struct mq_context *context, const struct rpc_client_settings *settings,
                                     int *ret_error) {
  struct rpc_client *client = calloc(1, sizeof *client);
  size_t buckets = 16;
  while (buckets < settings->calls_limit) buckets *= 2;
  if (client) client->buckets = calloc(buckets, sizeof *client->buckets);
  if (!client || !client->buckets) {
    free(client);
    *ret_error = -ENOMEM;
    return NULL;
  }
  client->loop = context->loop;
  client->retry = settings->retry;
  client->calls_limit = settings->calls_limit;
  client->frame_limit_bytes = settings->socket.frame_limit_bytes;
  client->bucket_mask = buckets - 1;
  arena_init(&client->arena, ENVELOPE_ARENA_BYTES);
  *ret_error = uv_random(NULL, NULL, client->prefix, sizeof client->prefix, 0, NULL);
  if (!*ret_error) *ret_error = mq_dealer_init(&client->socket, context, &settings->socket, &handler, client);
  if (*ret_error) {
    free_client(client);
    return NULL;
  }
  uv_timer_init(&client->loop->uv, &client->tick);
  uv_timer_init(&client->loop->uv, &client->soon);
  client->tick.data = client->soon.data = client;
  client->open_handles = 4;
  *ret_error = hubs_init(&client->hubs, &(struct hubs_settings){.loop = &client->loop->uv,
                                                                .endpoints = settings->endpoints,
                                                                .came = hub_came,
                                                                .went = hub_went,
                                                                .owner = client});
  if (*ret_error) {
    rpc_client_close(client, NULL, NULL);
    return NULL;
  }
  mq_socket_start(&client->socket);
  return client;
}
