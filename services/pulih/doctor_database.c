// What the database's superuser can see: the database itself, its machine, and what services wrote in it.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "doctor.h"
#include "migrations.h"

enum { CLOCK_OFF_MAX_MS = 2000, DISK_LEFT_LEAST = 10 };

static bool is_connected(const struct doctor *doctor) {
  return doctor->database && PQstatus(doctor->database) == CONNECTION_OK;
}

// How to mend what libpq says, which is in English and has no code.
static const char *mend_of(PGconn *connection, const char *message) {
  if (strstr(message, "certificate"))
    return "Another certificate is wanted: see certificates below, and sslrootcert in PULIH_DATABASE_URL.";
  if (PQconnectionNeedsPassword(connection) || PQconnectionUsedPassword(connection) ||
      strstr(message, "authentication"))
    return "The password isn't the role's: delete its .pgpass, run deploy/secrets and pulih migrate --passwords.";
  return "Is PostgreSQL running, and PULIH_DATABASE_URL right?";
}

enum verdict check_database(struct doctor *doctor) {
  if (!*doctor->settings.database_url)
    return found(doctor, PASSED_OVER, NULL, "PULIH_DATABASE_URL is not set; run doctor where migrate runs");
  // No longer than for the hub.
  const char *const keywords[] = {"connect_timeout", "dbname", NULL};
  const char *const values[] = {"5", doctor->settings.database_url, NULL};
  doctor->database = PQconnectdbParams(keywords, values, 1);
  if (is_connected(doctor))
    return found(doctor, FINE, NULL, "PostgreSQL %s", PQparameterStatus(doctor->database, "server_version"));
  const char *message = PQerrorMessage(doctor->database);
  return found(doctor, WRONG, mend_of(doctor->database, message), "%.*s", (int)strcspn(message, "\n"), message);
}

// The one row of a query, or NULL.
static PGresult *ask(struct doctor *doctor, const char *sql) {
  if (!is_connected(doctor)) return NULL;
  PGresult *result = PQexec(doctor->database, sql);
  if (PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1) return result;
  PQclear(result);
  return NULL;
}

static enum verdict could_not_ask(struct doctor *doctor) {
  return found(doctor, PASSED_OVER, NULL, "the database couldn't be asked");
}

static void count_missing(void *owner, const struct migration *migration) {
  (void)migration;
  ++*(size_t *)owner;
}

static enum verdict check_set(struct doctor *doctor, const struct migration_set *set, const char *url) {
  size_t missing = 0, size;
  char *messages = NULL;
  FILE *out = open_memstream(&messages, &size);
  if (!out) return found(doctor, WRONG, "Try again.", "memory is out");
  int error =
      migrate(set, &(struct migrate_settings){
                       .url = url, .dry_run = true, .messages = out, .applied = count_missing, .owner = &missing});
  fclose(out);
  enum verdict verdict = FINE;
  if (error)
    verdict = found(doctor, WRONG, "Apply what landed, with the program that it landed in.", "%.*s",
                    (int)strcspn(messages, "\n"), messages);
  else
    verdict =
        found(doctor, missing ? WRONG : FINE, "pulih migrate", "%zu of %zu applied", set->count - missing, set->count);
  free(messages);
  return verdict;
}

enum verdict check_migrations(struct doctor *doctor) {
  if (!is_connected(doctor)) return could_not_ask(doctor);
  enum verdict verdict = check_set(doctor, &main_migrations, doctor->settings.database_url);
  PGresult *result = verdict == FINE ? ask(doctor, "select count(*), max(name) from migration.applied") : NULL;
  if (result && strtoul(PQgetvalue(result, 0, 0), NULL, 10) > main_migrations.count)
    verdict = found(doctor, WRONG, "A newer version was here: run that one's programs.",
                    "the database has %s, up to %s, and this program knows %zu", PQgetvalue(result, 0, 0),
                    PQgetvalue(result, 0, 1), main_migrations.count);
  PQclear(result);
  return verdict;
}

enum verdict check_keystore(struct doctor *doctor) {
  if (!*doctor->settings.keystore_url) return found(doctor, PASSED_OVER, NULL, "PULIH_NOTES_KEYSTORE_URL is not set");
  return check_set(doctor, &keystore_migrations, doctor->settings.keystore_url);
}

enum verdict check_clock(struct doctor *doctor) {
  const struct clock clock = {0};
  PGresult *result = ask(doctor, "select (extract(epoch from clock_timestamp()) * 1000)::bigint");
  if (!result) return could_not_ask(doctor);
  int64_t off_ms = clock_now_us(&clock) / 1000 - strtoll(PQgetvalue(result, 0, 0), NULL, 10);
  PQclear(result);
  bool off = off_ms > CLOCK_OFF_MAX_MS || off_ms < -CLOCK_OFF_MAX_MS;
  return found(doctor, off ? WRONG : FINE, "Let both machines keep time by NTP (chrony, systemd-timesyncd).",
               "%" PRId64 " ms from the database's", off_ms);
}

// The server knows its data folder's disk only by a program.
enum verdict check_disk(struct doctor *doctor) {
  if (!is_connected(doctor)) return could_not_ask(doctor);
  PQclear(PQexec(doctor->database,
                 "create temporary table pulih_disk (used text); "
                 "copy pulih_disk from program 'df --output=pcent . | tail -n 1'"));
  PGresult *result = ask(doctor, "select 100 - btrim(used, ' %')::integer from pulih_disk");
  PQclear(PQexec(doctor->database, "drop table if exists pulih_disk"));
  if (!result) return found(doctor, PASSED_OVER, NULL, "the database's machine couldn't be asked");
  long left = strtol(PQgetvalue(result, 0, 0), NULL, 10);
  PQclear(result);
  return found(
      doctor, left < DISK_LEFT_LEAST ? WRONG : FINE,
      "Make room: old images, logs, copies; is WAL kept because it can't be archived? Nothing of PostgreSQL's.",
      "%ld %% of the database's is left", left);
}

// By what became of the last attempts: from here the mail server may be out of reach.
enum verdict check_mail(struct doctor *doctor) {
  PGresult *result = ask(
      doctor,
      "select coalesce(max(recorded_at) > (select coalesce(max(settled_at), '-infinity') from notifications.delivery "
      "where state = 'SENT' and channel = 'EMAIL'), false), count(*), "
      "coalesce((array_agg(concat_ws(' ', nullif(code, 0), left(answer, 200)) order by recorded_at desc))[1], '') "
      "from notifications.attempt where channel = 'EMAIL' and outcome <> 'SENT' "
      "and recorded_at > context.now() - interval '1 hour'");
  if (!result) return could_not_ask(doctor);
  bool refused = *PQgetvalue(result, 0, 0) == 't';
  enum verdict verdict = found(
      doctor, refused ? WRONG : FINE, "Look at PULIH_SMTP_URL, its user and password, and in the server's own log.",
      refused ? "the server took none of the last %s mails: %s" : "%s refused within an hour%s",
      PQgetvalue(result, 0, 1), refused ? PQgetvalue(result, 0, 2) : "");
  PQclear(result);
  return verdict;
}

enum verdict check_backups(struct doctor *doctor) {
  PGresult *result =
      ask(doctor,
          "select coalesce((min(applied_at) < clock_timestamp() - interval '2 days')::text, 'false'), "
          "(select string_agg(distinct lower(kind || ' of ' || part), ', ') from identity.watch_upkeep() "
          "where age_seconds > case kind when 'BACKUP' then 49 * 3600 else 35 * 86400 end) from migration.applied");
  if (!result) return could_not_ask(doctor);
  bool is_old = *PQgetvalue(result, 0, 0) == 't', missing = !PQgetisnull(result, 0, 1);
  enum verdict verdict = missing && is_old
                             ? found(doctor, WRONG, "deploy/backup/backup, deploy/backup/drill, and let cron do it.",
                                     "too old or never made: %s", PQgetvalue(result, 0, 1))
                             : found(doctor, FINE, NULL, missing ? "none is due yet" : "backups and drills are recent");
  PQclear(result);
  return verdict;
}

enum verdict check_archive(struct doctor *doctor) {
  PGresult *result = ask(doctor,
                         "select current_setting('archive_mode'), coalesce(last_failed_time > "
                         "coalesce(last_archived_time, '-infinity'), false), coalesce(last_failed_wal, '') "
                         "from pg_stat_archiver");
  if (!result) return could_not_ask(doctor);
  bool is_on = strcmp(PQgetvalue(result, 0, 0), "off") != 0, fails = is_on && *PQgetvalue(result, 0, 1) == 't';
  enum verdict verdict =
      fails ? found(doctor, WRONG, "PostgreSQL's log has pgBackRest's reason: room, passphrase, the other machine.",
                    "%s couldn't be archived, and WAL is kept until it is", PQgetvalue(result, 0, 2))
            : found(doctor, is_on ? FINE : PASSED_OVER, NULL, is_on ? "WAL is archived" : "archive_mode is off");
  PQclear(result);
  return verdict;
}
