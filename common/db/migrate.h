// Brings a database to the state that a program was built for: applies the migrations it doesn't have yet, each in a
// transaction of its own, in order of their numbers. Blocking; for tools, not for services.
//
// What was applied stands in migration.applied with the SHA-256 of its text (as sha256sum gives it of the file). One
// that was applied and then edited is refused by name before anything is done. Two runs at once wait for each other. A
// migration that the database has and the program hasn't is left alone: a newer program was here.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

// A migration that begins with this line isn't one transaction: for `create index concurrently`, which can't be in one.
// Its statements end with a ; at a line's end. When one fails those before it stay and all are run again next time, so
// that they must bear it: `drop index concurrently if exists` comes first.
#define MIGRATION_OUTSIDE "-- outside a transaction\n"

struct migration {
  int number;
  const char *path;  // "services/enrollment/migrations/0031_agreement.sql", for messages
  const char *name;  // "0031_agreement"
  const char *text;
};

struct migration_set {
  const char *before;                  // run first, every time, as who connects; or NULL
  const char *owner;                   // the role that migrations run as; NULL: who connects
  const struct migration *migrations;  // by number, no number twice
  size_t count;
};

struct migrate_settings {
  const char *url;      // libpq connection string, of a role that may make roles and become the owner
  bool dry_run;         // only tells what is missing; changes nothing, waits for nobody
  int connect_wait_ms;  // for a server that is starting or can't be reached yet
  FILE *messages;       // what is wrong, and whom it waits for, a line each
  // Each migration that was applied (dry_run: is missing), in order. May be NULL.
  void (*applied)(void *owner, const struct migration *migration);
  void *owner;
};

// 0, or negative with the reason in `messages`: -ENOTCONN, -EINVAL when an applied one was changed, -EIO when a
// statement failed. What was applied before a failure stays.
int migrate(const struct migration_set *set, const struct migrate_settings *settings);
