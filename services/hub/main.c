#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>

#include "base/config.h"
#include "base/log.h"
#include "hub/hub.h"
#include "loop/health.h"

enum { SETTINGS_MEMORY_BYTES = 1 << 20, STARTED_BADLY = 1 };

#define AT(member) offsetof(struct hub_settings, member)
static const struct setting settings_table[] = {
    {"PULIH_HUB_CALLER_ENDPOINT", SETTING_TEXT, AT(caller_endpoint), "tcp://127.0.0.1:7100",
     "where sites, gateways and the command line connect", 0, 0},
    {"PULIH_HUB_SERVICE_ENDPOINT", SETTING_TEXT, AT(service_endpoint), "tcp://127.0.0.1:7101", "where services connect",
     0, 0},
    {"PULIH_HUB_SECRET_KEY", SETTING_SECRET, AT(secret_key), NULL, "the hub's secret key, Z85", 0, 0},
    {"PULIH_HUB_KEYS_FILE", SETTING_TEXT, AT(keys_file), NULL,
     "keys of services, operators and gateways: lines of \"kind name public-key\", read again when it changes", 0, 0},
    {"PULIH_HUB_CALLS", SETTING_INTEGER, AT(calls), "16384", "calls that wait or are at work", 16, 1000000},
    {"PULIH_HUB_WAITING_PER_METHOD", SETTING_INTEGER, AT(waiting_per_method), "1024",
     "calls of one method that wait for a service", 1, 1000000},
    {"PULIH_HUB_CALLS_PER_SITE", SETTING_INTEGER, AT(calls_per_site), "256", "calls of one site key at once", 1,
     1000000},
    {"PULIH_HUB_SITES_PER_SECOND", SETTING_INTEGER, AT(sites_per_second), "20",
     "connections of sites let in a second; the others come again after some", 1, 100000},
    {"PULIH_HUB_FRAME_LIMIT", SETTING_INTEGER, AT(frame_limit_bytes), "4194304", "bytes of the largest message", 65536,
     1 << 30},
    {"PULIH_HUB_PING_INTERVAL", SETTING_DURATION_MS, AT(ping_interval_ms), "1s",
     "how often services say that they are there; three missed and one is lost", 10, 60000},
    {"PULIH_CLOCK_FILE", SETTING_TEXT, AT(clock_file), "", "file that stands for the clock, for tests and training", 0,
     0},
    {"PULIH_LOG_LEVEL", SETTING_TEXT, AT(log_level), "info", "debug, info, warning or error", 0, 0},
    {HEALTH_SETTING, SETTING_TEXT, AT(health_socket), "", HEALTH_SETTING_HELP, 0, 0},
    {0},
};
#undef AT

static void print_help(void) {
  printf(
      "pulih-hub: connects callers with services\n\n  pulih-hub                  serve, until SIGTERM\n  pulih-hub "
      "--check-config   read the settings and say what is wrong\n  pulih-hub --health         ask the one beside this "
      "whether it serves; --live: whether it lives\n\nSettings, from the environment:\n");
  config_describe(settings_table, stdout);
}

static int read_settings(struct hub_settings *settings, struct arena *arena) {
  const struct setting *const tables[] = {settings_table, NULL};
  int problems = config_read(settings_table, settings, arena, stderr) + config_refuse_unknown(tables, stderr);
  enum log_level level = LOG_INFO;
  if (settings->log_level && log_level_from_name(settings->log_level, &level)) {
    fprintf(stderr, "PULIH_LOG_LEVEL: \"%s\" isn't debug, info, warning or error\n", settings->log_level);
    problems++;
  }
  static char instance[16];
  snprintf(instance, sizeof instance, "hub-%08x", randombytes_random());
  log_start("hub", instance, level);
  return problems ? EX_CONFIG : 0;
}

// Every site, gateway and service is a file here.
static void raise_file_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit)) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// Whether identity's keys are here isn't asked: identity waits for the hub.
static const char *why_not_serving(void *owner) {
  (void)owner;
  return NULL;
}

static int run(const struct hub_settings *settings) {
  struct loop loop;
  struct health health;
  struct mq_context context;
  struct hub hub;
  raise_file_limit();
  int error = loop_init(&loop, *settings->clock_file ? settings->clock_file : NULL);
  if (!error) error = mq_context_init(&context, &loop);
  if (error) {
    LOG(ERROR, "HUB_NOT_STARTED", log_text("reason", strerror(-error)));
    return STARTED_BADLY;
  }
  // Without having started there is nothing to wind up: the system closes what was opened.
  if (hub_start(&hub, &context, settings)) return STARTED_BADLY;
  error = health_serve(&health, &loop, settings->health_socket, why_not_serving, NULL);
  if (error)
    LOG(ERROR, "HEALTH_NOT_SERVED", log_text("path", settings->health_socket), log_text("reason", strerror(-error)));
  error = loop_run(&loop);
  hub_finish(&hub);
  loop_finish(&loop);
  mq_context_finish(&context);
  LOG(INFO, "STOPPED", log_number("error", error));
  return error ? STARTED_BADLY : 0;
}

int main(int argc, char **argv) {
  bool check_only = argc == 2 && !strcmp(argv[1], "--check-config");
  if (argc == 2 && !strcmp(argv[1], "--help")) {
    print_help();
    return 0;
  }
  if (health_is_asked(argc, argv)) return health_ask(argv);
  if (argc > 1 && !check_only) {
    fprintf(stderr, "pulih-hub: %s isn't an option; see --help\n", argv[1]);
    return EX_USAGE;
  }
  struct arena arena;
  struct hub_settings settings = {0};
  if (sodium_init() < 0) return EX_OSERR;
  arena_init(&arena, SETTINGS_MEMORY_BYTES);
  int error = read_settings(&settings, &arena);
  if (!error && !check_only) error = run(&settings);
  arena_finish(&arena);
  return error;
}
