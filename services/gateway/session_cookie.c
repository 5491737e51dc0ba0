#include "session_cookie.h"

#include <sodium.h>
#include <string.h>

#include "json/base64.h"

enum { DEVICE_BYTES = 24, OIDC_SECRET_BYTES = 32 };

static bool is_plain(struct http_exchange *exchange) {
  return *cookie_name(http_owner(exchange)) != '_';
}

static bool write_cookie(struct http_exchange *exchange, const char *suffix, const char *value, const char *rest,
                         struct http_field *ret_field) {
  const char *text =
      arena_printf(http_arena(exchange), "%s%s=%s; Path=/; HttpOnly%s%s", cookie_name(http_owner(exchange)), suffix,
                   value, is_plain(exchange) ? "" : "; Secure", rest);
  if (text) *ret_field = (struct http_field){.name = "Set-Cookie", .value = text};
  return text;
}

// A value of so many bytes in base64url, in the arena; NULL when the browser has none.
static uint8_t *read_cookie(struct http_exchange *exchange, const char *suffix, size_t size) {
  const char *name = arena_printf(http_arena(exchange), "%s%s", cookie_name(http_owner(exchange)), suffix);
  const char *text = name ? http_cookie(exchange, name) : NULL;
  uint8_t *bytes = arena_alloc(http_arena(exchange), 2 * size);
  size_t found = 0;
  bool fits = text && bytes && strlen(text) < 2 * size && base64_decode(text, strlen(text), bytes, &found);
  return fits && found == size ? bytes : NULL;
}

static char *base64url(struct http_exchange *exchange, const void *data, size_t size) {
  char *text = arena_alloc(http_arena(exchange), base64_size(size) + 1);
  if (!text) return NULL;
  base64_encode(data, size, text);
  for (char *at = text; *at; at++) *at = *at == '+' ? '-' : *at == '/' ? '_' : *at == '=' ? '\0' : *at;
  return text;
}

bool session_cookie_set(struct http_exchange *exchange, const ProtobufCBinaryData *token,
                        struct http_field *ret_field) {
  const char *text = base64url(exchange, token->data, token->len);
  return text && write_cookie(exchange, "", text, "; SameSite=Strict", ret_field);
}

bool session_cookie_clear(struct http_exchange *exchange, struct http_field *ret_field) {
  return write_cookie(exchange, "", "", "; SameSite=Strict; Max-Age=0", ret_field);
}

bool device_cookie_renew(struct http_exchange *exchange, ProtobufCBinaryData *ret_device,
                         struct http_field *ret_field) {
  uint8_t *bytes = read_cookie(exchange, "-device", DEVICE_BYTES);
  if (!bytes) {
    bytes = arena_alloc(http_arena(exchange), DEVICE_BYTES);
    if (!bytes) return false;
    randombytes_buf(bytes, DEVICE_BYTES);
  }
  const char *text = base64url(exchange, bytes, DEVICE_BYTES);
  if (!text || !write_cookie(exchange, "-device", text, "; SameSite=Strict; Max-Age=15552000", ret_field)) return false;
  *ret_device = (ProtobufCBinaryData){DEVICE_BYTES, bytes};
  return true;
}

bool oidc_cookie_set(struct http_exchange *exchange, const ProtobufCBinaryData *secret, struct http_field *ret_field) {
  const char *text = base64url(exchange, secret->data, secret->len);
  return text && write_cookie(exchange, "-oidc", text, "; SameSite=Lax; Max-Age=600", ret_field);
}

bool oidc_cookie_clear(struct http_exchange *exchange, struct http_field *ret_field) {
  return write_cookie(exchange, "-oidc", "", "; SameSite=Lax; Max-Age=0", ret_field);
}

ProtobufCBinaryData oidc_cookie_read(struct http_exchange *exchange) {
  uint8_t *bytes = read_cookie(exchange, "-oidc", OIDC_SECRET_BYTES);
  return (ProtobufCBinaryData){bytes ? OIDC_SECRET_BYTES : 0, bytes};
}
