#include "event_source.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "event/event_cursor.h"
#include "loop/loop.h"
#include "message/message.h"
#include "rpc/server.h"

enum { READ_EVENTS = 1000, READ_TIMEOUT_MS = 10000, ARENA_BYTES = 4 << 20, CALLS_LIMIT = 4096, REQUEST_BYTES = 128 };

#define LIST_EVENTS "pulih.event.v1.EventService/ListEvents"
#define GET_STANDING "pulih.event.v1.EventService/GetStanding"

// One call of the log at a time.
struct question {
  struct follower *follower;
  struct rpc_call call;
  unsigned char request[REQUEST_BYTES];
  struct arena arena;  // of the answer
  struct event_position after;
  bool running;
};

struct follower {
  struct event_source *source;
  size_t producer;
  struct event_cursor cursor;
  struct question forward, back;
  struct event_position lost;  // what lies behind this and further back isn't asked for any more
};

struct event_source {
  struct event_source_settings settings;
  struct loop *loop;
  struct event_window *window;
  struct rpc_client *client;
  struct rpc_server *server;
  uv_timer_t timer;
  bool closing;
  int open;
  void (*closed)(void *owner);
  void *closed_owner;
  struct follower followers[EVENT_PRODUCERS];
};

static void turn(struct event_source *source);
static void due(uv_timer_t *timer);

static void ask(struct question *question, const char *method, const ProtobufCMessage *request,
                void (*done)(struct rpc_call *call, const struct rpc_answer *answer)) {
  question->running = true;
  // A producer's name and a few numbers.
  assert(protobuf_c_message_get_packed_size(request) <= sizeof question->request);
  question->call = (struct rpc_call){.method = method,
                                     .body = question->request,
                                     .size = protobuf_c_message_pack(request, question->request),
                                     .timeout_ms = READ_TIMEOUT_MS,
                                     .done = done,
                                     .owner = question};
  rpc_client_call(question->follower->source->client, &question->call);
}

static void ask_standing(struct question *question, void (*done)(struct rpc_call *, const struct rpc_answer *)) {
  Pulih__Event__V1__GetStandingRequest request = PULIH__EVENT__V1__GET_STANDING_REQUEST__INIT;
  request.producer = (char *)event_producers[question->follower->producer];
  ask(question, GET_STANDING, &request.base, done);
}

static void ask_events(struct question *question, struct event_position after,
                       void (*done)(struct rpc_call *, const struct rpc_answer *)) {
  Pulih__Event__V1__ListEventsRequest request = PULIH__EVENT__V1__LIST_EVENTS_REQUEST__INIT;
  Pulih__Event__V1__Position position;
  event_position_write(after, &position);
  question->after = after;
  request.producer = (char *)event_producers[question->follower->producer];
  request.after = &position;
  request.limit = READ_EVENTS;
  ask(question, LIST_EVENTS, &request.base, done);
}

// The answer, in the question's arena; NULL, and logged, when it failed.
static const void *answer_of(struct question *question, const struct rpc_answer *answer,
                             const ProtobufCMessageDescriptor *descriptor) {
  struct status status = {0};
  question->running = false;
  arena_reset(&question->arena);
  const void *message =
      answer->status ? NULL : message_unpack(descriptor, answer->body, answer->size, &question->arena, &status);
  if (!message && !question->follower->source->closing)
    LOG(WARNING, "EVENTS_NOT_READ", log_text("producer", event_producers[question->follower->producer]),
        log_text("reason", answer->status ? answer->status->reason : reason_info(status.reason)->name));
  return message;
}

static void tell(struct event_source *source) {
  if (source->closing) return;
  turn(source);
  source->settings.news(source->settings.owner);
}

static void standing_known(struct rpc_call *call, const struct rpc_answer *answer) {
  struct follower *follower = ((struct question *)call->owner)->follower;
  struct event_source *source = follower->source;
  const Pulih__Event__V1__Standing *standing =
      answer_of(&follower->forward, answer, &pulih__event__v1__standing__descriptor);
  if (standing) {
    struct event_position at = event_position_read(standing->position);
    event_window_begin(source->window, follower->producer, at);
    event_cursor_applied(&follower->cursor, at, loop_now_ms(source->loop));
  } else {
    event_cursor_failed(&follower->cursor, loop_now_ms(source->loop));
  }
  tell(source);
}

static void events_read(struct rpc_call *call, const struct rpc_answer *answer) {
  struct follower *follower = ((struct question *)call->owner)->follower;
  struct event_source *source = follower->source;
  uint64_t now_ms = loop_now_ms(source->loop);
  const Pulih__Event__V1__ListEventsResponse *read =
      answer_of(&follower->forward, answer, &pulih__event__v1__list_events_response__descriptor);
  if (!read) {
    event_cursor_failed(&follower->cursor, now_ms);
  } else if (event_cursor_replayed(&follower->cursor, read->n_events, read->n_events == READ_EVENTS, now_ms)) {
    event_window_append(source->window, follower->producer, read->events, read->n_events);
    event_cursor_applied(&follower->cursor, event_position_read(read->events[read->n_events - 1]->position), now_ms);
  }
  tell(source);
}

// Does what is due, and wakes when the next is.
static void turn(struct event_source *source) {
  uint64_t now_ms = loop_now_ms(source->loop), due_ms = now_ms + CURSOR_QUIET_MS;
  for (struct follower *each = source->followers; each < source->followers + EVENT_PRODUCERS; each++) {
    if (each->forward.running) continue;
    switch (event_cursor_next(&each->cursor, now_ms)) {
      case CURSOR_WAIT:
        if (each->cursor.due_ms < due_ms) due_ms = each->cursor.due_ms;
        break;
      case CURSOR_ASK:
        ask_standing(&each->forward, standing_known);
        break;
      case CURSOR_REPLAY:
        ask_events(&each->forward, each->cursor.at, events_read);
        break;
    }
  }
  uv_timer_start(&source->timer, due, due_ms > now_ms ? due_ms - now_ms : 0, 0);
}

static void due(uv_timer_t *timer) {
  turn(timer->data);
}

static void batch_came(void *owner, const Pulih__Event__V1__EventBatch *batch) {
  struct event_source *source = owner;
  for (struct follower *each = source->followers; each < source->followers + EVENT_PRODUCERS; each++) {
    if (strcmp(event_producers[each->producer], batch->producer) != 0) continue;
    uint64_t now_ms = loop_now_ms(source->loop);
    struct event_position previous = event_position_read(batch->previous);
    struct event_position last =
        batch->n_events ? event_position_read(batch->events[batch->n_events - 1]->position) : previous;
    if (event_cursor_offer(&each->cursor, previous, last, now_ms)) {
      event_window_append(source->window, each->producer, batch->events, batch->n_events);
      event_cursor_applied(&each->cursor, last, now_ms);
    }
    tell(source);
  }
}

static void past_read(struct rpc_call *call, const struct rpc_answer *answer) {
  struct question *back = call->owner;
  struct follower *follower = back->follower;
  struct event_source *source = follower->source;
  const Pulih__Event__V1__ListEventsResponse *read =
      answer_of(back, answer, &pulih__event__v1__list_events_response__descriptor);
  if (!read || !event_window_prepend(source->window, follower->producer, back->after, read->events, read->n_events,
                                     read->n_events == READ_EVENTS))
    follower->lost = back->after;
  tell(source);
}

bool event_source_reach(struct event_source *source, size_t producer, struct event_position after) {
  struct follower *follower = &source->followers[producer];
  if (event_position_compare(after, follower->lost) <= 0) return false;
  if (!follower->back.running) ask_events(&follower->back, after, past_read);
  return true;
}

bool event_source_is_connected(const struct event_source *source) {
  return rpc_server_ready(source->server);
}

const struct event_window *event_source_window(const struct event_source *source) {
  return source->window;
}

struct rpc_client *event_source_client(const struct event_source *source) {
  return source->client;
}

static void free_source(struct event_source *source) {
  for (size_t i = 0; i < EVENT_PRODUCERS; i++) {
    arena_finish(&source->followers[i].forward.arena);
    arena_finish(&source->followers[i].back.arena);
  }
  event_window_destroy(source->window);
  free(source);
}

static void one_closed(void *owner) {
  struct event_source *source = owner;
  if (--source->open) return;
  void (*closed)(void *owner) = source->closed;
  void *closed_owner = source->closed_owner;
  rpc_server_destroy(source->server);
  free_source(source);
  closed(closed_owner);
}

static void timer_closed(uv_handle_t *timer) {
  one_closed(timer->data);
}

void event_source_close(struct event_source *source, void (*closed)(void *owner), void *owner) {
  source->closing = true;
  source->closed = closed;
  source->closed_owner = owner;
  source->open = 3;
  uv_close((uv_handle_t *)&source->timer, timer_closed);
  rpc_server_stop(source->server, one_closed, source);
  rpc_client_close(source->client, one_closed, source);
}

static void init_followers(struct event_source *source) {
  for (size_t i = 0; i < EVENT_PRODUCERS; i++) {
    struct follower *follower = &source->followers[i];
    *follower = (struct follower){.source = source, .producer = i};
    follower->forward.follower = follower->back.follower = follower;
    arena_init(&follower->forward.arena, ARENA_BYTES);
    arena_init(&follower->back.arena, ARENA_BYTES);
    event_cursor_init(&follower->cursor, uv_hrtime() + i);
  }
}

struct event_source *event_source_create(const struct event_source_settings *settings, int *ret_error) {
  static const struct method_table no_methods;
  struct event_source *source = calloc(1, sizeof *source);
  *ret_error = -ENOMEM;
  if (!source) return NULL;
  source->settings = *settings;
  source->loop = settings->context->loop;
  init_followers(source);
  source->window = event_window_create(settings->window_events);
  if (source->window)
    source->client = rpc_client_create(settings->context,
                                       &(struct rpc_client_settings){.endpoints = settings->caller_endpoints,
                                                                     .socket = settings->socket,
                                                                     .retry = retry_defaults,
                                                                     .calls_limit = CALLS_LIMIT},
                                       ret_error);
  if (source->client)
    source->server = rpc_server_create(settings->context,
                                       &(struct rpc_server_settings){.name = "gateway",
                                                                     .instance = settings->instance,
                                                                     .methods = &no_methods,
                                                                     .subscriptions = event_producers,
                                                                     .endpoints = settings->service_endpoints,
                                                                     .socket = settings->socket,
                                                                     .call_memory_bytes = ARENA_BYTES,
                                                                     .events = batch_came,
                                                                     .owner = source},
                                       ret_error);
  if (!source->server) {
    if (source->client) rpc_client_close(source->client, NULL, NULL);
    free_source(source);
    return NULL;
  }
  uv_timer_init(&source->loop->uv, &source->timer);
  source->timer.data = source;
  uv_timer_start(&source->timer, due, 0, 0);
  rpc_server_start(source->server);
  return source;
}
