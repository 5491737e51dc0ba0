// What the service's parts and handlers share.
#pragma once

#include "crypto/keyring.h"
#include "outbox.h"
#include "planner.h"
#include "service/service.h"
#include "templates.h"

struct notifications_settings {
  const char *smtp_url, *smtp_user, *smtp_password, *smtp_tls, *smtp_ca_file, *from_address, *from_name,
      *bounce_address, *webhook_ca_file, *master_key_file, *page_url, *foundation;
  int64_t connect_timeout_ms, send_timeout_ms, domain_rate, webhook_timeout_ms, webhook_rate, slots, attempts, lease_ms,
      backoff_first_ms, backoff_most_ms;
  bool webhook_private, training;
};

struct notifications {
  struct service *service;
  struct outbox_settings outbox_settings;
  struct outbox *outbox;
  struct planner planner;
  struct templates templates;
  struct keyring *keyring;  // NULL: no gateway can be signed to
  char notices_url[300];
  uv_timer_t check_again;
  bool checking, checked, stopping;
};
