// What the parts of the notes service share.
#pragma once

#include <uv.h>

#include "audit.h"
#include "crypto/keyring.h"
#include "db/db.h"
#include "key_cache.h"
#include "notes.pb-c.h"
#include "notes_internal.pb-c.h"
#include "notes_keystore_methods.h"
#include "notes_methods.h"
#include "rpc/call.h"
#include "service/service.h"

struct notes_settings {
  const char *master_key_file, *keystore_url;
  int64_t keystore_connections, key_cache_size, key_cache_ms;
};

struct notes {
  struct service *service;
  struct keyring *keyring;
  struct random_source *random;
  struct db *keystore;
  struct key_cache *keys;
  uv_timer_t key_sweep;  // wipes keys that nobody asks for any more
  struct audit_log audit;
};

static inline struct notes *notes_of(struct call *call) {
  return service_state(call->service);
}
