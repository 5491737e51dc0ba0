// A hub, a service that stands for identity and two callers, with keys of their own, over TCP in one process.
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "catalogue.h"
#include "crypto/token.h"
#include "hub.pb-c.h"
#include "hub/hub.h"
#include "identity.pb-c.h"
#include "rpc/client.h"
#include "rpc/envelope.h"
#include "rpc/server.h"

// Three pings of silence are an instance lost, and under thread sanitizer a turn of the loop that all of them share can
// take some 100 ms.
enum { PATIENCE_MS = 8000, PING_MS = 500, SLOTS = 300 };

#define HERE "0190a000-0000-7000-8000-000000000001"
#define ELSEWHERE "0190a000-0000-7000-8000-000000000002"
#define PERSON "0190a000-0000-7000-8000-000000000003"

// A call and what became of it.
struct asked {
  struct rpc_call call;
  struct fixture *fixture;
  size_t done;
  char reason[64], text[128];
  unsigned char body[4096];
  size_t size;
};

struct fixture {
  struct loop loop;
  struct mq_context context;
  struct hub hub;
  struct mq_key_pair hub_key, identity_key, scheduling_key, site_key, operator_key;
  struct rpc_server *identity;
  struct rpc_client *operator, * site;
  char keys_path[64], caller_endpoint[64], service_endpoint[64];
  bool revoked;           // the site's key, at identity
  const char *prison_id;  // of the person who signed in
  unsigned char token[TOKEN_SIZE];
  struct caller seen;  // by the handler of GetPerson
  char seen_user[64], seen_prison[64];
  size_t handled, resolved, listed, events, stopped;
  struct call *kept[SLOTS];  // calls that GetPerson keeps
  size_t kept_count;
  bool keep;
  uv_timer_t patience;
  bool patience_lost;
};

static struct fixture *fixture_of(struct call *call) {
  return (struct fixture *)call->service;
}

// identity, as far as the hub knows it
// ---------------------------------------------------------------------------------

static void list_keys(struct call *call) {
  struct fixture *fixture = fixture_of(call);
  Pulih__Identity__V1__ListKeysResponse response = PULIH__IDENTITY__V1__LIST_KEYS_RESPONSE__INIT;
  Pulih__Identity__V1__Key key = PULIH__IDENTITY__V1__KEY__INIT, *keys[] = {&key};
  fixture->listed++;
  key.name = "lp-here";
  key.kind = PULIH__IDENTITY__V1__KEY_KIND__KEY_KIND_SITE;
  key.public_key = fixture->site_key.public_key;
  key.prison_id = HERE;
  key.revoked = fixture->revoked;
  response.keys = keys;
  response.n_keys = 1;
  call_reply(call, &response.base);
}

static void resolve_session(struct call *call) {
  struct fixture *fixture = fixture_of(call);
  const Pulih__Identity__V1__ResolveSessionRequest *request = (const void *)call->request;
  unsigned char hash[TOKEN_HASH_SIZE];
  Pulih__Role roles[] = {PULIH__ROLE__ROLE_ADMIN};
  Pulih__Identity__V1__SignedIn response = PULIH__IDENTITY__V1__SIGNED_IN__INIT;
  fixture->resolved++;
  token_hash(fixture->token, hash);
  if (request->token_hash.len != sizeof hash || memcmp(request->token_hash.data, hash, sizeof hash))
    return call_fail_with(call, REASON_NOT_FOUND);
  response.user_id = PERSON;
  response.roles = roles;
  response.n_roles = 1;
  response.prison_id = (char *)fixture->prison_id;
  call_reply(call, &response.base);
}

static void revoke_key(struct call *call) {
  Pulih__Identity__V1__Key response = PULIH__IDENTITY__V1__KEY__INIT;
  fixture_of(call)->revoked = true;
  call_reply(call, &response.base);
}

static void get_person(struct call *call) {
  struct fixture *fixture = fixture_of(call);
  const Pulih__Identity__V1__GetPersonRequest *request = (const void *)call->request;
  fixture->handled++;
  fixture->seen = call->caller;
  snprintf(fixture->seen_user, sizeof fixture->seen_user, "%s", call->caller.user_id);
  snprintf(fixture->seen_prison, sizeof fixture->seen_prison, "%s", call->caller.prison_id);
  if (fixture->keep) {
    assert_true(fixture->kept_count < SLOTS);
    fixture->kept[fixture->kept_count++] = call;
    return;
  }
  Pulih__Identity__V1__Person response = PULIH__IDENTITY__V1__PERSON__INIT;
  response.id = request->person_id;
  call_reply(call, &response.base);
}

#define ADMIN (1u << PULIH__ROLE__ROLE_ADMIN)
#define SERVICE (1u << PULIH__ROLE__ROLE_SERVICE)
#define METHOD(method, request, response, allowed, function)                                                     \
  {                                                                                                              \
    .name = "pulih.identity.v1.IdentityService/" method, .input = &pulih__identity__v1__##request##__descriptor, \
    .output = &pulih__identity__v1__##response##__descriptor, .roles = (allowed), .handle = (function)           \
  }
static const struct method identity_methods[] = {
    METHOD("GetPerson", get_person_request, person, ADMIN, get_person),
    METHOD("ListKeys", list_keys_request, list_keys_response, SERVICE, list_keys),
    METHOD("ResolveSession", resolve_session_request, signed_in, SERVICE, resolve_session),
    METHOD("RevokeKey", revoke_key_request, key, ADMIN, revoke_key),
};
static const struct method_table identity_table = {identity_methods, 4};

static void take_events(void *owner, const Pulih__Event__V1__EventBatch *batch) {
  ((struct fixture *)owner)->events += batch->n_events;
}

// Start, stop, wait
// ----------------------------------------------------------------------------------------------------

static void lose_patience(uv_timer_t *timer) {
  ((struct fixture *)timer->data)->patience_lost = true;
}

static bool turn_until(struct fixture *fixture, const size_t *value, size_t least, uint64_t patience_ms) {
  fixture->patience_lost = false;
  uv_timer_start(&fixture->patience, lose_patience, patience_ms, 0);
  while (*value < least && !fixture->patience_lost) uv_run(&fixture->loop.uv, UV_RUN_ONCE);
  uv_timer_stop(&fixture->patience);
  return *value >= least;
}

static struct rpc_server *serve(struct fixture *fixture, const char *name, const char *instance, uint32_t credit) {
  static const char *const subscriptions[] = {"scheduling", NULL};
  struct rpc_server_settings settings = {.name = name,
                                         .instance = instance,
                                         .methods = &identity_table,
                                         .subscriptions = subscriptions,
                                         .endpoints = fixture->service_endpoint,
                                         .socket = mq_socket_defaults,
                                         .credit = credit,
                                         .call_memory_bytes = 1 << 20,
                                         .service = (struct service *)fixture,
                                         .events = take_events,
                                         .owner = fixture};
  int error;
  settings.socket.key = strcmp(name, "scheduling") ? &fixture->identity_key : &fixture->scheduling_key;
  settings.socket.server_key = fixture->hub_key.public_key;
  struct rpc_server *server = rpc_server_create(&fixture->context, &settings, &error);
  assert_non_null(server);
  rpc_server_start(server);
  return server;
}

static void wait_until_ready(struct fixture *fixture, struct rpc_server *server) {
  static const size_t never = 0;
  for (int i = 0; i < 400 && !rpc_server_ready(server); i++) turn_until(fixture, &never, 1, 20);
  assert_true(rpc_server_ready(server));
}

static struct rpc_client *connect_with(struct fixture *fixture, const struct mq_key_pair *key) {
  struct rpc_client_settings settings = {.endpoints = fixture->caller_endpoint,
                                         .socket = mq_socket_defaults,
                                         .retry = {.first_ms = 20, .most_ms = 200, .attempt_ms = 500},
                                         .calls_limit = SLOTS};
  int error;
  settings.socket.key = key;
  settings.socket.server_key = fixture->hub_key.public_key;
  struct rpc_client *client = rpc_client_create(&fixture->context, &settings, &error);
  assert_non_null(client);
  return client;
}

// Whole from the first moment on, as whoever rotates keys should write them.
static void write_keys(struct fixture *fixture, const char *operator_line) {
  char path[64] = "/tmp/pulih-hub-keys-XXXXXX";
  FILE *file = fdopen(mkstemp(path), "w");
  fprintf(file, "# of the test\nservice identity %s\n\nservice scheduling %s\n%s\n", fixture->identity_key.public_key,
          fixture->scheduling_key.public_key, operator_line);
  fclose(file);
  if (*fixture->keys_path)
    assert_int_equal(rename(path, fixture->keys_path), 0);
  else
    strcpy(fixture->keys_path, path);
}

static void write_operator(struct fixture *fixture, const struct mq_key_pair *key) {
  char line[128];
  snprintf(line, sizeof line, "operator someone %s", key->public_key);
  write_keys(fixture, line);
}

static int open_all(void **state) {
  struct fixture *fixture = calloc(1, sizeof *fixture);
  *state = fixture;
  fixture->prison_id = "";
  token_make(fixture->token);
  assert_int_equal(loop_init(&fixture->loop, NULL), 0);
  assert_int_equal(mq_context_init(&fixture->context, &fixture->loop), 0);
  struct mq_key_pair *keys[] = {&fixture->hub_key, &fixture->identity_key, &fixture->scheduling_key, &fixture->site_key,
                                &fixture->operator_key};
  for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) mq_key_pair_generate(keys[i]);
  write_operator(fixture, &fixture->operator_key);
  uv_timer_init(&fixture->loop.uv, &fixture->patience);
  fixture->patience.data = fixture;
  struct hub_settings settings = {.caller_endpoint = "tcp://127.0.0.1:*",
                                  .service_endpoint = "tcp://127.0.0.1:*",
                                  .secret_key = fixture->hub_key.secret_key,
                                  .keys_file = fixture->keys_path,
                                  .calls = 1000,
                                  .waiting_per_method = 100,
                                  .calls_per_site = 50,
                                  .sites_per_second = 100,
                                  .frame_limit_bytes = 1 << 20,
                                  .ping_interval_ms = PING_MS};
  assert_int_equal(hub_start(&fixture->hub, &fixture->context, &settings), 0);
  size_t size = sizeof fixture->caller_endpoint;
  zmq_getsockopt(fixture->hub.callers.pump.zmq, ZMQ_LAST_ENDPOINT, fixture->caller_endpoint, &size);
  size = sizeof fixture->service_endpoint;
  zmq_getsockopt(fixture->hub.services.pump.zmq, ZMQ_LAST_ENDPOINT, fixture->service_endpoint, &size);
  fixture->identity = serve(fixture, "identity", "identity-1", 64);
  wait_until_ready(fixture, fixture->identity);
  assert_true(turn_until(fixture, &fixture->listed, 1, PATIENCE_MS));
  fixture->operator= connect_with(fixture, &fixture->operator_key);
  fixture->site = connect_with(fixture, &fixture->site_key);
  return 0;
}

static void count_stop(void *count) {
  (*(size_t *)count)++;
}

static int close_all(void **state) {
  struct fixture *fixture = *state;
  fixture->stopped = 0;
  for (size_t i = 0; i < fixture->kept_count; i++) call_fail_with(fixture->kept[i], REASON_INTERNAL);
  rpc_client_close(fixture->operator, count_stop, &fixture->stopped);
  rpc_client_close(fixture->site, count_stop, &fixture->stopped);
  rpc_server_stop(fixture->identity, count_stop, &fixture->stopped);
  assert_true(turn_until(fixture, &fixture->stopped, 3, PATIENCE_MS));
  rpc_server_destroy(fixture->identity);
  loop_stop(&fixture->loop);
  assert_int_equal(loop_run(&fixture->loop), 0);
  hub_finish(&fixture->hub);
  loop_finish(&fixture->loop);
  mq_context_finish(&fixture->context);
  unlink(fixture->keys_path);
  free(fixture);
  return 0;
}

static void answered(struct rpc_call *call, const struct rpc_answer *answer) {
  struct asked *asked = call->owner;
  asked->done++;
  snprintf(asked->reason, sizeof asked->reason, "%s", answer->status ? answer->status->reason : "OK");
  snprintf(asked->text, sizeof asked->text, "%s", answer->status ? answer->status->message : "");
  if (answer->status) return;
  assert_true(answer->size <= sizeof asked->body);
  memcpy(asked->body, answer->body, answer->size);
  asked->size = answer->size;
}

static void ask(struct rpc_client *client, struct asked *asked, const char *method, uint32_t timeout_ms) {
  static const unsigned char body[] = {0x0a, 3, 'a', 'b', 'c'};  // person_id or key_id: "abc"
  const unsigned char *token = asked->call.token;
  bool empty = strstr(method, "Get") && strstr(method, "hub");
  *asked = (struct asked){.call = {.method = method,
                                   .body = body,
                                   .size = empty ? 0 : sizeof body,
                                   .timeout_ms = timeout_ms,
                                   .token = token,
                                   .done = answered,
                                   .owner = asked}};
  rpc_client_call(client, &asked->call);
}

static const char *ask_and_wait(struct fixture *fixture, struct rpc_client *client, struct asked *asked,
                                const char *method) {
  ask(client, asked, method, 3000);
  assert_true(turn_until(fixture, &asked->done, 1, PATIENCE_MS));
  return asked->reason;
}

#define GET_PERSON "pulih.identity.v1.IdentityService/GetPerson"
#define REVOKE_KEY "pulih.identity.v1.IdentityService/RevokeKey"
