// CreateEndpoint and RotateEndpointSecret: what shows a gateway's secret, which is made and not kept.
#include "db/db.h"
#include "notifications.h"
#include "notifications_methods.h"
#include "rpc/call.h"
#include "signature.h"

typedef Pulih__Notifications__Internal__V1__StoredEndpoint StoredEndpoint;

// NULL, and the call is answered, where nothing can be made of it.
static const struct master_key *newest_key(struct call *call) {
  const struct notifications *notifications = service_state(call->service);
  if (notifications->keyring) return keyring_newest(notifications->keyring);
  call_fail_with(call, REASON_ENDPOINT_NEEDS_KEY);
  return NULL;
}

static void endpoint_stored(struct call *call, struct db_result *result) {
  const struct notifications *notifications = service_state(call->service);
  if (db_result_rows(result) == 0) {
    call_fail_with(call, REASON_NOT_FOUND);
    return;
  }
  const StoredEndpoint *stored = (const StoredEndpoint *)db_result_row(result, 0, &call->arena);
  const struct master_key *key = stored ? keyring_find(notifications->keyring, stored->key_id) : NULL;
  if (!key) {
    call_fail_with(call, stored ? REASON_ENDPOINT_NEEDS_KEY : REASON_MESSAGE_TOO_LARGE);
    return;
  }
  char text[SIGNATURE_SECRET_TEXT];
  const struct signature_secret secret = signature_secret_of(key, stored->endpoint->id, stored->secret_number);
  signature_secret_text(&secret, text);
  Pulih__Notifications__V1__EndpointSecret answer = PULIH__NOTIFICATIONS__V1__ENDPOINT_SECRET__INIT;
  answer.endpoint = stored->endpoint;
  answer.secret = text;
  call_reply(call, &answer.base);
}

void notifications_create_endpoint(struct call *call) {
  const Pulih__Notifications__V1__CreateEndpointRequest *request = (const void *)call->request;
  const struct master_key *key = newest_key(call);
  if (!key) return;
  Pulih__Notifications__Internal__V1__NewEndpoint *endpoint =
      ARENA_NEW(&call->arena, Pulih__Notifications__Internal__V1__NewEndpoint);
  if (!endpoint) {
    call_fail_with(call, REASON_MESSAGE_TOO_LARGE);
    return;
  }
  // One that isn't a gateway's the table refuses.
  static char *const channels[] = {"", "EMAIL", "WHATSAPP", "SMS"};
  pulih__notifications__internal__v1__new_endpoint__init(endpoint);
  endpoint->id = request->id;
  endpoint->channel = channels[request->channel];
  endpoint->url = request->url;
  endpoint->key_id = (char *)key->id;
  call_query(call, &notifications_create_endpoint_statement, &endpoint->base, endpoint_stored);
}

void notifications_rotate_endpoint_secret(struct call *call) {
  const Pulih__Notifications__V1__RotateEndpointSecretRequest *request = (const void *)call->request;
  const struct master_key *key = newest_key(call);
  if (!key) return;
  Pulih__Notifications__Internal__V1__NewSecret *secret =
      ARENA_NEW(&call->arena, Pulih__Notifications__Internal__V1__NewSecret);
  if (!secret) {
    call_fail_with(call, REASON_MESSAGE_TOO_LARGE);
    return;
  }
  pulih__notifications__internal__v1__new_secret__init(secret);
  secret->id = request->id;
  secret->key_id = (char *)key->id;
  secret->former_hours = request->former_hours;
  secret->version = request->version;
  call_query(call, &notifications_rotate_endpoint_secret_statement, &secret->base, endpoint_stored);
}
