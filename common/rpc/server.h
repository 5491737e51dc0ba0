// A service's side of the hub: says Hello to every hub with its methods and its credit, keeps saying that it is there,
// takes calls, answers them, passes events on in both directions.
//
// States of the link to one hub: GREETING (Hello sent, again every second) → SERVING (Welcome came; pings by its
// interval; Unknown or three silent intervals lead back to GREETING).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/metrics.h"
#include "event.pb-c.h"
#include "rpc/call.h"
#include "rpc/method.h"
#include "zmq/socket.h"

struct rpc_server;

struct rpc_server_settings {
  const char *name;      // "enrollment"
  const char *instance;  // unique for the process
  const struct method_table *methods;
  const char *const *subscriptions;  // producers, ends with NULL; or NULL
  const char *endpoints;             // of the hubs' service sides, separated by commas
  struct mq_socket_settings socket;  // keys, waits
  uint32_t credit;                   // calls in flight from each hub
  size_t call_memory_bytes;          // limit of a call's arena
  bool wipes;                        // what calls and answers said is overwritten after use
  struct service *service;           // goes into each call
  // Runs a method that has a statement; must end the call.
  void (*run_statement)(struct call *call);
  // A call was answered after this long; still there. May be NULL.
  void (*answered)(void *owner, const struct call *call, uint64_t took_ns);
  // A batch of a producer that was asked for; gone when it returns. May be NULL.
  void (*events)(void *owner, const Pulih__Event__V1__EventBatch *batch);
  void *owner;
};

// Texts and tables in the settings outlive the server. NULL with *ret_error a negative errno.
struct rpc_server *rpc_server_create(struct mq_context *context, const struct rpc_server_settings *settings,
                                     int *ret_error);
// Takes calls from now on. Before this only what was made is checked.
void rpc_server_start(struct rpc_server *server);
// At least one hub has said Welcome.
bool rpc_server_ready(const struct rpc_server *server);
size_t rpc_server_in_flight(const struct rpc_server *server);
void rpc_server_add_metrics(struct rpc_server *server, struct metrics *metrics);

// Sends a batch to every hub, a hint to hurry: 0, or -EAGAIN when no hub could take it. Consumers notice a gap by
// `previous` and ask for it.
int rpc_server_publish(struct rpc_server *server, const Pulih__Event__V1__EventBatch *batch);

// Says Goodbye, waits until every call is answered, closes its sockets, and then calls `stopped`.
void rpc_server_stop(struct rpc_server *server, void (*stopped)(void *owner), void *owner);
// At any time, also half-built or NULL; what isn't closed yet closes in the loop's next turns. Calls that are still at
// work are gone with it.
void rpc_server_destroy(struct rpc_server *server);
