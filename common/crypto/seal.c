#include "crypto/seal.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>

#include "crypto/hash.h"

static_assert((int)SEAL_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES &&
                  (int)SEAL_KEY_BYTES == crypto_kdf_KEYBYTES &&
                  (int)SEAL_NONCE_BYTES == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES &&
                  (int)SEAL_TAG_BYTES == crypto_aead_xchacha20poly1305_ietf_ABYTES,
              "sizes are libsodium's");

enum { FORMAT = 1 };

static void fill_from_system(struct random_source *source, void *bytes, size_t size) {
  randombytes_buf(bytes, size);
}

struct random_source random_of_system = {fill_from_system};

// Hashed, so that the associated data has one size whatever the texts are.
static void hash_place(const struct seal_place *place, uint8_t hash[HASH_BYTES]) {
  char revision[16];
  snprintf(revision, sizeof revision, "%u", place->revision);
  const struct bytes parts[] = {
      bytes_of_text("pulih seal 1"),   bytes_of_text(place->table),     bytes_of_text(place->column),
      bytes_of_text(place->id),        bytes_of_text(place->person_id), bytes_of_text(revision),
      bytes_of_text(place->author_id),
  };
  hash_parts(NULL, parts, sizeof parts / sizeof parts[0], hash);
}

void seal(const uint8_t key[SEAL_KEY_BYTES], const struct seal_place *place, const uint8_t nonce[SEAL_NONCE_BYTES],
          const void *plain, size_t plain_size, uint8_t *sealed) {
  uint8_t bound[HASH_BYTES];
  hash_place(place, bound);
  sealed[0] = FORMAT;
  memcpy(sealed + 1, nonce, SEAL_NONCE_BYTES);
  crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + 1 + SEAL_NONCE_BYTES, NULL, plain, plain_size, bound,
                                             sizeof bound, NULL, nonce, key);
}

int seal_open(const uint8_t key[SEAL_KEY_BYTES], const struct seal_place *place, const uint8_t *sealed,
              size_t sealed_size, uint8_t *plain) {
  if (sealed_size < SEAL_OVERHEAD_BYTES || sealed[0] != FORMAT) return -EBADMSG;
  uint8_t bound[HASH_BYTES];
  hash_place(place, bound);
  const uint8_t *nonce = sealed + 1, *ciphertext = nonce + SEAL_NONCE_BYTES;
  return crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, ciphertext, sealed_size - 1 - SEAL_NONCE_BYTES,
                                                    bound, sizeof bound, nonce, key)
             ? -EBADMSG
             : 0;
}

void seal_derive_key(const uint8_t root[SEAL_KEY_BYTES], const char label[8], uint8_t key[SEAL_KEY_BYTES]) {
  crypto_kdf_derive_from_key(key, SEAL_KEY_BYTES, 1, label, root);
}
