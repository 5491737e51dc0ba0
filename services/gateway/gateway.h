// What the gateway's parts share: one struct that every handler reaches through http_owner().
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/metrics.h"
#include "http_server.h"
#include "loop/process.h"
#include "rpc/client.h"
#include "zmq/context.h"

struct gzip;
struct live;
struct static_files;

struct gateway_settings {
  const char *listen, *web, *origin, *cors_origins, *foundation, *oidc_name, *hub_endpoints, *hub_service_endpoints,
      *hub_public_key_file, *key_file, *events_key_file, *otlp_endpoint;
  int64_t connections, connections_per_address, header_limit_bytes, body_limit_bytes, bodies_limit_bytes,
      call_memory_bytes, stream_limit_bytes, header_ms, body_ms, idle_ms, reply_ms, drain_ms, calls, call_ms,
      event_streams, event_streams_per_person;
  bool behind_proxy, access_log, training;
};

struct gateway {
  struct process process;
  struct gateway_settings settings;
  struct loop loop;
  struct mq_context mq;
  struct rpc_client *client;
  struct http_server *http;
  struct live *live;
  struct static_files *files;
  struct gzip *gzip;
  struct metrics metrics;
  bool hub_answered;      // when /readyz was asked last
  struct tracer *tracer;  // NULL: nobody is told
  struct loop_stopper stop_http, stop_live, stop_client, stop_tracer;
};

// The table of all routes (routes.c); ends with {0}.
extern const struct http_route gateway_routes[];

// Handlers, by file.
void connect_handle(struct http_exchange *exchange);
void session_handle(struct http_exchange *exchange);
void session_password_handle(struct http_exchange *exchange);
void oidc_start_handle(struct http_exchange *exchange);
void oidc_callback_handle(struct http_exchange *exchange);
void calendar_handle(struct http_exchange *exchange);
void receipts_handle(struct http_exchange *exchange);
void openapi_handle(struct http_exchange *exchange);
void health_live(struct http_exchange *exchange);
void health_ready(struct http_exchange *exchange);
void health_metrics(struct http_exchange *exchange);
