#include "zmq/zap.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

#include "zmq/socket.h"

enum { REQUESTS_PER_TURN = 64, ADDRESS_TEXT = 256 };

// version, request id, domain, address, identity, mechanism, credential
enum { PART_REQUEST_ID = 1, PART_MECHANISM = 5, PART_KEY = 6, PARTS = 7 };

static bool part_is(zmq_msg_t *part, const char *text) {
  return zmq_msg_size(part) == strlen(text) && !memcmp(zmq_msg_data(part), text, strlen(text));
}

static void answer(struct mq_zap *zap, zmq_msg_t parts[PARTS], enum mq_verdict verdict, const char *key) {
  static const char *const codes[] = {[MQ_KEPT_OUT] = "400", [MQ_LATER] = "300", [MQ_LET_IN] = "200"};
  void *zmq = zap->pump.zmq;
  const char *code = codes[verdict], *user_id = verdict == MQ_LET_IN ? key : "";
  zmq_send(zmq, "1.0", 3, ZMQ_SNDMORE);
  zmq_send(zmq, zmq_msg_data(&parts[PART_REQUEST_ID]), zmq_msg_size(&parts[PART_REQUEST_ID]), ZMQ_SNDMORE);
  zmq_send(zmq, code, 3, ZMQ_SNDMORE);
  zmq_send(zmq, "", 0, ZMQ_SNDMORE);
  zmq_send(zmq, user_id, strlen(user_id), ZMQ_SNDMORE);
  zmq_send(zmq, "", 0, 0);
}

static void decide(struct mq_zap *zap, zmq_msg_t parts[PARTS], int count) {
  char key[MQ_KEY_TEXT];
  bool sane = count == PARTS && part_is(&parts[0], "1.0") && part_is(&parts[PART_MECHANISM], "CURVE") &&
              zmq_msg_size(&parts[PART_KEY]) == 32 && zmq_z85_encode(key, zmq_msg_data(&parts[PART_KEY]), 32);
  enum mq_verdict verdict = sane ? zap->judge(zap, key) : MQ_KEPT_OUT;
  *(verdict == MQ_LET_IN ? &zap->accepted : verdict == MQ_LATER ? &zap->put_off : &zap->refused) += 1;
  answer(zap, parts, verdict, key);
}

static void work(struct mq_pump *pump, int events) {
  struct mq_zap *zap = container_of(pump, struct mq_zap, pump);
  for (int turn = 0; turn < REQUESTS_PER_TURN; turn++) {
    zmq_msg_t parts[PARTS], rest;
    int count = 0;
    bool more = true;
    for (int i = 0; i < PARTS; i++) zmq_msg_init(&parts[i]);
    zmq_msg_init(&rest);
    while (more) {
      zmq_msg_t *part = count < PARTS ? &parts[count] : &rest;
      if (zmq_msg_recv(part, pump->zmq, ZMQ_DONTWAIT) < 0) break;
      count++;
      more = zmq_msg_more(part);
    }
    if (!more) decide(zap, parts, count);
    for (int i = 0; i < PARTS; i++) zmq_msg_close(&parts[i]);
    zmq_msg_close(&rest);
    if (more) return;
  }
}

int mq_zap_start(struct mq_zap *zap, struct mq_context *context,
                 enum mq_verdict (*judge)(struct mq_zap *zap, const char *public_key), void *owner) {
  void *zmq = zmq_socket(context->zmq, ZMQ_REP);
  if (!zmq) return -errno;
  int none = 0;
  int error =
      zmq_setsockopt(zmq, ZMQ_LINGER, &none, sizeof none) || zmq_bind(zmq, "inproc://zeromq.zap.01") ? -errno : 0;
  *zap = (struct mq_zap){.judge = judge, .owner = owner};
  if (!error) error = mq_pump_init(&zap->pump, &context->loop->uv, zmq);
  if (error) {
    zmq_close(zmq);
    return error;
  }
  zap->pump.wanted = ZMQ_POLLIN;
  zap->pump.work = work;
  mq_pump_start(&zap->pump);
  return 0;
}

void mq_zap_close(struct mq_zap *zap, void (*closed)(struct mq_pump *pump)) {
  mq_pump_close(&zap->pump, closed);
}

// A stranger at the door: its handshake's end comes from a monitor.
struct stranger {
  struct mq_socket socket;
  struct mq_pump monitor;
  uv_timer_t patience;
  int outcome;  // 1 while there is none
  int open;
};

static void hear_monitor(struct mq_pump *pump, int events) {
  struct stranger *stranger = container_of(pump, struct stranger, monitor);
  unsigned char event[6];
  char address[ADDRESS_TEXT];
  while (zmq_recv(pump->zmq, event, sizeof event, ZMQ_DONTWAIT) == (int)sizeof event) {
    uint16_t number;
    memcpy(&number, event, sizeof number);
    zmq_recv(pump->zmq, address, sizeof address, ZMQ_DONTWAIT);
    if (number == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH) stranger->outcome = 0;
    if (number == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) stranger->outcome = -EACCES;
  }
}

static void lose_patience(uv_timer_t *timer) {
  ((struct stranger *)timer->data)->outcome = -ETIMEDOUT;
}

static void stranger_socket_closed(struct mq_socket *socket) {
  container_of(socket, struct stranger, socket)->open--;
}

static void stranger_monitor_closed(struct mq_pump *pump) {
  container_of(pump, struct stranger, monitor)->open--;
}

static void stranger_timer_closed(uv_handle_t *handle) {
  ((struct stranger *)handle->data)->open--;
}

static int stranger_listen(struct stranger *stranger, struct mq_context *context, const char *door) {
  char endpoint[ADDRESS_TEXT];  // its own: an earlier stranger's is freed only later, by libzmq's own thread
  snprintf(endpoint, sizeof endpoint, "inproc://pulih.stranger.%s", door);
  int events = ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
  if (zmq_socket_monitor(stranger->socket.pump.zmq, endpoint, events)) return -errno;
  void *zmq = zmq_socket(context->zmq, ZMQ_PAIR);
  if (!zmq) return -errno;
  int error = zmq_connect(zmq, endpoint) ? -errno : 0;
  if (!error) error = mq_pump_init(&stranger->monitor, &context->loop->uv, zmq);
  if (error) {
    zmq_close(zmq);
    return error;
  }
  stranger->monitor.wanted = ZMQ_POLLIN;
  stranger->monitor.work = hear_monitor;
  mq_pump_start(&stranger->monitor);
  stranger->open++;
  return 0;
}

int mq_refuses_strangers(struct mq_context *context, const char *endpoint, const char *server_key, int timeout_ms) {
  static const struct mq_socket_handler deaf;
  struct mq_key_pair key;
  struct stranger stranger = {.outcome = 1, .open = 2};
  struct mq_socket_settings settings = mq_socket_defaults;
  settings.key = &key;
  settings.server_key = server_key;
  int error = mq_key_pair_generate(&key);
  if (!error) error = mq_dealer_init(&stranger.socket, context, &settings, &deaf, NULL);
  if (error) return error;
  uv_loop_t *loop = &context->loop->uv;
  uv_timer_init(loop, &stranger.patience);
  stranger.patience.data = &stranger;
  uv_timer_start(&stranger.patience, lose_patience, (uint64_t)timeout_ms, 0);
  error = stranger_listen(&stranger, context, endpoint);
  if (!error) error = mq_socket_connect(&stranger.socket, endpoint);
  while (!error && stranger.outcome > 0) uv_run(loop, UV_RUN_ONCE);
  uv_close((uv_handle_t *)&stranger.patience, stranger_timer_closed);
  if (stranger.monitor.zmq) mq_pump_close(&stranger.monitor, stranger_monitor_closed);
  mq_socket_close(&stranger.socket, stranger_socket_closed);
  while (stranger.open) uv_run(loop, UV_RUN_ONCE);
  return error ? error : stranger.outcome;
}
