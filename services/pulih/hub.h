// Calls through the hub, one after another: each waits for its answer.
#pragma once

#include "command.h"
#include "rpc/client.h"

// Opens the connection at the first call, with the keys of the settings and the session of who is signed in, and
// answers in `ret_response`, in the invocation's arena. What went wrong is on stderr.
enum outcome hub_call(struct invocation *invocation, const char *method, const ProtobufCMessage *request,
                      const ProtobufCMessage **ret_response);

// The same, but how the call ended is the caller's to tell: NULL in `ret_status` means OK. The outcome says whether it
// could be made at all. Request and answer go into `arena`.
enum outcome hub_try(struct invocation *invocation, struct arena *arena, const char *method_name,
                     const ProtobufCMessage *request, const ProtobufCMessage **ret_response,
                     const Pulih__Rpc__V1__Status **ret_status);

enum { HUB_CALLS_MAX = 256 };  // at once

// For who makes many calls at once.
enum outcome hub_open(struct invocation *invocation);
struct rpc_client *hub_client(struct hub *hub);
struct loop *hub_loop(struct hub *hub);
const unsigned char *hub_token(const struct hub *hub);  // or NULL
uint32_t hub_timeout_ms(const struct invocation *invocation);

// Takes NULL.
void hub_close(struct hub *hub);
