// /receipts/<endpoint id>: what a gateway for WhatsApp or SMS says of its messages (ReceiptsService). Nothing is
// believed here; the signature is notifications' to verify, over the body as it came.
#include <string.h>

#include "calls.h"
#include "receipts.pb-c.h"

enum { BODY_MOST = 64 * 1024 };

static const char begins[] = "/receipts/";

static void receipts_taken(struct http_exchange *exchange, const struct rpc_answer *answer) {
  if (answer->status) {
    reply_failure(exchange, answer->status, 0);
  } else {
    http_reply(exchange, &(struct http_reply){.status = 204});
  }
}

// "" where there isn't exactly one.
static char *field(struct http_exchange *exchange, const char *name) {
  const char *value = http_field_count(exchange, name) == 1 ? http_field(exchange, name) : NULL;
  return (char *)(value ? value : "");
}

void receipts_handle(struct http_exchange *exchange) {
  const struct http_request *request = http_request(exchange);
  if (request->body_size > BODY_MOST) {
    http_reply_status(exchange, 413);
    return;
  }
  Pulih__Notifications__V1__RecordReceiptsRequest receipts = PULIH__NOTIFICATIONS__V1__RECORD_RECEIPTS_REQUEST__INIT;
  receipts.endpoint_id = (char *)request->path + sizeof begins - 1;
  receipts.webhook_id = field(exchange, "webhook-id");
  receipts.timestamp = field(exchange, "webhook-timestamp");
  receipts.signature = field(exchange, "webhook-signature");
  receipts.body = (ProtobufCBinaryData){request->body_size, (uint8_t *)request->body};
  call_message(exchange, "pulih.notifications.v1.ReceiptsService/RecordReceipts", &receipts.base, NULL, receipts_taken);
}
