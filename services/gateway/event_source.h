// Keeps an event window (event_window.h) up to date. To the hub it is a service that serves nothing and wants every
// producer's events; batches are hints, and what was missed is read from the log (common/event/event_cursor.h decides).
// It has a key of its own, of kind service: with role SERVICE it may read the log, and ask which sign-ins are alive.
#pragma once

#include "event_window.h"
#include "rpc/client.h"

struct event_source;

struct event_source_settings {
  struct mq_context *context;
  const char *caller_endpoints, *service_endpoints;  // of the hubs, separated by commas
  const char *instance;                              // unique for the process
  struct mq_socket_settings socket;
  size_t window_events;  // of each producer
  // The window changed, or event_source_reach() came to an end. Never from within a function of this file.
  void (*news)(void *owner);
  void *owner;
};

// Texts in the settings outlive it. NULL with *ret_error a negative errno.
struct event_source *event_source_create(const struct event_source_settings *settings, int *ret_error);
// `closed` is called when everything is freed.
void event_source_close(struct event_source *source, void (*closed)(void *owner), void *owner);

// Whether a hub has said Welcome.
bool event_source_is_connected(const struct event_source *source);
const struct event_window *event_source_window(const struct event_source *source);
// Calls with role SERVICE.
struct rpc_client *event_source_client(const struct event_source *source);
// Reads the log behind `after`, so that the window reaches back to it. True: wait for news, and ask again if it still
// doesn't. False: it is too long ago.
bool event_source_reach(struct event_source *source, size_t producer, struct event_position after);
