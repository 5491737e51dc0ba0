#include "oidc.h"

#include <jansson.h>
#include <sodium.h>
#include <string.h>

#include "crypto/hash.h"

static bool begins(const char *text, const char *with) {
  return !strncmp(text, with, strlen(with));
}

static bool is_address(const char *url) {
  static const char *const local[] = {"http://localhost", "http://127.0.0.1", "http://[::1]"};
  if (begins(url, "https://")) return url[strlen("https://")];
  for (size_t i = 0; i < sizeof local / sizeof local[0]; i++)
    if (begins(url, local[i]) && strchr(":/", url[strlen(local[i])])) return true;
  return false;
}

const char *oidc_settings_problem(const struct oidc_settings *settings) {
  if (!*settings->issuer) return NULL;
  if (!is_address(settings->issuer)) return "PULIH_OIDC_ISSUER isn't https://…";
  if (!is_address(settings->redirect_uri)) return "PULIH_OIDC_REDIRECT_URI isn't https://…/oidc/callback";
  if (!*settings->client_id) return "PULIH_OIDC_CLIENT_ID is empty";
  if (!*settings->claim) return "PULIH_OIDC_CLAIM is empty";
  return NULL;
}

static void write_text(const uint8_t bytes[32], char text[OIDC_TEXT]) {
  sodium_bin2base64(text, OIDC_TEXT, bytes, 32, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

void oidc_derive(const uint8_t browser_secret[OIDC_SECRET_BYTES], struct oidc_secrets *secrets) {
  const struct {
    const char *label;
    char *text;
  } derived[] = {{"pulih oidc state 1", secrets->state},
                 {"pulih oidc nonce 1", secrets->nonce},
                 {"pulih oidc verifier 1", secrets->verifier}};
  uint8_t hash[HASH_BYTES];
  for (size_t i = 0; i < sizeof derived / sizeof derived[0]; i++) {
    const struct bytes label = bytes_of_text(derived[i].label);
    hash_parts(browser_secret, &label, 1, hash);
    write_text(hash, derived[i].text);
  }
  crypto_hash_sha256(hash, (const unsigned char *)secrets->verifier, strlen(secrets->verifier));
  write_text(hash, secrets->challenge);
}

char *oidc_escape(const char *text, struct arena *arena) {
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
  static const char hex[] = "0123456789ABCDEF";
  char *escaped = arena_alloc(arena, 3 * strlen(text) + 1), *to = escaped;
  for (; escaped && *text; text++) {
    if (strchr(plain, *text)) {
      *to++ = *text;
      continue;
    }
    *to++ = '%';
    *to++ = hex[(unsigned char)*text >> 4];
    *to++ = hex[*text & 15];
  }
  return escaped;
}

// A member that is a text, in the arena; NULL when it isn't there.
static const char *text_member(const json_t *object, const char *name, struct arena *arena) {
  const json_t *value = json_object_get(object, name);
  if (!json_is_string(value)) return NULL;
  return arena_copy_text(arena, json_string_value(value), json_string_length(value));
}

static json_t *read_object(const char *text, size_t size) {
  json_t *object = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
  if (json_is_object(object)) return object;
  json_decref(object);
  return NULL;
}

const char *oidc_read_provider(const struct oidc_settings *settings, const char *document, size_t size,
                               struct arena *arena, struct oidc_provider *provider) {
  json_t *object = read_object(document, size);
  if (!object) return "the discovery document is no JSON object";
  const char *issuer = text_member(object, "issuer", arena);
  const struct oidc_provider found = {.authorization_endpoint = text_member(object, "authorization_endpoint", arena),
                                      .token_endpoint = text_member(object, "token_endpoint", arena),
                                      .jwks_uri = text_member(object, "jwks_uri", arena)};
  json_decref(object);
  if (!issuer || strcmp(issuer, settings->issuer) != 0) return "the discovery document is another issuer's";
  if (!found.authorization_endpoint || !is_address(found.authorization_endpoint) || !found.token_endpoint ||
      !is_address(found.token_endpoint) || !found.jwks_uri || !is_address(found.jwks_uri))
    return "the discovery document lacks an address";
  *provider = found;
  return NULL;
}

const char *oidc_read_token(const char *answer, size_t size, struct arena *arena, const char **ret_id_token) {
  json_t *object = read_object(answer, size);
  if (!object) return "the token endpoint's answer is no JSON object";
  const char *token = text_member(object, "id_token", arena);
  json_decref(object);
  if (!token) return "the token endpoint gave no ID token";
  *ret_id_token = token;
  return NULL;
}

char *oidc_authorization_url(const struct oidc_settings *settings, const struct oidc_provider *provider,
                             const struct oidc_secrets *secrets, struct arena *arena) {
  const char *client = oidc_escape(settings->client_id, arena), *uri = oidc_escape(settings->redirect_uri, arena),
             *scope = oidc_escape(settings->scope, arena);
  if (!client || !uri || !scope) return NULL;
  return arena_printf(arena,
                      "%s%cresponse_type=code&client_id=%s&redirect_uri=%s&scope=%s&state=%s&nonce=%s"
                      "&code_challenge=%s&code_challenge_method=S256",
                      provider->authorization_endpoint, strchr(provider->authorization_endpoint, '?') ? '&' : '?',
                      client, uri, scope, secrets->state, secrets->nonce, secrets->challenge);
}

char *oidc_token_form(const struct oidc_settings *settings, const char *code, const struct oidc_secrets *secrets,
                      struct arena *arena) {
  const char *client = oidc_escape(settings->client_id, arena), *uri = oidc_escape(settings->redirect_uri, arena),
             *escaped = oidc_escape(code, arena);
  if (!client || !uri || !escaped) return NULL;
  // A client with a secret says who it is by HTTP Basic.
  const bool public = !*settings->client_secret;
  return arena_printf(arena, "grant_type=authorization_code&code=%s&redirect_uri=%s&code_verifier=%s%s%s", escaped, uri,
                      secrets->verifier, public ? "&client_id=" : "", public ? client : "");
}
