// pulih keys generate: the keys that a fresh deployment begins with.
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "families.h"
#include "outcome.h"
#include "zmq/keys.h"

// A key may serve as the service that it is named after (services/hub/hub_access.h).
static const struct {
  const char *kind, *name;
} installed[] = {
    {"service", "identity"},      {"service", "enrollment"}, {"service", "scheduling"}, {"service", "counseling_notes"},
    {"service", "notifications"}, {"gateway", "gateway"},    {"operator", "operator"},
};

static int write_pair(struct arena *arena, const char *folder, const char *name, struct mq_key_pair *pair) {
  char *secret = arena_printf(arena, "%s/%s.secret", folder, name);
  char *public = arena_printf(arena, "%s/%s.public", folder, name);
  if (!secret || !public) return -ENOMEM;
  int error = mq_key_pair_generate(pair);
  if (!error) error = mq_key_write(secret, pair->secret_key);
  if (!error) error = mq_key_write(public, pair->public_key);
  // What is public may be read by all: other users' processes connect with the hub's.
  if (!error && chmod(public, 0644)) error = -errno;
  return error;
}

static int write_all(struct arena *arena, const char *folder) {
  struct mq_key_pair pair;
  char *path = arena_printf(arena, "%s/keys", folder);
  FILE *list = path ? fopen(path, "wxe") : NULL;
  if (!list) return -errno;
  fputs("# Who may connect to the hub beside the keys that identity knows: kind name public-key.\n", list);
  int error = write_pair(arena, folder, "hub", &pair);
  for (size_t i = 0; i < sizeof installed / sizeof installed[0] && !error; i++) {
    error = write_pair(arena, folder, installed[i].name, &pair);
    if (!error) fprintf(list, "%s %s %s\n", installed[i].kind, installed[i].name, pair.public_key);
  }
  if (fclose(list) && !error) error = -errno;
  return error;
}

enum outcome keys_generate_run(struct invocation *invocation) {
  const char *folder = invocation->words[0];
  int error = mkdir(folder, 0755) && errno != EEXIST ? -errno : 0;
  if (!error) error = write_all(&invocation->arena, folder);
  if (error == -EEXIST)
    return outcome_say(invocation, OUTCOME_CONFLICT, "%s has keys already; they are never written over", folder);
  if (error) return outcome_say(invocation, OUTCOME_FAILED, "can't write to %s: %s", folder, strerror(-error));
  fprintf(stderr, "%s/keys is the hub's list; each process has its NAME.secret, and hub.public.\n", folder);
  return OUTCOME_OK;
}
