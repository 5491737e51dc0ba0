// A log that shows tampering: each entry's hash is keyed and covers the hash before it and the entry's own fields.
// Whoever hasn't the key can't change, insert or take out an entry without a hash that no longer fits; taking entries
// off the end shows against a head kept elsewhere.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "crypto/hash.h"

// Where a chain begins: 32 zero bytes.
extern const uint8_t audit_chain_start[HASH_BYTES];

// The hash of the entry that follows the one whose hash is `previous`. `fields` are all that the entry says, in a fixed
// order; NULL is the same as "". At most AUDIT_FIELDS_MAX. `hash` may be `previous`.
enum { AUDIT_FIELDS_MAX = 16 };
void audit_chain_hash(const uint8_t key[HASH_KEY_BYTES], const uint8_t previous[HASH_BYTES], const char *const *fields,
                      size_t field_count, uint8_t hash[HASH_BYTES]);
