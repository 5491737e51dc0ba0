// The straight-line start and stop that every service shares. A service's main is a service_definition and a call of
// service_main().
#pragma once

#include "rpc/call.h"
#include "rpc/method.h"

struct loop;
struct db;
struct setting;
struct service;

struct service_definition {
  const char *name;                              // "enrollment": settings PULIH_ENROLLMENT_*, role pulih_<schema>
  const struct method_table *methods;            // made by the generator
  const struct db_statement *const *statements;  // all of the service's, made by the generator
  size_t statement_count;
  const struct setting *settings;    // the service's own, or NULL; ends with {0}
  size_t settings_size;              // of the struct they fill
  const char *const *subscriptions;  // producers whose events it wants, ends with NULL; or NULL
  // Both may be NULL. `start` runs when settings are read and the loop exists, before the first call is taken; it
  // returns the service's own state in *ret_state. `stop` runs after the last call was answered.
  int (*start)(struct service *service, void **ret_state);
  void (*stop)(struct service *service, void *state);
};

int service_main(int argc, char **argv, const struct service_definition *definition);

// For handlers.
void *service_state(struct service *service);
const void *service_settings(struct service *service);
struct loop *service_loop(struct service *service);
struct db *service_db(struct service *service);
