#include "json/base64.h"

#include <stdint.h>

void base64_encode(const unsigned char *data, size_t size, char *text) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < size; i += 3) {
    size_t left = size - i;
    uint32_t group =
        (uint32_t)data[i] << 16 | (left > 1 ? (uint32_t)data[i + 1] << 8 : 0) | (left > 2 ? data[i + 2] : 0);
    *text++ = digits[group >> 18];
    *text++ = digits[group >> 12 & 63];
    *text++ = left > 1 ? digits[group >> 6 & 63] : '=';
    *text++ = left > 2 ? digits[group & 63] : '=';
  }
}

static int digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

bool base64_decode(const char *text, size_t size, unsigned char *data, size_t *ret_size) {
  if (size % 4 == 0 && size && text[size - 1] == '=') size -= text[size - 2] == '=' ? 2 : 1;
  if (size % 4 == 1) return false;
  uint32_t group = 0;
  size_t written = 0;
  for (size_t i = 0; i < size; i++) {
    int value = digit(text[i]);
    if (value < 0) return false;
    group = group << 6 | (uint32_t)value;
    unsigned bits = (i % 4) * 6 + 6;  // read of this group of three bytes
    if (bits >= 12) data[written++] = (unsigned char)(group >> (bits % 8));
  }
  *ret_size = written;
  return true;
}
