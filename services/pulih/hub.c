#include "hub.h"

#include <stdlib.h>
#include <string.h>

#include "catalogue.h"
#include "message/message.h"
#include "outcome.h"
#include "session.h"
#include "settings.h"
#include "zmq/keys.h"

struct hub {
  struct loop loop;
  struct mq_context mq;
  struct rpc_client *client;
  bool closed;
  uint32_t timeout_ms;
  bool signed_in;
  unsigned char token[RPC_TOKEN_BYTES];
};

struct waiting {
  struct rpc_call call;
  struct arena *arena;
  const ProtobufCMessageDescriptor *output;
  bool done;
  const Pulih__Rpc__V1__Status *status;
  const ProtobufCMessage *response;
};

struct rpc_client *hub_client(struct hub *hub) {
  return hub->client;
}
struct loop *hub_loop(struct hub *hub) {
  return &hub->loop;
}
const unsigned char *hub_token(const struct hub *hub) {
  return hub->signed_in ? hub->token : NULL;
}
uint32_t hub_timeout_ms(const struct invocation *invocation) {
  return invocation->timeout_ms ? invocation->timeout_ms : invocation->hub->timeout_ms;
}

static enum outcome read_keys(const struct settings *settings, struct mq_key_pair *key, char hub_key[MQ_KEY_TEXT]) {
  if (!*settings->hub_endpoints) return settings_refuse_missing("PULIH_HUB_ENDPOINTS");
  if (!*settings->hub_public_key_file) return settings_refuse_missing("PULIH_HUB_PUBLIC_KEY_FILE");
  if (!*settings->key_file) return settings_refuse_missing("PULIH_KEY_FILE");
  int error = mq_key_read(settings->hub_public_key_file, hub_key);
  if (error) fprintf(stderr, "pulih: no key in %s: %s\n", settings->hub_public_key_file, strerror(-error));
  if (error) return OUTCOME_USAGE;
  error = mq_key_pair_read(settings->key_file, key);
  if (error) fprintf(stderr, "pulih: no key in %s: %s\n", settings->key_file, strerror(-error));
  return error ? OUTCOME_USAGE : OUTCOME_OK;
}

static int connect_client(struct hub *hub, const struct settings *settings, const struct mq_key_pair *key,
                          const char *hub_key) {
  int error = loop_init(&hub->loop, NULL);
  if (error) return error;
  // Ctrl-C ends the process at once: there is nothing here that must be put away first.
  uv_signal_stop(&hub->loop.interrupt);
  uv_signal_stop(&hub->loop.terminate);
  error = mq_context_init(&hub->mq, &hub->loop);
  if (error) return error;
  struct rpc_client_settings client = {.endpoints = settings->hub_endpoints,
                                       .socket = mq_socket_defaults,
                                       .retry = retry_defaults,
                                       .calls_limit = HUB_CALLS_MAX};
  client.socket.key = key;
  client.socket.server_key = hub_key;
  hub->client = rpc_client_create(&hub->mq, &client, &error);
  return hub->client ? 0 : error;
}

enum outcome hub_open(struct invocation *invocation) {
  if (invocation->hub) return OUTCOME_OK;
  struct settings settings;
  struct mq_key_pair key;
  char hub_key[MQ_KEY_TEXT];
  enum outcome outcome = settings_read(&invocation->arena, &settings);
  if (!outcome) outcome = read_keys(&settings, &key, hub_key);
  if (outcome) return outcome;
  struct hub *hub = calloc(1, sizeof *hub);
  if (!hub) return OUTCOME_FAILED;
  invocation->hub = hub;
  hub->timeout_ms = (uint32_t)settings.timeout_ms;
  if (!invocation->signs_in) outcome = session_read_token(invocation, hub->token, &hub->signed_in);
  if (outcome) return outcome;
  int error = connect_client(hub, &settings, &key, hub_key);
  if (error) fprintf(stderr, "pulih: can't connect to %s: %s\n", settings.hub_endpoints, strerror(-error));
  return error ? OUTCOME_FAILED : OUTCOME_OK;
}

static void answered(struct rpc_call *call, const struct rpc_answer *answer) {
  struct waiting *waiting = call->owner;
  waiting->done = true;
  const void *packed = answer->body;
  size_t size = answer->size;
  const ProtobufCMessageDescriptor *output = waiting->output;
  if (answer->status) {
    output = &pulih__rpc__v1__status__descriptor;
    if (message_pack(&answer->status->base, waiting->arena, &packed, &size)) return;
  }
  struct status status = {0};
  ProtobufCMessage *message = message_unpack(output, packed, size, waiting->arena, &status);
  if (answer->status)
    waiting->status = (const Pulih__Rpc__V1__Status *)message;
  else
    waiting->response = message;
}

enum outcome hub_try(struct invocation *invocation, struct arena *arena, const char *method_name,
                     const ProtobufCMessage *request, const ProtobufCMessage **ret_response,
                     const Pulih__Rpc__V1__Status **ret_status) {
  const struct method *method = method_find(&catalogue, method_name);
  if (!method) return outcome_say(invocation, OUTCOME_FAILED, "there is no method %s", method_name);
  enum outcome outcome = hub_open(invocation);
  if (outcome) return outcome;
  struct hub *hub = invocation->hub;
  struct waiting waiting = {.arena = arena, .output = method->output};
  waiting.call = (struct rpc_call){.method = method_name,
                                   .timeout_ms = hub_timeout_ms(invocation),
                                   .token = hub_token(hub),
                                   .done = answered,
                                   .owner = &waiting};
  if (message_pack(request, arena, &waiting.call.body, &waiting.call.size))
    return outcome_say(invocation, OUTCOME_FAILED, "the request is too large");
  rpc_client_call(hub->client, &waiting.call);
  while (!waiting.done) uv_run(&hub->loop.uv, UV_RUN_ONCE);
  if (!waiting.status && !waiting.response) return outcome_say(invocation, OUTCOME_FAILED, "the answer can't be read");
  *ret_status = waiting.status;
  *ret_response = waiting.response;
  return OUTCOME_OK;
}

enum outcome hub_call(struct invocation *invocation, const char *method, const ProtobufCMessage *request,
                      const ProtobufCMessage **ret_response) {
  const Pulih__Rpc__V1__Status *status = NULL;
  enum outcome outcome = hub_try(invocation, &invocation->arena, method, request, ret_response, &status);
  if (outcome || !status) return outcome;
  return outcome_report(status, invocation->json);
}

static void client_closed(void *owner) {
  struct hub *hub = owner;
  hub->closed = true;
}

void hub_close(struct hub *hub) {
  if (!hub) return;
  if (hub->client) {
    rpc_client_close(hub->client, client_closed, hub);
    while (!hub->closed) uv_run(&hub->loop.uv, UV_RUN_ONCE);
  }
  if (hub->mq.zmq) {
    loop_finish(&hub->loop);
    mq_context_finish(&hub->mq);
  }
  free(hub);
}
