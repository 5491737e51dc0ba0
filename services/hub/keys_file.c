// The file is looked at by its state, not by its directory's events: so a rename, a link that is turned (Kubernetes)
// and a network's file system are all seen.
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "hub/hub.h"

int hub_keys_file_read(struct hub *hub) {
  FILE *file = fopen(hub->settings.keys_file, "re");
  if (!file) return -errno;
  int error = hub_keys_read(&hub->keys, file, stderr);
  fclose(file);
  return error;
}

static void changed(uv_fs_poll_t *poll, int status, const uv_stat_t *before, const uv_stat_t *now) {
  struct hub *hub = poll->data;
  // What was read before stays in force.
  int error = status ? status : hub_keys_file_read(hub);
  if (error)
    LOG(ERROR, "KEYS_FILE_NOT_READ", log_text("file", hub->settings.keys_file), log_text("reason", strerror(-error)));
  else
    LOG(INFO, "KEYS_FILE_READ", log_number("keys", (int64_t)hub->keys.installed.count));
}

int hub_keys_file_watch(struct hub *hub) {
  uv_fs_poll_init(&hub->loop->uv, &hub->keys_file);
  hub->keys_file.data = hub;
  return uv_fs_poll_start(&hub->keys_file, changed, hub->settings.keys_file, HUB_KEYS_FILE_LOOK_MS);
}
