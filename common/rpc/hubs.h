// Where the hubs are. A name in the list may stand for several, and for others tomorrow (`--scale hub=2`, a headless
// service): it is looked up again every second, off the loop, and the owner told what came and what went. libzmq alone
// would take the first address only, and look it up in its I/O thread, where one slow answer holds everybody up.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

enum { HUBS_MOST = 8, HUBS_ENDPOINT_BYTES = 64, HUBS_NAME_BYTES = 256 };

struct hubs_settings {
  uv_loop_t *loop;
  const char *endpoints;  // separated by commas: "tcp://hub:7101", "tcp://192.0.2.7:7101", "inproc://…"
  // An endpoint without a name in it; gone when the function returns. Of `came` a negative error refuses it.
  int (*came)(void *owner, const char *endpoint);
  void (*went)(void *owner, const char *endpoint);
  void *owner;
};

struct hubs_address {
  char endpoint[HUBS_ENDPOINT_BYTES];  // "" is none
  unsigned missed;                     // look-ups in a row that didn't have it
};

struct hubs_name {
  struct hubs *hubs;
  char host[HUBS_NAME_BYTES], port[8];
  uv_getaddrinfo_t look_up;
  bool looking;
  struct hubs_address addresses[HUBS_MOST];
};

struct hubs {
  struct hubs_settings settings;
  uv_timer_t timer;
  struct hubs_name names[HUBS_MOST];
  size_t name_count;
  size_t open;  // the timer, and look-ups on their way
  bool closing;
  void (*closed)(void *owner);
};

// Endpoints that need no look-up come at once. -EINVAL for one that is none, -E2BIG for too many, or what `came` said;
// then it is still to be closed. Texts in the settings outlive it.
int hubs_init(struct hubs *hubs, const struct hubs_settings *settings);
// `closed` is called with the settings' owner when its memory is free to go; nothing comes or goes any more.
void hubs_close(struct hubs *hubs, void (*closed)(void *owner));
