// Design. Each hub has a link of its own, since an answer must go where its request came from. A Goodbye is followed by
// a Ping: when its Pong is here, no request that the hub sent before it knew can be on the way any more.
#include "rpc/server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/server_private.h"

enum { TICK_MS = 100, HELLO_AGAIN_MS = 1000, SILENT_INTERVALS = 3, FAREWELL_MS = 1000 };

// Sends a header that has no body and needn't arrive: what it says is said again.
static bool say(struct link *link, Pulih__Rpc__V1__Header *header) {
  zmq_msg_t frame;
  if (envelope_write(header, &frame)) return false;
  link->spoke_ms = loop_now_ms(link->server->loop);
  if (!mq_send_now(&link->socket, 0, &frame, NULL)) return true;
  zmq_msg_close(&frame);
  return false;
}

static void say_hello(struct link *link) {
  const struct rpc_server_settings *settings = &link->server->settings;
  Pulih__Rpc__V1__Hello hello = PULIH__RPC__V1__HELLO__INIT;
  Pulih__Rpc__V1__Header header = PULIH__RPC__V1__HEADER__INIT;
  const char **methods = calloc(settings->methods->count + 1, sizeof *methods);
  if (!methods) return;
  for (size_t i = 0; i < settings->methods->count; i++) methods[i] = settings->methods->methods[i].name;
  hello.service = (char *)settings->name;
  hello.instance = (char *)settings->instance;
  hello.n_methods = settings->methods->count;
  hello.methods = (char **)methods;
  hello.credit = settings->credit;
  hello.subscriptions = (char **)settings->subscriptions;
  while (hello.subscriptions && hello.subscriptions[hello.n_subscriptions]) hello.n_subscriptions++;
  hello.version = (char *)PULIH_VERSION;
  header.kind_case = PULIH__RPC__V1__HEADER__KIND_HELLO;
  header.hello = &hello;
  say(link, &header);
  free(methods);
}

static void say_ping(struct link *link) {
  Pulih__Rpc__V1__Ping ping = PULIH__RPC__V1__PING__INIT;
  Pulih__Rpc__V1__Header header = PULIH__RPC__V1__HEADER__INIT;
  ping.number = ++link->ping;
  header.kind_case = PULIH__RPC__V1__HEADER__KIND_PING;
  header.ping = &ping;
  say(link, &header);
}

static bool is_open(const struct link *link) {
  return link->state != LINK_NONE && link->state != LINK_CLOSING;
}

static void greet(struct link *link) {
  if (!is_open(link) || link->state == LINK_LEAVING) return;
  link->state = LINK_GREETING;
  say_hello(link);
}

static void leave(struct link *link) {
  Pulih__Rpc__V1__Goodbye goodbye = PULIH__RPC__V1__GOODBYE__INIT;
  Pulih__Rpc__V1__Header header = PULIH__RPC__V1__HEADER__INIT;
  header.kind_case = PULIH__RPC__V1__HEADER__KIND_GOODBYE;
  header.goodbye = &goodbye;
  bool said = link->state == LINK_SERVING && say(link, &header);
  link->state = LINK_LEAVING;
  if (said)
    say_ping(link);
  else
    link->ping = 0;
}

static void one_closed(struct rpc_server *server) {
  if (!--server->open_handles && server->stopped) server->stopped(server->owner);
}

static void link_closed(struct mq_socket *socket) {
  struct link *link = socket->owner;
  link->state = LINK_NONE;
  one_closed(link->server);
}

static void close_link(struct link *link) {
  if (!is_open(link)) return;
  link->state = LINK_CLOSING;
  mq_socket_close(&link->socket, link_closed);
}

static void tick_link(struct link *link, uint64_t now_ms) {
  bool silent = now_ms - link->heard_ms >= (uint64_t)link->ping_interval_ms * SILENT_INTERVALS;
  if (link->state == LINK_SERVING && silent) link->state = LINK_GREETING;
  uint64_t quiet_ms = now_ms - link->spoke_ms;
  if (link->state == LINK_GREETING && quiet_ms >= HELLO_AGAIN_MS) say_hello(link);
  if (link->state == LINK_SERVING && quiet_ms >= link->ping_interval_ms) say_ping(link);
  if (link->gone && link->state == LINK_GREETING && !link->in_flight) close_link(link);
}

static void timer_closed(uv_handle_t *timer) {
  one_closed(timer->data);
}

static void hubs_closed(void *server) {
  one_closed(server);
}

static void close_all(struct rpc_server *server) {
  for (struct link *link = server->links; link < server->links + HUBS_MOST; link++) close_link(link);
  hubs_close(&server->hubs, hubs_closed);
  uv_close((uv_handle_t *)&server->tick, timer_closed);
}

void server_call_ended(struct rpc_server *server) {
  if (!server->stopping || server->in_flight || uv_is_closing((uv_handle_t *)&server->tick)) return;
  bool farewell = true;
  for (struct link *link = server->links; link < server->links + HUBS_MOST; link++)
    farewell = farewell && (link->state != LINK_LEAVING || !link->ping);
  if (farewell || loop_now_ms(server->loop) - server->stop_ms >= FAREWELL_MS) close_all(server);
}

static void tick(uv_timer_t *timer) {
  struct rpc_server *server = timer->data;
  uint64_t now_ms = loop_now_ms(server->loop);
  for (struct link *link = server->links; link < server->links + HUBS_MOST; link++) tick_link(link, now_ms);
  server_call_ended(server);
}

static void take_welcome(struct link *link, const Pulih__Rpc__V1__Welcome *welcome) {
  if (link->state != LINK_GREETING) return;
  link->state = LINK_SERVING;
  link->ping_interval_ms = welcome->ping_interval_ms;
}

static void received(struct mq_socket *socket, struct mq_message *message) {
  struct link *link = socket->owner;
  struct rpc_server *server = link->server;
  struct server_call *call = server_call_take(server);
  if (!call) return;
  const Pulih__Rpc__V1__Header *header =
      envelope_read(zmq_msg_data(&message->header), zmq_msg_size(&message->header), &call->call.arena);
  bool begun;
  link->heard_ms = loop_now_ms(server->loop);
  switch (header ? header->kind_case : PULIH__RPC__V1__HEADER__KIND__NOT_SET) {
    case PULIH__RPC__V1__HEADER__KIND_REQUEST:
      begun = server_call_begin(link, call, header->request, message);
      if (server->settings.wipes && message->has_body)
        explicit_bzero(zmq_msg_data(&message->body), zmq_msg_size(&message->body));
      if (begun) return;
      break;
    case PULIH__RPC__V1__HEADER__KIND_WELCOME:
      take_welcome(link, header->welcome);
      break;
    case PULIH__RPC__V1__HEADER__KIND_UNKNOWN:
      greet(link);
      break;
    case PULIH__RPC__V1__HEADER__KIND_PONG:
      if (link->state == LINK_LEAVING && header->pong->number == link->ping) link->ping = 0;
      break;
    case PULIH__RPC__V1__HEADER__KIND_EVENTS:
      if (server->settings.events) server->settings.events(server->settings.owner, header->events);
      break;
    default:
      break;
  }
  server_call_give_back(server, call);
  server_call_ended(server);
}

// It is connected, perhaps again: whoever is there now may not know us.
static void writable(struct mq_socket *socket) {
  struct link *link = socket->owner;
  if (link->server->started) greet(link);
}

static const struct mq_socket_handler handler = {.received = received, .writable = writable};

int rpc_server_publish(struct rpc_server *server, const Pulih__Event__V1__EventBatch *batch) {
  Pulih__Rpc__V1__Header header = PULIH__RPC__V1__HEADER__INIT;
  header.kind_case = PULIH__RPC__V1__HEADER__KIND_EVENTS;
  header.events = (Pulih__Event__V1__EventBatch *)batch;
  bool sent = false;
  for (struct link *link = server->links; link < server->links + HUBS_MOST; link++) {
    if (link->state == LINK_SERVING && say(link, &header)) sent = true;
  }
  return sent ? 0 : -EAGAIN;
}

static void start_link(struct link *link) {
  if (!is_open(link)) return;
  mq_socket_start(&link->socket);
  greet(link);
}

void rpc_server_start(struct rpc_server *server) {
  server->started = true;
  uv_timer_start(&server->tick, tick, TICK_MS, TICK_MS);
  for (struct link *link = server->links; link < server->links + HUBS_MOST; link++) start_link(link);
}

bool rpc_server_ready(const struct rpc_server *server) {
  bool ready = false;
  for (size_t i = 0; i < HUBS_MOST; i++) ready = ready || server->links[i].state == LINK_SERVING;
  return ready;
}

size_t rpc_server_in_flight(const struct rpc_server *server) {
  return server->in_flight;
}

void rpc_server_stop(struct rpc_server *server, void (*stopped)(void *owner), void *owner) {
  server->stopped = stopped;
  server->owner = owner;
  server->stopping = true;
  server->stop_ms = loop_now_ms(server->loop);
  for (struct link *link = server->links; link < server->links + HUBS_MOST; link++) {
    if (is_open(link)) leave(link);
  }
  server_call_ended(server);
}

static void free_calls(struct list *list) {
  for (struct list *item = list->next, *next; item != list; item = next) {
    struct server_call *call = container_of(item, struct server_call, list);
    next = item->next;
    arena_finish(&call->call.arena);
    free(call);
  }
}

static void free_server(void *owner) {
  struct rpc_server *server = owner;
  free_calls(&server->free_calls);
  free_calls(&server->calls);
  free(server);
}

void rpc_server_destroy(struct rpc_server *server) {
  if (!server) return;
  server->stopped = free_server;
  server->owner = server;
  if (!server->open_handles)
    free_server(server);
  else if (!uv_is_closing((uv_handle_t *)&server->tick))
    close_all(server);
}

static struct link *find_link(struct rpc_server *server, const char *endpoint) {
  for (struct link *link = server->links; link < server->links + HUBS_MOST; link++) {
    if (is_open(link) && !strcmp(link->endpoint, endpoint)) return link;
  }
  return NULL;
}

static struct link *find_free_link(struct rpc_server *server) {
  for (struct link *link = server->links; link < server->links + HUBS_MOST; link++) {
    if (link->state == LINK_NONE) return link;
  }
  return NULL;
}

static int hub_came(void *owner, const char *endpoint) {
  struct rpc_server *server = owner;
  struct link *link = find_link(server, endpoint);
  if (link) {
    link->gone = false;
    return 0;
  }
  link = server->stopping ? NULL : find_free_link(server);
  if (!link) return -E2BIG;
  uint64_t now_ms = loop_now_ms(server->loop);
  *link = (struct link){.server = server, .state = LINK_GREETING, .heard_ms = now_ms, .spoke_ms = now_ms};
  snprintf(link->endpoint, sizeof link->endpoint, "%s", endpoint);
  int error = mq_dealer_init(&link->socket, server->context, &server->settings.socket, &handler, link);
  if (error) {
    link->state = LINK_NONE;
    return error;
  }
  server->open_handles++;
  error = mq_socket_connect(&link->socket, endpoint);
  if (error)
    close_link(link);
  else if (server->started)
    start_link(link);
  return error;
}

// While it still serves, it may only be its name that is away.
static void hub_went(void *owner, const char *endpoint) {
  struct link *link = find_link(owner, endpoint);
  if (link) link->gone = true;
}

static void copy_keys(struct rpc_server *server) {
  struct mq_socket_settings *socket = &server->settings.socket;
  if (!socket->key) return;
  server->key = *socket->key;
  socket->key = &server->key;
  snprintf(server->hub_key, sizeof server->hub_key, "%s", socket->server_key);
  socket->server_key = server->hub_key;
}

static void name_metrics(struct rpc_server *server) {
  server->answered = (struct metric){
      .name = "pulih_rpc_calls_total", .labels = "outcome=\"ok\"", .kind = METRIC_COUNTER, .help = "Calls answered."};
  server->failed = (struct metric){.name = "pulih_rpc_calls_total",
                                   .labels = "outcome=\"failed\"",
                                   .kind = METRIC_COUNTER,
                                   .help = "Calls answered."};
  server->refused =
      (struct metric){.name = "pulih_rpc_refused_total", .kind = METRIC_COUNTER, .help = "Calls that were not begun."};
  server->unsent = (struct metric){
      .name = "pulih_rpc_unsent_total", .kind = METRIC_COUNTER, .help = "Answers that could not be sent."};
  server->flying = (struct metric){.name = "pulih_rpc_in_flight", .kind = METRIC_GAUGE, .help = "Calls at work."};
  server->seconds = (struct metric){
      .name = "pulih_rpc_call_seconds", .kind = METRIC_HISTOGRAM, .help = "From a call's arrival to its answer."};
}

void rpc_server_add_metrics(struct rpc_server *server, struct metrics *metrics) {
  struct metric *all[] = {&server->answered, &server->failed, &server->refused,
                          &server->unsent,   &server->flying, &server->seconds};
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) metrics_add(metrics, all[i]);
}

struct rpc_server *rpc_server_create(struct mq_context *context, const struct rpc_server_settings *settings,
                                     int *ret_error) {
  struct rpc_server *server = calloc(1, sizeof *server);
  if (!server) {
    *ret_error = -ENOMEM;
    return NULL;
  }
  server->settings = *settings;
  copy_keys(server);
  server->loop = context->loop;
  list_init(&server->free_calls);
  list_init(&server->calls);
  name_metrics(server);
  uv_timer_init(&server->loop->uv, &server->tick);
  server->tick.data = server;
  server->context = context;
  server->open_handles = 2;
  *ret_error = hubs_init(&server->hubs, &(struct hubs_settings){.loop = &server->loop->uv,
                                                                .endpoints = settings->endpoints,
                                                                .came = hub_came,
                                                                .went = hub_went,
                                                                .owner = server});
  if (!*ret_error) return server;
  rpc_server_destroy(server);
  return NULL;
}
