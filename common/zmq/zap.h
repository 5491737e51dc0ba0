// Who may connect: the ZAP handler (https://rfc.zeromq.org/spec/27/), asked by libzmq at every CURVE handshake of every
// socket that mq_router_init() made. A key is asked for once a connection: who serves must ask again for each message,
// by mq_message.user_id.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "zmq/context.h"
#include "zmq/keys.h"
#include "zmq/pump.h"

// LATER: it may come again, and does when its handshake has timed out. One that is kept out never comes again by
// itself.
enum mq_verdict { MQ_KEPT_OUT, MQ_LATER, MQ_LET_IN };

struct mq_zap {
  struct mq_pump pump;
  enum mq_verdict (*judge)(struct mq_zap *zap, const char *public_key);
  void *owner;
  uint64_t accepted, refused, put_off;
};

// Before any ROUTER is made.
int mq_zap_start(struct mq_zap *zap, struct mq_context *context,
                 enum mq_verdict (*judge)(struct mq_zap *zap, const char *public_key), void *owner);
void mq_zap_close(struct mq_zap *zap, void (*closed)(struct mq_pump *pump));

// Connects to `endpoint` with a key made for this moment, and turns the loop until it is refused: 0. -EACCES when it
// was let in, so that whoever serves must not go on; -ETIMEDOUT when nothing happened.
int mq_refuses_strangers(struct mq_context *context, const char *endpoint, const char *server_key, int timeout_ms);
