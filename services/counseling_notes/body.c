#include "body.h"

#include <ctype.h>
#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "message/message.h"

static struct seal_place in_column(const struct seal_place *place, const char *column) {
  struct seal_place there = *place;
  there.column = column;
  return there;
}

bool body_check(const Pulih__Notes__V1__NoteBody *body, struct arena *arena, struct status *status) {
  size_t size = body ? protobuf_c_message_get_packed_size(&body->base) : 0;
  if (!size) {
    status_add_violation(status, arena, "body", "is required: a text, or the goals of a plan");
  } else if (size > BODY_MAX_BYTES) {
    status_add_violation(status, arena, "body", "is %zu bytes long; at most %d fit", size, BODY_MAX_BYTES);
  }
  return size && size <= BODY_MAX_BYTES;
}

static void mac_body(const uint8_t person_key[SEAL_KEY_BYTES], const char *id, const void *plain, size_t plain_size,
                     uint8_t mac[HASH_BYTES]) {
  uint8_t key[SEAL_KEY_BYTES];
  const struct bytes parts[] = {bytes_of_text("pulih note body 1"), bytes_of_text(id), {plain, plain_size}};
  seal_derive_key(person_key, "body mac", key);
  hash_parts(key, parts, sizeof parts / sizeof parts[0], mac);
  sodium_memzero(key, sizeof key);
}

int body_seal(const Pulih__Notes__V1__NoteBody *body, const struct seal_place *place,
              const uint8_t person_key[SEAL_KEY_BYTES], struct random_source *random, struct arena *arena,
              struct sealed_body *ret_body) {
  const void *plain;
  size_t plain_size;
  if (message_pack(&body->base, arena, &plain, &plain_size)) return -ENOMEM;
  uint8_t *sealed = arena_alloc(arena, plain_size + SEAL_OVERHEAD_BYTES);
  if (sealed) {
    uint8_t key[SEAL_KEY_BYTES], nonces[2][SEAL_NONCE_BYTES];
    random->fill(random, key, sizeof key);
    random->fill(random, nonces, sizeof nonces);
    const struct seal_place body_place = in_column(place, "sealed"), key_place = in_column(place, "sealed_key");
    seal(key, &body_place, nonces[0], plain, plain_size, sealed);
    seal(person_key, &key_place, nonces[1], key, sizeof key, ret_body->sealed_key);
    sodium_memzero(key, sizeof key);
    mac_body(person_key, place->id, plain, plain_size, ret_body->mac);
    ret_body->sealed = sealed;
    ret_body->sealed_size = plain_size + SEAL_OVERHEAD_BYTES;
  }
  sodium_memzero((void *)plain, plain_size);
  return sealed ? 0 : -ENOMEM;
}

Pulih__Notes__V1__NoteBody *body_open(const ProtobufCBinaryData *sealed, const ProtobufCBinaryData *sealed_key,
                                      const struct seal_place *place, const uint8_t person_key[SEAL_KEY_BYTES],
                                      struct arena *arena, struct status *status) {
  const struct seal_place body_place = in_column(place, "sealed"), key_place = in_column(place, "sealed_key");
  uint8_t key[SEAL_KEY_BYTES];
  status->reason = REASON_NOTE_BODY_DAMAGED;
  if (sealed->len < SEAL_OVERHEAD_BYTES || sealed_key->len != SEALED_KEY_BYTES ||
      seal_open(person_key, &key_place, sealed_key->data, sealed_key->len, key))
    return NULL;
  size_t plain_size = sealed->len - SEAL_OVERHEAD_BYTES;
  uint8_t *plain = arena_alloc(arena, plain_size + 1);
  int error = plain ? seal_open(key, &body_place, sealed->data, sealed->len, plain) : -ENOMEM;
  sodium_memzero(key, sizeof key);
  if (error) {
    if (error == -ENOMEM) status->reason = REASON_MESSAGE_TOO_LARGE;
    return NULL;
  }
  *status = (struct status){.reason = REASON_OK};
  ProtobufCMessage *body = message_unpack(&pulih__notes__v1__note_body__descriptor, plain, plain_size, arena, status);
  sodium_memzero(plain, plain_size);
  return (Pulih__Notes__V1__NoteBody *)body;
}

char *uuid_text(const char *uuid, struct arena *arena) {
  char *text = arena_copy_text(arena, uuid, strlen(uuid));
  for (char *letter = text; letter && *letter; letter++) *letter = (char)tolower((unsigned char)*letter);
  return text;
}
