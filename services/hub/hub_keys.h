// The keys that may connect: those of the installation (services, operators, gateways) from a file, those of sites and
// others from identity.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "zmq/keys.h"

enum { HUB_KEY_NAME_BYTES = 64, HUB_UUID_BYTES = 37, HUB_KEYS_MOST = 10000 };

enum hub_key_kind { HUB_KEY_SERVICE, HUB_KEY_OPERATOR, HUB_KEY_GATEWAY, HUB_KEY_SITE };

struct hub_key {
  char public_key[MQ_KEY_TEXT];
  char name[HUB_KEY_NAME_BYTES];
  char prison_id[HUB_UUID_BYTES];  // of a site
  enum hub_key_kind kind;
  int64_t valid_until_us;  // wall clock; 0: no end
  uint64_t number;         // its own, for as long as the hub knows it
  size_t open_calls;
};

struct hub_key_list {
  struct hub_key *keys;  // sorted by public key
  size_t count;
};

struct hub_keys {
  struct hub_key_list installed, listed;
};

// Reads lines of "kind name public-key", which take the place of what was installed before; # begins a comment.
// Problems go to `problems`, a line each. -EINVAL when there were any, -ENOMEM; both leave everything as it was.
int hub_keys_read(struct hub_keys *keys, FILE *file, FILE *problems);
// Takes the place of what was listed before; `list` is copied. -ENOMEM leaves everything as it was.
int hub_keys_replace_listed(struct hub_keys *keys, const struct hub_key *list, size_t count);
void hub_keys_finish(struct hub_keys *keys);
// NULL when it isn't known or no longer valid. Until the next replacement.
struct hub_key *hub_keys_find(const struct hub_keys *keys, const char *public_key, int64_t now_us);
