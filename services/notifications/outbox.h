// Sends what is due: stands around dispatch_core with the database, the servers and the timers.
#pragma once

#include <stdint.h>

#include "base/metrics.h"
#include "call_sheet_job.h"
#include "smtp.h"
#include "webhook.h"

struct service;
struct outbox;

struct outbox_settings {
  struct smtp_settings smtp;
  struct webhook_settings webhook;
  const struct keyring *keyring;  // signs webhooks; NULL: there are none
  struct call_sheet_house house;
  const char *from_address, *from_name, *bounce_address, *notices_url;
  int slots, attempts_limit;
  uint32_t lease_ms, backoff_first_ms, backoff_most_ms;
  uint32_t domain_rate, webhook_rate;  // a second to one domain, by one gateway; 0: any number
};

// Longest that a send can take; a lease must be longer.
uint32_t outbox_send_ms(const struct outbox_settings *settings);
// NULL when the mail server's URL isn't one. `settings` outlives it. Sends nothing before the first outbox_wake().
struct outbox *outbox_create(struct service *service, const struct outbox_settings *settings);
// Something may be due.
void outbox_wake(struct outbox *outbox);
// Takes no more; what is in hand is sent and recorded. Frees it and calls `stopped`.
void outbox_stop(struct outbox *outbox, void (*stopped)(void *owner), void *owner);
