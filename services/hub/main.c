#include "hub/hub.h"
#include "loop/process.h"

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
    {0},
};
#undef AT

// Whether identity's keys are here isn't asked: identity waits for the hub.
static const char *why_not_serving(void *owner) {
  (void)owner;
  return NULL;
}

struct hub_process {
  struct process process;
  struct hub_settings settings;
  struct loop loop;
  struct mq_context context;
  struct hub hub;
};

static int start(void *owner) {
  struct hub_process *own = owner;
  int error = mq_context_init(&own->context, &own->loop);
  return error ? error : hub_start(&own->hub, &own->context, &own->settings);
}

static void finish(void *owner) {
  struct hub_process *own = owner;
  hub_finish(&own->hub);
  loop_finish(&own->loop);
  mq_context_finish(&own->context);
}

int main(int argc, char **argv) {
  struct hub_process own = {.process = {.name = "hub",
                                        .summary = "connects callers with services",
                                        .tables = {{settings_table, &own.settings}},
                                        .start = start,
                                        .why_not_serving = why_not_serving,
                                        .finish = finish,
                                        .owner = &own,
                                        .loop = &own.loop}};
  return process_main(argc, argv, &own.process);
}
