#include <errno.h>
#include <sodium.h>
#include <stdlib.h>

#include "base/log.h"
#include "identity.h"
#include "identity_methods.h"
#include "loop/loop.h"
#include "service/service.h"

// At 100 ms each, two at a time, the last one in line waits under a second.
enum { PASSWORDS_WAITING_MAX = 16 };

static int start(struct service *service, void **ret_state) {
  struct identity *identity = sodium_init() < 0 ? NULL : calloc(1, sizeof *identity);
  if (!identity) {
    LOG(ERROR, "CRYPTO_NOT_READY", log_text("reason", "no libsodium, or no memory"));
    return -ENOMEM;
  }
  password_line_init(&identity->passwords, &service_loop(service)->uv, PASSWORDS_WAITING_MAX);
  password_line_add_metrics(&identity->passwords, service_metrics(service));
  *ret_state = identity;
  return 0;
}

static void stop(struct service *service) {
  free(service_state(service));
  service_stopped(service);
}

int main(int argc, char **argv) {
  static const struct service_definition definition = {
      .name = "identity",
      .summary = "people, roles, sign-ins and keys",
      .methods = &identity_methods,
      .statements = identity_statements,
      .statement_count = identity_statement_count,
      .start = start,
      .stop = stop,
  };
  return service_main(argc, argv, &definition);
}
