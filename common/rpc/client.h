// Calls from any process to any method, through the hub. Each is repeated with the same id after an unknown outcome
// (rpc/retry.h decides) until it is answered or its time is up. A body that is larger than the socket's frame
// limit is refused here, MESSAGE_TOO_LARGE: the hub hangs up on whoever sends it.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "rpc.pb-c.h"
#include "rpc/retry.h"
#include "zmq/socket.h"

struct rpc_client;

enum { RPC_TOKEN_BYTES = 32, RPC_TIMEOUT_MOST_MS = 120000 };

struct rpc_client_settings {
  const char *endpoints;             // of the hubs' caller sides, separated by commas (rpc/hubs.h); outlives the client
  struct mq_socket_settings socket;  // keys, waits
  struct retry_settings retry;
  size_t calls_limit;  // at once; more are refused with TOO_BUSY
};

// How it ended. Gone when `done` returns.
struct rpc_answer {
  const Pulih__Rpc__V1__Status *status;  // NULL means OK
  const void *body;                      // the response message, serialised
  size_t size;
};

struct rpc_call {
  // Filled by the owner, alive until `done`.
  const char *method;  // "pulih.enrollment.v1.EnrollmentService/HoldEnrollment"
  const void *body;    // the request message, serialised
  size_t size;
  uint32_t timeout_ms;         // 1 to RPC_TIMEOUT_MOST_MS
  const unsigned char *token;  // RPC_TOKEN_BYTES of the sign-in session, or NULL
  const char *traceparent;     // or NULL
  // Called exactly once, never from within rpc_client_call().
  void (*done)(struct rpc_call *call, const struct rpc_answer *answer);
  void *owner;
  // The client's own.
  unsigned char id[16];
  struct retry retry;
  struct rpc_call *next, **link;
  enum reason last;  // of the latest answer that was worth a repetition, or how it ended
};

struct rpc_client *rpc_client_create(struct mq_context *context, const struct rpc_client_settings *settings,
                                     int *ret_error);
void rpc_client_call(struct rpc_client *client, struct rpc_call *call);
// The call will not be done; its memory is its owner's again.
void rpc_client_forget(struct rpc_client *client, struct rpc_call *call);
// No call may be started any more. Those not done by then are ended with SERVICE_UNAVAILABLE. `closed` (may be NULL) is
// called when everything is freed.
void rpc_client_close(struct rpc_client *client, void (*closed)(void *owner), void *owner);
