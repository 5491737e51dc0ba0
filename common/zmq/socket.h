// ROUTER and DEALER sockets over CURVE that never lose a message without a word, and never wait.
//
// A message is a header frame and, maybe, a body frame. A ROUTER knows its peers by a route: the automatic routing id,
// which no peer can choose. What libzmq can't take at once waits in a queue of ours, bounded for each peer; what
// doesn't fit there is refused to the sender.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zmq.h>

#include "zmq/context.h"
#include "zmq/keys.h"
#include "zmq/pump.h"

struct mq_socket;

typedef uint64_t mq_route;  // 0 is none, and a DEALER's one peer

struct mq_message {
  mq_route route;
  const char *user_id;  // ROUTER: the peer's public key as the ZAP handler let it in; "" without CURVE
  zmq_msg_t header, body;
  bool has_body;
};

struct mq_socket_handler {
  // The frames are the socket's; what is taken out by zmq_msg_move() is the handler's.
  void (*received)(struct mq_socket *socket, struct mq_message *message);
  // A message of no frames, or more than two. May be NULL.
  void (*malformed)(struct mq_socket *socket, mq_route route);
  // `messages` that were queued for a peer will never be sent: it is gone. May be NULL.
  void (*lost)(struct mq_socket *socket, mq_route route, size_t messages);
  // DEALER: after a send failed with -EAGAIN, it is worth another try. May be NULL.
  void (*writable)(struct mq_socket *socket);
};

struct mq_socket_settings {
  const struct mq_key_pair *key;  // one's own; copied. NULL: no CURVE, for tests in one process alone
  const char *server_key;         // DEALER: public key of whom it connects to
  size_t queue_limit;             // messages for a peer beyond libzmq's own 1000
  size_t queue_limit_bytes;       // of all peers' messages together
  size_t frame_limit_bytes;       // a peer that sends a larger frame is disconnected
  int messages_per_turn;
  int reconnect_least_ms, reconnect_most_ms;  // DEALER: the wait is drawn once, in between: not all at the same moment
  int reconnect_limit_ms;                     // it doubles up to this
};

struct mq_queue;

struct mq_socket {
  struct mq_pump pump;
  struct mq_context *context;
  const struct mq_socket_handler *handler;
  void *owner;
  bool routes;  // a ROUTER
  size_t queue_limit, queue_limit_bytes;
  int messages_per_turn;
  struct mq_queue *queues;      // of peers that can't take more just now
  size_t queued, queued_bytes;  // in all of them
  void (*closed)(struct mq_socket *socket);
};

// Good for a service on the hub's machine or beside it; a site at the end of a bad line has 1 to 5 s (PITFALLS 8).
extern const struct mq_socket_settings mq_socket_defaults;

// Nothing is received before mq_socket_start(). 0, or -errno with nothing to close.
int mq_router_init(struct mq_socket *socket, struct mq_context *context, const struct mq_socket_settings *settings,
                   const struct mq_socket_handler *handler, void *owner);
int mq_dealer_init(struct mq_socket *socket, struct mq_context *context, const struct mq_socket_settings *settings,
                   const struct mq_socket_handler *handler, void *owner);
// `ret_endpoint` (may be NULL): where it is bound, with the port that the system chose for "tcp://127.0.0.1:*".
int mq_socket_bind(struct mq_socket *socket, const char *endpoint, char *ret_endpoint, size_t size);
int mq_socket_connect(struct mq_socket *socket, const char *endpoint);
// What was sent to it may be lost, as when it goes by itself.
void mq_socket_disconnect(struct mq_socket *socket, const char *endpoint);
void mq_socket_start(struct mq_socket *socket);
// `closed` (may be NULL) is called when its memory is free to go.
void mq_socket_close(struct mq_socket *socket, void (*closed)(struct mq_socket *socket));

// Takes the frames (body may be NULL) when it returns 0, which means queued and no more. Otherwise they stay the
// caller's: -EAGAIN   the peer's queue is full, or a DEALER without queue isn't connected -EHOSTUNREACH  there is no
// such peer any more
int mq_send(struct mq_socket *socket, mq_route route, zmq_msg_t *header, zmq_msg_t *body);
// The same, but nothing is queued beyond libzmq's own: -EAGAIN when it isn't connected or its peer is slow.
int mq_send_now(struct mq_socket *socket, mq_route route, zmq_msg_t *header, zmq_msg_t *body);
