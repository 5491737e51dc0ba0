#include "db/migrate.h"

#include <errno.h>
#include <libpq-fe.h>
#include <sodium.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CHECKSUM_TEXT = 2 * crypto_hash_sha256_BYTES + 1, ASK_EVERY_MS = 200 };

// Every session that migrates holds this lock; hashtext() so that the number means something to who looks at pg_locks.
#define LOCK_KEY "hashtext('pulih migrations')"

struct migrator {
  const struct migration_set *set;
  const struct migrate_settings *settings;
  PGconn *connection;
};

static void checksum_of(const struct migration *migration, char text[CHECKSUM_TEXT]) {
  unsigned char hash[crypto_hash_sha256_BYTES];
  crypto_hash_sha256(hash, (const unsigned char *)migration->text, strlen(migration->text));
  sodium_bin2hex(text, CHECKSUM_TEXT, hash, sizeof hash);
}

static int64_t monotonic_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// "path:line: ERROR: …", by the position that PostgreSQL gives in characters from 1.
static int report(struct migrator *migrator, const PGresult *result, const char *path, const char *sql) {
  FILE *messages = migrator->settings->messages;
  const char *position = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
  int line = 1;
  for (long left = position ? atol(position) - 1 : 0; left > 0 && *sql; sql++) {
    left -= ((unsigned char)*sql & 0xc0) != 0x80;
    line += *sql == '\n';
  }
  fputs(path, messages);
  if (position) fprintf(messages, ":%d", line);
  fprintf(messages, ": %s", PQresultErrorMessage(result));
  return -EIO;
}

// Any number of statements, without parameters.
static int execute(struct migrator *migrator, const char *path, const char *sql) {
  PGresult *result = PQexec(migrator->connection, sql);
  ExecStatusType status = PQresultStatus(result);
  int error = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ? 0 : report(migrator, result, path, sql);
  PQclear(result);
  return error;
}

// One statement that gives one value; its first character. 0 when it failed.
static char ask(struct migrator *migrator, const char *sql) {
  PGresult *result = PQexec(migrator->connection, sql);
  char answer = 0;
  if (PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1)
    answer = *PQgetvalue(result, 0, 0);
  else
    report(migrator, result, "pulih", sql);
  PQclear(result);
  return answer;
}

static bool is_standby(PGconn *connection) {
  const char *standby = PQparameterStatus(connection, "in_hot_standby");
  return standby && !strcmp(standby, "on");
}

// Whether the servers are there, but none that can be written to: a url with target_session_attrs takes no other.
static bool is_refused_as_standby(const char *url) {
  const char *const names[] = {"dbname", "target_session_attrs", NULL}, *const values[] = {url, "any", NULL};
  PGconn *connection = PQconnectdbParams(names, values, true);
  bool standby = is_standby(connection);
  PQfinish(connection);
  return standby;
}

// Nobody listens yet or takes connections, or it is recovering still, as after a restore: it can be read then, but not
// written to.
static bool is_starting(struct migrator *migrator) {
  const struct migrate_settings *settings = migrator->settings;
  PQfinish(migrator->connection);
  migrator->connection = NULL;
  PGPing ping = PQping(settings->url);
  if (ping == PQPING_REJECT || ping == PQPING_NO_RESPONSE) return true;
  migrator->connection = PQconnectdb(settings->url);
  if (settings->dry_run) return false;
  return PQstatus(migrator->connection) == CONNECTION_OK ? is_standby(migrator->connection)
                                                         : is_refused_as_standby(settings->url);
}

static int connect_waiting(struct migrator *migrator) {
  const struct migrate_settings *settings = migrator->settings;
  int64_t until_ms = monotonic_ms() + settings->connect_wait_ms;
  bool told = false;
  while (is_starting(migrator) && monotonic_ms() < until_ms) {
    if (!told) fprintf(settings->messages, "The database isn't there yet; waiting.\n");
    told = true;
    nanosleep(&(struct timespec){.tv_nsec = ASK_EVERY_MS * 1000000L}, NULL);
  }
  if (!migrator->connection) migrator->connection = PQconnectdb(settings->url);
  if (PQstatus(migrator->connection) == CONNECTION_OK)
    return execute(migrator, "pulih", "set client_min_messages = warning");
  fprintf(settings->messages, "%s", PQerrorMessage(migrator->connection));
  return -ENOTCONN;
}

// Asks again and again: a statement that waits inside the database would hold a snapshot, which "create index
// concurrently" in the migration waited for would wait for in turn.
static int lock(struct migrator *migrator) {
  char got;
  bool told = false;
  while ((got = ask(migrator, "select pg_try_advisory_lock(" LOCK_KEY ")")) == 'f') {
    if (!told)
      fprintf(migrator->settings->messages, "Another migration of this database is running; waiting for it.\n");
    told = true;
    nanosleep(&(struct timespec){.tv_nsec = ASK_EVERY_MS * 1000000L}, NULL);
  }
  return got == 't' ? 0 : -EIO;
}

static int create_table(struct migrator *migrator) {
  return execute(migrator, "migration.applied",
                 "create schema if not exists migration;\n"
                 "create table if not exists migration.applied (\n"
                 "    number integer not null,\n"
                 "    name text not null,\n"
                 "    checksum text not null,\n"
                 "    applied_at timestamptz not null default clock_timestamp(),\n"
                 "    constraint applied_pkey primary key (number)\n"
                 ")");
}

// Rows (number, name, checksum) of what was applied; no rows when nothing ever was.
static PGresult *read_applied(struct migrator *migrator) {
  char exists = ask(migrator, "select to_regclass('migration.applied') is not null");
  if (!exists) return NULL;
  PGresult *result = PQexec(migrator->connection,
                            exists == 't' ? "select number, name, checksum from migration.applied order by number"
                                          : "select null, null, null where false");
  if (PQresultStatus(result) == PGRES_TUPLES_OK) return result;
  report(migrator, result, "migration.applied", "");
  PQclear(result);
  return NULL;
}

static int row_of(const PGresult *applied, int number) {
  for (int row = 0; row < PQntuples(applied); row++)
    if (atoi(PQgetvalue(applied, row, 0)) == number) return row;
  return -1;
}

static int refuse_changed(struct migrator *migrator, const PGresult *applied) {
  int changed = 0;
  for (size_t i = 0; i < migrator->set->count; i++) {
    const struct migration *migration = &migrator->set->migrations[i];
    char checksum[CHECKSUM_TEXT];
    checksum_of(migration, checksum);
    int row = row_of(applied, migration->number);
    if (row < 0 || !strcmp(PQgetvalue(applied, row, 2), checksum)) continue;
    changed++;
    fprintf(migrator->settings->messages,
            "%s: it was applied as %s with another text; a landed migration is never edited: take the change back and "
            "write it as a new one.\n",
            migration->path, PQgetvalue(applied, row, 1));
  }
  return changed ? -EINVAL : 0;
}

static int record(struct migrator *migrator, const struct migration *migration) {
  char number[12], checksum[CHECKSUM_TEXT];
  snprintf(number, sizeof number, "%d", migration->number);
  checksum_of(migration, checksum);
  const char *const values[] = {number, migration->name, checksum};
  const char *sql = "insert into migration.applied (number, name, checksum) values ($1, $2, $3)";
  PGresult *result = PQexecParams(migrator->connection, sql, 3, NULL, values, NULL, NULL, 0);
  int error = PQresultStatus(result) == PGRES_COMMAND_OK ? 0 : report(migrator, result, migration->path, sql);
  PQclear(result);
  return error;
}

static int become_owner(struct migrator *migrator, const char *scope) {
  if (!migrator->set->owner) return 0;
  char *role = PQescapeIdentifier(migrator->connection, migrator->set->owner, strlen(migrator->set->owner));
  char sql[128];
  snprintf(sql, sizeof sql, "set %s role %s", scope, role ? role : "");
  PQfreemem(role);
  return execute(migrator, "pulih", sql);
}

// Each statement by itself, since several sent at once would be one transaction. They end where a line does.
static int execute_each(struct migrator *migrator, const struct migration *migration) {
  char *text = strdup(migration->text), *rest = text;
  int error = text ? 0 : -ENOMEM;
  while (!error && rest && *rest) {
    char *statement = rest;
    rest = strstr(statement, ";\n");
    if (rest) {
      *rest = 0;
      rest += 2;
    }
    error = execute(migrator, migration->path, statement);
  }
  free(text);
  return error;
}

static int apply_outside(struct migrator *migrator, const struct migration *migration) {
  int error = become_owner(migrator, "session");
  if (!error) error = execute_each(migrator, migration);
  int reset = execute(migrator, "pulih", "reset role");
  if (!error) error = reset;
  return error ? error : record(migrator, migration);
}

static int apply(struct migrator *migrator, const struct migration *migration) {
  if (!strncmp(migration->text, MIGRATION_OUTSIDE, strlen(MIGRATION_OUTSIDE)))
    return apply_outside(migrator, migration);
  int error = execute(migrator, "pulih", "begin");
  if (!error) error = become_owner(migrator, "local");
  if (!error) error = execute(migrator, migration->path, migration->text);
  if (!error && PQtransactionStatus(migrator->connection) != PQTRANS_INTRANS) {
    fprintf(migrator->settings->messages, "%s: it ends its own transaction; a migration must not.\n", migration->path);
    error = -EIO;
  }
  if (!error) error = execute(migrator, "pulih", "reset role");
  if (!error) error = record(migrator, migration);
  if (!error) error = execute(migrator, migration->path, "commit");
  if (error) PQclear(PQexec(migrator->connection, "rollback"));
  return error;
}

static int apply_missing(struct migrator *migrator, const PGresult *applied) {
  const struct migrate_settings *settings = migrator->settings;
  for (size_t i = 0; i < migrator->set->count; i++) {
    const struct migration *migration = &migrator->set->migrations[i];
    if (row_of(applied, migration->number) >= 0) continue;
    int error = settings->dry_run ? 0 : apply(migrator, migration);
    if (error) return error;
    if (settings->applied) settings->applied(settings->owner, migration);
  }
  return 0;
}

int migrate(const struct migration_set *set, const struct migrate_settings *settings) {
  struct migrator migrator = {.set = set, .settings = settings};
  int error = connect_waiting(&migrator);
  if (!error && !settings->dry_run) {
    error = lock(&migrator);
    if (!error) error = create_table(&migrator);
    if (!error && set->before) error = execute(&migrator, "roles", set->before);
  }
  PGresult *applied = error ? NULL : read_applied(&migrator);
  if (!error && !applied) error = -EIO;
  if (!error) error = refuse_changed(&migrator, applied);
  if (!error) error = apply_missing(&migrator, applied);
  PQclear(applied);
  PQfinish(migrator.connection);
  return error;
}
