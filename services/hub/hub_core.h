// What the hub decides: which instance gets which call and when, how each call ends. No I/O, no clock, no random
// source: events and the time go in, actions come out of hub_core_next(), which the owner empties after every event.
//
// States of a call, and what leads from one to the next:
//
//   WAITING ── an instance has credit ──→ FORWARDING ── action FORWARD taken ──→ IN_FLIGHT ── reply ──→ ENDED
//      └── deadline; last instance gone; ─────────────────────────────────────────────┴─ instance lost ──→ ENDED
//   IN_FLIGHT ── deadline ──→ ENDED, and when that is answered → ABANDONED: the instance is still at work on it, so its
//   credit stays used until its late reply, its loss, or abandoned_ms.
//
// Every call that was taken is answered by exactly one action ANSWER.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/status.h"

struct hub_core;

typedef uint64_t hub_route;  // of a peer; 0 is none

enum { HUB_ID_BYTES = 16, HUB_INSTANCES_MOST = 64, HUB_NAME_BYTES = 64, HUB_SUBSCRIPTIONS_MOST = 16 };

struct hub_limits {
  size_t calls;               // in any state
  size_t waiting_per_method;  // more are refused at once
  uint32_t silent_ms;         // an instance that wasn't heard for so long is lost
  uint32_t abandoned_ms;      // credit of a call that ran out of time comes back after this at the latest
};

// `seed` keeps strangers from choosing ids that all fall together.
struct hub_core *hub_core_create(const struct hub_limits *limits, size_t method_count, uint64_t seed);
// Payloads that it still has are the owner's to free, by emptying it first with hub_core_abort().
void hub_core_destroy(struct hub_core *core);

// From callers
// ---------------------------------------------------------------------------------------------------------

struct hub_request {
  uint64_t caller;  // who: the same number for every connection of one key
  unsigned char id[HUB_ID_BYTES];
  hub_route route;  // where the answer goes
  size_t method;    // index, below method_count
  uint64_t deadline_ms;
  void *payload;  // the owner's; comes back in the ANSWER
};

enum hub_verdict {
  HUB_TAKEN,
  HUB_REPEATED,  // it is at work already; its answer goes to the newer route. The payload isn't taken.
  HUB_FULL,      // refused; the payload isn't taken
  HUB_NOBODY,    // nobody serves it; the payload isn't taken
};

enum hub_verdict hub_core_request(struct hub_core *core, uint64_t now_ms, const struct hub_request *request);

// From services
// --------------------------------------------------------------------------------------------------------

struct hub_hello {
  const char *service, *name, *version;
  const size_t *methods;
  size_t method_count;
  const char *const *subscriptions;  // more than HUB_SUBSCRIPTIONS_MOST are passed over
  size_t subscription_count;
  uint32_t credit;
};

struct hub_instance {
  hub_route route;  // 0: the slot is free
  char service[HUB_NAME_BYTES], name[HUB_NAME_BYTES], version[HUB_NAME_BYTES];
  char subscriptions[HUB_SUBSCRIPTIONS_MOST][HUB_NAME_BYTES];
  size_t subscription_count, method_count;
  uint32_t credit, in_flight;
  uint64_t heard_ms;
  bool draining;
  struct list calls;  // IN_FLIGHT and ABANDONED
};

// 0, also when it was known; -ENOSPC when there are too many, -EINVAL for names that are too long. One that says Hello
// from another route has lost what was in flight on the old one.
int hub_core_hello(struct hub_core *core, uint64_t now_ms, hub_route route, const struct hub_hello *hello);
// Anything came from there. False when nobody there said Hello.
bool hub_core_heard(struct hub_core *core, uint64_t now_ms, hub_route route);
// The answer to what was forwarded as `number`. False when nobody waits for it: the reply isn't taken.
bool hub_core_reply(struct hub_core *core, uint64_t now_ms, hub_route route, uint64_t number, void *reply);
// It takes no more, and is forgotten when what is in flight has been answered.
void hub_core_goodbye(struct hub_core *core, uint64_t now_ms, hub_route route);
// It can't be reached any more.
void hub_core_gone(struct hub_core *core, uint64_t now_ms, hub_route route);

// Time passes: deadlines, silence.
void hub_core_tick(struct hub_core *core, uint64_t now_ms);
// Every instance is lost, so every call is to be answered.
void hub_core_abort(struct hub_core *core);

// What to do --------------------------------------------------------------------------------------------------------

struct hub_action {
  enum { HUB_FORWARD, HUB_ANSWER } kind;
  hub_route route;  // of the instance, or of the caller
  size_t method;
  void *payload;         // of the request; with ANSWER it is the owner's again
  uint64_t number;       // FORWARD: the reply must carry it
  uint64_t deadline_ms;  // FORWARD
  enum reason reason;    // ANSWER: OK means `reply`
  void *reply;           // ANSWER: what hub_core_reply() took, or NULL
  unsigned char id[HUB_ID_BYTES];
};

// False when there is nothing left to do.
bool hub_core_next(struct hub_core *core, struct hub_action *ret_action);

// What it knows ------------------------------------------------------------------------------------------------------

// Instances that want the producer's events; returns how many.
size_t hub_core_subscribers(const struct hub_core *core, const char *producer, hub_route routes[HUB_INSTANCES_MOST]);
// One of HUB_INSTANCES_MOST slots, or NULL when it is free.
const struct hub_instance *hub_core_instance(const struct hub_core *core, size_t slot);
const struct hub_instance *hub_core_instance_at(const struct hub_core *core, hub_route route);
size_t hub_core_calls(const struct hub_core *core);    // in any state
size_t hub_core_waiting(const struct hub_core *core);  // of these
