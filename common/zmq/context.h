// The process's one ZeroMQ context, on its loop, for its whole life.
#pragma once

#include "loop/loop.h"

struct mq_context {
  void *zmq;
  struct loop *loop;
};

// -EMFILE and the like when libzmq can't have its files.
int mq_context_init(struct mq_context *context, struct loop *loop);
// Every socket must be closed. Waits for what they still send, at most as long as their linger.
void mq_context_finish(struct mq_context *context);
