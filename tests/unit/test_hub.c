// The whole message path in one process: callers, hub and services over TCP with their keys.
#include "unit.h"

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

enum { PATIENCE_MS = 8000, PING_MS = 100, SLOTS = 300 };

#define HERE "0190a000-0000-7000-8000-000000000001"
#define ELSEWHERE "0190a000-0000-7000-8000-000000000002"
#define PERSON "0190a000-0000-7000-8000-000000000003"

// A call and what became of it.
struct asked {
  struct rpc_call call;
  struct fixture *fixture;
  size_t done;
  char reason[64];
  unsigned char body[4096];
  size_t size;
};

struct fixture {
  struct loop loop;
  struct mq_context context;
  struct hub hub;
  struct mq_key_pair hub_key, identity_key, site_key, operator_key;
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
    .output = &pulih__identity__v1__##response##__descriptor, .roles = allowed, .handle = function               \
  }
static const struct method identity_methods[] = {
    METHOD("GetPerson", get_person_request, person, ADMIN, get_person),
    METHOD("ListKeys", list_keys_request, list_keys_response, SERVICE, list_keys),
    METHOD("ResolveSession", resolve_session_request, signed_in, SERVICE, resolve_session),
    METHOD("RevokeKey", revoke_key_request, key, ADMIN, revoke_key),
};
static const struct method_table identity_table = {identity_methods, 4};

static void take_events(struct service *service, const Pulih__Event__V1__EventBatch *batch) {
  ((struct fixture *)service)->events += batch->n_events;
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
                                         .events = take_events};
  int error;
  settings.socket.key = &fixture->identity_key;
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

static void write_keys(struct fixture *fixture) {
  strcpy(fixture->keys_path, "/tmp/pulih-hub-keys-XXXXXX");
  FILE *file = fdopen(mkstemp(fixture->keys_path), "w");
  fprintf(file, "# of the test\nservice identity %s\n\noperator someone %s\n", fixture->identity_key.public_key,
          fixture->operator_key.public_key);
  fclose(file);
}

static int open_all(void **state) {
  struct fixture *fixture = calloc(1, sizeof *fixture);
  *state = fixture;
  fixture->prison_id = "";
  token_make(fixture->token);
  assert_int_equal(loop_init(&fixture->loop, NULL), 0);
  assert_int_equal(mq_context_init(&fixture->context, &fixture->loop), 0);
  struct mq_key_pair *keys[] = {&fixture->hub_key, &fixture->identity_key, &fixture->site_key, &fixture->operator_key};
  for (size_t i = 0; i < 4; i++) mq_key_pair_generate(keys[i]);
  write_keys(fixture);
  uv_timer_init(&fixture->loop.uv, &fixture->patience);
  fixture->patience.data = fixture;
  struct hub_settings settings = {.caller_endpoint = "tcp://127.0.0.1:*",
                                  .service_endpoint = "tcp://127.0.0.1:*",
                                  .secret_key = fixture->hub_key.secret_key,
                                  .keys_file = fixture->keys_path,
                                  .calls = 1000,
                                  .waiting_per_method = 100,
                                  .calls_per_site = 50,
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

// Tests
// ----------------------------------------------------------------------------------------------------------------

static void a_call_reaches_its_service_and_the_answer_its_caller(void **state) {
  struct fixture *fixture = *state;
  struct asked asked = {0};
  assert_string_equal(ask_and_wait(fixture, fixture->operator, & asked, GET_PERSON), "OK");
  assert_int_equal(asked.size, 5);
  assert_memory_equal(asked.body,
                      "\x0a\x03"
                      "abc",
                      5);
  assert_int_equal(fixture->seen.roles, ADMIN);
  assert_true(fixture->seen.every_prison);
  assert_string_equal(fixture->seen_user, "");
}

static void what_cannot_be_called_is_refused_with_its_reason(void **state) {
  struct fixture *fixture = *state;
  struct asked asked = {0};
  assert_string_equal(ask_and_wait(fixture, fixture->operator, & asked, "pulih.nothing.v1.None/Nothing"),
                      "METHOD_UNKNOWN");
  assert_string_equal(ask_and_wait(fixture, fixture->operator, & asked, "pulih.identity.v1.IdentityService/ListKeys"),
                      "NOT_ALLOWED");
  assert_string_equal(ask_and_wait(fixture, fixture->site, &asked, GET_PERSON), "NOT_SIGNED_IN");
  ask(fixture->operator, & asked, "pulih.identity.v1.IdentityService/GrantRole", 300);
  assert_true(turn_until(fixture, &asked.done, 1, PATIENCE_MS));
  assert_string_equal(asked.reason, "SERVICE_UNAVAILABLE");  // in the catalogue, but nobody serves it
}

static void a_revoked_key_is_refused_at_its_next_message_on_a_live_connection(void **state) {
  struct fixture *fixture = *state;
  struct asked asked = {0};
  assert_string_equal(ask_and_wait(fixture, fixture->site, &asked, GET_PERSON), "NOT_SIGNED_IN");
  size_t listed = fixture->listed;
  assert_string_equal(ask_and_wait(fixture, fixture->operator, & asked, REVOKE_KEY), "OK");
  assert_true(fixture->listed > listed);  // before the answer
  uint64_t accepted = fixture->hub.zap.accepted;
  assert_string_equal(ask_and_wait(fixture, fixture->site, &asked, GET_PERSON), "KEY_NOT_KNOWN");
  assert_int_equal(fixture->hub.zap.accepted, accepted);  // still the same connection
}

static void sites_wait_while_keys_are_read_and_a_revocation_is_not_answered_before(void **state) {
  struct fixture *fixture = *state;
  struct asked revoke = {0}, site = {0};
  assert_string_equal(ask_and_wait(fixture, fixture->site, &site, GET_PERSON), "NOT_SIGNED_IN");
  fixture->hub.reading_keys = true;  // a list on its way that never arrives
  ask(fixture->operator, & revoke, REVOKE_KEY, 5000);
  static const size_t never = 0;
  turn_until(fixture, &never, 1, 200);
  ask(fixture->site, &site, GET_PERSON, 5000);
  turn_until(fixture, &never, 1, 200);
  assert_int_equal(revoke.done, 0);
  assert_int_equal(site.done, 0);
  fixture->hub.reading_keys = false;
  assert_true(turn_until(fixture, &revoke.done, 1, PATIENCE_MS));
  assert_true(turn_until(fixture, &site.done, 1, PATIENCE_MS));
  assert_string_equal(revoke.reason, "OK");
  assert_string_equal(site.reason, "KEY_NOT_KNOWN");
}

static void a_person_at_a_site_sees_that_prison_alone(void **state) {
  struct fixture *fixture = *state;
  struct asked asked = {.call.token = fixture->token};
  assert_string_equal(ask_and_wait(fixture, fixture->site, &asked, GET_PERSON), "OK");
  assert_string_equal(fixture->seen_user, PERSON);
  assert_string_equal(fixture->seen_prison, HERE);
  assert_false(fixture->seen.every_prison);
  assert_string_equal(ask_and_wait(fixture, fixture->operator, & asked, GET_PERSON), "OK");
  assert_true(fixture->seen.every_prison);
  assert_int_equal(fixture->resolved, 1);  // the second time from memory
}

static void a_person_of_another_prison_is_refused_at_a_site(void **state) {
  struct fixture *fixture = *state;
  struct asked asked = {.call.token = fixture->token};
  fixture->prison_id = ELSEWHERE;
  assert_string_equal(ask_and_wait(fixture, fixture->site, &asked, GET_PERSON), "NOT_ALLOWED");
}

static void a_token_that_stands_for_nobody_is_not_signed_in(void **state) {
  struct fixture *fixture = *state;
  unsigned char other[TOKEN_SIZE];
  token_make(other);
  struct asked asked = {.call.token = other};
  assert_string_equal(ask_and_wait(fixture, fixture->site, &asked, GET_PERSON), "NOT_SIGNED_IN");
}

static void sign_ins_are_asked_for_afresh_when_access_has_changed(void **state) {
  struct fixture *fixture = *state;
  struct asked asked = {.call.token = fixture->token}, revoke = {0};
  assert_string_equal(ask_and_wait(fixture, fixture->operator, & asked, GET_PERSON), "OK");
  assert_string_equal(ask_and_wait(fixture, fixture->operator, & revoke, REVOKE_KEY), "OK");
  assert_string_equal(ask_and_wait(fixture, fixture->operator, & asked, GET_PERSON), "OK");
  assert_int_equal(fixture->resolved, 2);
}

static void a_malformed_body_is_refused_by_the_service(void **state) {
  struct fixture *fixture = *state;
  struct asked asked = {0};
  ask(fixture->operator, & asked, GET_PERSON, 2000);
  rpc_client_forget(fixture->operator, & asked.call);
  asked.call.body = "\x0a\x7f";
  asked.call.size = 2;
  rpc_client_call(fixture->operator, & asked.call);
  assert_true(turn_until(fixture, &asked.done, 1, PATIENCE_MS));
  assert_string_equal(asked.reason, "MESSAGE_MALFORMED");
}

// Frames that no client of ours sends, from a key that may connect.
static void nonsense_is_passed_over_and_the_hub_goes_on(void **state) {
  struct fixture *fixture = *state;
  struct asked asked = {0};
  assert_string_equal(ask_and_wait(fixture, fixture->operator, & asked, GET_PERSON), "OK");
  void *raw = zmq_socket(fixture->context.zmq, ZMQ_DEALER);
  int linger = 0;
  zmq_setsockopt(raw, ZMQ_LINGER, &linger, sizeof linger);
  zmq_setsockopt(raw, ZMQ_CURVE_PUBLICKEY, fixture->operator_key.public_key, 40);
  zmq_setsockopt(raw, ZMQ_CURVE_SECRETKEY, fixture->operator_key.secret_key, 40);
  zmq_setsockopt(raw, ZMQ_CURVE_SERVERKEY, fixture->hub_key.public_key, 40);
  zmq_connect(raw, fixture->caller_endpoint);
  srand(1);
  for (int i = 0; i < 500; i++) {
    unsigned char bytes[200];
    for (size_t j = 0; j < sizeof bytes; j++) bytes[j] = (unsigned char)rand();
    zmq_send(raw, bytes, (size_t)rand() % sizeof bytes, i % 3 ? ZMQ_SNDMORE : 0);
  }
  zmq_send(raw, "", 0, 0);
  zmq_send(raw, "\x1a\x02\x0a\x00", 4, 0);   // a Hello, from a caller
  zmq_send(raw, "\x0a\x03\x0a\x01x", 5, 0);  // a request with a short id
  static const size_t never = 0;
  turn_until(fixture, &never, 1, 300);
  assert_true(fixture->hub.counts.malformed.value > 100);
  assert_string_equal(ask_and_wait(fixture, fixture->operator, & asked, GET_PERSON), "OK");
  zmq_close(raw);
}

static void a_caller_that_a_caller_sends_is_dropped(void **state) {
  struct fixture *fixture = *state;
  Pulih__Role roles[] = {PULIH__ROLE__ROLE_SERVICE};
  Pulih__Rpc__V1__Caller caller = PULIH__RPC__V1__CALLER__INIT;
  Pulih__Rpc__V1__Request request = PULIH__RPC__V1__REQUEST__INIT;
  Pulih__Rpc__V1__Header header = PULIH__RPC__V1__HEADER__INIT;
  unsigned char id[ENVELOPE_ID_BYTES] = "0123456789abcde";
  caller.user_id = "somebody";
  caller.roles = roles;
  caller.n_roles = 1;
  request.id = (ProtobufCBinaryData){sizeof id, id};
  request.method = GET_PERSON;
  request.timeout_ms = 1000;
  request.caller = &caller;
  header.kind_case = PULIH__RPC__V1__HEADER__KIND_REQUEST;
  header.request = &request;
  struct asked asked = {0};
  assert_string_equal(ask_and_wait(fixture, fixture->operator, & asked, GET_PERSON), "OK");
  zmq_msg_t frame;
  assert_int_equal(envelope_write(&header, &frame), 0);
  void *raw = zmq_socket(fixture->context.zmq, ZMQ_DEALER);
  zmq_setsockopt(raw, ZMQ_CURVE_PUBLICKEY, fixture->operator_key.public_key, 40);
  zmq_setsockopt(raw, ZMQ_CURVE_SECRETKEY, fixture->operator_key.secret_key, 40);
  zmq_setsockopt(raw, ZMQ_CURVE_SERVERKEY, fixture->hub_key.public_key, 40);
  zmq_connect(raw, fixture->caller_endpoint);
  zmq_msg_send(&frame, raw, 0);
  assert_true(turn_until(fixture, &fixture->handled, 2, PATIENCE_MS));
  assert_int_equal(fixture->seen.roles, ADMIN);
  assert_string_equal(fixture->seen_user, "");
  zmq_close(raw);
}

static void a_service_needs_its_own_key(void **state) {
  struct fixture *fixture = *state;
  struct rpc_server *server = serve(fixture, "enrollment", "enrollment-1", 1);
  static const size_t never = 0;
  turn_until(fixture, &never, 1, 500);
  assert_false(rpc_server_ready(server));
  rpc_server_destroy(server);
}

static void credit_is_kept_and_the_rest_waits_in_the_hub(void **state) {
  struct fixture *fixture = *state;
  struct asked *asked = calloc(SLOTS, sizeof *asked);
  fixture->keep = true;
  for (size_t i = 0; i < 150; i++) ask(fixture->operator, & asked[i], GET_PERSON, 5000);
  assert_true(turn_until(fixture, &fixture->kept_count, 64, PATIENCE_MS));
  static const size_t never = 0;
  turn_until(fixture, &never, 1, 200);
  assert_int_equal(fixture->kept_count, 64);
  assert_int_equal(hub_core_waiting(fixture->hub.core), 86);
  fixture->keep = false;
  size_t kept = fixture->kept_count;
  fixture->kept_count = 0;
  Pulih__Identity__V1__Person person = PULIH__IDENTITY__V1__PERSON__INIT;
  for (size_t i = 0; i < kept; i++) call_reply(fixture->kept[i], &person.base);
  for (size_t i = 0; i < 150; i++) {
    assert_true(turn_until(fixture, &asked[i].done, 1, PATIENCE_MS));
    assert_string_equal(asked[i].reason, "OK");
  }
  free(asked);
}

static void calls_survive_the_death_of_their_service(void **state) {
  struct fixture *fixture = *state;
  struct asked asked = {0};
  fixture->keep = true;
  ask(fixture->operator, & asked, GET_PERSON, 8000);
  assert_true(turn_until(fixture, &fixture->kept_count, 1, PATIENCE_MS));
  // It goes without a word, and what it had is never answered.
  rpc_server_destroy(fixture->identity);
  static const size_t never = 0;
  turn_until(fixture, &never, 1, 50);
  fixture->kept_count = 0;
  fixture->keep = false;
  fixture->identity = serve(fixture, "identity", "identity-2", 64);
  assert_true(turn_until(fixture, &asked.done, 1, PATIENCE_MS));
  assert_string_equal(asked.reason, "OK");
}

static void a_service_that_stops_answers_what_it_has_and_takes_no_more(void **state) {
  struct fixture *fixture = *state;
  struct asked first = {0}, second = {0};
  struct rpc_server *old = fixture->identity;
  fixture->keep = true;
  ask(fixture->operator, & first, GET_PERSON, 5000);
  assert_true(turn_until(fixture, &fixture->kept_count, 1, PATIENCE_MS));
  rpc_server_stop(old, count_stop, &fixture->stopped);
  fixture->identity = serve(fixture, "identity", "identity-2", 64);
  wait_until_ready(fixture, fixture->identity);
  fixture->keep = false;
  assert_string_equal(ask_and_wait(fixture, fixture->operator, & second, GET_PERSON), "OK");
  assert_int_equal(fixture->stopped, 0);
  Pulih__Identity__V1__Person person = PULIH__IDENTITY__V1__PERSON__INIT;
  call_reply(fixture->kept[0], &person.base);
  fixture->kept_count = 0;
  assert_true(turn_until(fixture, &fixture->stopped, 1, PATIENCE_MS));
  assert_true(turn_until(fixture, &first.done, 1, PATIENCE_MS));
  assert_string_equal(first.reason, "OK");
  rpc_server_destroy(old);
}

static void a_call_that_takes_too_long_ends_at_its_deadline(void **state) {
  struct fixture *fixture = *state;
  struct asked asked = {0};
  fixture->keep = true;
  ask(fixture->operator, & asked, GET_PERSON, 200);
  assert_true(turn_until(fixture, &asked.done, 1, 1000));
  assert_string_equal(asked.reason, "DEADLINE_EXCEEDED");
}

static void events_reach_those_who_asked_for_them(void **state) {
  struct fixture *fixture = *state;
  Pulih__Event__V1__Event event = PULIH__EVENT__V1__EVENT__INIT, *events[] = {&event};
  Pulih__Event__V1__EventBatch batch = PULIH__EVENT__V1__EVENT_BATCH__INIT;
  batch.producer = "scheduling";
  batch.events = events;
  batch.n_events = 1;
  assert_int_equal(rpc_server_publish(fixture->identity, &batch), 0);
  batch.producer = "enrollment";
  assert_int_equal(rpc_server_publish(fixture->identity, &batch), 0);
  assert_true(turn_until(fixture, &fixture->events, 1, PATIENCE_MS));
  assert_false(turn_until(fixture, &fixture->events, 2, 100));
}

static void the_hub_tells_how_it_is(void **state) {
  struct fixture *fixture = *state;
  struct asked asked = {0};
  assert_string_equal(ask_and_wait(fixture, fixture->operator, & asked, "pulih.hub.v1.HubService/GetStatus"), "OK");
  Pulih__Hub__V1__GetStatusResponse *response =
      pulih__hub__v1__get_status_response__unpack(NULL, asked.size, asked.body);
  assert_non_null(response);
  assert_int_equal(response->n_instances, 1);
  assert_string_equal(response->instances[0]->service, "identity");
  assert_int_equal(response->instances[0]->credit, 64);
  assert_int_equal(response->instances[0]->methods, 4);
  assert_int_equal(response->keys, 3);
  pulih__hub__v1__get_status_response__free_unpacked(response, NULL);
  assert_string_equal(ask_and_wait(fixture, fixture->operator, & asked, "pulih.hub.v1.HubService/GetMetrics"), "OK");
  asked.body[asked.size] = 0;
  assert_non_null(strstr((char *)asked.body, "pulih_hub_instances 1\n"));
}

#define WITH_HUB(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)

RUN_TESTS(WITH_HUB(a_call_reaches_its_service_and_the_answer_its_caller),
          WITH_HUB(what_cannot_be_called_is_refused_with_its_reason),
          WITH_HUB(a_revoked_key_is_refused_at_its_next_message_on_a_live_connection),
          WITH_HUB(sites_wait_while_keys_are_read_and_a_revocation_is_not_answered_before),
          WITH_HUB(a_person_at_a_site_sees_that_prison_alone),
          WITH_HUB(a_person_of_another_prison_is_refused_at_a_site),
          WITH_HUB(a_token_that_stands_for_nobody_is_not_signed_in),
          WITH_HUB(sign_ins_are_asked_for_afresh_when_access_has_changed),
          WITH_HUB(a_malformed_body_is_refused_by_the_service), WITH_HUB(nonsense_is_passed_over_and_the_hub_goes_on),
          WITH_HUB(a_caller_that_a_caller_sends_is_dropped), WITH_HUB(a_service_needs_its_own_key),
          WITH_HUB(credit_is_kept_and_the_rest_waits_in_the_hub), WITH_HUB(calls_survive_the_death_of_their_service),
          WITH_HUB(a_service_that_stops_answers_what_it_has_and_takes_no_more),
          WITH_HUB(a_call_that_takes_too_long_ends_at_its_deadline), WITH_HUB(events_reach_those_who_asked_for_them),
          WITH_HUB(the_hub_tells_how_it_is))
