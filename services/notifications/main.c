// Notifications: rules, what they plan, and its way to people.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "loop/loop.h"
#include "mail.h"
#include "notifications_methods.h"
#include "outbox.h"
#include "planner.h"
#include "service/service.h"
#include "templates.h"

enum { CHECK_AGAIN_MS = 5000 };

struct notifications_settings {
  const char *smtp_url, *smtp_user, *smtp_password, *smtp_tls, *smtp_ca_file, *from_address, *from_name;
  int64_t connect_timeout_ms, send_timeout_ms, slots, attempts, lease_ms, backoff_first_ms, backoff_most_ms;
};

#define AT(member) offsetof(struct notifications_settings, member)
static const struct setting settings[] = {
    {"PULIH_SMTP_URL", SETTING_TEXT, AT(smtp_url), NULL, "mail server: smtp://host:port or smtps://host:port", 0, 0},
    {"PULIH_SMTP_USER", SETTING_TEXT, AT(smtp_user), "", "name to sign in to it with; empty: without", 0, 0},
    {"PULIH_SMTP_PASSWORD", SETTING_SECRET, AT(smtp_password), "", "its password", 0, 0},
    {"PULIH_SMTP_TLS", SETTING_TEXT, AT(smtp_tls), "required", "TLS with smtp://: none, offered or required", 0, 0},
    {"PULIH_SMTP_CA_FILE", SETTING_TEXT, AT(smtp_ca_file), "", "certificates to trust, PEM; empty: the system's", 0, 0},
    {"PULIH_SMTP_FROM", SETTING_TEXT, AT(from_address), NULL, "address that mail comes from", 0, 0},
    {"PULIH_SMTP_FROM_NAME", SETTING_TEXT, AT(from_name), "Pulih", "name beside it", 0, 0},
    {"PULIH_SMTP_CONNECT_TIMEOUT", SETTING_DURATION_MS, AT(connect_timeout_ms), "10s", "longest time to connect", 100,
     600000},
    {"PULIH_SMTP_SEND_TIMEOUT", SETTING_DURATION_MS, AT(send_timeout_ms), "60s", "longest time for one mail", 100,
     600000},
    {"PULIH_NOTIFICATIONS_SLOTS", SETTING_INTEGER, AT(slots), "32", "mails at once, a connection each", 1, 256},
    {"PULIH_NOTIFICATIONS_LEASE", SETTING_DURATION_MS, AT(lease_ms), "5m",
     "how long a delivery is one instance's; more than twice the send timeout", 1000, 3600000},
    {"PULIH_NOTIFICATIONS_ATTEMPTS", SETTING_INTEGER, AT(attempts), "12", "attempts before a delivery is a dead letter",
     1, 100},
    {"PULIH_NOTIFICATIONS_BACKOFF_FIRST", SETTING_DURATION_MS, AT(backoff_first_ms), "30s",
     "wait after a delivery's first failure; doubles each time", 1, 86400000},
    {"PULIH_NOTIFICATIONS_BACKOFF_MOST", SETTING_DURATION_MS, AT(backoff_most_ms), "1h", "longest such wait", 1,
     86400000},
    {0},
};
#undef AT

struct notifications {
  struct service *service;
  struct outbox_settings outbox_settings;
  struct outbox *outbox;
  struct planner planner;
  struct templates templates;
  uv_timer_t check_again;
  bool checking, checked, stopping;
};

static void check_templates(struct notifications *notifications);
static void stop_planner(struct notifications *notifications);

// --- start
// ------------------------------------------------------------------------------------------------------------

static int tls_from_name(const char *name, enum smtp_tls *ret_tls) {
  static const char *const names[] = {
      [SMTP_TLS_NONE] = "none", [SMTP_TLS_WHERE_OFFERED] = "offered", [SMTP_TLS_REQUIRED] = "required"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (strcmp(names[i], name) != 0) continue;
    *ret_tls = (enum smtp_tls)i;
    return 0;
  }
  return -EINVAL;
}

// The setting that is wrong, or NULL.
static const char *take_settings(const struct notifications_settings *own, struct outbox_settings *outbox) {
  *outbox = (struct outbox_settings){.smtp = {.url = own->smtp_url,
                                              .user = own->smtp_user,
                                              .password = own->smtp_password,
                                              .ca_file = own->smtp_ca_file,
                                              .connect_timeout_ms = (uint32_t)own->connect_timeout_ms,
                                              .send_timeout_ms = (uint32_t)own->send_timeout_ms},
                                     .from_address = own->from_address,
                                     .from_name = own->from_name,
                                     .slots = (int)own->slots,
                                     .attempts_limit = (int)own->attempts,
                                     .lease_ms = (uint32_t)own->lease_ms,
                                     .backoff_first_ms = (uint32_t)own->backoff_first_ms,
                                     .backoff_most_ms = (uint32_t)own->backoff_most_ms};
  if (tls_from_name(own->smtp_tls, &outbox->smtp.tls)) return "PULIH_SMTP_TLS";
  if (!mail_address_ok(own->from_address)) return "PULIH_SMTP_FROM";
  if (own->lease_ms <= 2 * own->send_timeout_ms) return "PULIH_NOTIFICATIONS_LEASE";
  return NULL;
}

static void days_planned(void *owner) {
  struct notifications *notifications = owner;
  outbox_wake(notifications->outbox);
}

static int start(struct service *service, void **ret_state) {
  struct notifications *notifications = calloc(1, sizeof *notifications);
  if (!notifications) return -ENOMEM;
  notifications->service = service;
  const char *wrong = take_settings(service_settings(service), &notifications->outbox_settings);
  if (!wrong) notifications->outbox = outbox_create(service, &notifications->outbox_settings);
  if (!notifications->outbox) {
    LOG(ERROR, "SETTING_WRONG", log_text("name", wrong ? wrong : "PULIH_SMTP_URL"));
    free(notifications);
    return -EINVAL;
  }
  planner_init(&notifications->planner, service, days_planned, notifications);
  uv_timer_init(&service_loop(service)->uv, &notifications->check_again);
  notifications->check_again.data = notifications;
  *ret_state = notifications;
  return 0;
}

static void check_again_due(uv_timer_t *timer) {
  check_templates(timer->data);
}

// Nothing is planned into sending before every template is known to be whole.
static void templates_checked(void *owner, bool fine) {
  struct notifications *notifications = owner;
  notifications->checking = false;
  if (notifications->stopping) {
    stop_planner(notifications);
  } else if (fine) {
    notifications->checked = true;
    planner_start(&notifications->planner);
    outbox_wake(notifications->outbox);
  } else {
    uv_timer_start(&notifications->check_again, check_again_due, CHECK_AGAIN_MS, 0);
  }
}

static void check_templates(struct notifications *notifications) {
  notifications->checking = true;
  templates_check(&notifications->templates, notifications->service, templates_checked, notifications);
}

static void ready(struct service *service) {
  check_templates(service_state(service));
}

static void applied(struct service *service, const char *producer) {
  struct notifications *notifications = service_state(service);
  if (notifications->checked && !notifications->stopping) outbox_wake(notifications->outbox);
}

// --- stop: the planner, then the outbox with what it has in hand
// ------------------------------------------------------

static void timer_closed(uv_handle_t *handle) {
  struct notifications *notifications = handle->data;
  struct service *service = notifications->service;
  free(notifications);
  service_stopped(service);
}

static void outbox_stopped(void *owner) {
  struct notifications *notifications = owner;
  uv_close((uv_handle_t *)&notifications->check_again, timer_closed);
}

static void planner_stopped(void *owner) {
  struct notifications *notifications = owner;
  outbox_stop(notifications->outbox, outbox_stopped, notifications);
}

static void stop_planner(struct notifications *notifications) {
  planner_stop(&notifications->planner, planner_stopped);
}

static void stop(struct service *service) {
  struct notifications *notifications = service_state(service);
  notifications->stopping = true;
  if (!notifications->checking) stop_planner(notifications);
}

int main(int argc, char **argv) {
  static const struct service_subscription subscriptions[] = {
      {"scheduling", &notifications_apply_scheduling_statement},
      {"enrollment", &notifications_apply_enrollment_statement},
      {"identity", &notifications_apply_identity_statement},
      {"notifications", &notifications_apply_notifications_statement},
      {0},
  };
  static const struct service_definition definition = {
      .name = "notifications",
      .summary = "rules, what they plan, and its way to people",
      .methods = &notifications_methods,
      .statements = notifications_statements,
      .statement_count = notifications_statement_count,
      .settings = settings,
      .settings_size = sizeof(struct notifications_settings),
      .subscriptions = subscriptions,
      .start = start,
      .ready = ready,
      .applied = applied,
      .stop = stop,
  };
  return service_main(argc, argv, &definition);
}
