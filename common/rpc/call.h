// A call in a service, from its arrival to its one answer.
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "rpc/method.h"

struct db_result;
struct db_statement;
struct service;

// Who calls, as the hub stamped it.
struct caller {
  const char *user_id;    // "" for a machine
  uint32_t roles;         // bit 1 << Pulih__Role
  const char *prison_id;  // "" with every_prison
  bool every_prison;
  const char *key_name;
};

struct call {
  struct arena arena;  // everything that lives as long as the call
  const struct method *method;
  const ProtobufCMessage *request;  // unpacked, and its texts and enums checked
  struct caller caller;
  uint64_t deadline_ms;  // loop time; nothing is begun after it
  const char *traceparent;
  struct status status;     // what call_fail() answers with
  struct service *service;  // service_state() gives the service's own
  void *step;               // a handler's own, between its steps
};

// Answers with `response`, of method->output. The call is gone afterwards.
void call_reply(struct call *call, const ProtobufCMessage *response);
// The same with a response that is serialised already.
void call_reply_packed(struct call *call, const void *data, size_t size);
// Answers with call->status, which must not be OK. The call is gone afterwards.
void call_fail(struct call *call);
// Sets the reason and answers with it.
void call_fail_with(struct call *call, enum reason reason);

// Runs a statement as the caller, with `in` for its parameters, and then calls `done`: with the result, or not at all
// if it failed, since the call has then been answered with the failure. The result lives until `done` returns.
typedef void call_query_done(struct call *call, struct db_result *result);
void call_query(struct call *call, const struct db_statement *statement, const ProtobufCMessage *in,
                call_query_done *done);
// The same, but a failure comes to `done` too: `result` is NULL and call->status says why.
void call_try_query(struct call *call, const struct db_statement *statement, const ProtobufCMessage *in,
                    call_query_done *done);
// The one row of a result, in the call's arena. NULL when there is none, or no memory for it; the call is answered
// then, and gone.
void *call_one_row(struct call *call, struct db_result *result);
