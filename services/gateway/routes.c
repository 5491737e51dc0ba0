// Every route there is. What isn't above the last belongs to the page.
#include "calls.h"
#include "live.h"
#include "static_files.h"

static void page_handle(struct http_exchange *exchange) {
  const struct gateway *gateway = http_owner(exchange);
  static_files_reply(gateway->files, exchange);
}

static void events_handle(struct http_exchange *exchange) {
  const struct gateway *gateway = http_owner(exchange);
  // A stream has no end that a HEAD could tell of.
  if (http_request(exchange)->method == HTTP_HEAD)
    http_reply_status(exchange, 405);
  else if (!gateway->live)
    http_reply_status(exchange, 503);
  else
    live_open(gateway->live, exchange, caller_of(exchange).token);
}

const struct http_route gateway_routes[] = {
    {.path = "/pulih.",
     .prefix = true,
     .name = "connect",
     .handle = connect_handle,
     .methods = HTTP_GET | HTTP_POST | HTTP_OPTIONS},
    {.path = "/session", .name = "session", .handle = session_handle, .methods = HTTP_GET | HTTP_POST | HTTP_DELETE},
    {.path = "/session/password", .name = "session", .handle = session_password_handle, .methods = HTTP_POST},
    {.path = "/oidc/start", .name = "oidc", .handle = oidc_start_handle, .methods = HTTP_GET},
    {.path = "/oidc/callback", .name = "oidc", .handle = oidc_callback_handle, .methods = HTTP_GET},
    {.path = "/events", .name = "events", .handle = events_handle, .methods = HTTP_GET},
    {.path = "/cal/", .prefix = true, .name = "calendar", .handle = calendar_handle, .methods = HTTP_GET},
    {.path = "/receipts/", .prefix = true, .name = "receipts", .handle = receipts_handle, .methods = HTTP_POST},
    {.path = "/openapi.json", .name = "openapi", .handle = openapi_handle, .methods = HTTP_GET},
    {.path = "/livez", .name = "livez", .handle = health_live, .methods = HTTP_GET},
    {.path = "/readyz", .name = "readyz", .handle = health_ready, .methods = HTTP_GET},
    {.path = "/metrics", .name = "metrics", .handle = health_metrics, .methods = HTTP_GET},
    {.path = "/", .prefix = true, .name = "page", .handle = page_handle, .methods = HTTP_GET},
    {0},
};
