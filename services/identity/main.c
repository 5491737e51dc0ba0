#include <errno.h>
#include <sodium.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/log.h"
#include "http_fetch.h"
#include "identity.h"
#include "identity_methods.h"
#include "loop/loop.h"
#include "service/service.h"

// At 100 ms each, two at a time, the last one in line waits under a second.
enum { PASSWORDS_WAITING_MAX = 16 };

enum { MINUTE_MS = 60000, DAY_MS = 24 * 3600000 };

#define AT(member) offsetof(struct identity_settings, member)
static const struct setting settings[] = {
    {"PULIH_IDENTITY_MASTER_KEY_FILE", SETTING_TEXT, AT(master_key_file), NULL,
     "file with the keys that seal second factors, one a line in hex or base64, the newest last", 0, 0},
    {"PULIH_IDENTITY_TOTP", SETTING_TEXT, AT(totp), "required",
     "second factor of coordinators, admins and clinical supervisors: required or optional", 0, 0},
    {"PULIH_IDENTITY_TOTP_ISSUER", SETTING_TEXT, AT(totp_issuer), "Pulih", "name shown in authenticator apps", 0, 0},
    {"PULIH_IDENTITY_SESSION_IDLE", SETTING_DURATION_MS, AT(idle_ms), "1h", "how long a sign-in may be unused",
     2LL * MINUTE_MS, DAY_MS},
    {"PULIH_IDENTITY_SESSION_LASTS", SETTING_DURATION_MS, AT(lasts_ms), "12h", "how long a sign-in lasts",
     5LL * MINUTE_MS, 30LL * DAY_MS},
    {"PULIH_OIDC_ISSUER", SETTING_TEXT, AT(oidc.issuer), "", "OpenID provider, https://…; empty: passwords alone", 0,
     0},
    {"PULIH_OIDC_CLIENT_ID", SETTING_TEXT, AT(oidc.client_id), "", "who we are for the provider", 0, 0},
    {"PULIH_OIDC_CLIENT_SECRET", SETTING_SECRET, AT(oidc.client_secret), "", "its secret; empty for a public client", 0,
     0},
    {"PULIH_OIDC_REDIRECT_URI", SETTING_TEXT, AT(oidc.redirect_uri), "",
     "the gateway's https://…/oidc/callback, as the provider knows it", 0, 0},
    {"PULIH_OIDC_SCOPE", SETTING_TEXT, AT(oidc.scope), "openid email", "what to ask the provider for", 0, 0},
    {"PULIH_OIDC_CLAIM", SETTING_TEXT, AT(oidc.claim), "email",
     "claim with a person's e-mail address; any but email is believed without email_verified", 0, 0},
    {"PULIH_OIDC_TRUST_SECOND_FACTOR", SETTING_BOOLEAN, AT(oidc.trust_second_factor), "false",
     "whether the provider asks for a second factor without saying so (amr)", 0, 0},
    {"PULIH_OIDC_CA_FILE", SETTING_TEXT, AT(oidc.ca_file), "", "certificates to trust for it; empty: the system's", 0,
     0},
    {0},
};
#undef AT

static void destroy(struct identity *identity) {
  keyring_destroy(identity->keyring);
  free(identity);
}

static int read_settings(struct identity *identity) {
  const struct identity_settings *own = identity->settings;
  identity->totp_required = !strcmp(own->totp, "required");
  if (!identity->totp_required && strcmp(own->totp, "optional") != 0) {
    LOG(ERROR, "SETTING_WRONG", log_text("setting", "PULIH_IDENTITY_TOTP"), log_text("reason", "required or optional"));
    return -EINVAL;
  }
  const char *problem = oidc_settings_problem(&own->oidc);
  if (problem) {
    LOG(ERROR, "SETTING_WRONG", log_text("setting", "PULIH_OIDC_*"), log_text("reason", problem));
    return -EINVAL;
  }
  int error = keyring_load(own->master_key_file, &identity->keyring);
  if (error)
    LOG(ERROR, "MASTER_KEYS_NOT_READ", log_text("file", own->master_key_file), log_text("reason", strerror(-error)));
  return error;
}

static int start(struct service *service, void **ret_state) {
  // No core file holds keys or passwords.
  if (setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0})) return -errno;
  struct identity *identity = calloc(1, sizeof *identity);
  if (!identity) return -ENOMEM;
  identity->settings = service_settings(service);
  identity->random = &random_of_system;
  int error = read_settings(identity);
  if (!error && !(identity->curl = curl_loop_create(&service_loop(service)->uv, http_fetch_done))) error = -ENOMEM;
  if (error) {
    destroy(identity);
    return error;
  }
  password_line_init(&identity->passwords, &service_loop(service)->uv, PASSWORDS_WAITING_MAX);
  password_line_add_metrics(&identity->passwords, service_metrics(service));
  *ret_state = identity;
  return 0;
}

static void curl_stopped(void *owner) {
  struct service *service = owner;
  destroy(service_state(service));
  service_stopped(service);
}

static void stop(struct service *service) {
  struct identity *identity = service_state(service);
  curl_loop_destroy(identity->curl, curl_stopped, service);
}

int main(int argc, char **argv) {
  static const struct service_definition definition = {
      .name = "identity",
      .has_secrets = true,
      .summary = "people, roles, sign-ins and keys",
      .methods = &identity_methods,
      .statements = identity_statements,
      .statement_count = identity_statement_count,
      .settings = settings,
      .settings_size = sizeof(struct identity_settings),
      .start = start,
      .stop = stop,
  };
  return service_main(argc, argv, &definition);
}
