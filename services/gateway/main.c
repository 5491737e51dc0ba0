#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/config.h"
#include "base/log.h"
#include "gateway.h"
#include "gzip.h"
#include "live.h"
#include "static_files.h"
#include "trace/trace.h"
#include "zmq/keys.h"

enum { DRAIN_LIMIT_MS = 8000, EVENTS_KEPT = 4096 };

#define AT(member) offsetof(struct gateway_settings, member)
static const struct setting settings_table[] = {
    {"PULIH_GATEWAY_LISTEN", SETTING_TEXT, AT(listen), "127.0.0.1:8080", "address and port", 0, 0},
    {"PULIH_GATEWAY_ORIGIN", SETTING_TEXT, AT(origin), "http://localhost:8080",
     "how browsers reach it, https://… or http://localhost…", 0, 0},
    {"PULIH_GATEWAY_WEB", SETTING_TEXT, AT(web), "", "folder of the page's files; empty: no page", 0, 0},
    {"PULIH_GATEWAY_FOUNDATION", SETTING_TEXT, AT(foundation), "Yayasan", "the foundation's name, for the page", 0, 0},
    {"PULIH_GATEWAY_OIDC_NAME", SETTING_TEXT, AT(oidc_name), "",
     "name of the OpenID provider that identity is set up with, for the page; empty: passwords alone", 0, 0},
    {"PULIH_GATEWAY_CORS_ORIGINS", SETTING_TEXT, AT(cors_origins), "",
     "origins of other sites whose pages may call methods, by commas", 0, 0},
    {"PULIH_GATEWAY_TRAINING", SETTING_BOOLEAN, AT(training), "false", "whether nothing here is real, for the page", 0,
     0},
    {"PULIH_GATEWAY_BEHIND_PROXY", SETTING_BOOLEAN, AT(behind_proxy), "false",
     "whether to believe the last address of X-Forwarded-For", 0, 0},
    {"PULIH_GATEWAY_CONNECTIONS", SETTING_INTEGER, AT(connections), "10000", "connections at once", 1, 1000000},
    {"PULIH_GATEWAY_CONNECTIONS_PER_ADDRESS", SETTING_INTEGER, AT(connections_per_address), "0",
     "connections from one address, 0: any number", 0, 1000000},
    {"PULIH_GATEWAY_HEADER_LIMIT", SETTING_INTEGER, AT(header_limit_bytes), "8192", "bytes of a request's header", 4096,
     65536},
    {"PULIH_GATEWAY_BODY_LIMIT", SETTING_INTEGER, AT(body_limit_bytes), "4194304",
     "bytes of a request's body, unpacked too", 1024, 1 << 28},
    {"PULIH_GATEWAY_BODIES_LIMIT", SETTING_INTEGER, AT(bodies_limit_bytes), "268435456",
     "bytes of all request bodies at once", 1024, 1LL << 40},
    {"PULIH_GATEWAY_STREAM_LIMIT", SETTING_INTEGER, AT(stream_limit_bytes), "65536",
     "bytes that an event stream's reader may be behind", 1024, 1 << 28},
    {"PULIH_GATEWAY_CALL_MEMORY", SETTING_INTEGER, AT(call_memory_bytes), "67108864",
     "most bytes of memory a request may take", 65536, 1 << 30},
    {"PULIH_GATEWAY_HEADER_TIMEOUT", SETTING_DURATION_MS, AT(header_ms), "10s", "longest time to send a header", 0, 0},
    {"PULIH_GATEWAY_BODY_TIMEOUT", SETTING_DURATION_MS, AT(body_ms), "60s", "longest time to send a body", 0, 0},
    {"PULIH_GATEWAY_IDLE_TIMEOUT", SETTING_DURATION_MS, AT(idle_ms), "75s", "longest time between requests", 0, 0},
    {"PULIH_GATEWAY_REPLY_TIMEOUT", SETTING_DURATION_MS, AT(reply_ms), "30s",
     "longest time to take a reply, and a second for each 4 KiB", 0, 0},
    {"PULIH_GATEWAY_DRAIN", SETTING_DURATION_MS, AT(drain_ms), "1s",
     "how long connections are still taken after SIGTERM, while /readyz says so", 0, 5000},
    {"PULIH_GATEWAY_EVENT_STREAMS", SETTING_INTEGER, AT(event_streams), "2500", "event streams at once", 1, 1000000},
    {"PULIH_GATEWAY_EVENT_STREAMS_PER_PERSON", SETTING_INTEGER, AT(event_streams_per_person), "8",
     "event streams of one person at once", 1, 1000000},
    {"PULIH_GATEWAY_EVENTS_KEY_FILE", SETTING_TEXT, AT(events_key_file), "",
     "file with the secret key by which it takes events, one of a service; empty, as in a prison: no live updates", 0,
     0},
    {"PULIH_GATEWAY_CALLS", SETTING_INTEGER, AT(calls), "4096", "calls at once to the hub", 1, 1000000},
    {"PULIH_GATEWAY_CALL_TIMEOUT", SETTING_DURATION_MS, AT(call_ms), "30s", "longest time of a call", 1,
     RPC_TIMEOUT_MOST_MS},
    {"PULIH_GATEWAY_ACCESS_LOG", SETTING_BOOLEAN, AT(access_log), "false", "whether to log each request", 0, 0},
    {"PULIH_HUB_ENDPOINTS", SETTING_TEXT, AT(hub_endpoints), NULL, "caller endpoints of the hubs, by commas", 0, 0},
    {"PULIH_HUB_SERVICE_ENDPOINTS", SETTING_TEXT, AT(hub_service_endpoints), "",
     "service endpoints of the hubs, by commas, for the events", 0, 0},
    {"PULIH_HUB_PUBLIC_KEY_FILE", SETTING_TEXT, AT(hub_public_key_file), NULL, "file with the hub's public key", 0, 0},
    {"PULIH_KEY_FILE", SETTING_TEXT, AT(key_file), NULL, "file with the gateway's secret key", 0, 0},
    {TRACE_SETTING, SETTING_TEXT, AT(otlp_endpoint), "", TRACE_SETTING_HELP, 0, 0},
    {0},
};
#undef AT

// For every reply. What a page may do is said with its files; anything else is no page at all.
static const struct http_field reply_fields[] = {
    {.name = "Strict-Transport-Security", .value = "max-age=31536000"},  // first: only where the origin is https
    {.name = "X-Content-Type-Options", .value = "nosniff"},
    {.name = "Referrer-Policy", .value = "no-referrer"},
    {.name = "Cross-Origin-Resource-Policy", .value = "same-origin"},
    {.name = "Content-Security-Policy", .value = "default-src 'none'; frame-ancestors 'none'"},
    {0},
};

// A cookie without "Secure" is for this machine alone.
static bool is_origin(const char *origin) {
  static const char *const begins[] = {"https://", "http://localhost", "http://127.0.0.1", "http://[::1]"};
  for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++) {
    size_t size = strlen(begins[i]);
    if (!strncmp(origin, begins[i], size))
      return i ? !origin[size] || origin[size] == ':' : origin[size] && !strchr(origin + size, '/');
  }
  return false;
}

static int check(void *owner) {
  const struct gateway *gateway = owner;
  const char *origin = gateway->settings.origin;
  if (!origin || is_origin(origin)) return 0;
  fprintf(stderr, "PULIH_GATEWAY_ORIGIN: \"%s\" isn't https://HOST, or http://localhost, without a path\n", origin);
  return 1;
}

static int read_keys(const struct gateway *gateway, const char *file, struct mq_key_pair *key,
                     char hub_key[MQ_KEY_TEXT]) {
  int error = mq_key_pair_read(file, key);
  if (!error) error = mq_key_read(file = gateway->settings.hub_public_key_file, hub_key);
  if (error) LOG(ERROR, "KEY_NOT_READ", log_text("file", file), log_text("reason", strerror(-error)));
  return error;
}

static int connect_hub(struct gateway *gateway) {
  const struct gateway_settings *settings = &gateway->settings;
  struct mq_key_pair key;
  char hub_key[MQ_KEY_TEXT];
  int error = read_keys(gateway, settings->key_file, &key, hub_key);
  if (error) return error;
  struct rpc_client_settings client = {.endpoints = settings->hub_endpoints,
                                       .socket = mq_socket_defaults,
                                       .retry = retry_defaults,
                                       .calls_limit = (size_t)settings->calls};
  client.socket.key = &key;
  client.socket.server_key = hub_key;
  gateway->client = rpc_client_create(&gateway->mq, &client, &error);
  return error;
}

static int follow_events(struct gateway *gateway) {
  const struct gateway_settings *settings = &gateway->settings;
  struct mq_key_pair key;
  char hub_key[MQ_KEY_TEXT];
  int error = read_keys(gateway, settings->events_key_file, &key, hub_key);
  if (error) return error;
  struct live_settings live = {.loop = &gateway->loop,
                               .source = {.context = &gateway->mq,
                                          .caller_endpoints = settings->hub_endpoints,
                                          .service_endpoints = settings->hub_service_endpoints,
                                          .instance = gateway->process.instance,
                                          .socket = mq_socket_defaults,
                                          .window_events = EVENTS_KEPT},
                               .streams = (size_t)settings->event_streams,
                               .streams_per_person = (size_t)settings->event_streams_per_person};
  live.source.socket.key = &key;
  live.source.socket.server_key = hub_key;
  gateway->live = live_create(&live, &gateway->metrics, &error);
  return error;
}

static int listen_http(struct gateway *gateway) {
  const struct gateway_settings *settings = &gateway->settings;
  bool is_secure = !strncmp(settings->origin, "https://", strlen("https://"));
  const struct http_server_settings http = {.listen = settings->listen,
                                            .routes = gateway_routes,
                                            .owner = gateway,
                                            .connections_limit = (size_t)settings->connections,
                                            .connections_per_address = (unsigned)settings->connections_per_address,
                                            .header_limit_bytes = (size_t)settings->header_limit_bytes,
                                            .body_limit_bytes = (size_t)settings->body_limit_bytes,
                                            .bodies_limit_bytes = (size_t)settings->bodies_limit_bytes,
                                            .memory_limit_bytes = (size_t)settings->call_memory_bytes,
                                            .stream_limit_bytes = (size_t)settings->stream_limit_bytes,
                                            .header_ms = (uint32_t)settings->header_ms,
                                            .body_ms = (uint32_t)settings->body_ms,
                                            .idle_ms = (uint32_t)settings->idle_ms,
                                            .reply_ms = (uint32_t)settings->reply_ms,
                                            .behind_proxy = settings->behind_proxy,
                                            .access_log = settings->access_log,
                                            .fields = reply_fields + !is_secure};
  int error;
  gateway->http = http_server_create(&gateway->loop, &http, &gateway->metrics, &error);
  if (error) LOG(ERROR, "NOT_LISTENING", log_text("address", settings->listen), log_text("reason", strerror(-error)));
  return error;
}

static int load_page(struct gateway *gateway) {
  const char *folder = gateway->settings.web;
  int error = 0;
  if (*folder) gateway->files = static_files_load(folder, &error);
  if (error) LOG(ERROR, "PAGE_NOT_READ", log_text("folder", folder), log_text("reason", strerror(-error)));
  return error;
}

static void live_closed(void *owner) {
  struct gateway *gateway = owner;
  loop_stopped(&gateway->stop_live);
}

static void stop_live(struct loop_stopper *stopper) {
  struct gateway *gateway = container_of(stopper, struct gateway, stop_live);
  live_close(gateway->live, live_closed, gateway);
}

static void client_closed(void *owner) {
  struct gateway *gateway = owner;
  loop_stopped(&gateway->stop_client);
}

static void stop_client(struct loop_stopper *stopper) {
  struct gateway *gateway = container_of(stopper, struct gateway, stop_client);
  rpc_client_close(gateway->client, client_closed, gateway);
}

static void tracer_closed(void *owner) {
  struct gateway *gateway = owner;
  loop_stopped(&gateway->stop_tracer);
}

static void stop_tracer(struct loop_stopper *stopper) {
  struct gateway *gateway = container_of(stopper, struct gateway, stop_tracer);
  struct tracer *tracer = gateway->tracer;
  gateway->tracer = NULL;
  tracer_close(tracer, tracer_closed, gateway);
}

static int begin_traces(struct gateway *gateway) {
  if (!*gateway->settings.otlp_endpoint) return 0;
  const struct tracer_settings settings = {
      .endpoint = gateway->settings.otlp_endpoint, .service = "gateway", .instance = gateway->process.instance};
  gateway->tracer = tracer_create(&gateway->loop.uv, &settings, &gateway->metrics);
  return gateway->tracer ? 0 : -ENOMEM;
}

static void drained(void *owner) {
  struct gateway *gateway = owner;
  loop_stopped(&gateway->stop_http);
}

static void stop_http(struct loop_stopper *stopper) {
  struct gateway *gateway = container_of(stopper, struct gateway, stop_http);
  http_server_drain(gateway->http, (uint32_t)gateway->settings.drain_ms, DRAIN_LIMIT_MS, drained);
}

// Who sends people here asks /readyz again and again; without events that is the only word from a hub.
static const char *why_not_serving(void *owner) {
  const struct gateway *gateway = owner;
  bool connected = gateway->live ? live_is_connected(gateway->live) : gateway->hub_answered;
  return connected ? NULL : "no hub has said Welcome";
}

static int start(void *owner) {
  struct gateway *gateway = owner;
  gateway->gzip = gzip_create();
  int error = gateway->gzip ? load_page(gateway) : -ENOMEM;
  // Before the client: uv_check calls the latest first, so that the answers of a turn are sent in it.
  if (!error) error = listen_http(gateway);
  if (!error) error = mq_context_init(&gateway->mq, &gateway->loop);
  if (!error) error = connect_hub(gateway);
  if (!error) error = begin_traces(gateway);
  if (!error && *gateway->settings.events_key_file) error = follow_events(gateway);
  if (error) return error;
  gateway->stop_live.stop = stop_live;
  gateway->stop_client.stop = stop_client;
  gateway->stop_http.stop = stop_http;
  gateway->stop_tracer.stop = stop_tracer;
  if (gateway->tracer) loop_add_stopper(&gateway->loop, &gateway->stop_tracer);
  loop_add_stopper(&gateway->loop, &gateway->stop_client);
  if (gateway->live) loop_add_stopper(&gateway->loop, &gateway->stop_live);
  loop_add_stopper(&gateway->loop, &gateway->stop_http);
  LOG(INFO, "SERVING", log_text("address", http_server_address(gateway->http)));
  return 0;
}

static void finish(void *owner) {
  struct gateway *gateway = owner;
  http_server_destroy(gateway->http);
  loop_finish(&gateway->loop);
  mq_context_finish(&gateway->mq);
  static_files_destroy(gateway->files);
  gzip_destroy(gateway->gzip);
}

int main(int argc, char **argv) {
  struct gateway gateway = {.process = {.name = "gateway",
                                        .summary = "HTTP for browsers and programs",
                                        .tables = {{settings_table, &gateway.settings}},
                                        .check = check,
                                        .start = start,
                                        .why_not_serving = why_not_serving,
                                        .finish = finish,
                                        .owner = &gateway,
                                        .loop = &gateway.loop}};
  return process_main(argc, argv, &gateway.process);
}
