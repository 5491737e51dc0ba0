#include <stdlib.h>

#include "hub.pb-c.h"
#include "hub/hub.h"
#include "rpc/envelope.h"

static void answer_message(struct hub *hub, struct hub_call *call, const ProtobufCMessage *message) {
  static const struct status ok;
  zmq_msg_t body;
  if (zmq_msg_init_size(&body, protobuf_c_message_get_packed_size(message)))
    return hub_refuse(hub, call, REASON_INTERNAL);
  protobuf_c_message_pack(message, zmq_msg_data(&body));
  hub_answer(hub, call, &ok, &body);
}

static void get_status(struct hub *hub, struct hub_call *call) {
  Pulih__Hub__V1__GetStatusResponse response = PULIH__HUB__V1__GET_STATUS_RESPONSE__INIT;
  Pulih__Hub__V1__Instance instances[HUB_INSTANCES_MOST], *pointers[HUB_INSTANCES_MOST];
  response.instances = pointers;
  for (size_t i = 0; i < HUB_INSTANCES_MOST; i++) {
    const struct hub_instance *from = hub_core_instance(hub->core, i);
    if (!from) continue;
    Pulih__Hub__V1__Instance *to = pointers[response.n_instances] = &instances[response.n_instances];
    response.n_instances++;
    pulih__hub__v1__instance__init(to);
    to->service = (char *)from->service;
    to->name = (char *)from->name;
    to->version = (char *)from->version;
    to->credit = from->credit;
    to->in_flight = from->in_flight;
    to->methods = (uint32_t)from->method_count;
    to->draining = from->draining;
    response.in_flight += from->in_flight;
  }
  response.waiting = (uint32_t)hub_core_waiting(hub->core);
  response.keys = (uint32_t)(hub->keys.installed.count + hub->keys.listed.count);
  response.keys_fresh = hub_keys_are_fresh(hub);
  response.version = (char *)PULIH_VERSION;
  answer_message(hub, call, &response.base);
}

static void measure(struct hub *hub) {
  struct hub_metrics *counts = &hub->counts;
  size_t instances = 0;
  for (size_t i = 0; i < HUB_INSTANCES_MOST; i++) instances += hub_core_instance(hub->core, i) != NULL;
  metric_set(&counts->instances, (double)instances);
  metric_set(&counts->calls, (double)hub_core_calls(hub->core));
  metric_set(&counts->waiting, (double)hub_core_waiting(hub->core));
  metric_set(&counts->parked, (double)hub->parked);
  metric_set(&counts->keys, (double)(hub->keys.installed.count + hub->keys.listed.count));
  metric_set(&counts->connections_accepted, (double)hub->zap.accepted);
  metric_set(&counts->connections_refused, (double)hub->zap.refused);
  metric_set(&counts->connections_put_off, (double)hub->zap.put_off);
}

static void get_metrics(struct hub *hub, struct hub_call *call) {
  char *text = NULL;
  size_t size = 0;
  FILE *out = open_memstream(&text, &size);
  if (!out) return hub_refuse(hub, call, REASON_INTERNAL);
  measure(hub);
  metrics_write(&hub->metrics, out);
  fclose(out);
  Pulih__Hub__V1__GetMetricsResponse response = PULIH__HUB__V1__GET_METRICS_RESPONSE__INIT;
  response.text = text;
  answer_message(hub, call, &response.base);
  free(text);
}

bool hub_answer_itself(struct hub *hub, struct hub_call *call) {
  const struct method *method = hub_method(call->method);
  if (method->input == &pulih__hub__v1__get_status_request__descriptor)
    get_status(hub, call);
  else if (method->input == &pulih__hub__v1__get_metrics_request__descriptor)
    get_metrics(hub, call);
  else
    return false;
  return true;
}

void hub_name_metrics(struct hub *hub) {
  struct hub_metrics *counts = &hub->counts;
  const struct {
    struct metric *metric;
    const char *name, *labels, *help;
    enum metric_kind kind;
  } rows[] = {
      {&counts->answered, "pulih_hub_calls_total", "outcome=\"ok\"", "Calls answered.", METRIC_COUNTER},
      {&counts->failed, "pulih_hub_calls_total", "outcome=\"failed\"", "Calls answered.", METRIC_COUNTER},
      {&counts->refused, "pulih_hub_calls_total", "outcome=\"refused\"", "Calls answered.", METRIC_COUNTER},
      {&counts->repeated, "pulih_hub_repeated_total", NULL, "Calls that were at work already.", METRIC_COUNTER},
      {&counts->late, "pulih_hub_late_replies_total", NULL, "Replies nobody waited for any more.", METRIC_COUNTER},
      {&counts->malformed, "pulih_hub_malformed_total", NULL, "Messages that made no sense.", METRIC_COUNTER},
      {&counts->unsent, "pulih_hub_unsent_total", NULL, "Messages whose receiver was gone or too slow.",
       METRIC_COUNTER},
      {&counts->calls, "pulih_hub_calls", NULL, "Calls that wait or are at work.", METRIC_GAUGE},
      {&counts->waiting, "pulih_hub_waiting", NULL, "Calls that wait for a service.", METRIC_GAUGE},
      {&counts->parked, "pulih_hub_parked", NULL, "Calls that wait for keys or a sign-in.", METRIC_GAUGE},
      {&counts->instances, "pulih_hub_instances", NULL, "Connected processes of services.", METRIC_GAUGE},
      {&counts->keys, "pulih_hub_keys", NULL, "Keys that may connect.", METRIC_GAUGE},
      {&counts->connections_accepted, "pulih_hub_handshakes_total", "outcome=\"accepted\"", "Connections.",
       METRIC_COUNTER},
      {&counts->connections_refused, "pulih_hub_handshakes_total", "outcome=\"refused\"", "Connections.",
       METRIC_COUNTER},
      {&counts->connections_put_off, "pulih_hub_handshakes_total", "outcome=\"put_off\"", "Connections.",
       METRIC_COUNTER},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    *rows[i].metric =
        (struct metric){.name = rows[i].name, .labels = rows[i].labels, .help = rows[i].help, .kind = rows[i].kind};
    metrics_add(&hub->metrics, rows[i].metric);
  }
}
