#include "live.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "calls.h"
#include "crypto/token.h"
#include "identity.pb-c.h"
#include "message/message.h"
#include "message/time.h"

enum {
  TICK_MS = 1000,
  HEARTBEAT_MS = 20000,  // less than what proxies take for silence
  CHECK_MS = 30000,      // how often sessions are looked at
  CHECK_TIMEOUT_MS = 10000,
  RETRY_LEAST_MS = 2000,  // when a browser comes back is drawn: not all at the same moment
  RETRY_SPREAD_MS = 6000,
  CHECK_ARENA_BYTES = 8 << 20,
  DATA_BYTES = EVENT_TYPE_BYTES + 160,
  TEXT_BYTES = EVENT_PLACE_TEXT_MAX + DATA_BYTES + 32,
};

#define LIST_LIVE_SESSIONS "pulih.identity.v1.IdentityService/ListLiveSessions"
#define OVERDUE_US (INT64_C(60) * 1000000)  // without news of a session that should have ended

struct stream {
  struct list list;  // of live->streams
  struct live *live;
  struct http_exchange *exchange;
  uint8_t token_hash[TOKEN_HASH_SIZE];
  struct event_scope scope;
  int64_t expires_us;  // wall clock
  bool open, ended;
  bool resumes;  // `place` is where the reader says that it stood
  bool lost;     // and what it says makes no sense
  bool asked;    // its session is in the check that is on its way
  struct event_place place;
  uint64_t heartbeat_ms;
  struct rpc_call call;
};

struct live {
  struct live_settings settings;
  struct event_source *source;
  struct list streams;
  size_t count;  // of streams, and of those that are being opened
  uv_timer_t tick;
  uint64_t check_ms;
  struct rpc_call check;
  bool checking;
  struct arena check_arena;
  struct event_place watched;  // up to where changes of access have been noticed
  bool watching;
  struct metric streams_now, sent, slow, reset;
  void (*closed)(void *owner);
  void *owner;
  int open_handles;
};

// What is sent
// ------------------------------------------------------------------------------------------------------

// Without an event it is a heartbeat, which moves the reader's place along.
static void tell(struct stream *stream, const char *event, const char *data) {
  char text[TEXT_BYTES], place[EVENT_PLACE_TEXT_MAX];
  event_place_write(&stream->place, place);
  int size = event ? snprintf(text, sizeof text, "event: %s\nid: %s\ndata: %s\n\n", event, place, data)
                   : snprintf(text, sizeof text, ":\nid: %s\n\n", place);
  if (stream->ended || !http_stream_write(stream->exchange, text, (size_t)size)) return;
  stream->ended = true;
  metric_count(&stream->live->slow, 1);
  http_stream_end(stream->exchange, true);
}

static void say_goodbye(struct stream *stream) {
  tell(stream, "end", "{}");
  if (stream->ended) return;
  stream->ended = true;
  http_stream_end(stream->exchange, false);
}

// From where on it reads. False: that isn't known yet.
static bool begin(struct stream *stream) {
  struct event_source *source = stream->live->source;
  const struct event_window *window = event_source_window(source);
  if (!event_window_is_known(window)) return false;
  bool waits = false, lost = stream->lost;
  for (size_t i = 0; stream->resumes && !lost && (i = event_window_missed(window, &stream->place, i)) < EVENT_PRODUCERS;
       i++) {
    if (event_source_reach(source, i, stream->place.at[i]))
      waits = true;
    else
      lost = true;
  }
  if (waits && !lost) return false;
  stream->open = true;
  if (stream->resumes && !lost) return true;
  event_window_head(window, &stream->place);
  tell(stream, lost ? "reset" : "start", "{}");
  if (lost) metric_count(&stream->live->reset, 1);
  return true;
}

static void pump(struct stream *stream) {
  const struct event_window *window = event_source_window(stream->live->source);
  const struct window_event *event;
  if (!stream->open && !begin(stream)) return;
  while (!stream->ended && (event = event_window_next(window, &stream->scope, &stream->place))) {
    char data[DATA_BYTES];
    snprintf(data, sizeof data, "{\"type\":\"%s\",\"prisonId\":\"%s\",\"subjectId\":\"%s\",\"version\":%d}",
             event->type, event->prison_id, event->subject_id, event->version);
    tell(stream, "message", data);
    metric_count(&stream->live->sent, 1);
  }
}

// Whose sessions
// ----------------------------------------------------------------------------------------------------

static void take_session(struct stream *stream, const Pulih__Identity__V1__LiveSession *session) {
  stream->scope = (struct event_scope){.every_prison = !*session->prison_id};
  for (size_t i = 0; i < session->n_roles; i++) stream->scope.roles |= 1u << session->roles[i];
  snprintf(stream->scope.prison_id, sizeof stream->scope.prison_id, "%s", session->prison_id);
  snprintf(stream->scope.user_id, sizeof stream->scope.user_id, "%s", session->user_id);
  stream->expires_us = session->expires_at ? timestamp_to_us(session->expires_at) : INT64_MIN;
}

static int compare_sessions(const void *left, const void *right) {
  const Pulih__Identity__V1__LiveSession *const *a = left, *const *b = right;
  if ((*a)->token_hash.len != (*b)->token_hash.len) return (*a)->token_hash.len < (*b)->token_hash.len ? -1 : 1;
  return memcmp((*a)->token_hash.data, (*b)->token_hash.data, (*a)->token_hash.len);
}

static void judge(struct live *live, const Pulih__Identity__V1__ListLiveSessionsResponse *alive) {
  // Without one there is no list either, which neither function takes.
  if (alive->n_sessions) qsort(alive->sessions, alive->n_sessions, sizeof *alive->sessions, compare_sessions);
  for (struct list *at = live->streams.next; at != &live->streams; at = at->next) {
    struct stream *stream = container_of(at, struct stream, list);
    if (!stream->asked) continue;
    Pulih__Identity__V1__LiveSession wanted = {.token_hash = {sizeof stream->token_hash, stream->token_hash}};
    const Pulih__Identity__V1__LiveSession *key = &wanted, **found = NULL;
    if (alive->n_sessions)
      found = bsearch(&key, alive->sessions, alive->n_sessions, sizeof *alive->sessions, compare_sessions);
    stream->asked = false;
    if (found)
      take_session(stream, *found);
    else
      say_goodbye(stream);
  }
}

static void checked(struct rpc_call *call, const struct rpc_answer *answer) {
  struct live *live = call->owner;
  struct status status = {0};
  live->checking = false;
  if (answer->status) return;  // the next check, or a session's own end, tells
  const ProtobufCMessage *alive = message_unpack(&pulih__identity__v1__list_live_sessions_response__descriptor,
                                                 answer->body, answer->size, &live->check_arena, &status);
  if (alive) judge(live, (const void *)alive);
}

static void call_sessions(struct live *live, struct rpc_call *call, ProtobufCBinaryData *hashes, size_t count,
                          struct arena *arena, void (*done)(struct rpc_call *, const struct rpc_answer *),
                          void *owner) {
  Pulih__Identity__V1__ListLiveSessionsRequest request = PULIH__IDENTITY__V1__LIST_LIVE_SESSIONS_REQUEST__INIT;
  request.token_hashes = hashes;
  request.n_token_hashes = count;
  *call = (struct rpc_call){.method = LIST_LIVE_SESSIONS, .timeout_ms = CHECK_TIMEOUT_MS, .done = done, .owner = owner};
  // With room for it, packing can't fail; without, nobody's session is asked for and none is found.
  message_pack(&request.base, arena, &call->body, &call->size);
  rpc_client_call(event_source_client(live->source), call);
}

struct rpc_client *live_client(const struct live *live) {
  return event_source_client(live->source);
}

static void check_sessions(struct live *live) {
  size_t count = 0;
  if (live->checking) return;
  live->check_ms = loop_now_ms(live->settings.loop) + CHECK_MS;
  arena_reset(&live->check_arena);
  ProtobufCBinaryData *hashes = ARENA_ARRAY(&live->check_arena, ProtobufCBinaryData, live->count);
  for (struct list *at = live->streams.next; hashes && at != &live->streams; at = at->next) {
    struct stream *stream = container_of(at, struct stream, list);
    stream->asked = true;
    hashes[count++] = (ProtobufCBinaryData){sizeof stream->token_hash, stream->token_hash};
  }
  if (!count) return;
  live->checking = true;
  call_sessions(live, &live->check, hashes, count, &live->check_arena, checked, live);
}

// What happens
// ------------------------------------------------------------------------------------------------------

static void watch_access(struct live *live) {
  static const struct event_scope everything = {.roles = UINT32_MAX, .every_prison = true};
  const struct event_window *window = event_source_window(live->source);
  const struct window_event *event;
  if (!live->watching && event_window_is_known(window)) {
    event_window_head(window, &live->watched);
    live->watching = true;
  }
  while (live->watching && (event = event_window_next(window, &everything, &live->watched)))
    if (!strcmp(event->type, "identity.access_changed")) live->check_ms = 0;
}

static void news(void *owner) {
  struct live *live = owner;
  watch_access(live);
  if (!live->check_ms) check_sessions(live);
  for (struct list *at = live->streams.next; at != &live->streams; at = at->next)
    pump(container_of(at, struct stream, list));
}

static void tick(uv_timer_t *timer) {
  struct live *live = timer->data;
  uint64_t now_ms = loop_now_ms(live->settings.loop);
  int64_t wall_us = loop_wall_us(live->settings.loop);
  for (struct list *at = live->streams.next; at != &live->streams; at = at->next) {
    struct stream *stream = container_of(at, struct stream, list);
    if (wall_us > stream->expires_us) live->check_ms = 0;
    if (wall_us > stream->expires_us + OVERDUE_US) say_goodbye(stream);
    if (now_ms < stream->heartbeat_ms) continue;
    stream->heartbeat_ms = now_ms + HEARTBEAT_MS;
    tell(stream, NULL, NULL);
  }
  if (now_ms >= live->check_ms) check_sessions(live);
}

// Opening
// -----------------------------------------------------------------------------------------------------------

static size_t streams_of(const struct live *live, const char *user_id) {
  size_t count = 0;
  for (struct list *at = live->streams.next; at != &live->streams; at = at->next)
    count += !strcmp(container_of(at, struct stream, list)->scope.user_id, user_id);
  return count;
}

static void forget(struct live *live) {
  metric_set(&live->streams_now, (double)--live->count);
}

static void stream_closed(struct http_exchange *exchange, void *owner) {
  struct stream *stream = owner;
  list_remove(&stream->list);
  forget(stream->live);
}

static void reply_stream(struct stream *stream) {
  struct live *live = stream->live;
  char *beginning = arena_printf(http_arena(stream->exchange), "retry: %u\n\n",
                                 RETRY_LEAST_MS + randombytes_uniform(RETRY_SPREAD_MS));
  static const struct http_field fields[] = {{.name = "X-Accel-Buffering", .value = "no"}};
  const struct http_stream http = {.closed = stream_closed, .owner = stream};
  stream->heartbeat_ms = loop_now_ms(live->settings.loop) + HEARTBEAT_MS;
  list_append(&live->streams, &stream->list);
  http_reply_stream(stream->exchange,
                    &(struct http_reply){.status = 200,
                                         .content_type = "text/event-stream",
                                         .body = beginning,
                                         .size = beginning ? strlen(beginning) : 0,
                                         .fields = fields,
                                         .field_count = 1},
                    &http);
  pump(stream);
}

static void session_known(struct rpc_call *call, const struct rpc_answer *answer) {
  struct stream *stream = call->owner;
  struct live *live = stream->live;
  struct status status = {0};
  const Pulih__Identity__V1__ListLiveSessionsResponse *alive = NULL;
  if (!answer->status)
    alive = (const void *)message_unpack(&pulih__identity__v1__list_live_sessions_response__descriptor, answer->body,
                                         answer->size, http_arena(stream->exchange), &status);
  if (alive && alive->n_sessions) take_session(stream, alive->sessions[0]);
  if (alive && alive->n_sessions && streams_of(live, stream->scope.user_id) < live->settings.streams_per_person) {
    reply_stream(stream);
    return;
  }
  forget(live);
  if (answer->status)
    reply_failure(stream->exchange, answer->status, 0);
  else
    reply_reason(stream->exchange, alive && !alive->n_sessions ? REASON_NOT_SIGNED_IN : REASON_TOO_BUSY);
}

void live_open(struct live *live, struct http_exchange *exchange, const unsigned char *token) {
  if (!token) {
    reply_reason(exchange, REASON_NOT_SIGNED_IN);
    return;
  }
  struct stream *stream = ARENA_NEW(http_arena(exchange), struct stream);
  if (!stream || live->count >= live->settings.streams) {
    reply_reason(exchange, REASON_TOO_BUSY);
    return;
  }
  const char *place = http_field(exchange, "last-event-id");
  stream->live = live;
  stream->exchange = exchange;
  stream->resumes = place;
  stream->lost = place && !event_place_read(place, &stream->place);
  token_hash(token, stream->token_hash);
  metric_set(&live->streams_now, (double)++live->count);
  ProtobufCBinaryData hash = {sizeof stream->token_hash, stream->token_hash};
  call_sessions(live, &stream->call, &hash, 1, http_arena(exchange), session_known, stream);
}

bool live_is_connected(const struct live *live) {
  return event_source_is_connected(live->source);
}

// The whole
// ---------------------------------------------------------------------------------------------------------

static void one_closed(void *owner) {
  struct live *live = owner;
  if (--live->open_handles) return;
  void (*closed)(void *owner) = live->closed;
  void *closed_owner = live->owner;
  arena_finish(&live->check_arena);
  free(live);
  closed(closed_owner);
}

static void tick_closed(uv_handle_t *timer) {
  one_closed(timer->data);
}

void live_close(struct live *live, void (*closed)(void *owner), void *owner) {
  live->closed = closed;
  live->owner = owner;
  live->open_handles = 2;
  uv_close((uv_handle_t *)&live->tick, tick_closed);
  event_source_close(live->source, one_closed, live);
}

static void add_metrics(struct live *live, struct metrics *metrics) {
  live->streams_now = (struct metric){
      .name = "pulih_gateway_event_streams", .kind = METRIC_GAUGE, .help = "Event streams, open or opening."};
  live->sent = (struct metric){
      .name = "pulih_gateway_events_sent_total", .kind = METRIC_COUNTER, .help = "Events written to streams."};
  live->slow = (struct metric){.name = "pulih_gateway_event_streams_slow_total",
                               .kind = METRIC_COUNTER,
                               .help = "Event streams ended since their reader was too far behind."};
  live->reset = (struct metric){.name = "pulih_gateway_event_streams_reset_total",
                                .kind = METRIC_COUNTER,
                                .help = "Event streams that couldn't go on where their reader stood."};
  struct metric *all[] = {&live->streams_now, &live->sent, &live->slow, &live->reset};
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) metrics_add(metrics, all[i]);
}

struct live *live_create(const struct live_settings *settings, struct metrics *metrics, int *ret_error) {
  struct live *live = calloc(1, sizeof *live);
  *ret_error = -ENOMEM;
  if (!live) return NULL;
  live->settings = *settings;
  live->settings.source.news = news;
  live->settings.source.owner = live;
  live->source = event_source_create(&live->settings.source, ret_error);
  if (!live->source) {
    free(live);
    return NULL;
  }
  list_init(&live->streams);
  arena_init(&live->check_arena, CHECK_ARENA_BYTES);
  add_metrics(live, metrics);
  uv_timer_init(&settings->loop->uv, &live->tick);
  live->tick.data = live;
  uv_timer_start(&live->tick, tick, TICK_MS, TICK_MS);
  *ret_error = 0;
  return live;
}
