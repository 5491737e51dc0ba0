// A service's own events go out, and those it subscribed to take effect.
#include <errno.h>
#include <string.h>

#include "service/service_private.h"

static const struct db_statement *find_statement(const struct service *service, const char *name) {
  const struct service_definition *definition = service->definition;
  for (size_t i = 0; i < definition->statement_count; i++)
    if (!strcmp(definition->statements[i]->name, name)) return definition->statements[i];
  return NULL;
}

static size_t subscription_count(const struct service *service) {
  size_t count = 0;
  while (service->definition->subscriptions && service->definition->subscriptions[count].producer) count++;
  return count;
}

const char *const *service_subscription_names(struct service *service) {
  size_t count = subscription_count(service);
  const char **names = ARENA_ARRAY(&service->process.arena, const char *, count + 1);
  for (size_t i = 0; names && i < count; i++) names[i] = service->definition->subscriptions[i].producer;
  return names;
}

static void publish(void *owner, const Pulih__Event__V1__EventBatch *batch) {
  struct service *service = owner;
  rpc_server_publish(service->server, batch);
  if (service->definition->published) service->definition->published(service, batch);
}

static void applied(void *owner, const char *producer) {
  struct service *service = owner;
  service_written(service);  // an effect may have events of its own
  if (service->definition->applied) service->definition->applied(service, producer);
}

int service_create_events(struct service *service) {
  const struct db_statement *list_events = find_statement(service, "list_events");
  const struct db_statement *get_standing = find_statement(service, "get_standing");
  if (!list_events || !get_standing) return -ENOENT;
  const char *name = service->definition->producer ? service->definition->producer : service->definition->name;
  service->producer = event_producer_create(&(struct event_producer_settings){.name = name,
                                                                              .loop = &service->loop,
                                                                              .db = service->db,
                                                                              .list_events = list_events,
                                                                              .get_standing = get_standing,
                                                                              .publish = publish,
                                                                              .owner = service});
  size_t count = subscription_count(service);
  service->consumers = ARENA_ARRAY(&service->process.arena, struct event_consumer *, count + 1);
  if (!service->producer || !service->consumers) return -ENOMEM;
  event_producer_add_metrics(service->producer, &service->metrics);
  for (size_t i = 0; i < count; i++) {
    const struct service_subscription *subscription = &service->definition->subscriptions[i];
    service->consumers[i] = event_consumer_create(&(struct event_consumer_settings){.producer = subscription->producer,
                                                                                    .loop = &service->loop,
                                                                                    .db = service->db,
                                                                                    .apply = subscription->apply,
                                                                                    .list_events = list_events,
                                                                                    .applied = applied,
                                                                                    .owner = service});
    if (!service->consumers[i]) return -ENOMEM;
    event_consumer_add_metrics(service->consumers[i], &service->metrics);
  }
  return 0;
}

void service_destroy_events(struct service *service) {
  for (size_t i = 0; service->consumers && service->consumers[i]; i++) event_consumer_destroy(service->consumers[i]);
  event_producer_destroy(service->producer);
}

void service_take_events(void *owner, const Pulih__Event__V1__EventBatch *batch) {
  struct service *service = owner;
  for (size_t i = 0; service->consumers && service->consumers[i]; i++)
    if (!strcmp(service->definition->subscriptions[i].producer, batch->producer))
      event_consumer_batch(service->consumers[i], batch);
}

void service_written(struct service *service) {
  if (service->producer) event_producer_written(service->producer);
}
