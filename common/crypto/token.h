// Sign-in tokens: 32 random bytes for whoever signed in, and their BLAKE2b-256 hash (RFC 7693), which is all that is
// kept. A token has 256 bits of chance, so its hash needs neither salt nor slowness.
//
// Needs sodium_init() before, once a process.
#pragma once

#include <stdint.h>

enum { TOKEN_SIZE = 32, TOKEN_HASH_SIZE = 32 };

void token_make(uint8_t token[TOKEN_SIZE]);
void token_hash(const uint8_t token[TOKEN_SIZE], uint8_t hash[TOKEN_HASH_SIZE]);
