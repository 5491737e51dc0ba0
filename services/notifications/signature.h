// Signatures of webhooks, ours and those of receipts that come back: https://www.standardwebhooks.com
// (specification 1.0.0, symmetric). Pure.
//
// A secret is made of a master key, its endpoint and a number that goes up with each rotation, so none is kept
// anywhere.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/keyring.h"

enum {
  SIGNATURE_SECRET_BYTES = 32,
  SIGNATURE_SECRET_TEXT = 6 + 44 + 1,  // "whsec_…"
  SIGNATURE_TEXT = 3 + 44 + 1,         // "v1,…"
  SIGNATURE_TOLERANCE_S = 5 * 60,
};

struct signature_secret {
  uint8_t bytes[SIGNATURE_SECRET_BYTES];
};

struct signature_secret signature_secret_of(const struct master_key *key, const char *endpoint_id, int number);
void signature_secret_text(const struct signature_secret *secret, char text[SIGNATURE_SECRET_TEXT]);

// Of "<id>.<timestamp>.<body>".
void signature_sign(const struct signature_secret *secret, const char *id, int64_t timestamp_s, const void *body,
                    size_t size, char text[SIGNATURE_TEXT]);
// Whether one of the signatures in the header ("v1,… v1,…") is by one of the secrets, and the time is near `now_s`.
// Takes the same time whatever is wrong with a signature.
bool signature_ok(const struct signature_secret *secrets, size_t secret_count, const char *header, const char *id,
                  const char *timestamp, int64_t now_s, const void *body, size_t size);
