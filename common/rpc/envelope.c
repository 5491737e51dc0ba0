#include "rpc/envelope.h"

#include <errno.h>
#include <string.h>

#include "message/message.h"

const Pulih__Rpc__V1__Header *envelope_read(const void *data, size_t size, struct arena *arena) {
  if (size > ENVELOPE_MOST_BYTES) return NULL;
  struct status status = {0};
  ProtobufCMessage *message = message_unpack(&pulih__rpc__v1__header__descriptor, data, size, arena, &status);
  const Pulih__Rpc__V1__Header *header = (const Pulih__Rpc__V1__Header *)message;
  return header && header->kind_case != PULIH__RPC__V1__HEADER__KIND__NOT_SET ? header : NULL;
}

int envelope_write(const Pulih__Rpc__V1__Header *header, zmq_msg_t *frame) {
  size_t size = pulih__rpc__v1__header__get_packed_size(header);
  if (size > ENVELOPE_MOST_BYTES) return -EMSGSIZE;
  if (zmq_msg_init_size(frame, size)) return -ENOMEM;
  pulih__rpc__v1__header__pack(header, zmq_msg_data(frame));
  return 0;
}

int envelope_write_reply(const void *id, const struct status *status, struct arena *arena, zmq_msg_t *frame) {
  Pulih__Rpc__V1__Reply reply = PULIH__RPC__V1__REPLY__INIT;
  Pulih__Rpc__V1__Header header = PULIH__RPC__V1__HEADER__INIT;
  Pulih__Rpc__V1__Status bare = PULIH__RPC__V1__STATUS__INIT;
  reply.id = (ProtobufCBinaryData){ENVELOPE_ID_BYTES, (uint8_t *)id};
  reply.status = status_to_message(status, arena);
  if (!reply.status && status->reason != REASON_OK) {
    // No memory for more, but never may a failure look like a success.
    bare.code = status_code(status);
    bare.reason = (char *)reason_info(status->reason)->name;
    reply.status = &bare;
  }
  header.kind_case = PULIH__RPC__V1__HEADER__KIND_REPLY;
  header.reply = &reply;
  return envelope_write(&header, frame);
}

static size_t count(const struct named_text *list) {
  size_t n = 0;
  for (; list; list = list->next) n++;
  return n;
}

// Violations and details are both pairs of texts; `field` makes the one or the other.
static bool pairs_to_message(const struct named_text *list, struct arena *arena, const ProtobufCMessageDescriptor *type,
                             size_t *ret_count, void ***ret_pairs) {
  size_t n = count(list);
  void **pairs = ARENA_ARRAY(arena, void *, n);
  if (!pairs) return false;
  for (size_t i = 0; list; list = list->next, i++) {
    pairs[i] = arena_alloc(arena, type->sizeof_message);
    if (!pairs[i]) return false;
    protobuf_c_message_init(type, pairs[i]);
    *(const char **)((char *)pairs[i] + type->fields[0].offset) = list->name;
    *(const char **)((char *)pairs[i] + type->fields[1].offset) = list->text;
  }
  *ret_count = n;
  *ret_pairs = pairs;
  return true;
}

Pulih__Rpc__V1__Status *status_to_message(const struct status *status, struct arena *arena) {
  if (status->reason == REASON_OK) return NULL;
  Pulih__Rpc__V1__Status *message = ARENA_NEW(arena, Pulih__Rpc__V1__Status);
  if (!message) return NULL;
  pulih__rpc__v1__status__init(message);
  const char *text = status_text(status, LANGUAGE_ENGLISH, arena);
  message->code = status_code(status);
  message->reason = (char *)reason_info(status->reason)->name;
  if (text) message->message = (char *)text;
  bool whole = pairs_to_message(status->violations, arena, &pulih__rpc__v1__field_violation__descriptor,
                                &message->n_violations, (void ***)&message->violations) &&
               pairs_to_message(status->details, arena, &pulih__rpc__v1__detail__descriptor, &message->n_details,
                                (void ***)&message->details);
  return whole ? message : NULL;
}

// What to make of a reason from a newer program: the general one of the same code.
static enum reason reason_by_code(int code) {
  for (int i = REASON_OK + 1; i < REASON_COUNT; i++)
    if ((int)reason_info((enum reason)i)->code == code) return (enum reason)i;
  return REASON_INTERNAL;
}

void status_from_message(const Pulih__Rpc__V1__Status *message, struct arena *arena, struct status *ret_status) {
  *ret_status = (struct status){0};
  if (!message || message->code == STATUS_OK) return;
  enum reason reason = reason_by_name(message->reason);
  bool known = reason != REASON_OK && !strcmp(reason_info(reason)->name, message->reason);
  ret_status->reason = known ? reason : reason_by_code(message->code);
  for (size_t i = 0; i < message->n_violations; i++)
    status_add_violation(ret_status, arena, message->violations[i]->field, "%s", message->violations[i]->description);
  for (size_t i = 0; i < message->n_details; i++)
    status_add_detail(ret_status, arena, message->details[i]->name, message->details[i]->value);
}
