// Design. `access_version` counts what may have changed who may do what; `keys_version` is the one that the keys were
// read at. While they differ, calls from sites and the answers of what changed it wait: so a key is refused everywhere
// by the time its revocation is answered. When identity is away they wait too, as long as their callers do.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "hub/hub.h"
#include "identity.pb-c.h"
#include "message/message.h"
#include "options.pb-c.h"
#include "rpc/envelope.h"

enum {
  ASK_TIMEOUT_MS = 2000,
  READ_AGAIN_MS = 200,
  HELD_MS = 5000,
  PERSON_MS = 30000,
  LIST_MEMORY_BYTES = 16 << 20,
};

bool hub_keys_are_fresh(const struct hub *hub) {
  return hub->keys_version == hub->access_version;
}

void hub_park(struct hub *hub, struct list *list, struct hub_call *call) {
  list_append(list, &call->list);
  hub->parked++;
}

static struct hub_call *unpark(struct hub *hub, struct list *item) {
  list_remove(item);
  hub->parked--;
  return container_of(item, struct hub_call, list);
}

// A call of the hub's own to identity; `done` is told, perhaps at once. False without memory, and `done` isn't told.
static bool ask(struct hub *hub, const char *method, const ProtobufCMessage *request, const unsigned char *token_hash,
                void (*done)(struct hub *hub, struct hub_call *call, enum reason reason,
                             const struct hub_reply *reply)) {
  size_t size = protobuf_c_message_get_packed_size(request);
  struct hub_call *call = hub_call_take(hub);
  if (!call) return false;
  call->has_body = !zmq_msg_init_size(&call->body, size);
  if (!call->has_body) {
    hub_call_give_back(hub, call);
    return false;
  }
  protobuf_c_message_pack(request, zmq_msg_data(&call->body));
  call->done = done;
  call->method = hub_method_index(method);
  call->deadline_ms = loop_now_ms(hub->loop) + ASK_TIMEOUT_MS;
  call->access_version = hub->access_version;
  if (token_hash) memcpy(call->token_hash, token_hash, sizeof call->token_hash);
  call->caller =
      (struct hub_caller){.person.roles = 1u << PULIH__ROLE__ROLE_SERVICE, .every_prison = true, .key_name = "hub"};
  uint64_t number = ++hub->own_calls;
  memcpy(call->id, &number, sizeof number);
  struct hub_request own = {.method = call->method, .deadline_ms = call->deadline_ms, .payload = call};
  memcpy(own.id, call->id, HUB_ID_BYTES);
  if (hub_core_request(hub->core, loop_now_ms(hub->loop), &own) != HUB_TAKEN)
    hub_refuse(hub, call, REASON_SERVICE_UNAVAILABLE);
  return true;
}

// The reply's message, in `arena`; NULL when it makes no sense.
static const void *read_reply(const struct hub_reply *reply, const ProtobufCMessageDescriptor *type,
                              struct arena *arena) {
  struct status status = {0};
  const void *data = reply->body ? zmq_msg_data(reply->body) : NULL;
  return message_unpack(type, data, reply->body ? zmq_msg_size(reply->body) : 0, arena, &status);
}

static bool copy_uuid(char to[HUB_UUID_BYTES], const char *text) {
  return snprintf(to, HUB_UUID_BYTES, "%s", text) < HUB_UUID_BYTES;
}

static int64_t wall_us(const Google__Protobuf__Timestamp *time) {
  return time->seconds * 1000000 + time->nanos / 1000;
}

// Keys
// -----------------------------------------------------------------------------------------------------------------

static bool copy_key(const Pulih__Identity__V1__Key *from, struct hub_key *to) {
  static const enum hub_key_kind kinds[] = {[PULIH__IDENTITY__V1__KEY_KIND__KEY_KIND_SITE] = HUB_KEY_SITE,
                                            [PULIH__IDENTITY__V1__KEY_KIND__KEY_KIND_GATEWAY] = HUB_KEY_GATEWAY,
                                            [PULIH__IDENTITY__V1__KEY_KIND__KEY_KIND_OPERATOR] = HUB_KEY_OPERATOR};
  if (from->revoked || from->kind == PULIH__IDENTITY__V1__KEY_KIND__KEY_KIND_UNSPECIFIED ||
      !mq_key_is_valid(from->public_key) || !copy_uuid(to->prison_id, from->prison_id))
    return false;
  to->kind = kinds[from->kind];
  memcpy(to->public_key, from->public_key, MQ_KEY_TEXT);
  snprintf(to->name, sizeof to->name, "%s", from->name);
  to->valid_until_us = from->valid_until ? wall_us(from->valid_until) : 0;
  return to->kind != HUB_KEY_SITE || *to->prison_id;
}

static int take_keys(struct hub *hub, const struct hub_reply *reply) {
  struct arena arena;
  arena_init(&arena, LIST_MEMORY_BYTES);
  int error = -1;
  const Pulih__Identity__V1__ListKeysResponse *list =
      read_reply(reply, &pulih__identity__v1__list_keys_response__descriptor, &arena);
  struct hub_key *keys =
      list && list->n_keys <= HUB_KEYS_MOST ? ARENA_ARRAY(&arena, struct hub_key, list->n_keys + 1) : NULL;
  if (keys) {
    size_t count = 0;
    for (size_t i = 0; i < list->n_keys; i++) {
      keys[count] = (struct hub_key){0};
      count += copy_key(list->keys[i], &keys[count]);
    }
    error = hub_keys_replace_listed(&hub->keys, keys, count);
  }
  arena_finish(&arena);
  return error;
}

static void send_held(struct hub *hub, struct hub_held_answer *held) {
  list_remove(&held->list);
  int error = mq_send(&hub->callers, held->route, &held->header, held->has_body ? &held->body : NULL);
  if (error) metric_count(&hub->counts.unsent, 1);
  zmq_msg_close(&held->header);
  zmq_msg_close(&held->body);
  free(held);
}

static void keys_are_fresh(struct hub *hub) {
  while (!list_is_empty(&hub->held_answers))
    send_held(hub, container_of(hub->held_answers.next, struct hub_held_answer, list));
  while (!list_is_empty(&hub->waiting_for_keys) && hub_keys_are_fresh(hub))
    hub_admit(hub, unpark(hub, hub->waiting_for_keys.next));
}

static void read_keys(struct hub *hub);

static void read_keys_done(struct hub *hub, struct hub_call *call, enum reason reason, const struct hub_reply *reply) {
  hub->reading_keys = false;
  if (reason != REASON_OK || take_keys(hub, reply)) {
    hub->read_keys_again_ms = loop_now_ms(hub->loop) + READ_AGAIN_MS;
    return;
  }
  hub->keys_version = call->access_version;
  metric_set(&hub->counts.keys, (double)(hub->keys.installed.count + hub->keys.listed.count));
  if (hub_keys_are_fresh(hub))
    keys_are_fresh(hub);
  else
    read_keys(hub);  // something changed while they were read
}

static void read_keys(struct hub *hub) {
  Pulih__Identity__V1__ListKeysRequest request = PULIH__IDENTITY__V1__LIST_KEYS_REQUEST__INIT;
  if (hub->reading_keys) return;
  hub->reading_keys = true;
  if (!ask(hub, "pulih.identity.v1.IdentityService/ListKeys", &request.base, NULL, read_keys_done))
    hub->reading_keys = false;
}

void hub_access_changed(struct hub *hub) {
  hub->access_version++;
  hub_sessions_forget_all(hub->sessions);
  read_keys(hub);
}

void hub_hold_answer(struct hub *hub, struct hub_call *call, zmq_msg_t *header, zmq_msg_t *body) {
  struct hub_held_answer *held = calloc(1, sizeof *held);
  if (!held) return;  // the caller asks again
  held->route = call->route;
  memcpy(held->id, call->id, sizeof held->id);
  held->until_ms = loop_now_ms(hub->loop) + HELD_MS;
  zmq_msg_init(&held->header);
  zmq_msg_init(&held->body);
  zmq_msg_move(&held->header, header);
  held->has_body = body;
  if (body) zmq_msg_move(&held->body, body);
  list_append(&hub->held_answers, &held->list);
}

// People
// ---------------------------------------------------------------------------------------------------------------

static enum reason take_person(struct hub *hub, struct hub_call *call, const struct hub_reply *reply) {
  const Pulih__Identity__V1__SignedIn *signed_in =
      read_reply(reply, &pulih__identity__v1__signed_in__descriptor, &hub->arena);
  struct hub_person person = {0};
  if (!signed_in || !copy_uuid(person.user_id, signed_in->user_id) ||
      !copy_uuid(person.prison_id, signed_in->prison_id))
    return REASON_INTERNAL;
  for (size_t i = 0; i < signed_in->n_roles; i++) person.roles |= 1u << signed_in->roles[i];
  // Only a service's key makes a caller a service.
  person.roles &= ~(1u << PULIH__ROLE__ROLE_SERVICE);
  int64_t until_us = signed_in->expires_at ? wall_us(signed_in->expires_at) : INT64_MAX;
  if (until_us <= loop_wall_us(hub->loop)) return REASON_NOT_SIGNED_IN;
  // What changed meanwhile may be this; then it is asked again.
  if (call->access_version == hub->access_version)
    hub_sessions_put(hub->sessions, call->token_hash, &person, loop_now_ms(hub->loop) + PERSON_MS, until_us);
  return REASON_OK;
}

static void find_person_done(struct hub *hub, struct hub_call *call, enum reason reason,
                             const struct hub_reply *reply) {
  if (reason == REASON_OK) reason = take_person(hub, call, reply);
  if (reason == REASON_NOT_FOUND) reason = REASON_NOT_SIGNED_IN;
  struct list mine, *next;
  list_init(&mine);
  for (struct list *at = hub->waiting_for_person.next; at != &hub->waiting_for_person; at = next) {
    next = at->next;
    struct hub_call *waiting = container_of(at, struct hub_call, list);
    if (memcmp(waiting->token_hash, call->token_hash, sizeof call->token_hash)) continue;
    unpark(hub, at);
    list_append(&mine, at);
  }
  while (!list_is_empty(&mine)) {
    struct hub_call *waiting = container_of(mine.next, struct hub_call, list);
    list_remove(&waiting->list);
    if (reason == REASON_OK)
      hub_admit(hub, waiting);
    else
      hub_refuse(hub, waiting, reason == REASON_NOT_SIGNED_IN ? reason : REASON_SERVICE_UNAVAILABLE);
  }
}

void hub_find_person(struct hub *hub, struct hub_call *call) {
  bool asked = false;
  for (struct list *at = hub->waiting_for_person.next; at != &hub->waiting_for_person && !asked; at = at->next)
    asked = !memcmp(container_of(at, struct hub_call, list)->token_hash, call->token_hash, sizeof call->token_hash);
  hub_park(hub, &hub->waiting_for_person, call);
  if (asked) return;
  Pulih__Identity__V1__ResolveSessionRequest request = PULIH__IDENTITY__V1__RESOLVE_SESSION_REQUEST__INIT;
  request.token_hash = (ProtobufCBinaryData){sizeof call->token_hash, call->token_hash};
  ask(hub, "pulih.identity.v1.IdentityService/ResolveSession", &request.base, call->token_hash, find_person_done);
}

// Time
// -----------------------------------------------------------------------------------------------------------------

static void end_expired(struct hub *hub, struct list *list, uint64_t now_ms) {
  struct list *next;
  for (struct list *at = list->next; at != list; at = next) {
    next = at->next;
    if (now_ms < container_of(at, struct hub_call, list)->deadline_ms) continue;
    hub_refuse(hub, unpark(hub, at), REASON_DEADLINE_EXCEEDED);
  }
}

static void fail_held(struct hub *hub, struct hub_held_answer *held) {
  struct status status = {.reason = REASON_OUTCOME_UNKNOWN};
  zmq_msg_t header;
  if (!envelope_write_reply(held->id, &status, &hub->answer_arena, &header)) {
    zmq_msg_move(&held->header, &header);
    zmq_msg_close(&header);
  }
  held->has_body = false;
  send_held(hub, held);
}

void hub_identity_tick(struct hub *hub) {
  uint64_t now_ms = loop_now_ms(hub->loop);
  if (!hub_keys_are_fresh(hub) && now_ms >= hub->read_keys_again_ms) read_keys(hub);
  end_expired(hub, &hub->waiting_for_keys, now_ms);
  end_expired(hub, &hub->waiting_for_person, now_ms);
  // The oldest first, and all wait equally long.
  while (!list_is_empty(&hub->held_answers)) {
    struct hub_held_answer *held = container_of(hub->held_answers.next, struct hub_held_answer, list);
    if (now_ms < held->until_ms) break;
    fail_held(hub, held);
  }
}

void hub_end_parked(struct hub *hub) {
  end_expired(hub, &hub->waiting_for_keys, UINT64_MAX);
  end_expired(hub, &hub->waiting_for_person, UINT64_MAX);
  while (!list_is_empty(&hub->held_answers))
    fail_held(hub, container_of(hub->held_answers.next, struct hub_held_answer, list));
}
