#include "crypto/token.h"

#include <sodium.h>

void token_make(uint8_t token[TOKEN_SIZE]) {
  randombytes_buf(token, TOKEN_SIZE);
}

void token_hash(const uint8_t token[TOKEN_SIZE], uint8_t hash[TOKEN_HASH_SIZE]) {
  crypto_generichash(hash, TOKEN_HASH_SIZE, token, TOKEN_SIZE, NULL, 0);
}
