#include "zmq/context.h"

#include <errno.h>
#include <zmq.h>

enum { SOCKETS_MOST = 64 };

int mq_context_init(struct mq_context *context, struct loop *loop) {
  void *zmq = zmq_ctx_new();
  if (!zmq) return -errno;
  zmq_ctx_set(zmq, ZMQ_MAX_SOCKETS, SOCKETS_MOST);
  *context = (struct mq_context){.zmq = zmq, .loop = loop};
  return 0;
}

void mq_context_finish(struct mq_context *context) {
  while (zmq_ctx_term(context->zmq) && errno == EINTR) continue;
  context->zmq = NULL;
}
