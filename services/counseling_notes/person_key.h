// A person's key: random, sealed with a master key, kept in the key store, a database apart from the notes. Whose key
// seals a note: the participant's; for the shared part of a group's note, one of the note's own.
#pragma once

#include "crypto/seal.h"
#include "rpc/call.h"

// `key` is wiped or changes after `done` returns. When there is no key to give, the call has been answered instead:
// PERSON_KEY_DESTROYED, NOTE_KEY_UNKNOWN, or what the key store failed with. `person_id` lives as long as the call.
typedef void person_key_done(struct call *call, const uint8_t key[SEAL_KEY_BYTES]);

// To read: there must be one.
void person_key_find(struct call *call, const char *person_id, person_key_done *done);
// To write: one is made where there was none.
void person_key_obtain(struct call *call, const char *person_id, person_key_done *done);
// For ever. May be repeated.
void person_key_destroy(struct call *call, const char *person_id, void (*done)(struct call *call));
