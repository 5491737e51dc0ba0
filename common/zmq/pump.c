#include "zmq/pump.h"

#include <errno.h>
#include <zmq.h>

static int events_of(struct mq_pump *pump) {
  int events = 0;
  size_t size = sizeof events;
  return zmq_getsockopt(pump->zmq, ZMQ_EVENTS, &events, &size) ? 0 : events & pump->wanted;
}

// The edge has woken the loop; check and prepare see what there is.
static void woken(uv_poll_t *poll, int status, int events) {
  struct mq_pump *pump = poll->data;
  pump->stirred = true;
}

static void stay_awake(uv_idle_t *idle) {
}

void mq_pump_touched(struct mq_pump *pump) {
  pump->stirred = true;
  // Too late for this turn's uv_prepare.
  if (pump->prepared && uv_is_active((uv_handle_t *)&pump->prepare) && events_of(pump))
    uv_idle_start(&pump->idle, stay_awake);
}

static void prepare(uv_prepare_t *prepare) {
  struct mq_pump *pump = prepare->data;
  if (pump->before_sleep) pump->before_sleep(pump);
  pump->stirred = pump->stirred && events_of(pump);
  pump->prepared = true;
  if (pump->stirred)
    uv_idle_start(&pump->idle, stay_awake);
  else
    uv_idle_stop(&pump->idle);
}

static void check(uv_check_t *check) {
  struct mq_pump *pump = check->data;
  int events = pump->stirred ? events_of(pump) : 0;
  pump->stirred = events;
  pump->prepared = false;
  if (events) pump->work(pump, events);
}

int mq_pump_init(struct mq_pump *pump, uv_loop_t *loop, void *zmq) {
  int descriptor;
  size_t size = sizeof descriptor;
  if (zmq_getsockopt(zmq, ZMQ_FD, &descriptor, &size)) return -errno;
  int error = uv_poll_init(loop, &pump->poll, descriptor);
  if (error) return error;
  uv_prepare_init(loop, &pump->prepare);
  uv_check_init(loop, &pump->check);
  uv_idle_init(loop, &pump->idle);
  pump->poll.data = pump->prepare.data = pump->check.data = pump->idle.data = pump;
  pump->zmq = zmq;
  pump->open_handles = 4;
  return 0;
}

void mq_pump_start(struct mq_pump *pump) {
  pump->stirred = true;
  uv_poll_start(&pump->poll, UV_READABLE, woken);
  uv_prepare_start(&pump->prepare, prepare);
  uv_check_start(&pump->check, check);
}

static void handle_closed(uv_handle_t *handle) {
  struct mq_pump *pump = handle->data;
  if (--pump->open_handles) return;
  zmq_close(pump->zmq);
  pump->zmq = NULL;
  if (pump->closed) pump->closed(pump);
}

void mq_pump_close(struct mq_pump *pump, void (*closed)(struct mq_pump *pump)) {
  pump->closed = closed;
  uv_close((uv_handle_t *)&pump->poll, handle_closed);
  uv_close((uv_handle_t *)&pump->prepare, handle_closed);
  uv_close((uv_handle_t *)&pump->check, handle_closed);
  uv_close((uv_handle_t *)&pump->idle, handle_closed);
}
