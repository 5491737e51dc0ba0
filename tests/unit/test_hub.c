// The whole message path in one process: callers, hub and services over TCP with their keys.
#include "unit.h"

#include "hub_fixture.h"

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
  for (int i = 0; i < 40 && hub_core_waiting(fixture->hub.core) < 86; i++) turn_until(fixture, &never, 1, 100);
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

static void publish(struct rpc_server *server, const char *producer) {
  Pulih__Event__V1__Event event = PULIH__EVENT__V1__EVENT__INIT, *events[] = {&event};
  Pulih__Event__V1__EventBatch batch = PULIH__EVENT__V1__EVENT_BATCH__INIT;
  batch.producer = (char *)producer;
  batch.events = events;
  batch.n_events = 1;
  assert_int_equal(rpc_server_publish(server, &batch), 0);
}

static void events_of_a_producer_reach_those_who_asked_for_them(void **state) {
  struct fixture *fixture = *state;
  struct rpc_server *scheduling = serve(fixture, "scheduling", "scheduling-1", 1);
  wait_until_ready(fixture, scheduling);
  publish(fixture->identity, "identity");  // nobody asked for these
  publish(scheduling, "scheduling");
  assert_true(turn_until(fixture, &fixture->events, 2, PATIENCE_MS));  // both services did
  assert_false(turn_until(fixture, &fixture->events, 3, 100));
  rpc_server_destroy(scheduling);
}

static void a_service_sends_no_events_of_another(void **state) {
  struct fixture *fixture = *state;
  publish(fixture->identity, "scheduling");
  assert_false(turn_until(fixture, &fixture->events, 1, 200));
}

static void a_full_hub_says_so_at_once(void **state) {
  struct fixture *fixture = *state;
  struct asked asked = {0};
  struct hub_call *taken[SLOTS], *call;
  size_t count = 0;
  fixture->hub.calls_most = 3;
  while ((call = hub_call_take(&fixture->hub))) taken[count++] = call;
  assert_int_equal(count, 3);
  ask(fixture->operator, & asked, GET_PERSON, 300);
  assert_true(turn_until(fixture, &asked.done, 1, PATIENCE_MS));
  assert_string_equal(asked.reason, "TOO_BUSY");
  while (count) hub_call_give_back(&fixture->hub, taken[--count]);
  assert_string_equal(ask_and_wait(fixture, fixture->operator, & asked, GET_PERSON), "OK");
}

static void a_body_that_is_too_large_never_leaves(void **state) {
  struct fixture *fixture = *state;
  struct asked asked = {0};
  size_t size = mq_socket_defaults.frame_limit_bytes + 1;
  asked.call = (struct rpc_call){.method = GET_PERSON,
                                 .body = calloc(1, size),
                                 .size = size,
                                 .timeout_ms = 3000,
                                 .done = answered,
                                 .owner = &asked};
  rpc_client_call(fixture->operator, & asked.call);
  assert_true(turn_until(fixture, &asked.done, 1, 200));
  assert_string_equal(asked.reason, "MESSAGE_TOO_LARGE");
  assert_string_equal(asked.text, "The message is larger than 4194304 bytes.");
  free((void *)asked.call.body);
}

static void one_site_parks_no_more_calls_than_it_may_have(void **state) {
  struct fixture *fixture = *state;
  struct asked *asked = calloc(SLOTS, sizeof *asked);
  assert_string_equal(ask_and_wait(fixture, fixture->site, &asked[0], GET_PERSON), "NOT_SIGNED_IN");
  fixture->hub.reading_keys = true;  // a list on its way that never arrives
  fixture->hub.access_version++;
  for (size_t i = 0; i < 60; i++) ask(fixture->site, &asked[i], GET_PERSON, 3000);
  static const size_t never = 0;
  turn_until(fixture, &never, 1, 300);
  assert_int_equal(fixture->hub.parked, 50);
  fixture->hub.reading_keys = false;
  for (size_t i = 0; i < 60; i++) {
    assert_true(turn_until(fixture, &asked[i].done, 1, PATIENCE_MS));
    assert_string_equal(asked[i].reason, "NOT_SIGNED_IN");
  }
  free(asked);
}

static void rotated_keys_hold_without_a_restart(void **state) {
  struct fixture *fixture = *state;
  struct asked asked = {0};
  struct mq_key_pair fresh;
  static const size_t never = 0;
  mq_key_pair_generate(&fresh);
  assert_string_equal(ask_and_wait(fixture, fixture->operator, & asked, GET_PERSON), "OK");
  write_operator(fixture, &fresh);
  for (int i = 0; i < 50 && hub_keys_find(&fixture->hub.keys, fixture->operator_key.public_key, 0); i++)
    turn_until(fixture, &never, 1, 100);
  struct rpc_client *other = connect_with(fixture, &fresh);
  assert_string_equal(ask_and_wait(fixture, other, &asked, GET_PERSON), "OK");
  assert_string_equal(ask_and_wait(fixture, fixture->operator, & asked, GET_PERSON), "KEY_NOT_KNOWN");
  write_keys(fixture, "operator someone mistyped");
  turn_until(fixture, &never, 1, 2ULL * HUB_KEYS_FILE_LOOK_MS);
  assert_string_equal(ask_and_wait(fixture, other, &asked, GET_PERSON), "OK");
  rpc_client_close(other, NULL, NULL);
}

static void a_service_whose_key_was_withdrawn_is_sent_no_more_calls(void **state) {
  struct fixture *fixture = *state;
  struct hub_keys *keys = &fixture->hub.keys;
  size_t gone = 0;
  assert_non_null(hub_core_instance(fixture->hub.core, 0));
  hub_keys_finish(keys);
  for (int i = 0; i < 2 * PING_MS / 20 && hub_core_instance(fixture->hub.core, 0); i++)
    turn_until(fixture, &gone, 1, 20);
  assert_null(hub_core_instance(fixture->hub.core, 0));  // well before three pings were missed
}

// libzmq doesn't try again by itself after a refusal.
static void a_site_that_comes_before_its_key_finds_its_way_in(void **state) {
  struct fixture *fixture = *state;
  struct asked asked = {0};
  static const size_t never = 0;
  assert_string_equal(ask_and_wait(fixture, fixture->site, &asked, GET_PERSON), "NOT_SIGNED_IN");
  assert_int_equal(hub_keys_replace_listed(&fixture->hub.keys, NULL, 0), 0);
  fixture->hub.access_version++;
  fixture->hub.reading_keys = true;  // identity isn't back yet
  struct rpc_client *site = connect_with(fixture, &fixture->site_key);
  turn_until(fixture, &never, 1, 300);
  assert_true(fixture->hub.zap.put_off >= 1);
  fixture->hub.reading_keys = false;
  ask(site, &asked, GET_PERSON, 10000);
  assert_true(turn_until(fixture, &asked.done, 1, 10000));
  assert_string_equal(asked.reason, "NOT_SIGNED_IN");
  rpc_client_close(site, NULL, NULL);
}

static void sites_are_let_in_a_few_at_a_time(void **state) {
  struct fixture *fixture = *state;
  static const size_t never = 0;
  uint64_t now_ms = loop_now_ms(&fixture->loop);
  struct token_bucket bucket = {.per_second = 2};
  assert_true(token_bucket_take(&bucket, now_ms));
  assert_true(token_bucket_take(&bucket, now_ms));
  assert_false(token_bucket_take(&bucket, now_ms));
  assert_true(token_bucket_take(&bucket, now_ms + 500));
  assert_false(token_bucket_take(&bucket, now_ms + 501));
  assert_true(token_bucket_take(&bucket, now_ms + 1000000));
  struct asked asked = {0};
  assert_string_equal(ask_and_wait(fixture, fixture->site, &asked, GET_PERSON), "NOT_SIGNED_IN");
  assert_string_equal(ask_and_wait(fixture, fixture->operator, & asked, GET_PERSON), "OK");
  uint64_t accepted = fixture->hub.zap.accepted;
  fixture->hub.site_connections.per_second = 0;
  struct rpc_client *site = connect_with(fixture, &fixture->site_key),
                    *operator= connect_with(fixture, &fixture->operator_key);
  turn_until(fixture, &never, 1, 300);
  assert_int_equal(fixture->hub.zap.accepted, accepted + 1);  // the operator
  assert_true(fixture->hub.zap.put_off >= 1);
  rpc_client_close(site, NULL, NULL);
  rpc_client_close(operator, NULL, NULL);
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
  assert_int_equal(response->keys, 4);
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
          WITH_HUB(a_call_that_takes_too_long_ends_at_its_deadline),
          WITH_HUB(events_of_a_producer_reach_those_who_asked_for_them), WITH_HUB(a_service_sends_no_events_of_another),
          WITH_HUB(a_full_hub_says_so_at_once), WITH_HUB(a_body_that_is_too_large_never_leaves),
          WITH_HUB(one_site_parks_no_more_calls_than_it_may_have), WITH_HUB(rotated_keys_hold_without_a_restart),
          WITH_HUB(a_service_whose_key_was_withdrawn_is_sent_no_more_calls),
          WITH_HUB(a_site_that_comes_before_its_key_finds_its_way_in), WITH_HUB(sites_are_let_in_a_few_at_a_time),
          WITH_HUB(the_hub_tells_how_it_is))
