// The rules of PITFALLS 1 to 9, over real TCP sockets.
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "zmq/socket.h"
#include "zmq/zap.h"

enum { PATIENCE_MS = 5000, SLOW_SENDS = 20000 };

struct seen {
  size_t messages, malformed, lost, writable;
  mq_route route;
  char user_id[MQ_KEY_TEXT];
  char header[64], body[64];
  int next;  // the number that the next message must have
  bool echo, in_order;
};

struct fixture {
  struct loop loop;
  struct mq_context context;
  struct mq_zap zap;
  struct mq_key_pair server, client;
  const char *allowed;  // the one key that may connect
  struct mq_socket router, dealer;
  struct seen at_router, at_dealer;
  char endpoint[64];
  uv_timer_t patience;
  bool patience_lost, dealer_open, router_open;
};

static enum mq_verdict judge_key(struct mq_zap *zap, const char *key) {
  struct fixture *fixture = zap->owner;
  return fixture->allowed && !strcmp(fixture->allowed, key) ? MQ_LET_IN : MQ_KEPT_OUT;
}

static void copy_frame(char *text, zmq_msg_t *frame) {
  size_t size = zmq_msg_size(frame) < 63 ? zmq_msg_size(frame) : 63;
  memcpy(text, zmq_msg_data(frame), size);
  text[size] = '\0';
}

static int send_text(struct mq_socket *socket, mq_route route, const char *header, const char *body) {
  zmq_msg_t frames[2];
  zmq_msg_init_size(&frames[0], strlen(header));
  memcpy(zmq_msg_data(&frames[0]), header, strlen(header));
  if (body) {
    zmq_msg_init_size(&frames[1], strlen(body));
    memcpy(zmq_msg_data(&frames[1]), body, strlen(body));
  }
  int error = mq_send(socket, route, &frames[0], body ? &frames[1] : NULL);
  if (!error) return 0;
  zmq_msg_close(&frames[0]);
  if (body) zmq_msg_close(&frames[1]);
  return error;
}

static void note(struct seen *seen, struct mq_message *message) {
  seen->messages++;
  seen->route = message->route;
  strncpy(seen->user_id, message->user_id, sizeof seen->user_id - 1);
  copy_frame(seen->header, &message->header);
  if (atoi(seen->header) != seen->next++) seen->in_order = false;
  if (message->has_body) copy_frame(seen->body, &message->body);
}

static void router_received(struct mq_socket *socket, struct mq_message *message) {
  struct fixture *fixture = socket->owner;
  note(&fixture->at_router, message);
  if (fixture->at_router.echo) assert_int_equal(mq_send(socket, message->route, &message->header, NULL), 0);
}

static void router_malformed(struct mq_socket *socket, mq_route route) {
  ((struct fixture *)socket->owner)->at_router.malformed++;
}

static void router_lost(struct mq_socket *socket, mq_route route, size_t messages) {
  ((struct fixture *)socket->owner)->at_router.lost += messages;
}

static void dealer_received(struct mq_socket *socket, struct mq_message *message) {
  note(&((struct fixture *)socket->owner)->at_dealer, message);
}

static void dealer_writable(struct mq_socket *socket) {
  ((struct fixture *)socket->owner)->at_dealer.writable++;
}

static const struct mq_socket_handler router_handler = {router_received, router_malformed, router_lost, NULL};
static const struct mq_socket_handler dealer_handler = {dealer_received, NULL, NULL, dealer_writable};

static void lose_patience(uv_timer_t *timer) {
  ((struct fixture *)timer->data)->patience_lost = true;
}

// Turns the loop until *value has become `least`, or patience is lost.
static bool turn_until(struct fixture *fixture, const size_t *value, size_t least, uint64_t patience_ms) {
  fixture->patience_lost = false;
  uv_timer_start(&fixture->patience, lose_patience, patience_ms, 0);
  while (*value < least && !fixture->patience_lost) uv_run(&fixture->loop.uv, UV_RUN_ONCE);
  uv_timer_stop(&fixture->patience);
  return *value >= least;
}

static struct mq_socket_settings settings_with(const struct mq_key_pair *key) {
  struct mq_socket_settings settings = mq_socket_defaults;
  settings.key = key;
  settings.reconnect_least_ms = settings.reconnect_most_ms = 20;
  return settings;
}

static void open_dealer(struct fixture *fixture, const struct mq_key_pair *key) {
  struct mq_socket_settings settings = settings_with(key);
  settings.server_key = fixture->server.public_key;
  assert_int_equal(mq_dealer_init(&fixture->dealer, &fixture->context, &settings, &dealer_handler, fixture), 0);
  assert_int_equal(mq_socket_connect(&fixture->dealer, fixture->endpoint), 0);
  mq_socket_start(&fixture->dealer);
  fixture->dealer_open = true;
}

static int open_all(void **state) {
  struct fixture *fixture = calloc(1, sizeof *fixture);
  *state = fixture;
  assert_int_equal(loop_init(&fixture->loop, NULL), 0);
  assert_int_equal(mq_context_init(&fixture->context, &fixture->loop), 0);
  assert_int_equal(mq_key_pair_generate(&fixture->server), 0);
  assert_int_equal(mq_key_pair_generate(&fixture->client), 0);
  fixture->allowed = fixture->client.public_key;
  fixture->at_router.in_order = fixture->at_dealer.in_order = true;
  uv_timer_init(&fixture->loop.uv, &fixture->patience);
  fixture->patience.data = fixture;
  assert_int_equal(mq_zap_start(&fixture->zap, &fixture->context, judge_key, fixture), 0);
  struct mq_socket_settings settings = settings_with(&fixture->server);
  settings.frame_limit_bytes = 1000;
  assert_int_equal(mq_router_init(&fixture->router, &fixture->context, &settings, &router_handler, fixture), 0);
  assert_int_equal(mq_socket_bind(&fixture->router, "tcp://127.0.0.1:*", fixture->endpoint, sizeof fixture->endpoint),
                   0);
  mq_socket_start(&fixture->router);
  fixture->router_open = true;
  return 0;
}

static int close_all(void **state) {
  struct fixture *fixture = *state;
  if (fixture->dealer_open) mq_socket_close(&fixture->dealer, NULL);
  if (fixture->router_open) mq_socket_close(&fixture->router, NULL);
  mq_zap_close(&fixture->zap, NULL);
  while (fixture->zap.pump.zmq || (fixture->dealer_open && fixture->dealer.pump.zmq) || fixture->router.pump.zmq)
    uv_run(&fixture->loop.uv, UV_RUN_ONCE);
  mq_context_finish(&fixture->context);
  assert_int_equal(loop_finish(&fixture->loop), 0);
  free(fixture);
  return 0;
}

static void a_message_goes_there_and_back_with_its_senders_key(void **state) {
  struct fixture *fixture = *state;
  open_dealer(fixture, &fixture->client);
  assert_int_equal(send_text(&fixture->dealer, 0, "header", "body"), 0);
  assert_true(turn_until(fixture, &fixture->at_router.messages, 1, PATIENCE_MS));
  assert_string_equal(fixture->at_router.header, "header");
  assert_string_equal(fixture->at_router.body, "body");
  assert_string_equal(fixture->at_router.user_id, fixture->client.public_key);
  assert_int_equal(send_text(&fixture->router, fixture->at_router.route, "answer", NULL), 0);
  assert_true(turn_until(fixture, &fixture->at_dealer.messages, 1, PATIENCE_MS));
  assert_string_equal(fixture->at_dealer.header, "answer");
}

static void a_key_that_is_not_allowed_is_refused(void **state) {
  struct fixture *fixture = *state;
  fixture->allowed = NULL;
  open_dealer(fixture, &fixture->client);
  send_text(&fixture->dealer, 0, "header", NULL);
  assert_false(turn_until(fixture, &fixture->at_router.messages, 1, 300));
  assert_int_equal(fixture->zap.accepted, 0);
  assert_true(fixture->zap.refused > 0);
}

static void the_self_test_finds_strangers_refused(void **state) {
  struct fixture *fixture = *state;
  assert_int_equal(mq_refuses_strangers(&fixture->context, fixture->endpoint, fixture->server.public_key, PATIENCE_MS),
                   0);
}

static enum mq_verdict let_everybody_in(struct mq_zap *zap, const char *key) {
  return MQ_LET_IN;
}

static void the_self_test_finds_strangers_let_in(void **state) {
  struct fixture *fixture = *state;
  fixture->zap.judge = let_everybody_in;
  assert_int_equal(mq_refuses_strangers(&fixture->context, fixture->endpoint, fixture->server.public_key, PATIENCE_MS),
                   -EACCES);
}

static void without_a_zap_handler_nobody_is_let_in(void **state) {
  struct loop loop;
  struct mq_context context;
  struct mq_key_pair server;
  struct mq_socket router;
  char endpoint[64];
  assert_int_equal(loop_init(&loop, NULL), 0);
  assert_int_equal(mq_context_init(&context, &loop), 0);
  assert_int_equal(mq_key_pair_generate(&server), 0);
  struct mq_socket_settings settings = settings_with(&server);
  assert_int_equal(mq_router_init(&router, &context, &settings, &router_handler, NULL), 0);
  assert_int_equal(mq_socket_bind(&router, "tcp://127.0.0.1:*", endpoint, sizeof endpoint), 0);
  assert_int_not_equal(mq_refuses_strangers(&context, endpoint, server.public_key, 300), -EACCES);
  mq_socket_close(&router, NULL);
  assert_int_equal(loop_finish(&loop), 0);
  mq_context_finish(&context);
}

static int option(struct mq_socket *socket, int name) {
  int value = -1;
  size_t size = sizeof value;
  assert_int_equal(zmq_getsockopt(socket->pump.zmq, name, &value, &size), 0);
  return value;
}

// What shows only after minutes, or aborts the process: at least it is set.
static void sockets_have_the_options_that_keep_them_alive(void **state) {
  struct fixture *fixture = *state;
  open_dealer(fixture, &fixture->client);
  assert_int_equal(option(&fixture->dealer, ZMQ_HEARTBEAT_IVL), 0);
  assert_int_equal(option(&fixture->dealer, ZMQ_RCVHWM), 0);
  assert_true(option(&fixture->dealer, ZMQ_TCP_MAXRT) > 0);
  assert_int_equal(option(&fixture->dealer, ZMQ_TCP_KEEPALIVE), 1);
  assert_int_equal(option(&fixture->dealer, ZMQ_RECONNECT_IVL_MAX), mq_socket_defaults.reconnect_limit_ms);
  assert_int_equal(option(&fixture->router, ZMQ_HEARTBEAT_IVL), 0);
  assert_true(option(&fixture->router, ZMQ_HANDSHAKE_IVL) <= 5000);
  assert_true(option(&fixture->router, ZMQ_LINGER) >= 0);
}

static void a_revoked_key_on_a_live_connection_is_told_by_its_next_message(void **state) {
  struct fixture *fixture = *state;
  open_dealer(fixture, &fixture->client);
  send_text(&fixture->dealer, 0, "0", NULL);
  assert_true(turn_until(fixture, &fixture->at_router.messages, 1, PATIENCE_MS));
  fixture->allowed = NULL;
  send_text(&fixture->dealer, 0, "1", NULL);
  // ZAP isn't asked again, so the message arrives, and says whose it is.
  assert_true(turn_until(fixture, &fixture->at_router.messages, 2, PATIENCE_MS));
  assert_int_equal(judge_key(&fixture->zap, fixture->at_router.user_id), MQ_KEPT_OUT);
}

static void a_send_to_nobody_says_so(void **state) {
  struct fixture *fixture = *state;
  assert_int_equal(send_text(&fixture->router, UINT64_C(1) << 32 | 7, "lost?", NULL), -EHOSTUNREACH);
}

static void sends_to_a_slow_peer_arrive_or_are_refused(void **state) {
  struct fixture *fixture = *state;
  open_dealer(fixture, &fixture->client);
  send_text(&fixture->dealer, 0, "hello", NULL);
  assert_true(turn_until(fixture, &fixture->at_router.messages, 1, PATIENCE_MS));
  size_t taken = 0, refused = 0;
  for (int i = 0; i < SLOW_SENDS; i++) {
    char number[16];
    snprintf(number, sizeof number, "%zu", taken);
    int error = send_text(&fixture->router, fixture->at_router.route, number, NULL);
    if (error) assert_int_equal(error, -EAGAIN);
    *(error ? &refused : &taken) += 1;
  }
  assert_true(fixture->router.queued > 0);
  assert_true(refused > 0);
  assert_true(turn_until(fixture, &fixture->at_dealer.messages, taken, PATIENCE_MS));
  assert_false(turn_until(fixture, &fixture->at_dealer.messages, taken + 1, 50));
  assert_true(fixture->at_dealer.in_order);
  assert_int_equal(fixture->router.queued, 0);
  assert_int_equal(fixture->router.queued_bytes, 0);
}

static void what_waits_for_a_peer_that_goes_is_counted_as_lost(void **state) {
  struct fixture *fixture = *state;
  open_dealer(fixture, &fixture->client);
  send_text(&fixture->dealer, 0, "hello", NULL);
  assert_true(turn_until(fixture, &fixture->at_router.messages, 1, PATIENCE_MS));
  for (int i = 0; i < SLOW_SENDS; i++) send_text(&fixture->router, fixture->at_router.route, "x", NULL);
  size_t queued = fixture->router.queued;
  uv_poll_stop(&fixture->dealer.pump.poll);  // it reads no more
  uv_check_stop(&fixture->dealer.pump.check);
  mq_socket_close(&fixture->dealer, NULL);
  assert_true(turn_until(fixture, &fixture->at_router.lost, 1, PATIENCE_MS));
  assert_true(fixture->at_router.lost <= queued);
  assert_int_equal(fixture->router.queued, 0);
  fixture->dealer_open = false;
}

static void a_dealer_without_a_connection_refuses_and_says_when_to_try_again(void **state) {
  struct fixture *fixture = *state;
  open_dealer(fixture, &fixture->client);
  zmq_msg_t header;
  zmq_msg_init(&header);
  assert_int_equal(mq_send_now(&fixture->dealer, 0, &header, NULL), -EAGAIN);
  zmq_msg_close(&header);
  assert_true(turn_until(fixture, &fixture->at_dealer.writable, 1, PATIENCE_MS));
}

static void many_messages_in_one_edge_are_all_read(void **state) {
  struct fixture *fixture = *state;
  fixture->at_router.echo = true;
  open_dealer(fixture, &fixture->client);
  for (int i = 0; i < 3000; i++) {
    char number[16];
    snprintf(number, sizeof number, "%d", i);
    assert_int_equal(send_text(&fixture->dealer, 0, number, NULL), 0);
  }
  assert_true(turn_until(fixture, &fixture->at_dealer.messages, 3000, PATIENCE_MS));
  assert_true(fixture->at_router.in_order);
}

static void an_oversized_frame_ends_the_connection_and_nothing_else(void **state) {
  struct fixture *fixture = *state;
  open_dealer(fixture, &fixture->client);
  zmq_msg_t header;
  zmq_msg_init_size(&header, 1001);
  assert_int_equal(mq_send(&fixture->dealer, 0, &header, NULL), 0);
  assert_true(turn_until(fixture, &fixture->zap.accepted, 2, PATIENCE_MS));  // it came back
  assert_int_equal(fixture->at_router.messages, 0);
  send_text(&fixture->dealer, 0, "small", NULL);
  assert_true(turn_until(fixture, &fixture->at_router.messages, 1, PATIENCE_MS));
  assert_string_equal(fixture->at_router.header, "small");
}

static void too_many_frames_are_malformed(void **state) {
  struct fixture *fixture = *state;
  open_dealer(fixture, &fixture->client);
  send_text(&fixture->dealer, 0, "hello", NULL);
  assert_true(turn_until(fixture, &fixture->at_router.messages, 1, PATIENCE_MS));
  for (int i = 0; i < 5; i++) zmq_send(fixture->dealer.pump.zmq, "x", 1, i < 4 ? ZMQ_SNDMORE : 0);
  send_text(&fixture->dealer, 0, "whole", NULL);
  assert_true(turn_until(fixture, &fixture->at_router.messages, 2, PATIENCE_MS));
  assert_int_equal(fixture->at_router.malformed, 1);
  assert_string_equal(fixture->at_router.header, "whole");
}

static void a_key_file_holds_one_key(void **state) {
  char path[] = "/tmp/pulih-key-XXXXXX";
  int descriptor = mkstemp(path);
  close(descriptor);
  struct mq_key_pair pair, read;
  char key[MQ_KEY_TEXT] = "unchanged";
  assert_int_equal(mq_key_pair_generate(&pair), 0);
  assert_int_equal(mq_key_write(path, pair.secret_key), -EEXIST);
  assert_int_equal(mq_key_read(path, key), -EINVAL);
  assert_string_equal(key, "unchanged");
  unlink(path);
  assert_int_equal(mq_key_read(path, key), -ENOENT);
  assert_int_equal(mq_key_write(path, pair.secret_key), 0);
  assert_int_equal(mq_key_pair_read(path, &read), 0);
  assert_string_equal(read.public_key, pair.public_key);
  FILE *file = fopen(path, "a");
  fputs("and more", file);
  fclose(file);
  assert_int_equal(mq_key_read(path, key), -EINVAL);
  unlink(path);
}

#define WITH_SOCKETS(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)

RUN_TESTS(WITH_SOCKETS(a_message_goes_there_and_back_with_its_senders_key),
          WITH_SOCKETS(a_key_that_is_not_allowed_is_refused), WITH_SOCKETS(the_self_test_finds_strangers_refused),
          WITH_SOCKETS(the_self_test_finds_strangers_let_in), TEST(without_a_zap_handler_nobody_is_let_in),
          WITH_SOCKETS(sockets_have_the_options_that_keep_them_alive),
          WITH_SOCKETS(a_revoked_key_on_a_live_connection_is_told_by_its_next_message),
          WITH_SOCKETS(a_send_to_nobody_says_so), WITH_SOCKETS(sends_to_a_slow_peer_arrive_or_are_refused),
          WITH_SOCKETS(what_waits_for_a_peer_that_goes_is_counted_as_lost),
          WITH_SOCKETS(a_dealer_without_a_connection_refuses_and_says_when_to_try_again),
          WITH_SOCKETS(many_messages_in_one_edge_are_all_read),
          WITH_SOCKETS(an_oversized_frame_ends_the_connection_and_nothing_else),
          WITH_SOCKETS(too_many_frames_are_malformed), TEST(a_key_file_holds_one_key))
