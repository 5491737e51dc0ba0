#include "cors.h"

#include <string.h>

// Whether an origin is one of a list separated by commas.
static bool is_listed(const char *list, const char *origin) {
  size_t size = strlen(origin);
  for (const char *at = list; *at; at += strspn(at, ", ")) {
    size_t length = strcspn(at, ", ");
    if (length == size && !strncmp(at, origin, size)) return true;
    at += length;
  }
  return false;
}

void cors_allow(struct http_exchange *exchange) {
  const struct gateway *gateway = http_owner(exchange);
  if (!*gateway->settings.cors_origins) return;
  http_add_field(exchange, "Vary", "Origin");
  const char *origin = http_field(exchange, "origin");
  if (origin && is_listed(gateway->settings.cors_origins, origin))
    http_add_field(exchange, "Access-Control-Allow-Origin", origin);
}

void cors_preflight(struct http_exchange *exchange) {
  static const struct http_field fields[] = {
      {.name = "Allow", .value = "GET, HEAD, POST, OPTIONS"},
      {.name = "Access-Control-Allow-Methods", .value = "GET, POST"},
      {.name = "Access-Control-Allow-Headers",
       .value = "Authorization, Content-Type, Connect-Protocol-Version, Connect-Timeout-Ms, Traceparent"},
      {.name = "Access-Control-Max-Age", .value = "7200"}};
  cors_allow(exchange);
  http_reply(exchange, &(struct http_reply){.status = 204, .fields = fields, .field_count = 4});
}
