// Design. Calls live in one array and are known to services by their slot and its generation, so a reply finds its call
// without a search and a late one is told by its generation. A call is in exactly one list: free, waiting of its
// method, calls of its instance, or to do. Which instances serve a method is a set of bits.
#include "hub/hub_core.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hub/deadline_heap.h"

#define item_of(item, type, member) ((type *)((char *)(item)-offsetof(type, member)))

enum call_state { CALL_FREE, CALL_WAITING, CALL_FORWARDING, CALL_IN_FLIGHT, CALL_ENDED, CALL_ABANDONED };

struct core_call {
  struct list list;
  struct deadline deadline;
  enum call_state state;
  uint32_t generation;
  struct hub_request request;
  struct core_call *same_bucket;
  struct hub_instance *instance;  // whose credit it uses
  uint64_t order;                 // of arrival
  enum reason reason;
  void *reply;
};

struct core_method {
  struct list waiting;
  struct list nonempty;  // in core->queues while something waits
  size_t waiting_count;
  uint64_t instances;  // bits: slots of those that serve it and don't drain
};

struct hub_core {
  struct hub_limits limits;
  uint64_t now_ms, order, seed;
  struct core_call *calls;
  struct list free, todo, queues;
  size_t calls_used, waiting;
  struct core_call **buckets;
  size_t bucket_mask;
  struct deadline_heap deadlines;
  struct core_method *methods;
  size_t method_count;
  struct hub_instance instances[HUB_INSTANCES_MOST];
};

static void advance(struct hub_core *core, uint64_t now_ms) {
  if (now_ms > core->now_ms) core->now_ms = now_ms;
}

static struct core_call **bucket_of(struct hub_core *core, uint64_t caller, const unsigned char *id) {
  uint64_t halves[2], hash = core->seed ^ caller;
  memcpy(halves, id, sizeof halves);
  for (int i = 0; i < 2; i++) {
    hash = (hash ^ halves[i]) * UINT64_C(0x9e3779b97f4a7c15);
    hash ^= hash >> 29;
  }
  return &core->buckets[hash & core->bucket_mask];
}

static struct core_call *find(struct hub_core *core, uint64_t caller, const unsigned char *id) {
  struct core_call *call = *bucket_of(core, caller, id);
  while (call && (call->request.caller != caller || memcmp(call->request.id, id, HUB_ID_BYTES)))
    call = call->same_bucket;
  return call;
}

static void forget_id(struct hub_core *core, struct core_call *call) {
  struct core_call **at = bucket_of(core, call->request.caller, call->request.id);
  while (*at != call) at = &(*at)->same_bucket;
  *at = call->same_bucket;
}

static void leave_queue(struct hub_core *core, struct core_call *call) {
  struct core_method *method = &core->methods[call->request.method];
  list_remove(&call->list);
  core->waiting--;
  if (!--method->waiting_count) list_remove(&method->nonempty);
}

static void enter_queue(struct hub_core *core, struct core_call *call) {
  struct core_method *method = &core->methods[call->request.method];
  call->state = CALL_WAITING;
  list_append(&method->waiting, &call->list);
  core->waiting++;
  if (!method->waiting_count++) list_append(&core->queues, &method->nonempty);
}

static void release(struct hub_core *core, struct core_call *call) {
  assert(!call->instance);
  deadline_heap_remove(&core->deadlines, &call->deadline);
  list_remove(&call->list);
  call->state = CALL_FREE;
  call->generation++;
  list_append(&core->free, &call->list);
  core->calls_used--;
}

// The call is to be answered. It may still use its instance's credit.
static void end(struct hub_core *core, struct core_call *call, enum reason reason, void *reply) {
  assert(call->state != CALL_FREE && call->state != CALL_ENDED && call->state != CALL_ABANDONED);
  if (call->state == CALL_WAITING)
    leave_queue(core, call);
  else
    list_remove(&call->list);
  forget_id(core, call);
  if (!call->instance) deadline_heap_remove(&core->deadlines, &call->deadline);
  call->state = CALL_ENDED;
  call->reason = reason;
  call->reply = reply;
  list_append(&core->todo, &call->list);
}

static void forward(struct hub_core *core, struct core_call *call, struct hub_instance *instance) {
  assert(instance->in_flight < instance->credit && !instance->draining);
  if (call->state == CALL_WAITING) leave_queue(core, call);
  call->state = CALL_FORWARDING;
  call->instance = instance;
  instance->in_flight++;
  list_append(&core->todo, &call->list);
}

// Of the methods that the instance serves, the call that waits longest; NULL if there is none.
static struct core_call *oldest_for(struct hub_core *core, const struct hub_instance *instance) {
  uint64_t bit = UINT64_C(1) << (instance - core->instances);
  struct core_call *oldest = NULL;
  for (struct list *at = core->queues.next; at != &core->queues; at = at->next) {
    struct core_method *method = item_of(at, struct core_method, nonempty);
    if (!(method->instances & bit)) continue;
    struct core_call *call = item_of(method->waiting.next, struct core_call, list);
    if (!oldest || call->order < oldest->order) oldest = call;
  }
  return oldest;
}

static void give_work(struct hub_core *core, struct hub_instance *instance) {
  struct core_call *call;
  while (!instance->draining && instance->in_flight < instance->credit && (call = oldest_for(core, instance)))
    forward(core, call, instance);
}

static void stop_serving(struct hub_core *core, struct hub_instance *instance) {
  uint64_t bit = UINT64_C(1) << (instance - core->instances);
  for (size_t i = 0; i < core->method_count; i++) core->methods[i].instances &= ~bit;
}

// After instances went, or serve less: nobody will come for what waits for a method without any.
static void end_unserved(struct hub_core *core) {
  struct list *next;
  for (struct list *at = core->queues.next; at != &core->queues; at = next) {
    next = at->next;
    struct core_method *method = item_of(at, struct core_method, nonempty);
    while (!method->instances && method->waiting_count)
      end(core, item_of(method->waiting.next, struct core_call, list), REASON_SERVICE_UNAVAILABLE, NULL);
  }
}

static void forget_instance(struct hub_core *core, struct hub_instance *instance) {
  assert(!instance->in_flight && list_is_empty(&instance->calls));
  stop_serving(core, instance);
  instance->route = 0;
}

// The call no longer uses its instance's credit.
static void return_credit(struct hub_core *core, struct core_call *call) {
  struct hub_instance *instance = call->instance;
  call->instance = NULL;
  instance->in_flight--;
  if (call->state == CALL_ABANDONED) release(core, call);
}

static void work_after_credit(struct hub_core *core, struct hub_instance *instance) {
  if (instance->draining && !instance->in_flight)
    forget_instance(core, instance);
  else if (core->waiting)
    give_work(core, instance);
}

// end_unserved() must follow.
static void lose(struct hub_core *core, struct hub_instance *instance) {
  while (!list_is_empty(&instance->calls)) {
    struct core_call *call = item_of(instance->calls.next, struct core_call, list);
    bool answered = call->state == CALL_ABANDONED;
    return_credit(core, call);
    if (!answered) end(core, call, REASON_OUTCOME_UNKNOWN, NULL);
  }
  // Those of which an action is still to be taken.
  struct list *next;
  for (struct list *at = core->todo.next; at != &core->todo; at = next) {
    next = at->next;
    struct core_call *call = item_of(at, struct core_call, list);
    if (call->instance != instance) continue;
    return_credit(core, call);
    if (call->state == CALL_FORWARDING) end(core, call, REASON_OUTCOME_UNKNOWN, NULL);
  }
  forget_instance(core, instance);
}

static struct hub_instance *instance_at(struct hub_core *core, hub_route route) {
  return (struct hub_instance *)hub_core_instance_at(core, route);
}

// Of those with credit left the one that uses the smallest part of it; NULL if there is none.
static struct hub_instance *least_busy(struct hub_core *core, const struct core_method *method) {
  struct hub_instance *best = NULL;
  for (uint64_t bits = method->instances; bits; bits &= bits - 1) {
    struct hub_instance *instance = &core->instances[__builtin_ctzll(bits)];
    if (instance->in_flight >= instance->credit) continue;
    if (!best || (uint64_t)instance->in_flight * best->credit < (uint64_t)best->in_flight * instance->credit)
      best = instance;
  }
  return best;
}

enum hub_verdict hub_core_request(struct hub_core *core, uint64_t now_ms, const struct hub_request *request) {
  assert(request->method < core->method_count);
  advance(core, now_ms);
  struct core_call *call = find(core, request->caller, request->id);
  if (call) {
    call->request.route = request->route;
    return HUB_REPEATED;
  }
  struct core_method *method = &core->methods[request->method];
  if (!method->instances) return HUB_NOBODY;
  struct hub_instance *instance = method->waiting_count ? NULL : least_busy(core, method);
  if (list_is_empty(&core->free) || (!instance && method->waiting_count >= core->limits.waiting_per_method))
    return HUB_FULL;
  call = item_of(core->free.next, struct core_call, list);
  list_remove(&call->list);
  core->calls_used++;
  call->state = CALL_FORWARDING;
  call->request = *request;
  call->instance = NULL;
  call->order = core->order++;
  call->reply = NULL;
  struct core_call **bucket = bucket_of(core, request->caller, request->id);
  call->same_bucket = *bucket;
  *bucket = call;
  deadline_heap_add(&core->deadlines, &call->deadline, request->deadline_ms);
  if (instance)
    forward(core, call, instance);
  else
    enter_queue(core, call);
  return HUB_TAKEN;
}

static bool copy_name(char to[HUB_NAME_BYTES], const char *name) {
  return (size_t)snprintf(to, HUB_NAME_BYTES, "%s", name) < HUB_NAME_BYTES;
}

static struct hub_instance *slot_for(struct hub_core *core, const char *name) {
  struct hub_instance *free_slot = NULL;
  for (size_t i = 0; i < HUB_INSTANCES_MOST; i++) {
    struct hub_instance *instance = &core->instances[i];
    if (instance->route && !strcmp(instance->name, name)) return instance;
    if (!instance->route && !free_slot) free_slot = instance;
  }
  return free_slot;
}

int hub_core_hello(struct hub_core *core, uint64_t now_ms, hub_route route, const struct hub_hello *hello) {
  struct hub_instance fresh = {.route = route, .credit = hello->credit, .method_count = hello->method_count};
  if (!copy_name(fresh.service, hello->service) || !copy_name(fresh.name, hello->name) ||
      !copy_name(fresh.version, hello->version))
    return -EINVAL;
  for (size_t i = 0; i < hello->subscription_count && fresh.subscription_count < HUB_SUBSCRIPTIONS_MOST; i++)
    if (!copy_name(fresh.subscriptions[fresh.subscription_count++], hello->subscriptions[i])) return -EINVAL;
  advance(core, now_ms);
  struct hub_instance *there = instance_at(core, route);
  if (there && strcmp(there->name, fresh.name)) lose(core, there);  // and its slot is free
  struct hub_instance *instance = slot_for(core, fresh.name);
  if (!instance) return -ENOSPC;
  if (instance->route && instance->route != route) lose(core, instance);
  if (instance->route) {
    fresh.in_flight = instance->in_flight;
    stop_serving(core, instance);
  }
  struct list calls = instance->calls;
  *instance = fresh;
  instance->calls = calls;
  instance->heard_ms = core->now_ms;
  uint64_t bit = UINT64_C(1) << (instance - core->instances);
  for (size_t i = 0; i < hello->method_count; i++) core->methods[hello->methods[i]].instances |= bit;
  end_unserved(core);
  give_work(core, instance);
  return 0;
}

bool hub_core_heard(struct hub_core *core, uint64_t now_ms, hub_route route) {
  advance(core, now_ms);
  struct hub_instance *instance = instance_at(core, route);
  if (instance) instance->heard_ms = core->now_ms;
  return instance;
}

bool hub_core_reply(struct hub_core *core, uint64_t now_ms, hub_route route, uint64_t number, void *reply) {
  advance(core, now_ms);
  uint32_t slot = (uint32_t)number;
  struct core_call *call = slot < core->limits.calls ? &core->calls[slot] : NULL;
  if (!call || call->generation != number >> 32 || !call->instance || call->instance->route != route ||
      call->state == CALL_FORWARDING)
    return false;
  struct hub_instance *instance = call->instance;
  bool awaited = call->state == CALL_IN_FLIGHT;
  return_credit(core, call);
  if (awaited) end(core, call, REASON_OK, reply);
  work_after_credit(core, instance);
  return awaited;
}

void hub_core_goodbye(struct hub_core *core, uint64_t now_ms, hub_route route) {
  advance(core, now_ms);
  struct hub_instance *instance = instance_at(core, route);
  if (!instance) return;
  instance->draining = true;
  stop_serving(core, instance);
  end_unserved(core);
  work_after_credit(core, instance);
}

void hub_core_gone(struct hub_core *core, uint64_t now_ms, hub_route route) {
  advance(core, now_ms);
  struct hub_instance *instance = instance_at(core, route);
  if (!instance) return;
  lose(core, instance);
  end_unserved(core);
}

static void deadline_passed(struct hub_core *core, struct core_call *call) {
  struct hub_instance *instance = call->instance;
  if (call->state == CALL_IN_FLIGHT) {
    end(core, call, REASON_DEADLINE_EXCEEDED, NULL);
    deadline_heap_remove(&core->deadlines, &call->deadline);
    deadline_heap_add(&core->deadlines, &call->deadline, core->now_ms + core->limits.abandoned_ms);
    return;
  }
  bool answered = call->state == CALL_ABANDONED || call->state == CALL_ENDED;
  if (call->state == CALL_ENDED) deadline_heap_remove(&core->deadlines, &call->deadline);
  if (instance) return_credit(core, call);
  if (!answered) end(core, call, REASON_DEADLINE_EXCEEDED, NULL);
  if (instance) work_after_credit(core, instance);
}

void hub_core_tick(struct hub_core *core, uint64_t now_ms) {
  advance(core, now_ms);
  for (struct deadline *first; (first = deadline_heap_first(&core->deadlines)) && first->at_ms <= core->now_ms;)
    deadline_passed(core, item_of(first, struct core_call, deadline));
  for (size_t i = 0; i < HUB_INSTANCES_MOST; i++) {
    struct hub_instance *instance = &core->instances[i];
    if (instance->route && core->now_ms - instance->heard_ms >= core->limits.silent_ms) lose(core, instance);
  }
  end_unserved(core);
}

void hub_core_abort(struct hub_core *core) {
  for (size_t i = 0; i < HUB_INSTANCES_MOST; i++)
    if (core->instances[i].route) lose(core, &core->instances[i]);
  end_unserved(core);
}

bool hub_core_next(struct hub_core *core, struct hub_action *ret_action) {
  if (list_is_empty(&core->todo)) return false;
  struct core_call *call = item_of(core->todo.next, struct core_call, list);
  struct hub_action action = {.method = call->request.method, .payload = call->request.payload};
  memcpy(action.id, call->request.id, HUB_ID_BYTES);
  list_remove(&call->list);
  if (call->state == CALL_FORWARDING) {
    action.kind = HUB_FORWARD;
    action.route = call->instance->route;
    action.number = (uint64_t)call->generation << 32 | (uint64_t)(call - core->calls);
    action.deadline_ms = call->request.deadline_ms;
    call->state = CALL_IN_FLIGHT;
    list_append(&call->instance->calls, &call->list);
  } else {
    action.kind = HUB_ANSWER;
    action.route = call->request.route;
    action.reason = call->reason;
    action.reply = call->reply;
    if (call->instance) {
      call->state = CALL_ABANDONED;
      list_append(&call->instance->calls, &call->list);
    } else {
      release(core, call);
    }
  }
  *ret_action = action;
  return true;
}

size_t hub_core_subscribers(const struct hub_core *core, const char *producer, hub_route routes[HUB_INSTANCES_MOST]) {
  size_t count = 0;
  for (size_t i = 0; i < HUB_INSTANCES_MOST; i++) {
    const struct hub_instance *instance = &core->instances[i];
    bool wanted = false;
    for (size_t j = 0; instance->route && !instance->draining && j < instance->subscription_count; j++)
      wanted = wanted || !strcmp(instance->subscriptions[j], producer);
    if (wanted) routes[count++] = instance->route;
  }
  return count;
}

const struct hub_instance *hub_core_instance(const struct hub_core *core, size_t slot) {
  return core->instances[slot].route ? &core->instances[slot] : NULL;
}

const struct hub_instance *hub_core_instance_at(const struct hub_core *core, hub_route route) {
  for (size_t i = 0; route && i < HUB_INSTANCES_MOST; i++)
    if (core->instances[i].route == route) return &core->instances[i];
  return NULL;
}

size_t hub_core_calls(const struct hub_core *core) {
  return core->calls_used;
}

size_t hub_core_waiting(const struct hub_core *core) {
  return core->waiting;
}

struct hub_core *hub_core_create(const struct hub_limits *limits, size_t method_count, uint64_t seed) {
  struct hub_core *core = calloc(1, sizeof *core);
  size_t buckets = 16;
  while (buckets < limits->calls) buckets *= 2;
  if (core) {
    core->calls = calloc(limits->calls, sizeof *core->calls);
    core->buckets = calloc(buckets, sizeof *core->buckets);
    core->methods = calloc(method_count + 1, sizeof *core->methods);
  }
  if (!core || !core->calls || !core->buckets || !core->methods ||
      deadline_heap_init(&core->deadlines, limits->calls)) {
    hub_core_destroy(core);
    return NULL;
  }
  core->limits = *limits;
  core->seed = seed;
  core->bucket_mask = buckets - 1;
  core->method_count = method_count;
  list_init(&core->free);
  list_init(&core->todo);
  list_init(&core->queues);
  for (size_t i = 0; i < limits->calls; i++) list_append(&core->free, &core->calls[i].list);
  for (size_t i = 0; i < method_count; i++) list_init(&core->methods[i].waiting);
  for (size_t i = 0; i < HUB_INSTANCES_MOST; i++) list_init(&core->instances[i].calls);
  return core;
}

void hub_core_destroy(struct hub_core *core) {
  if (!core) return;
  deadline_heap_finish(&core->deadlines);
  free(core->methods);
  free(core->buckets);
  free(core->calls);
  free(core);
}
