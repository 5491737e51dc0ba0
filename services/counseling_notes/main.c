// Counselling notes: sealed before they reach the database, each read logged.
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/log.h"
#include "loop/loop.h"
#include "notes.h"

enum { KEY_SWEEP_MS = 5000, KEYSTORE_QUEUE = 1024, KEYSTORE_TIMEOUT_MS = 10000, KEYSTORE_CONNECT_TIMEOUT_MS = 5000 };

#define AT(member) offsetof(struct notes_settings, member)
static const struct setting settings[] = {
    {"PULIH_NOTES_MASTER_KEY_FILE", SETTING_TEXT, AT(master_key_file), NULL,
     "file with the master keys, one a line in hex or base64, the newest last", 0, 0},
    {"PULIH_NOTES_KEYSTORE_URL", SETTING_SECRET, AT(keystore_url), NULL,
     "libpq connection string of the key store, a database apart", 0, 0},
    {"PULIH_NOTES_KEYSTORE_CONNECTIONS", SETTING_INTEGER, AT(keystore_connections), "1", "connections to the key store",
     1, 32},
    {"PULIH_NOTES_KEY_CACHE", SETTING_INTEGER, AT(key_cache_size), "64", "opened keys held in memory", 1, 1024},
    {"PULIH_NOTES_KEY_CACHE_TIME", SETTING_DURATION_MS, AT(key_cache_ms), "60s", "how long an opened key is held", 0,
     3600000},
    {0},
};
#undef AT

static void sweep_keys(uv_timer_t *timer) {
  struct notes *notes = timer->data;
  key_cache_sweep(notes->keys, loop_now_ms(service_loop(notes->service)));
}

static void destroy(struct notes *notes) {
  db_destroy(notes->keystore);
  audit_log_finish(&notes->audit);
  key_cache_destroy(notes->keys);
  keyring_destroy(notes->keyring);
  free(notes);
}

static int start(struct service *service, void **ret_state) {
  const struct notes_settings *own = service_settings(service);
  struct loop *loop = service_loop(service);
  // No core file holds keys or bodies.
  if (setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0})) return -errno;
  struct notes *notes = calloc(1, sizeof *notes);
  if (!notes) return -ENOMEM;
  notes->service = service;
  notes->random = &random_of_system;
  int error = keyring_load(own->master_key_file, &notes->keyring);
  if (error) {
    LOG(ERROR, "MASTER_KEYS_NOT_READ", log_text("file", own->master_key_file), log_text("reason", strerror(-error)));
    destroy(notes);
    return error;
  }
  const struct db_settings keystore = {.url = own->keystore_url,
                                       .connections = (int)own->keystore_connections,
                                       .queue_limit = KEYSTORE_QUEUE,
                                       .statement_timeout_ms = KEYSTORE_TIMEOUT_MS,
                                       .connect_timeout_ms = KEYSTORE_CONNECT_TIMEOUT_MS,
                                       .application_name = "notes-keystore"};
  notes->keystore = db_create(loop, &keystore, notes_keystore_statements, notes_keystore_statement_count);
  notes->keys = key_cache_create((size_t)own->key_cache_size, (uint64_t)own->key_cache_ms);
  audit_log_init(&notes->audit, service, notes->keyring, 1 + (int32_t)randombytes_uniform(AUDIT_CHAINS));
  if (!notes->keystore || !notes->keys) {
    destroy(notes);
    return -ENOMEM;
  }
  db_add_metrics(notes->keystore, service_metrics(service));
  uv_timer_init(&loop->uv, &notes->key_sweep);
  notes->key_sweep.data = notes;
  uv_timer_start(&notes->key_sweep, sweep_keys, KEY_SWEEP_MS, KEY_SWEEP_MS);
  *ret_state = notes;
  return 0;
}

static void sweep_closed(uv_handle_t *handle) {
  struct notes *notes = handle->data;
  struct service *service = notes->service;
  destroy(notes);
  service_stopped(service);
}

static void stop(struct service *service) {
  struct notes *notes = service_state(service);
  uv_close((uv_handle_t *)&notes->key_sweep, sweep_closed);
}

int main(int argc, char **argv) {
  static const struct service_definition definition = {
      .name = "counseling_notes",
      .producer = "notes",
      .has_secrets = true,
      .summary = "counselling notes, sealed before they reach the database, each read logged",
      .methods = &notes_methods,
      .statements = notes_statements,
      .statement_count = notes_statement_count,
      .settings = settings,
      .settings_size = sizeof(struct notes_settings),
      .start = start,
      .stop = stop,
  };
  return service_main(argc, argv, &definition);
}
