#include "crypto/totp.h"

#include <errno.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { SHA1_BYTES = 20 };

int totp_code(const uint8_t secret[TOTP_SECRET_BYTES], uint64_t step, char code[TOTP_DIGITS + 1]) {
  uint8_t counter[8], mac[SHA1_BYTES];
  size_t size = 0;
  for (int i = 0; i < 8; i++) counter[i] = (uint8_t)(step >> (56 - 8 * i));
  if (!EVP_Q_mac(NULL, "HMAC", NULL, "SHA1", NULL, secret, TOTP_SECRET_BYTES, counter, sizeof counter, mac, sizeof mac,
                 &size) ||
      size != sizeof mac)
    return -EIO;
  // Dynamic truncation, RFC 4226, 5.3.
  const uint8_t *at = mac + (mac[SHA1_BYTES - 1] & 15);
  uint32_t number = (uint32_t)(at[0] & 127) << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
  snprintf(code, TOTP_DIGITS + 1, "%06u", number % 1000000);
  return 0;
}

bool totp_is_code(const char *text) {
  return strlen(text) == TOTP_DIGITS && strspn(text, "0123456789") == TOTP_DIGITS;
}

int totp_match(const uint8_t secret[TOTP_SECRET_BYTES], int64_t wall_us, const char *code, uint64_t *ret_step) {
  if (!totp_is_code(code) || wall_us < (int64_t)TOTP_STEP_S * 1000000) return -EACCES;
  const uint64_t now = (uint64_t)wall_us / 1000000 / TOTP_STEP_S;
  uint64_t found = 0;
  for (uint64_t step = now - 1; step <= now + 1; step++) {
    char expected[TOTP_DIGITS + 1];
    if (totp_code(secret, step, expected)) return -EIO;
    if (!sodium_memcmp(expected, code, TOTP_DIGITS)) found = step;
  }
  if (!found) return -EACCES;
  *ret_step = found;
  return 0;
}

void totp_secret_text(const uint8_t secret[TOTP_SECRET_BYTES], char text[TOTP_SECRET_TEXT]) {
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  for (size_t i = 0; i < TOTP_SECRET_TEXT - 1; i++) {
    const size_t bit = 5 * i, byte = bit / 8;
    uint32_t pair = (uint32_t)secret[byte] << 8;
    if (byte + 1 < TOTP_SECRET_BYTES) pair |= secret[byte + 1];
    text[i] = letters[pair >> (11 - bit % 8) & 31];
  }
  text[TOTP_SECRET_TEXT - 1] = '\0';
}
