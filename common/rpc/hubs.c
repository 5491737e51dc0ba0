#include "rpc/hubs.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

// An address that is left out once may be in the next answer: servers shorten long ones and take turns.
enum { LOOK_EVERY_MS = 1000, MISSED_MOST = 3 };

static void one_closed(struct hubs *hubs) {
  if (!--hubs->open && hubs->closing) hubs->closed(hubs->settings.owner);
}

static struct hubs_address *find(struct hubs_name *name, const char *endpoint) {
  for (size_t i = 0; i < HUBS_MOST; i++)
    if (!strcmp(name->addresses[i].endpoint, endpoint)) return &name->addresses[i];
  return NULL;
}

static void take(struct hubs_name *name, const struct sockaddr *address) {
  char host[INET_ADDRSTRLEN], endpoint[HUBS_ENDPOINT_BYTES];
  if (!inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, host, sizeof host)) return;
  snprintf(endpoint, sizeof endpoint, "tcp://%s:%s", host, name->port);
  struct hubs_address *known = find(name, endpoint);
  if (!known) {
    // With no room left it comes when another has gone.
    known = find(name, "");
    if (!known || name->hubs->settings.came(name->hubs->settings.owner, endpoint)) return;
    snprintf(known->endpoint, sizeof known->endpoint, "%s", endpoint);
  }
  known->missed = 0;
}

static void drop_missed(struct hubs_name *name) {
  for (size_t i = 0; i < HUBS_MOST; i++) {
    struct hubs_address *address = &name->addresses[i];
    if (!*address->endpoint || address->missed < MISSED_MOST) continue;
    name->hubs->settings.went(name->hubs->settings.owner, address->endpoint);
    *address->endpoint = 0;
  }
}

// A name that can't be looked up says nothing: whoever is connected stays.
static void looked_up(uv_getaddrinfo_t *look_up, int status, struct addrinfo *found) {
  struct hubs_name *name = look_up->data;
  name->looking = false;
  if (!status && !name->hubs->closing) {
    for (size_t i = 0; i < HUBS_MOST; i++) name->addresses[i].missed++;
    for (struct addrinfo *at = found; at; at = at->ai_next) take(name, at->ai_addr);
    drop_missed(name);
  }
  uv_freeaddrinfo(found);
  one_closed(name->hubs);
}

static void look(uv_timer_t *timer) {
  struct hubs *hubs = timer->data;
  const struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
  for (size_t i = 0; i < hubs->name_count; i++) {
    struct hubs_name *name = &hubs->names[i];
    if (name->looking) continue;
    name->look_up.data = name;
    name->looking = !uv_getaddrinfo(timer->loop, &name->look_up, looked_up, name->host, NULL, &hints);
    if (name->looking) hubs->open++;
  }
}

static bool is_port(const char *text) {
  size_t size = strspn(text, "0123456789");
  return size && size <= 5 && !text[size];
}

// What isn't TCP, and an address, is libzmq's to read.
static int add(struct hubs *hubs, char *endpoint) {
  struct in_addr address;
  char *host = endpoint + strlen("tcp://"), *port = strrchr(endpoint, ':');
  bool tcp = !strncmp(endpoint, "tcp://", strlen("tcp://"));
  if (tcp && (port < host || port == host || !is_port(port + 1))) return -EINVAL;
  if (tcp) *port = 0;
  bool named = tcp && *host != '[' && !inet_pton(AF_INET, host, &address);
  if (named) {
    if (hubs->name_count == HUBS_MOST || strlen(host) >= HUBS_NAME_BYTES) return -E2BIG;
    struct hubs_name *name = &hubs->names[hubs->name_count++];
    name->hubs = hubs;
    memcpy(name->host, host, strlen(host) + 1);
    memcpy(name->port, port + 1, strlen(port + 1) + 1);
    return 0;
  }
  if (tcp) *port = ':';
  return hubs->settings.came(hubs->settings.owner, endpoint);
}

int hubs_init(struct hubs *hubs, const struct hubs_settings *settings) {
  *hubs = (struct hubs){.settings = *settings, .open = 1};
  uv_timer_init(settings->loop, &hubs->timer);
  hubs->timer.data = hubs;
  int error = 0;
  for (const char *at = settings->endpoints; !error; at++) {
    char endpoint[HUBS_NAME_BYTES + 16];
    size_t size = strcspn(at, ",");
    if (size >= sizeof endpoint) return -E2BIG;
    snprintf(endpoint, sizeof endpoint, "%.*s", (int)size, at);
    error = add(hubs, endpoint);
    at += size;
    if (!*at) break;
  }
  if (!error && hubs->name_count) uv_timer_start(&hubs->timer, look, 0, LOOK_EVERY_MS);
  return error;
}

static void timer_closed(uv_handle_t *timer) {
  one_closed(timer->data);
}

void hubs_close(struct hubs *hubs, void (*closed)(void *owner)) {
  hubs->closing = true;
  hubs->closed = closed;
  for (size_t i = 0; i < hubs->name_count; i++)
    if (hubs->names[i].looking) uv_cancel((uv_req_t *)&hubs->names[i].look_up);
  uv_close((uv_handle_t *)&hubs->timer, timer_closed);
}
