// Design. libmicrohttpd has its own epoll set; its descriptor is polled by the loop, and MHD_run() does all that is
// ready in one wake. Answers that come between (suspended connections that are resumed) are run together, by uv_check
// at the end of the loop's turn.
//
// libmicrohttpd's timeouts aren't used: they count silence, so a byte a second holds a connection for ever. Each
// connection has a deadline for what it is doing (enum http_phase) instead, and a tick that looks at all of them; what
// is late is shut down, and libmicrohttpd then finds it closed.
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "http_private.h"

enum {
  TICK_MS = 100,
  BACKLOG = 1024,
  RUNS_AT_ONCE = 4,               // of libmicrohttpd, before the loop has its turn
  REPLY_BYTES_PER_SECOND = 4096,  // slower is cut off
};

static void stay_awake(uv_idle_t *idle) {
}

void http_must_run(struct http_server *server) {
  server->must_run = true;
  uv_idle_start(&server->idle, stay_awake);
}

static void run(struct http_server *server) {
  bool more = true;
  server->must_run = false;
  for (int i = 0; more && i < RUNS_AT_ONCE; i++) {
    MHD_UNSIGNED_LONG_LONG wait_ms;
    MHD_run(server->daemon);
    more = server->must_run || (MHD_get_timeout(server->daemon, &wait_ms) == MHD_YES && !wait_ms);
    server->must_run = false;
  }
  if (more)
    http_must_run(server);
  else
    uv_idle_stop(&server->idle);
}

static void readable(uv_poll_t *poll, int status, int events) {
  run(poll->data);
}

static void check(uv_check_t *check) {
  struct http_server *server = check->data;
  if (server->must_run) run(server);
}

void http_enter(struct http_connection *connection, enum http_phase phase, size_t size) {
  const struct http_server_settings *settings = &connection->server->settings;
  uint64_t now_ms = loop_now_ms(connection->server->loop);
  const uint64_t waits_ms[] = {
      [HTTP_OPENING] = settings->header_ms,
      [HTTP_IDLE] = settings->idle_ms,
      [HTTP_HEADER] = settings->header_ms,
      [HTTP_BODY] = settings->body_ms,
      [HTTP_REPLYING] = settings->reply_ms + size * 1000 / REPLY_BYTES_PER_SECOND,
  };
  connection->phase = phase;
  connection->entered_ms = now_ms;
  connection->deadline_ms = phase == HTTP_ANSWERING || phase == HTTP_STREAMING ? UINT64_MAX : now_ms + waits_ms[phase];
}

// A connection that the kernel has opened for us and we have not taken yet would be reset when the listener closes,
// with the request that is on its way. So first nobody gets in any more: a SYN that is dropped is sent again, and then
// refused before anything is asked. Where the kernel takes no filter, that moment stays.
static void turn_away_callers(struct http_server *server) {
  enum { TCP_FLAGS_AT = 13, SYN = 0x02 };
  struct sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, TCP_FLAGS_AT),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, SYN, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0),
      BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
  };
  struct sock_fprog program = {.len = sizeof filter / sizeof *filter, .filter = filter};
  setsockopt(server->listener, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

static void stop_listening(struct http_server *server) {
  if (server->listener < 0) return;
  MHD_quiesce_daemon(server->daemon);
  close(server->listener);
  server->listener = -1;
}

// While draining connections are still taken for as long as an idle one may ask: whoever sends us work doesn't know
// yet. Every reply closes its connection meanwhile. Then nothing new comes, and what is idle is closed.
static void drain(struct http_server *server, uint64_t now_ms) {
  if (now_ms < server->drain_grace_ms) return;
  if (!server->turning_away) {
    turn_away_callers(server);
    server->turning_away = true;
    return;
  }
  // A tick later what was being opened then has been taken.
  stop_listening(server);
  if (server->connection_count && now_ms < server->drain_limit_ms) return;
  void (*drained)(void *owner) = server->drained;
  server->drained = NULL;
  drained(server->settings.owner);
}

static void tick(uv_timer_t *timer) {
  struct http_server *server = timer->data;
  uint64_t now_ms = loop_now_ms(server->loop);
  for (struct list *link = server->connections.next; link != &server->connections; link = link->next) {
    struct http_connection *connection = container_of(link, struct http_connection, link);
    bool late = now_ms >= connection->deadline_ms;
    bool idle = server->draining && connection->phase <= HTTP_IDLE && now_ms >= server->drain_grace_ms &&
                now_ms >= connection->entered_ms + server->grace_ms;
    if (!late && !idle) continue;
    if (late && connection->phase != HTTP_IDLE) metric_count(&server->cut, 1);
    connection->deadline_ms = UINT64_MAX;
    shutdown(connection->socket, SHUT_RDWR);
  }
  metric_set(&server->connections_now, (double)server->connection_count);
  metric_set(&server->exchanges_now, (double)server->exchange_count);
  metric_set(&server->body_bytes_now, (double)server->body_bytes);
  if (server->drained) drain(server, now_ms);
}

static void connection_begin(struct http_server *server, struct MHD_Connection *mhd, void **socket_context) {
  struct http_connection *connection = calloc(1, sizeof *connection);
  if (!connection) return;  // its first request finds none, and ends it
  connection->server = server;
  connection->socket = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
  const struct sockaddr *address = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;
  socklen_t size = address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
  if (getnameinfo(address, size, connection->peer, sizeof connection->peer, NULL, 0, NI_NUMERICHOST))
    *connection->peer = 0;
  list_append(&server->connections, &connection->link);
  server->connection_count++;
  http_enter(connection, HTTP_OPENING, 0);
  *socket_context = connection;
}

static void connection_changed(void *server_pointer, struct MHD_Connection *mhd, void **socket_context,
                               enum MHD_ConnectionNotificationCode code) {
  struct http_server *server = server_pointer;
  if (code == MHD_CONNECTION_NOTIFY_STARTED) {
    connection_begin(server, mhd, socket_context);
    return;
  }
  struct http_connection *connection = *socket_context;
  if (!connection) return;
  list_remove(&connection->link);
  server->connection_count--;
  free(connection);
  *socket_context = NULL;
}

// Paths and queries are undone by ourselves (header_gate.h).
static size_t leave_escaped(void *server, struct MHD_Connection *mhd, char *text) {
  return strlen(text);
}

// "127.0.0.1:8080" or "[::1]:8080".
static int resolve(const char *listen, struct addrinfo **ret_address) {
  char host[HTTP_ADDRESS_MAX];
  const char *colon = strrchr(listen, ':');
  if (!colon || (size_t)(colon - listen) >= sizeof host) return -EINVAL;
  bool brackets = *listen == '[' && colon[-1] == ']';
  snprintf(host, sizeof host, "%.*s", (int)(colon - listen) - 2 * brackets, listen + brackets);
  const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE, .ai_socktype = SOCK_STREAM};
  return getaddrinfo(host, colon + 1, &hints, ret_address) ? -EINVAL : 0;
}

static int bind_socket(int listener, const struct addrinfo *address) {
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  bool bound = !bind(listener, address->ai_addr, address->ai_addrlen) && !listen(listener, BACKLOG);
  return bound ? 0 : -errno;
}

static int open_listener(struct http_server *server) {
  struct addrinfo *address;
  int error = resolve(server->settings.listen, &address);
  if (error) return error;
  server->listener = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  error = server->listener < 0 ? -errno : bind_socket(server->listener, address);
  freeaddrinfo(address);
  if (error) return error;
  struct sockaddr_storage bound = {0};
  socklen_t size = sizeof bound;
  char host[HTTP_ADDRESS_MAX - 10], port[8];
  if (getsockname(server->listener, (struct sockaddr *)&bound, &size)) return -errno;
  getnameinfo((struct sockaddr *)&bound, size, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
  const char *form = bound.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s";
  snprintf(server->address, sizeof server->address, form, host, port);
  return 0;
}

static int start_daemon(struct http_server *server) {
  const struct http_server_settings *settings = &server->settings;
  server->daemon = MHD_start_daemon(
      MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO, 0, NULL, NULL, http_exchange_step, server,
      MHD_OPTION_LISTEN_SOCKET, server->listener, MHD_OPTION_CONNECTION_LIMIT, (unsigned)settings->connections_limit,
      MHD_OPTION_PER_IP_CONNECTION_LIMIT, settings->connections_per_address, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
      2 * settings->header_limit_bytes, MHD_OPTION_CONNECTION_TIMEOUT, 0u, MHD_OPTION_STRICT_FOR_CLIENT, 1,
      MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_URI_LOG_CALLBACK, http_exchange_begin, server,
      MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, server, MHD_OPTION_NOTIFY_COMPLETED, http_exchange_completed, server,
      MHD_OPTION_NOTIFY_CONNECTION, connection_changed, server, MHD_OPTION_END);
  return server->daemon ? 0 : -ENOMEM;
}

static int count_routes(struct http_server *server) {
  const struct http_route *routes = server->settings.routes;
  for (; routes[server->route_count].path; server->route_count++) {
    if (server->route_count == HTTP_ROUTES_MAX) return -E2BIG;
    unsigned char row = 0;
    while (strcmp(routes[row].name, routes[server->route_count].name) != 0) row++;
    server->metrics_of[server->route_count] = row;
  }
  return 0;
}

static void add_route_metrics(struct http_server *server, struct metrics *metrics) {
  for (size_t i = 0; i < server->route_count; i++) {
    struct http_route_metrics *route = &server->metrics[i];
    if (server->metrics_of[i] != i) continue;
    snprintf(route->labels, sizeof route->labels, "route=\"%.30s\"", server->settings.routes[i].name);
    route->seconds = (struct metric){.name = "pulih_gateway_request_seconds",
                                     .labels = route->labels,
                                     .help = "From a request's first line to the end of its reply.",
                                     .kind = METRIC_HISTOGRAM};
    metrics_add(metrics, &route->seconds);
  }
  for (size_t i = 0; i < server->route_count; i++) {
    struct http_route_metrics *route = &server->metrics[i];
    for (unsigned digit = 2; digit <= 5 && server->metrics_of[i] == i; digit++) {
      char *labels = route->reply_labels[digit];
      snprintf(labels, sizeof route->reply_labels[digit], "%s,status=\"%uxx\"", route->labels, digit);
      route->replies[digit] = (struct metric){.name = "pulih_gateway_replies_total",
                                              .labels = labels,
                                              .help = "Replies, by the first digit of their status.",
                                              .kind = METRIC_COUNTER};
      metrics_add(metrics, &route->replies[digit]);
    }
  }
}

static void add_metrics(struct http_server *server, struct metrics *metrics) {
  add_route_metrics(server, metrics);
  for (int i = GATE_FINE + 1; i < GATE_VERDICTS; i++) {
    snprintf(server->refused_labels[i], sizeof server->refused_labels[i], "reason=\"%s\"", gate_name(i));
    server->refused[i] = (struct metric){.name = "pulih_gateway_headers_refused_total",
                                         .labels = server->refused_labels[i],
                                         .help = "Requests whose header the gate refused.",
                                         .kind = METRIC_COUNTER};
    metrics_add(metrics, &server->refused[i]);
  }
  server->cut = (struct metric){.name = "pulih_gateway_connections_cut_total",
                                .help = "Connections closed because their peer was too slow.",
                                .kind = METRIC_COUNTER};
  server->connections_now =
      (struct metric){.name = "pulih_gateway_connections", .help = "Connections open now.", .kind = METRIC_GAUGE};
  server->exchanges_now = (struct metric){.name = "pulih_gateway_requests",
                                          .help = "Requests that aren't answered yet, and streams.",
                                          .kind = METRIC_GAUGE};
  server->body_bytes_now = (struct metric){
      .name = "pulih_gateway_body_bytes", .help = "Memory held by request bodies.", .kind = METRIC_GAUGE};
  metrics_add(metrics, &server->cut);
  metrics_add(metrics, &server->connections_now);
  metrics_add(metrics, &server->exchanges_now);
  metrics_add(metrics, &server->body_bytes_now);
}

// The poll is set up last: until then nothing has to be closed but the listener and the daemon.
static int join_loop(struct http_server *server) {
  uv_loop_t *uv = &server->loop->uv;
  int descriptor = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
  int error = uv_poll_init(uv, &server->poll, descriptor);
  if (error) return error;
  uv_check_init(uv, &server->check);
  uv_idle_init(uv, &server->idle);
  uv_timer_init(uv, &server->tick);
  server->poll.data = server->check.data = server->idle.data = server->tick.data = server;
  server->open_handles = 4;
  uv_poll_start(&server->poll, UV_READABLE, readable);
  uv_check_start(&server->check, check);
  uv_timer_start(&server->tick, tick, TICK_MS, TICK_MS);
  return 0;
}

struct http_server *http_server_create(struct loop *loop, const struct http_server_settings *settings,
                                       struct metrics *metrics, int *ret_error) {
  struct http_server *server = calloc(1, sizeof *server);
  *ret_error = server ? 0 : -ENOMEM;
  if (!server) return NULL;
  server->loop = loop;
  server->settings = *settings;
  server->listener = -1;
  list_init(&server->connections);
  *ret_error = count_routes(server);
  if (!*ret_error) *ret_error = open_listener(server);
  if (!*ret_error) *ret_error = start_daemon(server);
  if (!*ret_error) *ret_error = join_loop(server);
  if (*ret_error) {
    if (server->daemon) MHD_stop_daemon(server->daemon);
    if (server->listener >= 0) close(server->listener);
    free(server);
    return NULL;
  }
  add_metrics(server, metrics);
  return server;
}

const char *http_server_address(const struct http_server *server) {
  return server->address;
}

void http_server_drain(struct http_server *server, uint32_t grace_ms, uint32_t limit_ms, void (*drained)(void *owner)) {
  uint64_t now_ms = loop_now_ms(server->loop);
  server->draining = true;
  server->drained = drained;
  server->grace_ms = grace_ms;
  server->drain_grace_ms = now_ms + grace_ms;
  server->drain_limit_ms = now_ms + limit_ms;
  for (struct list *link = server->connections.next; link != &server->connections; link = link->next) {
    struct http_connection *connection = container_of(link, struct http_connection, link);
    if (connection->phase == HTTP_STREAMING) http_stream_end(connection->exchange, false);
  }
}

bool http_server_is_draining(const struct http_server *server) {
  return server->draining;
}

static void handle_closed(uv_handle_t *handle) {
  struct http_server *server = handle->data;
  if (--server->open_handles) return;
  http_free_spares(server);
  free(server);
}

void http_server_destroy(struct http_server *server) {
  if (!server) return;
  server->closing = true;
  for (struct list *link = server->connections.next; link != &server->connections; link = link->next)
    http_give_up(container_of(link, struct http_connection, link)->exchange);
  uv_close((uv_handle_t *)&server->poll, handle_closed);
  MHD_stop_daemon(server->daemon);
  if (server->listener >= 0) close(server->listener);
  uv_close((uv_handle_t *)&server->check, handle_closed);
  uv_close((uv_handle_t *)&server->idle, handle_closed);
  uv_close((uv_handle_t *)&server->tick, handle_closed);
}
