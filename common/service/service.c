#include "service/service.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/log.h"
#include "service/service_private.h"
#include "zmq/keys.h"

#define AT(member) offsetof(struct service_settings, member)
static const struct setting common_settings[] = {
    {"PULIH_DATABASE_URL", SETTING_SECRET, AT(database_url), NULL, "libpq connection string of the database", 0, 0},
    {"PULIH_DATABASE_CONNECTIONS", SETTING_INTEGER, AT(database_connections), "3", "connections to the database", 1,
     32},
    {"PULIH_DATABASE_QUEUE", SETTING_INTEGER, AT(database_queue), "2048", "statements waiting or in flight", 1, 100000},
    {"PULIH_STATEMENT_TIMEOUT", SETTING_DURATION_MS, AT(statement_timeout_ms), "30s", "longest time of a statement", 0,
     0},
    {"PULIH_CONNECT_TIMEOUT", SETTING_DURATION_MS, AT(connect_timeout_ms), "5s", "longest time to connect", 0, 0},
    {"PULIH_HUB_ENDPOINTS", SETTING_TEXT, AT(hub_endpoints), NULL, "service endpoints of the hubs, by commas", 0, 0},
    {"PULIH_HUB_PUBLIC_KEY_FILE", SETTING_TEXT, AT(hub_public_key_file), NULL, "file with the hub's public key", 0, 0},
    {"PULIH_KEY_FILE", SETTING_TEXT, AT(key_file), NULL, "file with this service's secret key", 0, 0},
    {"PULIH_CREDIT", SETTING_INTEGER, AT(credit), "256", "calls in flight from each hub", 1, 10000},
    {"PULIH_CALL_MEMORY", SETTING_INTEGER, AT(call_memory_bytes), "8388608", "most bytes of memory a call may take",
     65536, 1073741824},
    {TRACE_SETTING, SETTING_TEXT, AT(otlp_endpoint), "", TRACE_SETTING_HELP, 0, 0},
    {0},
};
#undef AT

void *service_state(struct service *service) {
  return service->state;
}
const void *service_settings(struct service *service) {
  return service->own_settings;
}
struct loop *service_loop(struct service *service) {
  return &service->loop;
}
struct db *service_db(struct service *service) {
  return service->db;
}
struct metrics *service_metrics(struct service *service) {
  return &service->metrics;
}

static int create_db(struct service *service) {
  const struct service_settings *settings = &service->settings;
  const struct db_settings db_settings = {.url = settings->database_url,
                                          .connections = (int)settings->database_connections,
                                          .queue_limit = (int)settings->database_queue,
                                          .statement_timeout_ms = (int)settings->statement_timeout_ms,
                                          .connect_timeout_ms = (int)settings->connect_timeout_ms,
                                          .application_name = service->process.instance};
  service->db =
      db_create(&service->loop, &db_settings, service->definition->statements, service->definition->statement_count);
  if (!service->db) return -ENOMEM;
  db_add_metrics(service->db, &service->metrics);
  return 0;
}

static int create_tracer(struct service *service) {
  if (!*service->settings.otlp_endpoint) return 0;
  const struct tracer_settings settings = {.endpoint = service->settings.otlp_endpoint,
                                           .service = service->definition->name,
                                           .instance = service->process.instance};
  service->tracer = tracer_create(&service->loop.uv, &settings, &service->metrics);
  return service->tracer ? 0 : -ENOMEM;
}

static void call_answered(void *owner, const struct call *call, uint64_t took_ns) {
  struct service *service = owner;
  if (!service->tracer) return;
  int64_t now_us = loop_wall_us(&service->loop);
  enum reason reason = call->status.reason;
  tracer_tell(service->tracer, &(struct span){.parent = call->traceparent,
                                              .name = call->method->name,
                                              .begin_us = now_us - (int64_t)(took_ns / 1000),
                                              .end_us = now_us,
                                              .failure = reason == REASON_OK ? NULL : reason_info(reason)->name});
}

static int create_server(struct service *service) {
  const struct service_settings *settings = &service->settings;
  struct mq_key_pair key;
  char hub_key[MQ_KEY_TEXT];
  int error = mq_key_pair_read(settings->key_file, &key);
  if (error) {
    LOG(ERROR, "KEY_NOT_READ", log_text("file", settings->key_file), log_text("reason", strerror(-error)));
    return error;
  }
  error = mq_key_read(settings->hub_public_key_file, hub_key);
  if (error) {
    LOG(ERROR, "KEY_NOT_READ", log_text("file", settings->hub_public_key_file), log_text("reason", strerror(-error)));
    return error;
  }
  struct rpc_server_settings server_settings = {.name = service->definition->name,
                                                .instance = service->process.instance,
                                                .methods = service->definition->methods,
                                                .subscriptions = service_subscription_names(service),
                                                .endpoints = settings->hub_endpoints,
                                                .socket = mq_socket_defaults,
                                                .credit = (uint32_t)settings->credit,
                                                .call_memory_bytes = (size_t)settings->call_memory_bytes,
                                                .wipes = service->definition->has_secrets,
                                                .service = service,
                                                .run_statement = service_run_statement,
                                                .answered = call_answered,
                                                .events = service_take_events,
                                                .owner = service};
  server_settings.socket.key = &key;
  server_settings.socket.server_key = hub_key;
  service->server = rpc_server_create(&service->mq, &server_settings, &error);
  if (!service->server) return error;
  rpc_server_add_metrics(service->server, &service->metrics);
  return 0;
}

// Calls are taken from when the database has been seen and agrees with every statement.
static void db_changed(void *data, bool ready, bool mismatch) {
  struct service *service = data;
  if (!ready || service->started || service->loop.stopping) return;
  int error = service_create_events(service);
  if (error) {
    LOG(ERROR, "START_FAILED", log_text("reason", strerror(-error)));
    loop_stop(&service->loop);
    return;
  }
  service->started = true;
  rpc_server_start(service->server);
  if (service->definition->ready) service->definition->ready(service);
  LOG(INFO, "SERVING", log_number("methods", (int64_t)service->definition->methods->count));
}

static void server_stopped(void *owner) {
  struct service *service = owner;
  loop_stopped(&service->stop_server);
}

static void stop_server(struct loop_stopper *stopper) {
  struct service *service = container_of(stopper, struct service, stop_server);
  rpc_server_stop(service->server, server_stopped, service);
}

void service_stopped(struct service *service) {
  loop_stopped(&service->stop_own);
}

static void stop_own(struct loop_stopper *stopper) {
  struct service *service = container_of(stopper, struct service, stop_own);
  if (service->definition->stop)
    service->definition->stop(service);
  else
    service_stopped(service);
}

static void tracer_closed(void *owner) {
  struct service *service = owner;
  loop_stopped(&service->stop_tracer);
}

static void stop_tracer(struct loop_stopper *stopper) {
  struct service *service = container_of(stopper, struct service, stop_tracer);
  struct tracer *tracer = service->tracer;
  service->tracer = NULL;
  tracer_close(tracer, tracer_closed, service);
}

static const char *why_not_serving(void *owner) {
  const struct service *service = owner;
  if (!service->started) return "the database isn't there, or doesn't agree with the statements";
  return rpc_server_ready(service->server) ? NULL : "no hub has said Welcome";
}

static int start_parts(struct service *service) {
  int error = mq_context_init(&service->mq, &service->loop);
  if (!error) error = create_db(service);
  if (!error) error = create_tracer(service);
  if (!error) error = create_server(service);
  if (!error && service->definition->start) error = service->definition->start(service, &service->state);
  return error;
}

static void finish(void *owner) {
  struct service *service = owner;
  service_destroy_events(service);
  db_destroy(service->db);
  rpc_server_destroy(service->server);
  loop_finish(&service->loop);
  mq_context_finish(&service->mq);
}

static int start(void *owner) {
  struct service *service = owner;
  int error = start_parts(service);
  if (error) {
    finish(service);
    return error;
  }
  service->stop_own.stop = stop_own;
  service->stop_server.stop = stop_server;
  service->stop_tracer.stop = stop_tracer;
  if (service->tracer) loop_add_stopper(&service->loop, &service->stop_tracer);
  loop_add_stopper(&service->loop, &service->stop_own);
  loop_add_stopper(&service->loop, &service->stop_server);
  db_watch(service->db, db_changed, service);
  return 0;
}

int service_main(int argc, char **argv, const struct service_definition *definition) {
  struct service *service = calloc(1, sizeof *service);
  void *own_settings = calloc(1, definition->settings_size + 1);
  if (!service || !own_settings) {
    free(own_settings);
    free(service);
    return EX_OSERR;
  }
  service->definition = definition;
  service->own_settings = own_settings;
  service->process = (struct process){
      .name = definition->name,
      .summary = definition->summary,
      .tables = {{common_settings, &service->settings}, {definition->settings, own_settings}},
      .start = start,
      .why_not_serving = why_not_serving,
      .finish = finish,
      .owner = service,
      .loop = &service->loop,
  };
  int status = process_main(argc, argv, &service->process);
  free(own_settings);
  free(service);
  return status;
}
