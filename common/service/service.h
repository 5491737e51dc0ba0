// The straight-line start and stop that every service shares. A service's main is a service_definition and a call of
// service_main().
#pragma once

#include "base/config.h"
#include "db/statement.h"
#include "event.pb-c.h"
#include "rpc/call.h"
#include "rpc/method.h"

struct loop;
struct db;
struct db_request;
struct db_result;
struct metrics;
struct mq_context;
struct service;

// A producer whose events a service takes, and the statement that makes them take effect (common/event/consumer.h).
struct service_subscription {
  const char *producer;              // "scheduling"
  const struct db_statement *apply;  // in: EventBatch, out: Position
};

struct service_definition {
  const char *name;                              // "enrollment"
  const char *summary;                           // one line, for --help
  const char *producer;                          // what its events begin with; NULL: its name
  const struct method_table *methods;            // made by the generator
  const struct db_statement *const *statements;  // all of the service's, made by the generator
  size_t statement_count;
  const struct setting *settings;                    // the service's own, or NULL; ends with {0}
  size_t settings_size;                              // of the struct they fill
  bool has_secrets;                                  // in its calls: they are wiped from memory after use
  const struct service_subscription *subscriptions;  // ends with {0}; or NULL
  // All may be NULL. `start` runs when settings are read and the loop exists, before the first call is taken; it gives
  // the service's own state in *ret_state, and what is wrong, if it fails, in the log. `ready` runs once the database
  // is there and calls are taken. `applied` runs after another's events took effect here, `published` when the
  // service's own were told to the others, by this instance. `stop` runs after the last call was answered and ends with
  // service_stopped(); what it started must be over by then.
  int (*start)(struct service *service, void **ret_state);
  void (*ready)(struct service *service);
  void (*applied)(struct service *service, const char *producer);
  void (*published)(struct service *service, const Pulih__Event__V1__EventBatch *batch);
  void (*stop)(struct service *service);
};

int service_main(int argc, char **argv, const struct service_definition *definition);

// For the service's own code.
void *service_state(struct service *service);
const void *service_settings(struct service *service);
struct loop *service_loop(struct service *service);
struct db *service_db(struct service *service);
struct metrics *service_metrics(struct service *service);
void service_stopped(struct service *service);

// Runs a statement as the service itself (role SERVICE, every prison), outside of any call. `in` lives until `done`,
// which is called exactly once; `result` is NULL when `status` isn't OK. The arena is the caller's.
struct service_query {
  const struct db_statement *statement;
  const ProtobufCMessage *in;
  struct arena *arena;
  uint32_t timeout_ms;
  void (*done)(struct service_query *query, struct db_result *result, const struct status *status);
  void *owner;
  // service's own
  struct service *service;
  struct db_request *request;
};
void service_query_run(struct service *service, struct service_query *query);
