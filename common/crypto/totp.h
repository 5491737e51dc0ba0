// Codes of an authenticator app: TOTP (RFC 6238) by HMAC-SHA-1 over steps of thirty seconds, six digits, which is what
// every app can do. The HMAC is OpenSSL's: libsodium has no SHA-1, and libcurl brings OpenSSL along anyway.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  TOTP_SECRET_BYTES = 20,  // as RFC 4226, 4 recommends
  TOTP_SECRET_TEXT = 33,   // Base32, with the NUL
  TOTP_DIGITS = 6,
  TOTP_STEP_S = 30,
};

// The code of a step, with a NUL. -EIO when OpenSSL can't.
int totp_code(const uint8_t secret[TOTP_SECRET_BYTES], uint64_t step, char code[TOTP_DIGITS + 1]);
// Whether `code` is that of the step at `wall_us`, of the one before or of the one after, since clocks differ and
// people type slowly; which one is in *ret_step. 0, -EACCES when it is none of them, -EIO. Takes as long either way.
int totp_match(const uint8_t secret[TOTP_SECRET_BYTES], int64_t wall_us, const char *code, uint64_t *ret_step);
// Whether it looks like one: six digits. A recovery code doesn't.
bool totp_is_code(const char *text);
// Base32 (RFC 4648, 6), as apps take it.
void totp_secret_text(const uint8_t secret[TOTP_SECRET_BYTES], char text[TOTP_SECRET_TEXT]);
