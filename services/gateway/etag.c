#include "etag.h"

#include <sodium.h>
#include <string.h>

char *etag_of(const void *data, size_t size, struct arena *arena) {
  unsigned char hash[crypto_generichash_BYTES_MIN];
  char text[2 * sizeof hash + 1];
  crypto_generichash(hash, sizeof hash, data, size, NULL, 0);
  sodium_bin2hex(text, sizeof text, hash, sizeof hash);
  return arena_printf(arena, "\"%s\"", text);
}

bool has_already(struct http_exchange *exchange, const char *etag) {
  const char *known = http_field(exchange, "if-none-match");
  return known && (!strcmp(known, "*") || strstr(known, etag));
}
