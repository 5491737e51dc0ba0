// What the checks of `pulih doctor` share. Each looks at one thing and says what it found and, where that is wrong, how
// to mend it.
#pragma once

#include <libpq-fe.h>

#include "hub.pb-c.h"
#include "settings.h"

enum verdict { FINE, WRONG, PASSED_OVER };

struct doctor {
  struct invocation *invocation;
  struct settings settings;
  const Pulih__Hub__V1__GetStatusResponse *hub;  // NULL when it couldn't be asked
  PGconn *database;
  char text[400];  // what was found
  const char *mend;
};

// What a check ends with. `mend` is forgotten unless it is WRONG.
enum verdict found(struct doctor *doctor, enum verdict verdict, const char *mend, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

// Gives a connected socket that waits no longer than a few seconds for anything, or a negative error.
int doctor_connect(const char *host, const char *port);

// By doctor_database.c, as the superuser of PULIH_DATABASE_URL.
enum verdict check_database(struct doctor *doctor);
enum verdict check_migrations(struct doctor *doctor);
enum verdict check_keystore(struct doctor *doctor);
enum verdict check_clock(struct doctor *doctor);
enum verdict check_disk(struct doctor *doctor);
enum verdict check_mail(struct doctor *doctor);
enum verdict check_backups(struct doctor *doctor);
enum verdict check_archive(struct doctor *doctor);

// By doctor_files.c.
enum verdict check_keys(struct doctor *doctor);
enum verdict check_secrets(struct doctor *doctor);
enum verdict check_certificates(struct doctor *doctor);
