#include "key_cache.h"

#include <sodium.h>
#include <string.h>

struct cached_key {
  char person_id[37];  // empty: nothing here
  uint8_t key[SEAL_KEY_BYTES];
  uint64_t put_ms;
};

struct key_cache {
  size_t size;
  uint64_t keep_ms;
  struct cached_key keys[];
};

struct key_cache *key_cache_create(size_t size, uint64_t keep_ms) {
  struct key_cache *cache = sodium_malloc(sizeof *cache + size * sizeof cache->keys[0]);
  if (!cache) return NULL;
  cache->size = size;
  cache->keep_ms = keep_ms;
  memset(cache->keys, 0, size * sizeof cache->keys[0]);
  return cache;
}

void key_cache_destroy(struct key_cache *cache) {
  sodium_free(cache);  // wipes it
}

// A few dozen keys: looking at each is as fast as anything cleverer.
static struct cached_key *find(struct key_cache *cache, const char *person_id) {
  for (size_t i = 0; i < cache->size; i++)
    if (!strcmp(cache->keys[i].person_id, person_id)) return &cache->keys[i];
  return NULL;
}

static struct cached_key *oldest(struct key_cache *cache) {
  struct cached_key *oldest = &cache->keys[0];
  for (size_t i = 1; i < cache->size; i++)
    if (cache->keys[i].put_ms < oldest->put_ms) oldest = &cache->keys[i];
  return oldest;
}

static void wipe(struct cached_key *key) {
  sodium_memzero(key, sizeof *key);
}

const uint8_t *key_cache_find(struct key_cache *cache, const char *person_id, uint64_t now_ms) {
  struct cached_key *key = *person_id ? find(cache, person_id) : NULL;
  if (!key) return NULL;
  if (now_ms - key->put_ms < cache->keep_ms) return key->key;
  wipe(key);
  return NULL;
}

void key_cache_put(struct key_cache *cache, const char *person_id, const uint8_t key[SEAL_KEY_BYTES], uint64_t now_ms) {
  if (!*person_id || strlen(person_id) >= sizeof cache->keys[0].person_id) return;
  struct cached_key *place = find(cache, person_id);
  if (!place) place = find(cache, "");
  if (!place) place = oldest(cache);
  memcpy(place->person_id, person_id, strlen(person_id) + 1);
  memcpy(place->key, key, SEAL_KEY_BYTES);
  place->put_ms = now_ms;
}

void key_cache_forget(struct key_cache *cache, const char *person_id) {
  struct cached_key *key = *person_id ? find(cache, person_id) : NULL;
  if (key) wipe(key);
}

void key_cache_sweep(struct key_cache *cache, uint64_t now_ms) {
  for (size_t i = 0; i < cache->size; i++)
    if (*cache->keys[i].person_id && now_ms - cache->keys[i].put_ms >= cache->keep_ms) wipe(&cache->keys[i]);
}
