// Persons' keys that were opened a moment ago, so that not every read asks the key store. Bounded in number and time,
// in locked memory where the system allows it, wiped as they go.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/seal.h"

struct key_cache;

// At most `size` keys (1 or more), each for `keep_ms`; after sodium_init(). NULL when memory is out.
struct key_cache *key_cache_create(size_t size, uint64_t keep_ms);
void key_cache_destroy(struct key_cache *cache);

// The key, valid until the cache is next changed; NULL when it isn't here (any more).
const uint8_t *key_cache_find(struct key_cache *cache, const char *person_id, uint64_t now_ms);
// Takes the place of the oldest when it is full. Person ids of more than 36 characters aren't kept.
void key_cache_put(struct key_cache *cache, const char *person_id, const uint8_t key[SEAL_KEY_BYTES], uint64_t now_ms);
void key_cache_forget(struct key_cache *cache, const char *person_id);
// Wipes what is too old.
void key_cache_sweep(struct key_cache *cache, uint64_t now_ms);
