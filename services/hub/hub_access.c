#include "hub/hub_access.h"

#include <stdlib.h>
#include <string.h>

#include "options.pb-c.h"

enum { WAYS = 4, SETS = 1024 };

enum reason hub_access_decide(const struct method *method, const struct hub_key *key, const struct hub_person *person,
                              struct hub_caller *ret_caller) {
  struct hub_caller caller = {0};
  memcpy(caller.key_name, key->name, sizeof caller.key_name);
  if (key->kind == HUB_KEY_SERVICE) {
    caller.person.roles = 1u << PULIH__ROLE__ROLE_SERVICE;
    caller.every_prison = true;
  } else if (person) {
    caller.person = *person;
    caller.every_prison = !*person->prison_id;
  } else if (key->kind == HUB_KEY_OPERATOR) {
    caller.person.roles = 1u << PULIH__ROLE__ROLE_ADMIN;
    caller.every_prison = true;
  }
  if (key->kind == HUB_KEY_SITE) {
    // Whoever signs in at a site sees that site's prison alone, and staff of another prison nothing.
    if (*caller.person.prison_id && strcmp(caller.person.prison_id, key->prison_id)) return REASON_NOT_ALLOWED;
    memcpy(caller.person.prison_id, key->prison_id, sizeof caller.person.prison_id);
    caller.every_prison = false;
  }
  if (!method->anyone && !(method->roles & caller.person.roles))
    return caller.person.roles || person ? REASON_NOT_ALLOWED : REASON_NOT_SIGNED_IN;
  *ret_caller = caller;
  return REASON_OK;
}

bool hub_access_may_serve(const struct hub_key *key, const char *service) {
  size_t size = strlen(service);
  return key->kind == HUB_KEY_SERVICE && !strncmp(key->name, service, size) &&
         (key->name[size] == '\0' || key->name[size] == '-');
}

static const struct {
  const char *service, *package;
} served[] = {
    {"identity", "identity"},      {"enrollment", "enrollment"},       {"scheduling", "scheduling"},
    {"counseling_notes", "notes"}, {"notifications", "notifications"},
};

static bool is_package_of(const char *service, const char *package, size_t size) {
  for (size_t i = 0; i < sizeof served / sizeof served[0]; i++)
    if (!strcmp(served[i].service, service) && strlen(served[i].package) == size &&
        !strncmp(served[i].package, package, size))
      return true;
  return false;
}

bool hub_access_may_serve_method(const char *service, const char *method) {
  // Events are every service's own.
  static const char prefix[] = "pulih.", events[] = "pulih.event.";
  if (!strncmp(method, events, sizeof events - 1)) return true;
  if (strncmp(method, prefix, sizeof prefix - 1) != 0) return false;
  const char *package = method + sizeof prefix - 1;
  return is_package_of(service, package, strcspn(package, "."));
}

bool hub_access_is_producer(const char *service, const char *producer) {
  return is_package_of(service, producer, strlen(producer));
}

struct hub_session {
  unsigned char hash[HUB_TOKEN_HASH_BYTES];
  struct hub_person person;
  uint64_t until_ms;  // 0: free
  int64_t until_wall_us;
};

struct hub_sessions {
  struct hub_session sets[SETS][WAYS];
};

struct hub_sessions *hub_sessions_create(void) {
  return calloc(1, sizeof(struct hub_sessions));
}

void hub_sessions_destroy(struct hub_sessions *sessions) {
  free(sessions);
}

static size_t set_of(const unsigned char *hash) {
  return ((size_t)hash[0] << 8 | hash[1]) % SETS;
}

void hub_sessions_put(struct hub_sessions *sessions, const unsigned char hash[HUB_TOKEN_HASH_BYTES],
                      const struct hub_person *person, uint64_t until_ms, int64_t until_wall_us) {
  struct hub_session *set = sessions->sets[set_of(hash)], *chosen = set;
  for (struct hub_session *each = set; each < set + WAYS; each++) {
    if (!memcmp(each->hash, hash, HUB_TOKEN_HASH_BYTES)) {
      chosen = each;
      break;
    }
    if (each->until_ms < chosen->until_ms) chosen = each;
  }
  memcpy(chosen->hash, hash, HUB_TOKEN_HASH_BYTES);
  chosen->person = *person;
  chosen->until_ms = until_ms;
  chosen->until_wall_us = until_wall_us;
}

const struct hub_person *hub_sessions_find(const struct hub_sessions *sessions,
                                           const unsigned char hash[HUB_TOKEN_HASH_BYTES], uint64_t now_ms,
                                           int64_t wall_us) {
  const struct hub_session *set = sessions->sets[set_of(hash)];
  for (const struct hub_session *each = set; each < set + WAYS; each++)
    if (now_ms < each->until_ms && wall_us < each->until_wall_us && !memcmp(each->hash, hash, HUB_TOKEN_HASH_BYTES))
      return &each->person;
  return NULL;
}

void hub_sessions_forget_all(struct hub_sessions *sessions) {
  memset(sessions, 0, sizeof *sessions);
}
