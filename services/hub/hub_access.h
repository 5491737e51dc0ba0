// Who a caller is and whether it may: from the key its message came in with, the person who signed in, and the method.
// No I/O.
#pragma once

#include "base/status.h"
#include "hub/hub_keys.h"
#include "rpc/method.h"

// A person, as a sign-in session stands for them.
struct hub_person {
  char user_id[HUB_UUID_BYTES];
  char prison_id[HUB_UUID_BYTES];  // "" for foundation staff
  uint32_t roles;                  // bit 1 << Pulih__Role
};

// The caller as services are told.
struct hub_caller {
  struct hub_person person;
  bool every_prison;
  char key_name[HUB_KEY_NAME_BYTES];
};

// `person` is NULL for a message without a sign-in session. OK, NOT_SIGNED_IN or NOT_ALLOWED.
enum reason hub_access_decide(const struct method *method, const struct hub_key *key, const struct hub_person *person,
                              struct hub_caller *ret_caller);
// Whether a key may say Hello as `service`: its name is the service's, or that and a dash and more ("enrollment-2").
bool hub_access_may_serve(const struct hub_key *key, const char *service);
// Whether a service may serve a method: one of its packages, or one that all services have in common.
bool hub_access_may_serve_method(const char *service, const char *method);
// Whether events of this producer are the service's own: it is named as its package.
bool hub_access_is_producer(const char *service, const char *producer);

// Sign-in sessions that were resolved a moment ago.
enum { HUB_TOKEN_HASH_BYTES = 32 };
struct hub_sessions;

struct hub_sessions *hub_sessions_create(void);
void hub_sessions_destroy(struct hub_sessions *sessions);
// Takes the place of an older one when there is no room. The hash is of a secret, so nobody can aim at a place.
void hub_sessions_put(struct hub_sessions *sessions, const unsigned char hash[HUB_TOKEN_HASH_BYTES],
                      const struct hub_person *person, uint64_t until_ms, int64_t until_wall_us);
const struct hub_person *hub_sessions_find(const struct hub_sessions *sessions,
                                           const unsigned char hash[HUB_TOKEN_HASH_BYTES], uint64_t now_ms,
                                           int64_t wall_us);
void hub_sessions_forget_all(struct hub_sessions *sessions);
