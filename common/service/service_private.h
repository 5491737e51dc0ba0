// What the parts of common/service share.
#pragma once

#include "base/clock.h"
#include "base/metrics.h"
#include "db/db.h"
#include "event/consumer.h"
#include "event/producer.h"
#include "loop/process.h"
#include "rpc/server.h"
#include "service/service.h"
#include "trace/trace.h"
#include "zmq/context.h"

struct service_settings {
  const char *database_url, *hub_endpoints, *hub_public_key_file, *key_file, *otlp_endpoint;
  int64_t database_connections, database_queue, statement_timeout_ms, connect_timeout_ms, credit, call_memory_bytes;
};

struct service {
  const struct service_definition *definition;
  struct process process;
  struct service_settings settings;
  void *own_settings, *state;
  struct loop loop;
  struct mq_context mq;
  struct db *db;
  struct rpc_server *server;
  struct event_producer *producer;
  struct event_consumer **consumers;  // as definition->subscriptions, ends with NULL
  struct metrics metrics;
  struct tracer *tracer;  // NULL: nobody is told
  struct loop_stopper stop_server, stop_own, stop_tracer;
  bool started;  // takes calls
};

// Runs a method that is a statement (struct rpc_server_settings).
void service_run_statement(struct call *call);

// The service's events, its own and those it takes (events.c). -ENOENT when it doesn't serve EventService.
int service_create_events(struct service *service);
void service_destroy_events(struct service *service);
// Names of the producers, ends with NULL (struct rpc_server_settings). NULL when memory is out.
const char *const *service_subscription_names(struct service *service);
// A batch came (struct rpc_server_settings).
void service_take_events(void *owner, const Pulih__Event__V1__EventBatch *batch);
// A statement that writes was committed.
void service_written(struct service *service);

// The context of a statement that `caller` asked for; texts in `arena`. False when it is full.
bool service_context(struct service *service, const struct caller *caller, struct arena *arena,
                     struct db_context *ret_context);
