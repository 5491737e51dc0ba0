// The hub around its core: sockets, frames, keys. One thread, one loop.
//
//   callers.c    what callers send: a request becomes a hub_call, is admitted, and given to the core
//   services.c   what services send: Hello, Ping, Goodbye, replies, events
//   identity.c   what the hub asks identity: which keys may connect, who has signed in
//   own.c        the hub's own methods
//   keys_file.c  the installation's keys, read again when their file changes
//   hub.c        the core's actions, the answers, start and stop
#pragma once

#include "base/arena.h"
#include "base/list.h"
#include "base/metrics.h"
#include "base/token_bucket.h"
#include "hub/hub_access.h"
#include "hub/hub_core.h"
#include "hub/hub_keys.h"
#include "rpc.pb-c.h"
#include "rpc/method.h"
#include "zmq/socket.h"
#include "zmq/zap.h"

struct hub;

struct hub_settings {
  const char *caller_endpoint, *service_endpoint, *secret_key, *keys_file;
  int64_t calls, waiting_per_method, calls_per_site, sites_per_second, frame_limit_bytes, ping_interval_ms;
};

enum {
  HUB_TRACE_BYTES = 64,    // a traceparent has 55
  HUB_PARKED_MOST = 4096,  // calls that wait for keys or a sign-in
  HUB_TIMEOUT_MOST_MS = 120000,
  SILENT_INTERVALS = 3,
  HUB_KEYS_FILE_LOOK_MS = 1000,
};

// A reply on its way from a service to its caller; lives while the core's actions are taken.
struct hub_reply {
  const Pulih__Rpc__V1__Status *status;  // NULL: OK
  zmq_msg_t *body;                       // NULL: none
};

// A call from its arrival to its answer: the payload of a core's request.
struct hub_call {
  struct list list;  // parked, or free
  mq_route route;
  unsigned char id[HUB_ID_BYTES];
  char public_key[MQ_KEY_TEXT];
  size_t method;
  uint64_t deadline_ms;
  char traceparent[HUB_TRACE_BYTES];
  bool has_token, has_body, counted;  // counted: in its key's open_calls, from its arrival to its answer
  unsigned char token_hash[HUB_TOKEN_HASH_BYTES];
  struct hub_caller caller;
  zmq_msg_t body;
  // A call of the hub's own: told the outcome instead of a caller. `reply` is NULL unless it is OK.
  void (*done)(struct hub *hub, struct hub_call *call, enum reason reason, const struct hub_reply *reply);
  uint64_t access_version;  // of the hub when it was made
};

// An answer that is held back until the keys are fresh.
struct hub_held_answer {
  struct list list;
  mq_route route;
  unsigned char id[HUB_ID_BYTES];
  uint64_t until_ms;
  zmq_msg_t header, body;
  bool has_body;
};

struct hub_metrics {
  struct metric answered, failed, refused, repeated, late, malformed, unsent;
  struct metric calls, waiting, instances, keys, parked;
  struct metric connections_accepted, connections_refused, connections_put_off;
};

struct hub {
  struct hub_settings settings;
  struct loop *loop;
  struct mq_context *context;
  struct mq_key_pair key;
  struct mq_zap zap;
  struct mq_socket callers, services;
  struct hub_core *core;
  struct hub_keys keys;
  struct hub_sessions *sessions;
  struct arena arena;             // of the message at hand
  struct arena answer_arena;      // of the answer that is being made
  struct list free_calls;         // to be used again
  size_t calls_made, calls_most;  // free or not
  struct list waiting_for_keys;   // calls from sites
  struct list waiting_for_person;
  struct list held_answers;
  size_t parked;
  unsigned char epoch[8];   // of this process: the first half of every id that services are told
  uint64_t own_calls;       // numbers the hub's own calls
  uint64_t access_version;  // grows with every change of who may do what
  uint64_t keys_version;    // of access_version that the keys are from
  bool reading_keys;
  uint64_t read_keys_again_ms;
  struct token_bucket site_connections;
  uv_timer_t tick;
  uv_fs_poll_t keys_file;
  struct loop_stopper stopper;
  struct metrics metrics;
  struct hub_metrics counts;
  int open_handles;
};

// hub.c
// 0, or a negative error that has been logged. The settings' texts outlive the hub.
int hub_start(struct hub *hub, struct mq_context *context, const struct hub_settings *settings);
void hub_finish(struct hub *hub);  // after the loop's end
void hub_act(struct hub *hub);     // does what the core wants; at the end of every event
// NULL when there are as many as it can have.
struct hub_call *hub_call_take(struct hub *hub);
void hub_call_give_back(struct hub *hub, struct hub_call *call);
// Answers a call that the core doesn't have (any more), and gives it back.
void hub_answer(struct hub *hub, struct hub_call *call, const struct status *status, zmq_msg_t *body);
void hub_refuse(struct hub *hub, struct hub_call *call, enum reason reason);
// The same for a message that no call could be taken for.
void hub_refuse_message(struct hub *hub, mq_route route, const unsigned char id[HUB_ID_BYTES], enum reason reason);
const struct method *hub_method(size_t index);
// The index, or SIZE_MAX.
size_t hub_method_index(const char *name);

// callers.c
extern const struct mq_socket_handler hub_caller_handler;
// Passes a call on as far as it can go: parked, refused, or in the core.
void hub_admit(struct hub *hub, struct hub_call *call);

// services.c
extern const struct mq_socket_handler hub_service_handler;
void hub_forward(struct hub *hub, const struct hub_action *action);

// identity.c
// Who may do what has changed: forgets sign-ins, holds sites back until the keys are fresh.
void hub_access_changed(struct hub *hub);
bool hub_keys_are_fresh(const struct hub *hub);
void hub_identity_tick(struct hub *hub);
// Parks the call until it is known who signed in, and then admits it again or refuses it.
void hub_find_person(struct hub *hub, struct hub_call *call);
void hub_park(struct hub *hub, struct list *list, struct hub_call *call);
void hub_end_parked(struct hub *hub);
// Sends the answer when the keys are fresh, and a failure when that takes too long.
void hub_hold_answer(struct hub *hub, struct hub_call *call, zmq_msg_t *header, zmq_msg_t *body);

// keys_file.c
int hub_keys_file_read(struct hub *hub);
// Reads it again whenever it changes; `hub->keys_file` is a handle that must be closed.
int hub_keys_file_watch(struct hub *hub);

// own.c
// True when it was one of the hub's own methods, and is answered.
bool hub_answer_itself(struct hub *hub, struct hub_call *call);
void hub_name_metrics(struct hub *hub);
