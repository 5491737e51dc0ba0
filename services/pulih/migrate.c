// pulih migrate.
#include <errno.h>
#include <libpq-fe.h>
#include <string.h>

#include "families.h"
#include "file.h"
#include "migrations.h"
#include "outcome.h"
#include "settings.h"

#define ANYWHERE "*:*:*:"

enum { PASSWORDS_MAX_BYTES = 64 * 1024 };
enum { DRY_RUN, PASSWORDS };
const struct option migrate_options[] = {
    [DRY_RUN] = {"--dry-run", NULL, "only list what would be applied"},
    [PASSWORDS] = {"--passwords", "FILE",
                   "give roles their passwords: lines of *:*:*:ROLE:PASSWORD, as libpq reads them"},
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

// What goes to the server is the verifier that it keeps (RFC 5803), so that no log can hold the password. A role that
// isn't there is passed over: the key store has fewer.
static enum outcome set_password(PGconn *connection, struct arena *arena, const char *role, const char *password) {
  const char *const values[] = {role};
  PGresult *result =
      PQexecParams(connection, "select from pg_roles where rolname = $1", 1, NULL, values, NULL, NULL, 0);
  bool exists = PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result);
  enum outcome outcome = PQresultStatus(result) == PGRES_TUPLES_OK ? OUTCOME_OK : OUTCOME_FAILED;
  PQclear(result);
  if (exists) {
    char *verifier = PQencryptPasswordConn(connection, password, role, "scram-sha-256");
    char *name = PQescapeIdentifier(connection, role, strlen(role));
    char *sql = verifier && name ? arena_printf(arena, "alter role %s password '%s'", name, verifier) : NULL;
    result = sql ? PQexec(connection, sql) : NULL;
    outcome = PQresultStatus(result) == PGRES_COMMAND_OK ? OUTCOME_OK : OUTCOME_FAILED;
    PQclear(result);
    PQfreemem(name);
    PQfreemem(verifier);
  }
  if (outcome) fprintf(stderr, "%s: %s", role, PQerrorMessage(connection));
  return outcome;
}

// Cuts "*:*:*:ROLE:PASSWORD" at its last colon. False for anything else; libpq would read : and \ in a name otherwise.
static bool cut_line(char *line, const char **ret_role, const char **ret_password) {
  if (strncmp(line, ANYWHERE, strlen(ANYWHERE)) != 0) return false;
  char *role = line + strlen(ANYWHERE), *colon = strchr(role, ':');
  if (!colon || colon == role || !colon[1] || strpbrk(colon + 1, ":\\")) return false;
  *colon = 0;
  *ret_role = role;
  *ret_password = colon + 1;
  return true;
}

static enum outcome set_passwords(struct invocation *invocation, const char *url) {
  const char *path = invocation->options[PASSWORDS], *role, *password;
  char *rest = NULL, *line;
  size_t size, number = 0;
  int error = file_read(path, PASSWORDS_MAX_BYTES, &invocation->arena, &rest, &size);
  if (error) return outcome_say(invocation, OUTCOME_USAGE, "can't read %s: %s", path, strerror(-error));
  PGconn *connection = PQconnectdb(url);
  enum outcome outcome = PQstatus(connection) == CONNECTION_OK ? OUTCOME_OK : OUTCOME_TRY_AGAIN;
  if (outcome) fprintf(stderr, "%s", PQerrorMessage(connection));
  while (!outcome && (line = strsep(&rest, "\n"))) {
    number++;
    if (!*line) continue;
    if (cut_line(line, &role, &password))
      outcome = set_password(connection, &invocation->arena, role, password);
    else
      outcome = outcome_say(invocation, OUTCOME_USAGE, "%s:%zu: expected " ANYWHERE "ROLE:PASSWORD", path, number);
  }
  PQfinish(connection);
  return outcome;
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
  if (!invocation->options[PASSWORDS] || invocation->options[DRY_RUN]) return outcome;
  if (!outcome) outcome = set_passwords(invocation, settings.database_url);
  if (!outcome && *settings.keystore_url) outcome = set_passwords(invocation, settings.keystore_url);
  return outcome;
}
