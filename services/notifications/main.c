// Notifications: rules, what they plan, and its way to people.
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "loop/loop.h"
#include "mail.h"
#include "notifications.h"
#include "notifications_methods.h"
#include "outbox.h"
#include "planner.h"
#include "service/service.h"
#include "templates.h"

enum { CHECK_AGAIN_MS = 5000 };

#define AT(member) offsetof(struct notifications_settings, member)
static const struct setting settings[] = {
    {"PULIH_SMTP_URL", SETTING_TEXT, AT(smtp_url), NULL, "mail server: smtp://host:port or smtps://host:port", 0, 0},
    {"PULIH_SMTP_USER", SETTING_TEXT, AT(smtp_user), "", "name to sign in to it with; empty: without", 0, 0},
    {"PULIH_SMTP_PASSWORD", SETTING_SECRET, AT(smtp_password), "", "its password", 0, 0},
    {"PULIH_SMTP_TLS", SETTING_TEXT, AT(smtp_tls), "required", "TLS with smtp://: none, offered or required", 0, 0},
    {"PULIH_SMTP_CA_FILE", SETTING_TEXT, AT(smtp_ca_file), "", "certificates to trust, PEM; empty: the system's", 0, 0},
    {"PULIH_SMTP_FROM", SETTING_TEXT, AT(from_address), NULL, "address that mail comes from", 0, 0},
    {"PULIH_SMTP_FROM_NAME", SETTING_TEXT, AT(from_name), "Pulih", "name beside it", 0, 0},
    {"PULIH_SMTP_BOUNCES", SETTING_TEXT, AT(bounce_address), "",
     "address that undeliverable mail comes back to, for `pulih bounce`; empty: PULIH_SMTP_FROM", 0, 0},
    {"PULIH_SMTP_CONNECT_TIMEOUT", SETTING_DURATION_MS, AT(connect_timeout_ms), "10s", "longest time to connect", 100,
     600000},
    {"PULIH_SMTP_SEND_TIMEOUT", SETTING_DURATION_MS, AT(send_timeout_ms), "60s", "longest time for one mail", 100,
     600000},
    {"PULIH_SMTP_DOMAIN_RATE", SETTING_INTEGER, AT(domain_rate), "0",
     "mails a second to one domain, from each instance; 0: as fast as the server takes them", 0, 10000},
    {"PULIH_WEBHOOK_PRIVATE", SETTING_BOOLEAN, AT(webhook_private), "false",
     "whether gateways may be on a private network or this machine, and without TLS", 0, 0},
    {"PULIH_WEBHOOK_CA_FILE", SETTING_TEXT, AT(webhook_ca_file), "",
     "certificates to trust for gateways, PEM; empty: the system's", 0, 0},
    {"PULIH_WEBHOOK_TIMEOUT", SETTING_DURATION_MS, AT(webhook_timeout_ms), "15s", "longest time for one message", 100,
     600000},
    {"PULIH_WEBHOOK_RATE", SETTING_INTEGER, AT(webhook_rate), "20",
     "messages a second to one gateway, from each instance; 0: as fast as it takes them", 0, 10000},
    {"PULIH_NOTIFICATIONS_MASTER_KEY_FILE", SETTING_TEXT, AT(master_key_file), "",
     "file with the keys that gateways' secrets are made of, one a line in hex or base64, the newest last; empty: no "
     "gateways",
     0, 0},
    {"PULIH_NOTIFICATIONS_PAGE", SETTING_TEXT, AT(page_url), "",
     "the page's address, https://…, for links in mail; empty: without", 0, 0},
    {"PULIH_NOTIFICATIONS_FOUNDATION", SETTING_TEXT, AT(foundation), "", "name of the foundation, on call sheets", 0,
     0},
    {"PULIH_NOTIFICATIONS_TRAINING", SETTING_BOOLEAN, AT(training), "false",
     "whether call sheets are marked as training", 0, 0},
    {"PULIH_NOTIFICATIONS_SLOTS", SETTING_INTEGER, AT(slots), "32", "messages at once, a connection each", 1, 256},
    {"PULIH_NOTIFICATIONS_LEASE", SETTING_DURATION_MS, AT(lease_ms), "5m",
     "how long a delivery is one instance's; more than twice PULIH_SMTP_SEND_TIMEOUT and than PULIH_WEBHOOK_TIMEOUT",
     1000, 3600000},
    {"PULIH_NOTIFICATIONS_ATTEMPTS", SETTING_INTEGER, AT(attempts), "12", "attempts before a delivery is a dead letter",
     1, 100},
    {"PULIH_NOTIFICATIONS_BACKOFF_FIRST", SETTING_DURATION_MS, AT(backoff_first_ms), "30s",
     "wait after a delivery's first failure; doubles each time", 1, 86400000},
    {"PULIH_NOTIFICATIONS_BACKOFF_MOST", SETTING_DURATION_MS, AT(backoff_most_ms), "1h", "longest such wait", 1,
     86400000},
    {0},
};
#undef AT

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
                                     .webhook = {.private_addresses = own->webhook_private,
                                                 .ca_file = own->webhook_ca_file,
                                                 .timeout_ms = (uint32_t)own->webhook_timeout_ms},
                                     .house = {.foundation = own->foundation, .training = own->training},
                                     .bounce_address = *own->bounce_address ? own->bounce_address : own->from_address,
                                     .from_address = own->from_address,
                                     .from_name = own->from_name,
                                     .slots = (int)own->slots,
                                     .attempts_limit = (int)own->attempts,
                                     .lease_ms = (uint32_t)own->lease_ms,
                                     .backoff_first_ms = (uint32_t)own->backoff_first_ms,
                                     .backoff_most_ms = (uint32_t)own->backoff_most_ms,
                                     .domain_rate = (uint32_t)own->domain_rate,
                                     .webhook_rate = (uint32_t)own->webhook_rate};
  if (tls_from_name(own->smtp_tls, &outbox->smtp.tls)) return "PULIH_SMTP_TLS";
  if (!mail_address_ok(own->from_address)) return "PULIH_SMTP_FROM";
  if (!mail_address_ok(outbox->bounce_address)) return "PULIH_SMTP_BOUNCES";
  if (outbox->lease_ms <= outbox_send_ms(outbox)) return "PULIH_NOTIFICATIONS_LEASE";
  return NULL;
}

// Empty settings are fine: then there is no page to lead to, and no gateway can be signed to.
static const char *make_settings(struct notifications *notifications, const struct notifications_settings *own) {
  struct outbox_settings *outbox = &notifications->outbox_settings;
  outbox->notices_url = notifications->notices_url;
  if (*own->page_url) {
    int size = snprintf(notifications->notices_url, sizeof notifications->notices_url, "%s/notices", own->page_url);
    if (size >= (int)sizeof notifications->notices_url || strncmp(own->page_url, "http", 4) != 0) {
      return "PULIH_NOTIFICATIONS_PAGE";
    }
  }
  if (!*own->master_key_file) return NULL;
  int error = keyring_load(own->master_key_file, &notifications->keyring);
  if (error)
    LOG(ERROR, "MASTER_KEYS_NOT_READ", log_text("file", own->master_key_file), log_text("reason", strerror(-error)));
  outbox->keyring = notifications->keyring;
  return error ? "PULIH_NOTIFICATIONS_MASTER_KEY_FILE" : NULL;
}

static void planned(void *owner) {
  struct notifications *notifications = owner;
  outbox_wake(notifications->outbox);
}

static int start(struct service *service, void **ret_state) {
  if (sodium_init() < 0) return -ENOMEM;
  struct notifications *notifications = calloc(1, sizeof *notifications);
  if (!notifications) return -ENOMEM;
  notifications->service = service;
  const char *wrong = take_settings(service_settings(service), &notifications->outbox_settings);
  if (!wrong) wrong = make_settings(notifications, service_settings(service));
  if (!wrong) notifications->outbox = outbox_create(service, &notifications->outbox_settings);
  if (!notifications->outbox) {
    LOG(ERROR, "SETTING_WRONG", log_text("name", wrong ? wrong : "PULIH_SMTP_URL"));
    keyring_destroy(notifications->keyring);
    free(notifications);
    return -EINVAL;
  }
  planner_init(&notifications->planner, service, planned, notifications);
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
  if (!notifications->checked || notifications->stopping) return;
  outbox_wake(notifications->outbox);
  if (!strcmp(producer, "notifications")) planner_plan_slices(&notifications->planner);
}

// --- stop: the planner, then the outbox with what it has in hand
// ------------------------------------------------------

static void timer_closed(uv_handle_t *handle) {
  struct notifications *notifications = handle->data;
  struct service *service = notifications->service;
  keyring_destroy(notifications->keyring);
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
