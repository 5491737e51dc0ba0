// Bodies: a NoteBody message, sealed with a key drawn for it alone, which is sealed with the person's key beside it.
#pragma once

#include "base/arena.h"
#include "base/status.h"
#include "crypto/hash.h"
#include "crypto/seal.h"
#include "notes.pb-c.h"

enum { BODY_MAX_BYTES = 100000 };

struct sealed_body {
  uint8_t *sealed;  // in the arena
  size_t sealed_size;
  uint8_t sealed_key[SEALED_KEY_BYTES];
  uint8_t mac[HASH_BYTES];  // equal for equal bodies of one note and person
};

// Whose key seals a note: its participant's, or its own for the part that a group shares.
static inline const char *note_key_of(const Pulih__Notes__V1__Note *note) {
  return *note->participant_id ? note->participant_id : note->id;
}
static inline struct seal_place note_place(const char *id, const char *key_of, const char *author_id, int revision) {
  return (struct seal_place){"notes.note_body", NULL, id, key_of, author_id, (uint32_t)revision};
}
static inline struct seal_place amendment_place(const char *id, const char *key_of, const char *author_id) {
  return (struct seal_place){"notes.amendment", NULL, id, key_of, author_id, 1};
}

// What is wrong with a body that came in, as violations under "body". False if anything is.
bool body_check(const Pulih__Notes__V1__NoteBody *body, struct arena *arena, struct status *status);
// `place` is one of the two above; ids as the database writes them. -ENOMEM when the arena is full.
int body_seal(const Pulih__Notes__V1__NoteBody *body, const struct seal_place *place,
              const uint8_t person_key[SEAL_KEY_BYTES], struct random_source *random, struct arena *arena,
              struct sealed_body *ret_body);
// In `arena`. NULL when `status` says why: NOTE_BODY_DAMAGED, MESSAGE_TOO_LARGE.
Pulih__Notes__V1__NoteBody *body_open(const ProtobufCBinaryData *sealed, const ProtobufCBinaryData *sealed_key,
                                      const struct seal_place *place, const uint8_t person_key[SEAL_KEY_BYTES],
                                      struct arena *arena, struct status *status);

// A uuid as the database writes it: what is sealed to "…AB" must open as "…ab". NULL when the arena is full.
char *uuid_text(const char *uuid, struct arena *arena);
