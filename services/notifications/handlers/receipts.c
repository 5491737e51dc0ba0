// RecordReceipts: what a gateway says, believed for its signature alone. Whoever calls is nobody here, so the service
// looks and writes by itself.
#include <errno.h>

#include "base/log.h"
#include "db/db.h"
#include "loop/loop.h"
#include "notifications.h"
#include "notifications_methods.h"
#include "receipt_body.h"
#include "rpc/call.h"
#include "signature.h"

typedef Pulih__Notifications__Internal__V1__EndpointSecrets EndpointSecrets;
typedef Pulih__Notifications__Internal__V1__RecordedReceipts RecordedReceipts;
typedef Pulih__Notifications__V1__RecordReceiptsRequest RecordReceiptsRequest;

enum { TIMEOUT_MS = 10000 };

struct record_receipts {
  struct service_query query;
  Pulih__Notifications__Internal__V1__EndpointId endpoint;
  Pulih__Notifications__Internal__V1__SaidReceipts said;
};

static void endpoint_found(struct service_query *query, struct db_result *result, const struct status *status);
static void receipts_recorded(struct service_query *query, struct db_result *result, const struct status *status);

static void run(struct call *call, const struct db_statement *statement, const ProtobufCMessage *in,
                void (*done)(struct service_query *, struct db_result *, const struct status *)) {
  struct record_receipts *step = call->step;
  step->query = (struct service_query){
      .statement = statement, .in = in, .arena = &call->arena, .timeout_ms = TIMEOUT_MS, .done = done, .owner = call};
  service_query_run(call->service, &step->query);
}

void notifications_record_receipts(struct call *call) {
  const RecordReceiptsRequest *request = (const void *)call->request;
  struct record_receipts *step = call->step = ARENA_NEW(&call->arena, struct record_receipts);
  if (!step) {
    call_fail_with(call, REASON_MESSAGE_TOO_LARGE);
    return;
  }
  pulih__notifications__internal__v1__endpoint_id__init(&step->endpoint);
  step->endpoint.endpoint_id = request->endpoint_id;
  run(call, &notifications_find_endpoint_statement, &step->endpoint.base, endpoint_found);
}

static bool is_signed(struct call *call, const EndpointSecrets *endpoint) {
  const struct notifications *notifications = service_state(call->service);
  const RecordReceiptsRequest *request = (const void *)call->request;
  const struct {
    const char *key_id;
    int number;
  } sources[] = {{endpoint->key_id, endpoint->secret_number}, {endpoint->former_key_id, endpoint->former_number}};
  struct signature_secret secrets[2];
  size_t count = 0;
  for (size_t i = 0; i < 2; i++) {
    const struct master_key *key = sources[i].number > 0 && notifications->keyring
                                       ? keyring_find(notifications->keyring, sources[i].key_id)
                                       : NULL;
    if (key) secrets[count++] = signature_secret_of(key, request->endpoint_id, sources[i].number);
  }
  return signature_ok(secrets, count, request->signature, request->webhook_id, request->timestamp,
                      loop_wall_us(service_loop(call->service)) / 1000000, request->body.data, request->body.len);
}

static void endpoint_found(struct service_query *query, struct db_result *result, const struct status *status) {
  struct call *call = query->owner;
  struct record_receipts *step = call->step;
  const RecordReceiptsRequest *request = (const void *)call->request;
  if (!result) {
    call->status = *status;
    call_fail(call);
    return;
  }
  bool any = db_result_rows(result) > 0;
  const EndpointSecrets *endpoint = any ? (const EndpointSecrets *)db_result_row(result, 0, &call->arena) : NULL;
  if (!endpoint || !is_signed(call, endpoint)) {
    call_fail_with(call, REASON_RECEIPT_NOT_SIGNED);
    return;
  }
  struct receipts receipts;
  int error = receipt_body_read(request->body.data, request->body.len, &call->arena, &receipts);
  if (error) {
    call_fail_with(call, error == -EINVAL ? REASON_RECEIPT_MALFORMED : REASON_MESSAGE_TOO_LARGE);
    return;
  }
  pulih__notifications__internal__v1__said_receipts__init(&step->said);
  step->said.channel = endpoint->channel;
  step->said.delivery_ids = receipts.delivery_ids;
  step->said.receipts = receipts.receipts;
  step->said.n_delivery_ids = step->said.n_receipts = receipts.count;
  run(call, &notifications_record_receipts_statement, &step->said.base, receipts_recorded);
}

static void receipts_recorded(struct service_query *query, struct db_result *result, const struct status *status) {
  struct call *call = query->owner;
  const struct notifications *notifications = service_state(call->service);
  const RecordedReceipts *recorded = result ? (const RecordedReceipts *)db_result_row(result, 0, &call->arena) : NULL;
  if (!recorded) {
    if (!result) call->status = *status;
    if (result) call->status.reason = REASON_MESSAGE_TOO_LARGE;
    call_fail(call);
    return;
  }
  Pulih__Notifications__V1__RecordReceiptsResponse answer = PULIH__NOTIFICATIONS__V1__RECORD_RECEIPTS_RESPONSE__INIT;
  answer.changed_count = recorded->changed_count;
  // A failed one has made its fallback due.
  if (recorded->changed_count > 0 && notifications->checked && !notifications->stopping) {
    outbox_wake(notifications->outbox);
  }
  call_reply(call, &answer.base);
}
