// What the two halves of the service side share: server.c has the links to the hubs, call.c the calls.
#pragma once

#include "base/list.h"
#include "rpc.pb-c.h"
#include "rpc/envelope.h"
#include "rpc/hubs.h"
#include "rpc/server.h"

enum link_state { LINK_NONE, LINK_GREETING, LINK_SERVING, LINK_LEAVING, LINK_CLOSING };

struct link {
  struct rpc_server *server;
  struct mq_socket socket;
  enum link_state state;
  char endpoint[HUBS_NAME_BYTES];
  bool gone;  // its address is no hub's any more: closed when nothing is at work for it
  uint32_t in_flight;
  uint32_t ping_interval_ms;
  uint64_t heard_ms, spoke_ms;
  uint64_t ping;  // number of the last one
};

struct server_call {
  struct call call;
  struct link *link;
  unsigned char id[ENVELOPE_ID_BYTES];
  uint64_t began_ns;
  struct list list;  // of the free, or of those at work
};

struct rpc_server {
  struct rpc_server_settings settings;
  struct loop *loop;
  struct mq_context *context;
  struct mq_key_pair key;  // copies: a hub may come long after the settings were read
  char hub_key[MQ_KEY_TEXT];
  struct hubs hubs;
  struct link links[HUBS_MOST];
  size_t open_handles;
  uv_timer_t tick;
  struct list free_calls, calls;
  size_t in_flight;
  bool started, stopping;
  uint64_t stop_ms;
  void (*stopped)(void *owner);
  void *owner;
  struct metric answered, failed, refused, unsent, flying, seconds;
};

// A call that is free, with an arena; NULL when memory is out.
struct server_call *server_call_take(struct rpc_server *server);
void server_call_give_back(struct rpc_server *server, struct server_call *call);
// Begins it or answers why not. False when it can't be answered, and is still to be given back.
bool server_call_begin(struct link *link, struct server_call *call, const Pulih__Rpc__V1__Request *request,
                       struct mq_message *message);
// A call has been answered.
void server_call_ended(struct rpc_server *server);
