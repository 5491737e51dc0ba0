// pulih doctor: looks at one thing after another and says what is wrong and how to mend it.
#include "doctor.h"

#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "catalogue.h"
#include "families.h"
#include "hub.h"
#include "json/json.h"
#include "message/field.h"
#include "method_name.h"
#include "outcome.h"
#include "output.h"

enum { HUB_TIMEOUT_MS = 5000, CONNECT_TIMEOUT_S = 5, DEAD_LETTERS_PAGE = 100, WAITING_MANY = 1000 };

enum verdict found(struct doctor *doctor, enum verdict verdict, const char *mend, const char *format, ...) {
  va_list values;
  va_start(values, format);
  vsnprintf(doctor->text, sizeof doctor->text, format, values);
  va_end(values);
  doctor->mend = verdict == WRONG ? mend : NULL;
  return verdict;
}

static enum verdict check_settings(struct doctor *doctor) {
  const struct settings *settings = &doctor->settings;
  if (!*settings->hub_endpoints)
    return found(doctor, WRONG, "Set it to the hub's caller endpoint, tcp://HOST:PORT.",
                 "PULIH_HUB_ENDPOINTS is not set");
  if (!*settings->hub_public_key_file)
    return found(doctor, WRONG, "Set it to hub.pub of pulih keys generate.", "PULIH_HUB_PUBLIC_KEY_FILE is not set");
  if (!*settings->key_file)
    return found(doctor, WRONG, "Set it to operator.key of pulih keys generate.", "PULIH_KEY_FILE is not set");
  return found(doctor, FINE, NULL, "hub at %s", settings->hub_endpoints);
}

int doctor_connect(const char *host, const char *port) {
  struct addrinfo *addresses, hints = {.ai_socktype = SOCK_STREAM};
  int failed = getaddrinfo(host, port, &hints, &addresses);
  if (failed) return -ENXIO;
  int connected = -ECONNREFUSED;
  for (struct addrinfo *at = addresses; at && connected < 0; at = at->ai_next) {
    int descriptor = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, 0);
    struct timeval patience = {.tv_sec = CONNECT_TIMEOUT_S};
    if (descriptor < 0) continue;
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    connected = connect(descriptor, at->ai_addr, at->ai_addrlen) ? -errno : descriptor;
    if (connected < 0) close(descriptor);
  }
  freeaddrinfo(addresses);
  return connected == -EINPROGRESS ? -ETIMEDOUT : connected;
}

// A hub that doesn't know the key keeps silent, so whether anybody listens is asked without it.
static enum verdict check_reachable(struct doctor *doctor) {
  char endpoints[256], *rest = endpoints;
  snprintf(endpoints, sizeof endpoints, "%s", doctor->settings.hub_endpoints);
  for (char *endpoint; (endpoint = strsep(&rest, ","));) {
    char *port = strrchr(endpoint, ':');
    if (strncmp(endpoint, "tcp://", 6) != 0 || !port || port < endpoint + 6) continue;
    *port++ = 0;
    int connected = doctor_connect(endpoint + 6, port);
    if (connected < 0)
      return found(doctor, WRONG, "Is pulih-hub running there, and PULIH_HUB_ENDPOINTS its caller side?", "%s:%s: %s",
                   endpoint, port, strerror(-connected));
    close(connected);
  }
  return found(doctor, FINE, NULL, "it takes connections");
}

static enum verdict check_accepted(struct doctor *doctor) {
  Pulih__Hub__V1__GetStatusRequest request = PULIH__HUB__V1__GET_STATUS_REQUEST__INIT;
  const ProtobufCMessage *message = NULL;
  const Pulih__Rpc__V1__Status *status = NULL;
  if (hub_try(doctor->invocation, &doctor->invocation->arena, "pulih.hub.v1.HubService/GetStatus", &request.base,
              &message, &status))
    return found(doctor, WRONG, "See above.", "no call could be made");
  if (status && outcome_of_code(status->code) == OUTCOME_TRY_AGAIN)
    return found(
        doctor, WRONG,
        "Is hub.pub this hub's, and the public half of PULIH_KEY_FILE in the hub's keys file or pulih site list?",
        "the hub doesn't answer this key (%s)", status->reason);
  if (status)
    return found(doctor, WRONG, "Sign in as an admin or auditor, or out to speak as the operator.", "%s (%s)",
                 status->message, status->reason);
  doctor->hub = (const void *)message;
  return found(doctor, FINE, NULL, "hub %s, %u keys", doctor->hub->version, doctor->hub->keys);
}

static bool is_connected(const struct doctor *doctor, const char *service) {
  for (size_t i = 0; doctor->hub && i < doctor->hub->n_instances; i++)
    if (!strcmp(doctor->hub->instances[i]->service, service)) return true;
  return false;
}

static enum verdict check_services(struct doctor *doctor) {
  static const char *const names[] = {"identity", "enrollment", "scheduling", "counseling_notes", "notifications"};
  if (!doctor->hub) return found(doctor, PASSED_OVER, NULL, "the hub couldn't be asked");
  char missing[128] = "";
  size_t size = 0;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (!is_connected(doctor, names[i]))
      size += (size_t)snprintf(missing + size, sizeof missing - size, "%s%s", size ? ", " : "", names[i]);
  if (*missing)
    return found(doctor, WRONG, "Start them, or look in their logs why they don't serve.", "not connected: %s",
                 missing);
  if (!doctor->hub->keys_fresh)
    return found(doctor, WRONG, "It goes by itself once identity answers; until then no changed access counts.",
                 "the hub waits for identity's keys");
  return found(doctor, FINE, NULL, "%zu instances", doctor->hub->n_instances);
}

static enum verdict check_queues(struct doctor *doctor) {
  if (!doctor->hub) return found(doctor, PASSED_OVER, NULL, "the hub couldn't be asked");
  bool many = doctor->hub->waiting >= WAITING_MANY;
  return found(doctor, many ? WRONG : FINE, "Start more instances of the service that is busy (pulih call GetStatus).",
               "%u calls waiting, %u in flight", doctor->hub->waiting, doctor->hub->in_flight);
}

static enum verdict check_dead_letters(struct doctor *doctor) {
  const struct method *method = NULL;
  if (!is_connected(doctor, "notifications") ||
      method_fitting(&catalogue, "NotificationsService/ListDeadLetters", &method) != 1)
    return found(doctor, PASSED_OVER, NULL, "notifications couldn't be asked");
  struct arena *arena = &doctor->invocation->arena;
  struct status wrong = {0};
  const ProtobufCMessage *message = NULL, *request = json_decode(method->input, "{\"pageSize\":100}", 16,
                                                                 &(struct json_options){0}, arena, &wrong);
  const Pulih__Rpc__V1__Status *status = NULL;
  if (!request || hub_try(doctor->invocation, arena, method->name, request, &message, &status) || status)
    return found(doctor, WRONG, "Look in the log of notifications.", "can't be read: %s",
                 status ? status->message : "");
  size_t count = field_count(message, &message->descriptor->fields[0]);
  return found(doctor, count ? WRONG : FINE, "pulih call ListDeadLetters says why; ResendDelivery sends one again.",
               "%zu%s messages were given up", count, count == DEAD_LETTERS_PAGE ? " or more" : "");
}

static const struct {
  const char *name;
  enum verdict (*check)(struct doctor *doctor);
  bool on_the_way;  // to the hub: once one is wrong, those that follow would only say it again
} checks[] = {
    {"settings", check_settings, true},
    {"keys", check_keys, true},
    {"hub", check_reachable, true},
    {"key accepted", check_accepted, true},
    {"services", check_services, false},
    {"queues", check_queues, false},
    {"dead letters", check_dead_letters, false},
    {"database", check_database, false},
    {"migrations", check_migrations, false},
    {"key store", check_keystore, false},
    {"clock", check_clock, false},
    {"disk", check_disk, false},
    {"mail", check_mail, false},
    {"backups", check_backups, false},
    {"archive", check_archive, false},
    {"secrets", check_secrets, false},
    {"certificates", check_certificates, false},
};

static void show(const struct doctor *doctor, const char *name, enum verdict verdict) {
  static const char *const words[] = {[FINE] = "fine", [WRONG] = "WRONG", [PASSED_OVER] = "-"};
  static const char *const colours[] = {[FINE] = "\033[32m", [WRONG] = "\033[31;1m", [PASSED_OVER] = ""};
  bool style = output_has_style(stdout);
  if (doctor->invocation->json) {
    printf("{\"check\":\"%s\",\"verdict\":\"%s\",\"found\":", name,
           (const char *[]){"fine", "wrong", "passedOver"}[verdict]);
    output_json_text(doctor->text, stdout);
    fputs(",\"mend\":", stdout);
    output_json_text(doctor->mend ? doctor->mend : "", stdout);
    puts("}");
    return;
  }
  printf("%s%-6s%s %-13s %s\n", style ? colours[verdict] : "", words[verdict], style ? "\033[0m" : "", name,
         doctor->text);
  if (doctor->mend) printf("%21s%s\n", "", doctor->mend);
  fflush(stdout);
}

enum outcome doctor_run(struct invocation *invocation) {
  struct doctor doctor = {.invocation = invocation};
  bool any_wrong = false;
  enum outcome outcome = settings_read(&invocation->arena, &doctor.settings);
  if (outcome) return outcome;
  if (!invocation->timeout_ms) invocation->timeout_ms = HUB_TIMEOUT_MS;
  signal(SIGPIPE, SIG_IGN);  // a door that hangs up is a finding
  for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
    enum verdict verdict = checks[i].on_the_way && any_wrong ? found(&doctor, PASSED_OVER, NULL, "because of the above")
                                                             : checks[i].check(&doctor);
    any_wrong = any_wrong || verdict == WRONG;
    show(&doctor, checks[i].name, verdict);
  }
  PQfinish(doctor.database);
  return any_wrong ? OUTCOME_FAILED : OUTCOME_OK;
}
