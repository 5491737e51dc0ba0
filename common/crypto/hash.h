// BLAKE2b-256 over a list of byte strings (RFC 7693, by libsodium). Each is preceded by its length in eight bytes, the
// lowest first, so that no two different lists are hashed as the same bytes.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { HASH_BYTES = 32, HASH_KEY_BYTES = 32 };

struct bytes {
  const void *data;
  size_t size;
};

// NULL is the empty text.
static inline struct bytes bytes_of_text(const char *text) {
  return (struct bytes){text, text ? strlen(text) : 0};
}

// `key` of HASH_KEY_BYTES, or NULL. The first part is a label of the use, so that a hash made for one is none for
// another.
void hash_parts(const uint8_t *key, const struct bytes *parts, size_t count, uint8_t hash[HASH_BYTES]);
