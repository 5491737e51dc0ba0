// By a gateway for WhatsApp or SMS: as JSON, signed.
//
//   {"type": "notice.send", "timestamp": "2026-03-02T11:00:00Z",
//    "data": {"id": "<delivery>", "channel": "SMS", "to": "+628…", "language": "id", "text": "…"}}
//
// The text of an SMS is the subject alone, which has all that can't wait; WhatsApp has the rest below it.
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "phone.h"
#include "sending.h"
#include "signature.h"

static void message_done(struct webhook_message *message) {
  static const enum dispatch_result results[] = {[WEBHOOK_TAKEN] = DISPATCH_SENT,
                                                 [WEBHOOK_REFUSED] = DISPATCH_REFUSED,
                                                 [WEBHOOK_PUT_OFF] = DISPATCH_PUT_OFF,
                                                 [WEBHOOK_NO_GATEWAY] = DISPATCH_NO_SERVER,
                                                 [WEBHOOK_GONE] = DISPATCH_REFUSED};
  struct sending *sending = message->owner;
  free((char *)message->body);
  sending->code = message->status;
  sending->cause = message->end == WEBHOOK_GONE ? "ENDPOINT_OFF" : "REFUSED";
  snprintf(sending->answer, sizeof sending->answer, "%s", message->answer);
  sending_end(sending, &(struct dispatch_end){.result = results[message->end],
                                              .wait_ms = message->wait_ms,
                                              .destination_failed = message->end == WEBHOOK_PUT_OFF});
}

static char *write_body(const struct sending *sending, const char *phone) {
  const struct words *words = &sending->letter.words;
  time_t seconds = (time_t)(sending->source.date_us / 1000000);
  struct tm broken_down;
  char timestamp[32];
  strftime(timestamp, sizeof timestamp, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &broken_down));
  bool is_short = !strcmp(sending->channel, channel_names[CHANNEL_SMS]);
  char *text = NULL;
  if (asprintf(&text, "%s%s%s", words->subject, is_short ? "" : "\n\n", is_short ? "" : words->body) < 0) return NULL;
  json_t *body = json_pack("{s:s, s:s, s:{s:s, s:s, s:s, s:s, s:s}}", "type", "notice.send", "timestamp", timestamp,
                           "data", "id", sending->source.delivery_id, "channel", sending->channel, "to", phone,
                           "language", sending->source.language, "text", text);
  free(text);
  char *written = body ? json_dumps(body, JSON_COMPACT) : NULL;
  json_decref(body);
  return written;
}

// By the secret in force and, for a while after it was rotated, by the one before as well. NULL when a key isn't there.
static const char *sign(struct sending *sending, const Pulih__Notifications__Internal__V1__ComposedEndpoint *endpoint,
                        const char *body) {
  const struct {
    const char *key_id;
    int number;
  } secrets[] = {{endpoint->key_id, endpoint->secret_number}, {endpoint->former_key_id, endpoint->former_number}};
  char signatures[2 * SIGNATURE_TEXT] = "";
  size_t written = 0;
  for (size_t i = 0; i < 2 && secrets[i].number > 0; i++) {
    const struct keyring *keyring = sending->senders->keyring;
    const struct master_key *key = keyring ? keyring_find(keyring, secrets[i].key_id) : NULL;
    if (!key) return NULL;
    const struct signature_secret secret = signature_secret_of(key, endpoint->id, secrets[i].number);
    char signature[SIGNATURE_TEXT];
    signature_sign(&secret, sending->source.delivery_id, sending->source.date_us / 1000000, body, strlen(body),
                   signature);
    written += (size_t)snprintf(signatures + written, sizeof signatures - written, "%s%s", i ? " " : "", signature);
  }
  return sending_keep(sending, signatures);
}

void sending_webhook(struct sending *sending, const ComposedMail *composed) {
  const Pulih__Notifications__Internal__V1__ComposedEndpoint *endpoint = composed->endpoint;
  char phone[PHONE_SIZE];
  if (!endpoint) {
    sending_end_unsent(sending, DISPATCH_UNUSABLE, "ENDPOINT_OFF", "its channel has no gateway that is on");
    return;
  }
  if (phone_international(composed->address, phone)) {
    sending_end_unsent(sending, DISPATCH_UNUSABLE, "NO_ADDRESS", "the recipient's number can't be used");
    return;
  }
  char *body = write_body(sending, phone);
  const char *signatures = body ? sign(sending, endpoint, body) : NULL;
  if (!signatures) {
    free(body);
    sending_end_unsent(sending, DISPATCH_UNUSABLE, "REFUSED",
                       body ? "its signing key isn't there" : "its text isn't UTF-8");
    return;
  }
  sending->message = (struct webhook_message){.url = sending_keep(sending, endpoint->url),
                                              .id = sending->source.delivery_id,
                                              .signatures = signatures,
                                              .timestamp_s = sending->source.date_us / 1000000,
                                              .body = body,
                                              .size = strlen(body),
                                              .done = message_done,
                                              .owner = sending};
  webhook_send(sending->senders->webhook, &sending->message);
}
