// A ZeroMQ socket on a libuv loop.
//
// ZMQ_FD is edge-triggered and says only "look again" (zmq_getsockopt(3)): it may be readable with nothing to do, and
// any send or receive may swallow its edge. So the poll's callback does nothing but note it; uv_prepare, the last thing
// before the loop sleeps, reads ZMQ_EVENTS and keeps the loop awake by a uv_idle while there is something to do;
// uv_check does it. Reading costs system calls, so a socket that neither its FD nor we have stirred since isn't asked:
// whatever happens to it raises the FD.
#pragma once

#include <stdbool.h>
#include <uv.h>

struct mq_pump {
  void *zmq;
  uv_poll_t poll;
  uv_prepare_t prepare;
  uv_check_t check;
  uv_idle_t idle;
  int wanted;  // ZMQ_POLLIN, ZMQ_POLLOUT: what `work` waits for
  int open_handles;
  bool stirred;   // ZMQ_EVENTS may say something new
  bool prepared;  // this turn's uv_prepare is over, its uv_check is to come
  // Does a bounded share of the work; called again in the next turn while ZMQ_EVENTS says there is more.
  void (*work)(struct mq_pump *pump, int events);
  // Just before the loop sleeps; may be NULL.
  void (*before_sleep)(struct mq_pump *pump);
  void (*closed)(struct mq_pump *pump);
};

// `zmq` is the pump's from here on. Nothing is received before mq_pump_start().
int mq_pump_init(struct mq_pump *pump, uv_loop_t *loop, void *zmq);
void mq_pump_start(struct mq_pump *pump);
// To be called after each send or receive outside `work`.
void mq_pump_touched(struct mq_pump *pump);
// Closes the socket too; `closed` (may be NULL) is called when the pump's memory is free to go.
void mq_pump_close(struct mq_pump *pump, void (*closed)(struct mq_pump *pump));
