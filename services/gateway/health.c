// Whether the gateway lives, whether it should be sent work, and its metrics.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calls.h"
#include "hub.pb-c.h"
#include "live.h"
#include "message/message.h"

enum { READY_MS = 2000 };

void health_live(struct http_exchange *exchange) {
  reply_json(exchange, 200, "{\"live\":true}", strlen("{\"live\":true}"));
}

static void reply_ready(struct http_exchange *exchange, bool hub) {
  struct gateway *gateway = http_owner(exchange);
  gateway->hub_answered = hub;
  bool serving = !http_server_is_draining(gateway->http), ready = serving && hub;
  const char *text = arena_printf(http_arena(exchange), "{\"ready\":%s,\"checks\":{\"serving\":%s,\"hub\":%s}}",
                                  ready ? "true" : "false", serving ? "true" : "false", hub ? "true" : "false");
  if (text)
    reply_json(exchange, ready ? 200 : 503, text, strlen(text));
  else
    http_reply_status(exchange, 503);
}

// The hub asks for a sign-in: it is there, and knows our key.
static void asked(struct http_exchange *exchange, const struct rpc_answer *answer) {
  reply_ready(exchange, !answer->status || reason_by_name(answer->status->reason) == REASON_NOT_SIGNED_IN);
}

void health_ready(struct http_exchange *exchange) {
  call_method(exchange, "pulih.hub.v1.HubService/GetStatus", "", 0, NULL, READY_MS, asked);
}

// The gateway's own, and behind them `more`.
static void reply_metrics(struct http_exchange *exchange, const char *more) {
  const struct gateway *gateway = http_owner(exchange);
  char *text = NULL, *copy = NULL;
  size_t size = 0;
  FILE *out = open_memstream(&text, &size);
  if (out) metrics_write(&gateway->metrics, out);
  if (out) fputs(more, out);
  if (out && !fclose(out)) copy = arena_copy_text(http_arena(exchange), text, size);
  free(text);
  if (copy)
    http_reply(
        exchange,
        &(struct http_reply){
            .status = 200, .content_type = "text/plain; version=0.0.4; charset=utf-8", .body = copy, .size = size});
  else
    http_reply_status(exchange, 503);
}

static void hub_measured(struct http_exchange *exchange, const struct rpc_answer *answer) {
  struct status status = {0};
  const Pulih__Hub__V1__GetMetricsResponse *response = NULL;
  if (!answer->status)
    response = (const void *)message_unpack(&pulih__hub__v1__get_metrics_response__descriptor, answer->body,
                                            answer->size, http_arena(exchange), &status);
  reply_metrics(exchange, response ? response->text : "");
}

// With those of the hub, which listens to nobody but callers with a key. Not for those who come through the proxy.
void health_metrics(struct http_exchange *exchange) {
  const struct gateway *gateway = http_owner(exchange);
  if (gateway->settings.behind_proxy && http_field_count(exchange, "x-forwarded-for"))
    http_reply_status(exchange, 404);
  else if (gateway->live)
    call_method_by(live_client(gateway->live), exchange, "pulih.hub.v1.HubService/GetMetrics", READY_MS, hub_measured);
  else
    reply_metrics(exchange, "");
}
