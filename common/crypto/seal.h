// Sealing: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03, by libsodium), with what the value belongs to as associated
// data, so that a sealed value moved to another row, person, revision or author doesn't open.
//
// A sealed value is one byte of format, the nonce, the ciphertext and its tag. Nothing here draws random numbers:
// nonces and keys are passed in, so that a test knows every byte.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
  SEAL_KEY_BYTES = 32,
  SEAL_NONCE_BYTES = 24,
  SEAL_TAG_BYTES = 16,
  SEAL_OVERHEAD_BYTES = 1 + SEAL_NONCE_BYTES + SEAL_TAG_BYTES,
  SEALED_KEY_BYTES = SEAL_OVERHEAD_BYTES + SEAL_KEY_BYTES,
};

// Where random bytes come from: the system's generator in service, a counter in tests.
struct random_source {
  void (*fill)(struct random_source *source, void *bytes, size_t size);
};
extern struct random_source random_of_system;

// What a sealed value belongs to. NULL is the same as "".
struct seal_place {
  const char *table, *column;
  const char *id;         // of the row
  const char *person_id;  // whose key it is under
  const char *author_id;
  uint32_t revision;
};

// Writes size + SEAL_OVERHEAD_BYTES to `sealed`, which may not overlap `plain`. A nonce is used once with a key.
void seal(const uint8_t key[SEAL_KEY_BYTES], const struct seal_place *place, const uint8_t nonce[SEAL_NONCE_BYTES],
          const void *plain, size_t plain_size, uint8_t *sealed);
// Writes sealed_size - SEAL_OVERHEAD_BYTES to `plain`. -EBADMSG when anything isn't as it was sealed: the key, the
// place, a byte; `plain` then tells nothing.
int seal_open(const uint8_t key[SEAL_KEY_BYTES], const struct seal_place *place, const uint8_t *sealed,
              size_t sealed_size, uint8_t *plain);
// A key for one use, named by its label of exactly eight characters, from a key that is used for nothing else.
void seal_derive_key(const uint8_t root[SEAL_KEY_BYTES], const char label[8], uint8_t key[SEAL_KEY_BYTES]);
