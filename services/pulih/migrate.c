// pulih migrate.
#include <errno.h>

#include "families.h"
#include "migrations.h"
#include "outcome.h"
#include "settings.h"

enum { DRY_RUN };
const struct option migrate_options[] = {
    [DRY_RUN] = {"--dry-run", NULL, "only list what would be applied"},
    {0},
};

struct count {
  const struct invocation *invocation;
  size_t applied;
};

static void note_applied(void *owner, const struct migration *migration) {
  struct count *count = owner;
  count->applied++;
  if (count->invocation->json)
    printf("{\"number\":%d,\"name\":\"%s\",\"path\":\"%s\"}\n", migration->number, migration->name, migration->path);
  else
    puts(migration->path);
  fflush(stdout);
}

static enum outcome migrate_set(const struct invocation *invocation, const struct migration_set *set, const char *url,
                                int64_t connect_wait_ms, const char *what) {
  struct count count = {.invocation = invocation};
  bool dry_run = invocation->options[DRY_RUN];
  int error = migrate(set, &(struct migrate_settings){.url = url,
                                                      .dry_run = dry_run,
                                                      .connect_wait_ms = (int)connect_wait_ms,
                                                      .messages = stderr,
                                                      .applied = note_applied,
                                                      .owner = &count});
  if (error == -ENOTCONN) return OUTCOME_TRY_AGAIN;
  if (error) return error == -EINVAL ? OUTCOME_CONFLICT : OUTCOME_FAILED;
  fprintf(stderr, "%s: %zu %s, %zu in all.\n", what, count.applied, dry_run ? "would be applied" : "applied",
          set->count);
  return OUTCOME_OK;
}

enum outcome migrate_run(struct invocation *invocation) {
  struct settings settings;
  enum outcome outcome = settings_read(&invocation->arena, &settings);
  if (outcome) return outcome;
  if (!*settings.database_url) return settings_refuse_missing("PULIH_DATABASE_URL");
  outcome = migrate_set(invocation, &main_migrations, settings.database_url, settings.connect_wait_ms, "Database");
  if (!outcome && *settings.keystore_url)
    outcome =
        migrate_set(invocation, &keystore_migrations, settings.keystore_url, settings.connect_wait_ms, "Key store");
  return outcome;
}
