// Sends what is due: stands around dispatch_core with the database, the mail server and the timers.
#pragma once

#include <stdint.h>

#include "base/metrics.h"
#include "smtp.h"

struct service;
struct outbox;

struct outbox_settings {
  struct smtp_settings smtp;
  const char *from_address, *from_name;
  int slots, attempts_limit;
  uint32_t lease_ms, backoff_first_ms, backoff_most_ms;
};

// NULL when the mail server's URL isn't one. `settings` outlives it. Sends nothing before the first outbox_wake().
struct outbox *outbox_create(struct service *service, const struct outbox_settings *settings);
// Something may be due.
void outbox_wake(struct outbox *outbox);
// Takes no more; what is in hand is sent and recorded. Frees it and calls `stopped`.
void outbox_stop(struct outbox *outbox, void (*stopped)(void *owner), void *owner);
