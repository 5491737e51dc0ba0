// Base64 (RFC 4648). libsodium's isn't used: it takes bytes from 0x80 up for digits.
#pragma once

#include <stdbool.h>
#include <stddef.h>

static inline size_t base64_size(size_t size) {
  return (size + 2) / 3 * 4;
}
// Writes base64_size(size) characters of the standard alphabet, padded.
void base64_encode(const unsigned char *data, size_t size, char *text);
// Reads either alphabet, padded or not, into at most size / 4 * 3 + 2 bytes. False when it is anything else.
bool base64_decode(const char *text, size_t size, unsigned char *data, size_t *ret_size);
