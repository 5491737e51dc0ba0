#include "signature.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/hash.h"

struct signature_secret signature_secret_of(const struct master_key *key, const char *endpoint_id, int number) {
  char number_text[12];
  snprintf(number_text, sizeof number_text, "%d", number);
  const struct bytes parts[] = {bytes_of_text("pulih webhook secret 1"), bytes_of_text(endpoint_id),
                                bytes_of_text(number_text)};
  struct signature_secret secret;
  hash_parts(key->sealing, parts, sizeof parts / sizeof parts[0], secret.bytes);
  return secret;
}

void signature_secret_text(const struct signature_secret *secret, char text[SIGNATURE_SECRET_TEXT]) {
  memcpy(text, "whsec_", 6);
  sodium_bin2base64(text + 6, SIGNATURE_SECRET_TEXT - 6, secret->bytes, sizeof secret->bytes,
                    sodium_base64_VARIANT_ORIGINAL);
}

static void sign(const struct signature_secret *secret, const char *id, const char *timestamp, const void *body,
                 size_t size, char text[SIGNATURE_TEXT]) {
  crypto_auth_hmacsha256_state state;
  uint8_t mac[crypto_auth_hmacsha256_BYTES];
  crypto_auth_hmacsha256_init(&state, secret->bytes, sizeof secret->bytes);
  crypto_auth_hmacsha256_update(&state, (const uint8_t *)id, strlen(id));
  crypto_auth_hmacsha256_update(&state, (const uint8_t *)".", 1);
  crypto_auth_hmacsha256_update(&state, (const uint8_t *)timestamp, strlen(timestamp));
  crypto_auth_hmacsha256_update(&state, (const uint8_t *)".", 1);
  crypto_auth_hmacsha256_update(&state, body, size);
  crypto_auth_hmacsha256_final(&state, mac);
  memcpy(text, "v1,", 3);
  sodium_bin2base64(text + 3, SIGNATURE_TEXT - 3, mac, sizeof mac, sodium_base64_VARIANT_ORIGINAL);
}

void signature_sign(const struct signature_secret *secret, const char *id, int64_t timestamp_s, const void *body,
                    size_t size, char text[SIGNATURE_TEXT]) {
  char timestamp[24];
  snprintf(timestamp, sizeof timestamp, "%" PRId64, timestamp_s);
  sign(secret, id, timestamp, body, size, text);
}

// Digits alone, and near.
static bool is_in_time(const char *timestamp, int64_t now_s) {
  size_t size = strlen(timestamp);
  if (size == 0 || size > 12 || strspn(timestamp, "0123456789") != size) return false;
  int64_t apart = strtoll(timestamp, NULL, 10) - now_s;
  return apart >= -SIGNATURE_TOLERANCE_S && apart <= SIGNATURE_TOLERANCE_S;
}

static bool is_among(const char *header, const char *expected) {
  bool found = false;
  while (*header) {
    size_t size = strcspn(header, " ");
    if (size == SIGNATURE_TEXT - 1) found = sodium_memcmp(header, expected, size) == 0 || found;
    header += size + strspn(header + size, " ");
  }
  return found;
}

bool signature_ok(const struct signature_secret *secrets, size_t secret_count, const char *header, const char *id,
                  const char *timestamp, int64_t now_s, const void *body, size_t size) {
  bool ok = false;
  for (size_t i = 0; i < secret_count; i++) {
    char expected[SIGNATURE_TEXT];
    sign(&secrets[i], id, timestamp, body, size, expected);
    ok = is_among(header, expected) || ok;
  }
  return ok && is_in_time(timestamp, now_s);
}
