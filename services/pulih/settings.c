#include "settings.h"

#include <string.h>

#include "base/config.h"

#define AT(member) offsetof(struct settings, member)
static const struct setting table[] = {
    {"PULIH_HUB_ENDPOINTS", SETTING_TEXT, AT(hub_endpoints), "", "caller endpoints of the hubs, by commas", 0, 0},
    {"PULIH_HUB_PUBLIC_KEY_FILE", SETTING_TEXT, AT(hub_public_key_file), "", "file with the hub's public key", 0, 0},
    {"PULIH_KEY_FILE", SETTING_TEXT, AT(key_file), "", "file with this operator's secret key", 0, 0},
    {"PULIH_SESSION_FILE", SETTING_TEXT, AT(session_file), "",
     "file of who is signed in (else $XDG_STATE_HOME/pulih/session.json)", 0, 0},
    {"PULIH_TIMEOUT", SETTING_DURATION_MS, AT(timeout_ms), "30s", "how long to wait for an answer", 1, 120000},
    {"PULIH_DATABASE_URL", SETTING_SECRET, AT(database_url), "",
     "libpq connection string of the database's superuser, for migrate and doctor", 0, 0},
    {"PULIH_NOTES_KEYSTORE_URL", SETTING_SECRET, AT(keystore_url), "", "the same for the notes' key store", 0, 0},
    {"PULIH_DOOR", SETTING_TEXT, AT(door), "", "HOST:PORT of the front door, whose certificate doctor looks at", 0, 0},
    {"PULIH_CONNECT_WAIT", SETTING_DURATION_MS, AT(connect_wait_ms), "30s",
     "how long migrate waits for a database that is starting", 0, 0},
    {0},
};
#undef AT

enum outcome settings_read(struct arena *arena, struct settings *ret_settings) {
  return config_read(table, ret_settings, arena, stderr) ? OUTCOME_USAGE : OUTCOME_OK;
}

enum outcome settings_refuse_missing(const char *name) {
  const struct setting *setting = table;
  while (strcmp(setting->name, name) != 0) setting++;
  fprintf(stderr, "pulih: %s is not set; it is the %s\n", name, setting->help);
  return OUTCOME_USAGE;
}

void settings_describe(FILE *out) {
  config_describe(table, out);
}
