// pulih keys generate: the keys that a fresh deployment begins with.
#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>

#include "families.h"
#include "file.h"
#include "outcome.h"
#include "zmq/keys.h"

// A key may serve as the service that it is named after (services/hub/hub_access.h).
static const struct {
  const char *kind, *name;
} installed[] = {
    {"service", "identity"},         {"service", "enrollment"},    {"service", "scheduling"},
    {"service", "counseling_notes"}, {"service", "notifications"}, {"gateway", "gateway"},
    {"service", "gateway-events"},   {"operator", "operator"},
};

static int write_pair(struct arena *arena, const char *folder, const char *name, struct mq_key_pair *pair) {
  char *secret = arena_printf(arena, "%s/%s.key", folder, name);
  char *public = arena_printf(arena, "%s/%s.pub", folder, name);
  if (!secret || !public) return -ENOMEM;
  int error = mq_key_pair_generate(pair);
  if (!error) error = mq_key_write(secret, pair->secret_key);
  if (!error) error = mq_key_write(public, pair->public_key);
  // What is public may be read by all: other users' processes connect with the hub's.
  if (!error && chmod(public, 0644)) error = -errno;
  return error;
}

// 32 bytes as hex (common/crypto/keyring.h).
static int write_master_key(struct arena *arena, const char *folder, const char *name) {
  unsigned char key[32];
  char text[2 * sizeof key + 2];
  char *path = arena_printf(arena, "%s/%s_master.key", folder, name);
  if (!path) return -ENOMEM;
  randombytes_buf(key, sizeof key);
  sodium_bin2hex(text, sizeof text - 1, key, sizeof key);
  text[sizeof text - 2] = '\n';
  int error = file_replace_private(path, text, sizeof text - 1, arena);
  sodium_memzero(key, sizeof key);
  sodium_memzero(text, sizeof text);
  return error;
}

static int write_all(struct arena *arena, const char *folder) {
  struct mq_key_pair pair;
  char *path = arena_printf(arena, "%s/hub_keys", folder);
  FILE *list = path ? fopen(path, "wxe") : NULL;
  if (!list) return -errno;
  fputs("# Who may connect to the hub beside the keys that identity knows: kind name public-key.\n", list);
  int error = write_pair(arena, folder, "hub", &pair);
  for (size_t i = 0; i < sizeof installed / sizeof installed[0] && !error; i++) {
    error = write_pair(arena, folder, installed[i].name, &pair);
    if (!error) fprintf(list, "%s %s %s\n", installed[i].kind, installed[i].name, pair.public_key);
  }
  if (fclose(list) && !error) error = -errno;
  if (!error) error = write_master_key(arena, folder, "identity");
  if (!error) error = write_master_key(arena, folder, "notifications");
  return error ? error : write_master_key(arena, folder, "notes");
}

enum outcome keys_generate_run(struct invocation *invocation) {
  const char *folder = invocation->words[0];
  int error = mkdir(folder, 0755) && errno != EEXIST ? -errno : 0;
  if (!error) error = write_all(&invocation->arena, folder);
  if (error == -EEXIST)
    return outcome_say(invocation, OUTCOME_CONFLICT, "%s has keys already; they are never written over", folder);
  if (error) return outcome_say(invocation, OUTCOME_FAILED, "can't write to %s: %s", folder, strerror(-error));
  fprintf(
      stderr,
      "%s/hub_keys is the hub's list; each process takes its NAME.key and hub.pub. Keep copies of notes_master.key, "
      "identity_master.key and notifications_master.key elsewhere: without them no note can be read, no authenticator "
      "app is "
      "known, and every gateway needs a new secret.\n",
      folder);
  return OUTCOME_OK;
}
