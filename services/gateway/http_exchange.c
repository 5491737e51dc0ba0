// Requests as libmicrohttpd brings them: the header is looked at, the body collected, a handler called, and what it
// answered given back.
//
// While a handler has an exchange the connection is suspended: libmicrohttpd neither reads nor closes it, so `mhd`
// stays good until the answer resumes it.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "http_private.h"

enum { SPARES_MOST = 256, FIRST_BODY_BYTES = 4096 };

int http_text_append(struct http_text *text, const void *data, size_t size) {
  if (text->room - text->size < size) {
    size_t room = text->room ? text->room : FIRST_BODY_BYTES;
    while (room - text->size < size) room *= 2;
    char *grown = realloc(text->data, room);
    if (!grown) return -ENOMEM;
    text->data = grown;
    text->room = room;
  }
  if (size) memcpy(text->data + text->size, data, size);
  text->size += size;
  return 0;
}

static struct http_connection *connection_of(struct MHD_Connection *mhd) {
  return MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

void *http_exchange_begin(void *server_pointer, const char *target, struct MHD_Connection *mhd) {
  struct http_server *server = server_pointer;
  struct http_connection *connection = connection_of(mhd);
  struct http_exchange *exchange = server->spare;
  if (!connection || server->closing) return NULL;
  struct arena arena = {0};
  if (exchange) {
    server->spare = exchange->next_spare;
    server->spare_count--;
    arena = exchange->arena;
  } else {
    exchange = malloc(sizeof *exchange);
    if (!exchange) return NULL;
    arena_init(&arena, server->settings.memory_limit_bytes);
  }
  // Not the fields, of which most aren't used.
  memset(exchange, 0, offsetof(struct http_exchange, fields));
  exchange->server = server;
  exchange->connection = connection;
  exchange->mhd = mhd;
  exchange->arena = arena;
  exchange->target = target ? arena_copy_text(&exchange->arena, target, strlen(target)) : "";
  exchange->began_ms = loop_now_ms(server->loop);
  connection->exchange = exchange;
  server->exchange_count++;
  http_enter(connection, HTTP_HEADER, 0);
  return exchange;
}

static void free_exchange(struct http_exchange *exchange) {
  struct http_server *server = exchange->server;
  server->exchange_count--;
  server->body_bytes -= exchange->body.room;
  free(exchange->body.data);
  free(exchange->unsent.data);
  if (exchange->response) MHD_destroy_response(exchange->response);
  if (server->spare_count == SPARES_MOST) {
    arena_finish(&exchange->arena);
    free(exchange);
    return;
  }
  arena_reset(&exchange->arena);
  exchange->next_spare = server->spare;
  server->spare = exchange;
  server->spare_count++;
}

void http_free_spares(struct http_server *server) {
  while (server->spare) {
    struct http_exchange *exchange = server->spare;
    server->spare = exchange->next_spare;
    arena_finish(&exchange->arena);
    free(exchange);
  }
}

static enum http_method method_of(const char *name) {
  static const struct {
    const char *name;
    enum http_method method;
  } methods[] = {
      {"GET", HTTP_GET}, {"HEAD", HTTP_HEAD}, {"POST", HTTP_POST}, {"DELETE", HTTP_DELETE}, {"OPTIONS", HTTP_OPTIONS}};
  for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
    if (!strcmp(methods[i].name, name)) return methods[i].method;
  return HTTP_OTHER;
}

static const struct http_route *find_route(const struct http_route *routes, const char *path) {
  for (; routes->path; routes++) {
    bool fits = routes->prefix ? !strncmp(path, routes->path, strlen(routes->path)) : !strcmp(path, routes->path);
    if (fits) return routes;
  }
  return NULL;
}

// The client as the proxy in front saw it: the last of the addresses, the others may be made up.
static const char *client_address(struct http_exchange *exchange) {
  const char *forwarded = exchange->server->settings.behind_proxy ? http_field(exchange, "x-forwarded-for") : NULL;
  if (!forwarded || http_field_count(exchange, "x-forwarded-for") > 1) return exchange->connection->peer;
  const char *last = strrchr(forwarded, ',');
  last = last ? last + 1 : forwarded;
  while (*last == ' ' || *last == '\t') last++;
  return strlen(last) < HTTP_ADDRESS_MAX ? last : exchange->connection->peer;
}

static enum gate_verdict check_header(struct http_exchange *exchange, const char *method, const char *version) {
  const struct gate_header header = {
      .block = method,
      .size = MHD_get_connection_info(exchange->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)->header_size,
      .target = exchange->target,
      .version = version,
      .fields_seen = (size_t)MHD_get_connection_values(exchange->mhd, MHD_HEADER_KIND, NULL, NULL)};
  struct http_request *request = &exchange->request;
  if (!exchange->target) return GATE_FIELD_COUNT;  // it didn't fit into the arena
  enum gate_verdict verdict = gate_check(&header, exchange->fields, &request->field_count);
  if (!verdict) verdict = gate_target(exchange->target, &exchange->arena, &request->path, &request->query);
  return verdict;
}

static void answer_options(struct http_exchange *exchange, unsigned methods, unsigned status) {
  static const struct {
    const char *name;
    unsigned method;
  } names[] = {{"GET, HEAD", HTTP_GET}, {"POST", HTTP_POST}, {"DELETE", HTTP_DELETE}, {"OPTIONS", HTTP_OPTIONS}};
  struct http_field *allow = ARENA_NEW(&exchange->arena, struct http_field);
  const char *list = "";
  for (size_t i = 0; list && i < sizeof names / sizeof names[0]; i++)
    if (methods & names[i].method)
      list = arena_printf(&exchange->arena, "%s%s%s", list, *list ? ", " : "", names[i].name);
  if (!allow || !list) {
    http_reply_status(exchange, 500);
    return;
  }
  *allow = (struct http_field){.name = "Allow", .value = list};
  http_reply(exchange, &(struct http_reply){.status = status, .fields = allow, .field_count = 1});
}

// Whether a handler is to get the request; if not it is answered.
static bool admit(struct http_exchange *exchange, const char *method, const char *version) {
  struct http_server *server = exchange->server;
  struct http_request *request = &exchange->request;
  request->fields = exchange->fields;
  enum gate_verdict verdict = check_header(exchange, method, version);
  if (verdict) {
    metric_count(&server->refused[verdict], 1);
    http_reply_status(exchange, gate_status(verdict));
    return false;
  }
  request->method = method_of(method);
  request->peer = client_address(exchange);
  exchange->route = find_route(server->settings.routes, request->path);
  if (!exchange->route) {
    http_reply_status(exchange, 404);
    return false;
  }
  unsigned methods = exchange->route->methods;
  if (!(methods & (request->method == HTTP_HEAD ? HTTP_GET : request->method))) {
    answer_options(exchange, methods, request->method == HTTP_OPTIONS ? 204 : 405);
    return false;
  }
  const char *length = http_field(exchange, "content-length");
  if (length && strtoull(length, NULL, 10) > server->settings.body_limit_bytes) {
    http_reply_status(exchange, 413);
    return false;
  }
  return true;
}

// What doesn't fit is passed over, and refused when it is over; a peer that goes on and on is cut off.
static bool take_body(struct http_exchange *exchange, const char *data, size_t size) {
  struct http_server *server = exchange->server;
  const struct http_server_settings *settings = &server->settings;
  struct http_text *body = &exchange->body;
  if (exchange->response) {
    exchange->passed_over += size;
    return exchange->passed_over <= settings->body_limit_bytes;
  }
  size_t room = body->room;
  bool small = size <= settings->body_limit_bytes - body->size;
  if (!small || server->body_bytes > settings->bodies_limit_bytes || http_text_append(body, data, size)) {
    http_reply_status(exchange, small ? 503 : 413);
    return true;
  }
  server->body_bytes += body->room - room;
  return true;
}

static enum MHD_Result give_response(struct http_exchange *exchange) {
  struct MHD_Response *response = exchange->response;
  if (!response) return MHD_NO;  // memory was out: nothing better than to close
  exchange->response = NULL;
  http_enter(exchange->connection, exchange->streams ? HTTP_STREAMING : HTTP_REPLYING, exchange->reply_size);
  enum MHD_Result result = MHD_queue_response(exchange->mhd, exchange->status, response);
  MHD_destroy_response(response);
  return result;
}

static enum MHD_Result call_handler(struct http_exchange *exchange) {
  exchange->called = true;
  exchange->request.body = exchange->body.data ? exchange->body.data : "";
  exchange->request.body_size = exchange->body.size;
  http_enter(exchange->connection, HTTP_ANSWERING, 0);
  exchange->route->handle(exchange);
  if (exchange->answered) return give_response(exchange);
  exchange->suspended = true;
  MHD_suspend_connection(exchange->mhd);
  return MHD_YES;
}

enum MHD_Result http_exchange_step(void *server, struct MHD_Connection *mhd, const char *target, const char *method,
                                   const char *version, const char *data, size_t *size, void **exchange_pointer) {
  struct http_exchange *exchange = *exchange_pointer;
  if (!exchange || exchange->server->closing) return MHD_NO;
  if (!exchange->header_seen) {
    exchange->header_seen = true;
    if (!admit(exchange, method, version)) return give_response(exchange);
    http_enter(exchange->connection, HTTP_BODY, 0);
    return MHD_YES;
  }
  if (*size) {
    bool goes_on = take_body(exchange, data, *size);
    *size = 0;
    return goes_on ? MHD_YES : MHD_NO;
  }
  return exchange->answered ? give_response(exchange) : call_handler(exchange);
}

static void account(struct http_exchange *exchange) {
  struct http_server *server = exchange->server;
  uint64_t took_ms = loop_now_ms(server->loop) - exchange->began_ms;
  const char *name = exchange->route ? exchange->route->name : "none";
  if (exchange->route) {
    struct http_route_metrics *metrics =
        &server->metrics[server->metrics_of[exchange->route - server->settings.routes]];
    if (!exchange->streams) metric_observe(&metrics->seconds, (double)took_ms / 1000);
    if (exchange->status) metric_count(&metrics->replies[exchange->status / 100], 1);
  }
  if (server->settings.access_log)
    LOG(INFO, "REQUEST", log_text("route", name), log_text("note", exchange->note),
        log_number("status", exchange->status), log_number("bytes", (int64_t)exchange->reply_size),
        log_number("ms", (int64_t)took_ms), log_text("peer", exchange->request.peer));
}

void http_exchange_completed(void *server, struct MHD_Connection *mhd, void **exchange_pointer,
                             enum MHD_RequestTerminationCode how) {
  struct http_exchange *exchange = *exchange_pointer;
  *exchange_pointer = NULL;
  if (!exchange) return;
  account(exchange);
  exchange->connection->exchange = NULL;
  http_enter(exchange->connection, HTTP_IDLE, 0);
  exchange->connection = NULL;
  if (exchange->called && !exchange->answered) return;  // its handler has it still
  if (exchange->streams) exchange->stream.closed(exchange, exchange->stream.owner);
  free_exchange(exchange);
}

void http_resume(struct http_exchange *exchange) {
  if (!exchange->suspended) return;
  exchange->suspended = false;
  MHD_resume_connection(exchange->mhd);
  http_must_run(exchange->server);
}

void http_give_up(struct http_exchange *exchange) {
  if (exchange) http_resume(exchange);
}

static bool add_all(struct MHD_Response *response, const struct http_field *fields, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (!MHD_add_response_header(response, fields[i].name, fields[i].value)) return false;
  return true;
}

static bool is_among(const char *name, const struct http_field *fields, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (!strcasecmp(fields[i].name, name)) return true;
  return false;
}

static bool add_fields(struct http_exchange *exchange, const struct http_reply *reply, struct MHD_Response *response) {
  struct http_field own[2];
  size_t count = 0;
  if (reply->content_type) own[count++] = (struct http_field){.name = "Content-Type", .value = reply->content_type};
  if (!reply->cacheable) own[count++] = (struct http_field){.name = "Cache-Control", .value = "no-store"};
  bool whole = add_all(response, own, count) && add_all(response, reply->fields, reply->field_count) &&
               add_all(response, exchange->added, exchange->added_count);
  for (const struct http_field *field = exchange->server->settings.fields; field->name; field++)
    if (!is_among(field->name, reply->fields, reply->field_count)) whole = whole && add_all(response, field, 1);
  static const struct http_field close = {.name = "Connection", .value = "close"};
  return whole && (!exchange->server->draining || add_all(response, &close, 1));
}

void http_answer(struct http_exchange *exchange, const struct http_reply *reply, struct MHD_Response *response) {
  if (!exchange->connection) {
    if (response) MHD_destroy_response(response);
    free_exchange(exchange);
    return;
  }
  if (response && !add_fields(exchange, reply, response)) {
    MHD_destroy_response(response);
    response = NULL;
  }
  exchange->answered = true;
  exchange->response = response;
  exchange->status = reply->status;
  exchange->reply_size = reply->size;
  http_resume(exchange);
}

void http_reply(struct http_exchange *exchange, const struct http_reply *reply) {
  struct MHD_Response *response =
      MHD_create_response_from_buffer(reply->size, (void *)reply->body, MHD_RESPMEM_PERSISTENT);
  http_answer(exchange, reply, response);
}
