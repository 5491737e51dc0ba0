// Secrets of authenticator apps at rest: sealed under a master key that is not in PostgreSQL, each for its person.
#pragma once

#include <protobuf-c/protobuf-c.h>

#include "crypto/keyring.h"
#include "crypto/seal.h"
#include "crypto/totp.h"

enum { TOTP_SEALED_BYTES = SEAL_OVERHEAD_BYTES + TOTP_SECRET_BYTES };

// Seals with the newest key, whose id is the answer.
const char *totp_secret_seal(const struct keyring *keyring, struct random_source *random, const char *person_id,
                             const uint8_t secret[TOTP_SECRET_BYTES], uint8_t sealed[TOTP_SEALED_BYTES]);
// -ENOKEY when the key isn't in the key file, -EBADMSG when it isn't as it was sealed.
int totp_secret_open(const struct keyring *keyring, const char *person_id, ProtobufCBinaryData sealed,
                     const char *key_id, uint8_t secret[TOTP_SECRET_BYTES]);
