// Design. A peer has a queue of ours only while libzmq's own (SNDHWM) is full. Everything for a peer goes through its
// queue while it has one, so order is kept. A ROUTER isn't told when one of its peers can take more, but the command
// that says so wakes ZMQ_FD; so the queues are tried before each sleep, when no such command can have been missed.
#include "zmq/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
  ZAP_ENFORCE_DOMAIN = 93,  // ZMQ_ZAP_ENFORCE_DOMAIN, which zmq.h hides behind DRAFT
  HANDSHAKE_MS = 5000,      // 300 silent TCP connections took an I/O thread to 95 % without it
  LINGER_MS = 500,
  UNACKNOWLEDGED_MS = 15000,
  KEEPALIVE_IDLE_S = 30,
  KEEPALIVE_INTERVAL_S = 10,
  KEEPALIVE_COUNT = 3,
  ROUTE_BYTES = 5,   // of an automatic routing id: a zero, and a number
  CURVE_BYTES = 33,  // what CurveZMQ adds to a frame (command name, nonce, MAC, flags), and ZMQ_MAXMSGSIZE counts
};

const struct mq_socket_settings mq_socket_defaults = {
    .queue_limit = 4096,
    .queue_limit_bytes = 32 << 20,
    .frame_limit_bytes = 4 << 20,
    .messages_per_turn = 256,
    .reconnect_least_ms = 50,
    .reconnect_most_ms = 200,
    .reconnect_limit_ms = 5000,
};

struct mq_waiting {
  struct mq_waiting *next;
  zmq_msg_t header, body;
  bool has_body;
};

struct mq_queue {
  struct mq_queue *next;
  mq_route route;
  struct mq_waiting *first, **end;
  size_t count;
};

static int set_number(void *zmq, int option, int value) {
  return zmq_setsockopt(zmq, option, &value, sizeof value) ? -errno : 0;
}

static int set_text(void *zmq, int option, const char *text) {
  return zmq_setsockopt(zmq, option, text, strlen(text)) ? -errno : 0;
}

static int set_common(void *zmq, const struct mq_socket_settings *settings) {
  int64_t frame_limit = (int64_t)settings->frame_limit_bytes + (settings->key ? CURVE_BYTES : 0);
  int error = zmq_setsockopt(zmq, ZMQ_MAXMSGSIZE, &frame_limit, sizeof frame_limit) ? -errno : 0;
  if (!error) error = set_number(zmq, ZMQ_LINGER, LINGER_MS);
  if (!error) error = set_number(zmq, ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS);
  // No ZMTP heartbeat: with a full receive pipe it aborts the connecting process (libzmq #3937).
  if (!error) error = set_number(zmq, ZMQ_TCP_KEEPALIVE, 1);
  if (!error) error = set_number(zmq, ZMQ_TCP_KEEPALIVE_IDLE, KEEPALIVE_IDLE_S);
  if (!error) error = set_number(zmq, ZMQ_TCP_KEEPALIVE_INTVL, KEEPALIVE_INTERVAL_S);
  if (!error) error = set_number(zmq, ZMQ_TCP_KEEPALIVE_CNT, KEEPALIVE_COUNT);
  if (!error) error = set_number(zmq, ZMQ_TCP_MAXRT, UNACKNOWLEDGED_MS);
  if (!error && settings->key) error = set_text(zmq, ZMQ_CURVE_SECRETKEY, settings->key->secret_key);
  return error;
}

static int set_router(void *zmq, const struct mq_socket_settings *settings) {
  int error = set_number(zmq, ZMQ_ROUTER_MANDATORY, 1);
  if (error || !settings->key) return error;
  error = set_number(zmq, ZMQ_CURVE_SERVER, 1);
  // Without a domain that is enforced, libzmq lets everybody in when it can't reach the ZAP handler.
  if (!error) error = set_text(zmq, ZMQ_ZAP_DOMAIN, "pulih");
  if (!error) error = set_number(zmq, ZAP_ENFORCE_DOMAIN, 1);
  return error;
}

static int set_dealer(void *zmq, const struct mq_socket_settings *settings) {
  // Only a pipe with a living connection behind it takes messages: none is sent that has waited out of our sight.
  int error = set_number(zmq, ZMQ_IMMEDIATE, 1);
  // The receive pipe never fills up; credit, and the limit of calls at once, bound what can be in it.
  if (!error) error = set_number(zmq, ZMQ_RCVHWM, 0);
  unsigned drawn = 0;
  uv_random(NULL, NULL, &drawn, sizeof drawn, 0, NULL);
  unsigned spread = (unsigned)(settings->reconnect_most_ms - settings->reconnect_least_ms) + 1;
  int reconnect_ms = settings->reconnect_least_ms + (int)(drawn % spread);
  if (!error) error = set_number(zmq, ZMQ_RECONNECT_IVL, reconnect_ms);
  if (!error) error = set_number(zmq, ZMQ_RECONNECT_IVL_MAX, settings->reconnect_limit_ms);
  if (error || !settings->key) return error;
  error = set_text(zmq, ZMQ_CURVE_PUBLICKEY, settings->key->public_key);
  if (!error) error = set_text(zmq, ZMQ_CURVE_SERVERKEY, settings->server_key);
  return error;
}

static struct mq_queue *queue_of(struct mq_socket *socket, mq_route route) {
  struct mq_queue *queue = socket->queues;
  while (queue && queue->route != route) queue = queue->next;
  return queue;
}

static size_t bytes_of(struct mq_waiting *waiting) {
  return zmq_msg_size(&waiting->header) + (waiting->has_body ? zmq_msg_size(&waiting->body) : 0);
}

static void take_first(struct mq_socket *socket, struct mq_queue *queue) {
  struct mq_waiting *waiting = queue->first;
  queue->first = waiting->next;
  if (!queue->first) queue->end = &queue->first;
  queue->count--;
  socket->queued--;
  zmq_msg_close(&waiting->header);
  if (waiting->has_body) zmq_msg_close(&waiting->body);
  free(waiting);
}

// Unlinks the queue at *at, with what is still in it.
static void remove_queue(struct mq_socket *socket, struct mq_queue **at) {
  struct mq_queue *queue = *at;
  *at = queue->next;
  while (queue->first) {
    socket->queued_bytes -= bytes_of(queue->first);
    take_first(socket, queue);
  }
  free(queue);
}

static int enqueue(struct mq_socket *socket, mq_route route, zmq_msg_t *header, zmq_msg_t *body) {
  struct mq_queue *queue = queue_of(socket, route);
  size_t bytes = zmq_msg_size(header) + (body ? zmq_msg_size(body) : 0);
  if ((queue ? queue->count : 0) >= socket->queue_limit || bytes > socket->queue_limit_bytes - socket->queued_bytes)
    return -EAGAIN;
  struct mq_waiting *waiting = calloc(1, sizeof *waiting);
  if (!waiting) return -EAGAIN;
  if (!queue) {
    queue = calloc(1, sizeof *queue);
    if (!queue) {
      free(waiting);
      return -EAGAIN;
    }
    *queue = (struct mq_queue){.next = socket->queues, .route = route, .end = &queue->first};
    socket->queues = queue;
  }
  zmq_msg_init(&waiting->header);
  zmq_msg_move(&waiting->header, header);
  waiting->has_body = body;
  if (body) {
    zmq_msg_init(&waiting->body);
    zmq_msg_move(&waiting->body, body);
  }
  *queue->end = waiting;
  queue->end = &waiting->next;
  queue->count++;
  socket->queued++;
  socket->queued_bytes += bytes;
  return 0;
}

// Once its first frame is taken, so are the others.
static int send_frames(struct mq_socket *socket, mq_route route, zmq_msg_t *header, zmq_msg_t *body) {
  void *zmq = socket->pump.zmq;
  if (socket->routes) {
    unsigned char id[ROUTE_BYTES] = {0};
    uint32_t number = htonl((uint32_t)route);
    memcpy(id + 1, &number, sizeof number);
    if (zmq_send(zmq, id, sizeof id, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0) return -errno;
  }
  if (zmq_msg_send(header, zmq, ZMQ_DONTWAIT | (body ? ZMQ_SNDMORE : 0)) < 0) return -errno;
  if (body) zmq_msg_send(body, zmq, ZMQ_DONTWAIT);
  return 0;
}

int mq_send_now(struct mq_socket *socket, mq_route route, zmq_msg_t *header, zmq_msg_t *body) {
  int error = queue_of(socket, route) ? -EAGAIN : send_frames(socket, route, header, body);
  if (error == -EAGAIN && !socket->routes) socket->pump.wanted |= ZMQ_POLLOUT;
  mq_pump_touched(&socket->pump);
  return error;
}

int mq_send(struct mq_socket *socket, mq_route route, zmq_msg_t *header, zmq_msg_t *body) {
  int error = mq_send_now(socket, route, header, body);
  return error == -EAGAIN ? enqueue(socket, route, header, body) : error;
}

// 0 when it is empty now.
static int send_queue(struct mq_socket *socket, struct mq_queue *queue) {
  while (queue->first) {
    struct mq_waiting *first = queue->first;
    size_t bytes = bytes_of(first);
    int error = send_frames(socket, queue->route, &first->header, first->has_body ? &first->body : NULL);
    if (error) return error;
    socket->queued_bytes -= bytes;
    take_first(socket, queue);
  }
  return 0;
}

static void send_queues(struct mq_pump *pump) {
  struct mq_socket *socket = container_of(pump, struct mq_socket, pump);
  if (socket->queues) pump->stirred = true;
  for (struct mq_queue **at = &socket->queues; *at;) {
    struct mq_queue *queue = *at;
    int error = send_queue(socket, queue);
    if (error == -EAGAIN) {
      at = &queue->next;
      continue;
    }
    mq_route route = queue->route;
    size_t lost = queue->count;
    remove_queue(socket, at);
    if (lost && socket->handler->lost) socket->handler->lost(socket, route, lost);
  }
}

// Another frame of the message, if there is one. The frame is initialised either way.
static bool next_frame(struct mq_socket *socket, zmq_msg_t *frame, bool more) {
  zmq_msg_init(frame);
  return more && zmq_msg_recv(frame, socket->pump.zmq, ZMQ_DONTWAIT) >= 0;
}

// False when there is no message.
static bool receive_one(struct mq_socket *socket) {
  struct mq_message message = {0};
  zmq_msg_t frame;
  bool more = true;
  if (socket->routes) {
    if (!next_frame(socket, &frame, true)) return false;
    uint32_t number = 0;
    if (zmq_msg_size(&frame) == ROUTE_BYTES) memcpy(&number, (char *)zmq_msg_data(&frame) + 1, sizeof number);
    message.route = UINT64_C(1) << 32 | ntohl(number);
    more = zmq_msg_more(&frame);
    zmq_msg_close(&frame);
  }
  bool whole = next_frame(socket, &message.header, more);
  if (!whole && !socket->routes) return false;
  message.has_body = next_frame(socket, &message.body, zmq_msg_more(&message.header));
  more = zmq_msg_more(&message.body);
  if (more) whole = false;
  for (; more; zmq_msg_close(&frame)) more = next_frame(socket, &frame, true) && zmq_msg_more(&frame);
  // From the payload: frame 0 has none after a look at ZMQ_EVENTS (PITFALLS 4).
  const char *user_id = zmq_msg_gets(&message.header, "User-Id");
  message.user_id = user_id ? user_id : "";
  if (whole)
    socket->handler->received(socket, &message);
  else if (socket->handler->malformed)
    socket->handler->malformed(socket, message.route);
  zmq_msg_close(&message.header);
  zmq_msg_close(&message.body);
  return true;
}

static void work(struct mq_pump *pump, int events) {
  struct mq_socket *socket = container_of(pump, struct mq_socket, pump);
  if (events & ZMQ_POLLOUT) {
    send_queues(pump);
    if (!socket->queues) {
      pump->wanted &= ~ZMQ_POLLOUT;
      if (socket->handler->writable) socket->handler->writable(socket);
    }
  }
  for (int i = 0; i < socket->messages_per_turn && !uv_is_closing((uv_handle_t *)&pump->prepare); i++)
    if (!receive_one(socket)) break;
}

static int init(struct mq_socket *socket, struct mq_context *context, int type,
                const struct mq_socket_settings *settings, const struct mq_socket_handler *handler, void *owner) {
  void *zmq = zmq_socket(context->zmq, type);
  if (!zmq) return -errno;
  int error = set_common(zmq, settings);
  if (!error) error = type == ZMQ_ROUTER ? set_router(zmq, settings) : set_dealer(zmq, settings);
  *socket = (struct mq_socket){.context = context,
                               .handler = handler,
                               .owner = owner,
                               .routes = type == ZMQ_ROUTER,
                               .queue_limit = settings->queue_limit,
                               .queue_limit_bytes = settings->queue_limit_bytes,
                               .messages_per_turn = settings->messages_per_turn};
  if (!error) error = mq_pump_init(&socket->pump, &context->loop->uv, zmq);
  if (error) {
    zmq_close(zmq);
    return error;
  }
  socket->pump.wanted = ZMQ_POLLIN;
  socket->pump.work = work;
  socket->pump.before_sleep = send_queues;
  return 0;
}

int mq_router_init(struct mq_socket *socket, struct mq_context *context, const struct mq_socket_settings *settings,
                   const struct mq_socket_handler *handler, void *owner) {
  return init(socket, context, ZMQ_ROUTER, settings, handler, owner);
}

int mq_dealer_init(struct mq_socket *socket, struct mq_context *context, const struct mq_socket_settings *settings,
                   const struct mq_socket_handler *handler, void *owner) {
  return init(socket, context, ZMQ_DEALER, settings, handler, owner);
}

int mq_socket_bind(struct mq_socket *socket, const char *endpoint, char *ret_endpoint, size_t size) {
  if (zmq_bind(socket->pump.zmq, endpoint)) return -errno;
  if (ret_endpoint && zmq_getsockopt(socket->pump.zmq, ZMQ_LAST_ENDPOINT, ret_endpoint, &size)) return -errno;
  return 0;
}

int mq_socket_connect(struct mq_socket *socket, const char *endpoint) {
  return zmq_connect(socket->pump.zmq, endpoint) ? -errno : 0;
}

void mq_socket_disconnect(struct mq_socket *socket, const char *endpoint) {
  zmq_disconnect(socket->pump.zmq, endpoint);
  mq_pump_touched(&socket->pump);
}

void mq_socket_start(struct mq_socket *socket) {
  mq_pump_start(&socket->pump);
}

static void pump_closed(struct mq_pump *pump) {
  struct mq_socket *socket = container_of(pump, struct mq_socket, pump);
  if (socket->closed) socket->closed(socket);
}

void mq_socket_close(struct mq_socket *socket, void (*closed)(struct mq_socket *socket)) {
  if (socket->queues) send_queues(&socket->pump);
  while (socket->queues) remove_queue(socket, &socket->queues);
  socket->closed = closed;
  mq_pump_close(&socket->pump, pump_closed);
}
