#include "crypto/hash.h"

#include <sodium.h>

void hash_parts(const uint8_t *key, const struct bytes *parts, size_t count, uint8_t hash[HASH_BYTES]) {
  crypto_generichash_state state;
  crypto_generichash_init(&state, key, key ? HASH_KEY_BYTES : 0, HASH_BYTES);
  for (size_t i = 0; i < count; i++) {
    uint8_t length[8];
    for (int byte = 0; byte < 8; byte++) length[byte] = (uint8_t)((uint64_t)parts[i].size >> (8 * byte));
    crypto_generichash_update(&state, length, sizeof length);
    crypto_generichash_update(&state, parts[i].data, parts[i].size);
  }
  crypto_generichash_final(&state, hash, HASH_BYTES);
  sodium_memzero(&state, sizeof state);
}
