// Whether an ID token is to be believed: OpenID Connect Core 1.0, 3.1.3.7.
#include <cjose/cjose.h>
#include <jansson.h>
#include <string.h>

#include "oidc.h"

enum { LEEWAY_S = 60 };

// "none" and the symmetric ones aren't among them: what signs is the provider's, never something that we know too.
static bool algorithm_fits(const char *algorithm, cjose_jwk_kty_t kind) {
  return (!strcmp(algorithm, CJOSE_HDR_ALG_RS256) && kind == CJOSE_JWK_KTY_RSA) ||
         (!strcmp(algorithm, CJOSE_HDR_ALG_ES256) && kind == CJOSE_JWK_KTY_EC);
}

static bool verify_with(cjose_jws_t *token, const char *algorithm, const char *key_id, json_t *entry) {
  cjose_err error;
  const char *id = json_string_value(json_object_get(entry, "kid")),
             *use = json_string_value(json_object_get(entry, "use"));
  if ((key_id && id && strcmp(key_id, id) != 0) || (use && strcmp(use, "sig") != 0)) return false;
  cjose_jwk_t *key = cjose_jwk_import_json(entry, &error);
  bool fits = key && algorithm_fits(algorithm, cjose_jwk_get_kty(key, &error)) && cjose_jws_verify(token, key, &error);
  cjose_jwk_release(key);
  return fits;
}

// Signed by one of the keys of the set.
static bool is_signed(cjose_jws_t *token, const char *keys, size_t keys_size) {
  cjose_err error;
  cjose_header_t *header = cjose_jws_get_protected(token);
  const char *algorithm = cjose_header_get(header, CJOSE_HDR_ALG, &error),
             *key_id = cjose_header_get(header, CJOSE_HDR_KID, &error);
  json_t *set = json_loadb(keys, keys_size, JSON_REJECT_DUPLICATES, NULL), *entry;
  bool verified = false;
  size_t i;
  json_array_foreach(json_object_get(set, "keys"), i, entry) {
    if (algorithm && !verified) verified = verify_with(token, algorithm, key_id, entry);
  }
  json_decref(set);
  return verified;
}

static bool is_text(const json_t *value, const char *text) {
  return json_is_string(value) && !strcmp(json_string_value(value), text);
}

static bool has_text(const json_t *array, const char *text) {
  json_t *entry;
  size_t i;
  json_array_foreach(array, i, entry) {
    if (is_text(entry, text)) return true;
  }
  return false;
}

static bool is_for(const json_t *claims, const char *client_id) {
  const json_t *audience = json_object_get(claims, "aud"), *party = json_object_get(claims, "azp");
  if (party && !is_text(party, client_id)) return false;
  if (json_is_array(audience)) return has_text(audience, client_id) && (json_array_size(audience) == 1 || party);
  return is_text(audience, client_id);
}

static const char *check_claims(const struct oidc_settings *settings, const json_t *claims, const char *nonce,
                                int64_t now_s) {
  const json_t *ends = json_object_get(claims, "exp"), *issued = json_object_get(claims, "iat"),
               *begins = json_object_get(claims, "nbf");
  if (!is_text(json_object_get(claims, "iss"), settings->issuer)) return "it is another issuer's";
  if (!is_for(claims, settings->client_id)) return "it is for another client";
  if (!is_text(json_object_get(claims, "nonce"), nonce)) return "it belongs to another sign-in";
  if (!json_is_number(ends) || json_number_value(ends) + LEEWAY_S <= (double)now_s) return "it has expired";
  if (!json_is_number(issued) || json_number_value(issued) - LEEWAY_S > (double)now_s) return "it is of the future";
  if (begins && (!json_is_number(begins) || json_number_value(begins) - LEEWAY_S > (double)now_s))
    return "it isn't valid yet";
  return NULL;
}

// RFC 8176: "mfa" says it, the others are second factors by themselves.
static bool asked_for_second_factor(const json_t *claims) {
  static const char *const factors[] = {"mfa", "otp", "hwk", "swk", "sms", "pop"};
  const json_t *methods = json_object_get(claims, "amr");
  for (size_t i = 0; i < sizeof factors / sizeof factors[0]; i++)
    if (has_text(methods, factors[i])) return true;
  return false;
}

static const char *take_person(const struct oidc_settings *settings, const json_t *claims, struct arena *arena,
                               struct oidc_person *person) {
  const json_t *email = json_object_get(claims, settings->claim);
  if (!json_is_string(email) || !json_string_length(email)) return "it has no e-mail address";
  if (!strcmp(settings->claim, "email") && !json_is_true(json_object_get(claims, "email_verified")))
    return "its e-mail address isn't verified";
  const char *copy = arena_copy_text(arena, json_string_value(email), json_string_length(email));
  if (!copy) return "it is too long";
  *person = (struct oidc_person){.email = copy,
                                 .second_factor = settings->trust_second_factor || asked_for_second_factor(claims)};
  return NULL;
}

const char *oidc_check_token(const struct oidc_settings *settings, const char *id_token, const char *keys,
                             size_t keys_size, const char *nonce, int64_t wall_us, struct arena *arena,
                             struct oidc_person *person) {
  cjose_err error;
  cjose_jws_t *token = cjose_jws_import(id_token, strlen(id_token), &error);
  uint8_t *plain;
  size_t size;
  const char *problem = "it isn't signed by the provider";
  if (token && is_signed(token, keys, keys_size) && cjose_jws_get_plaintext(token, &plain, &size, &error)) {
    json_t *claims = json_loadb((const char *)plain, size, JSON_REJECT_DUPLICATES, NULL);
    problem = check_claims(settings, claims, nonce, wall_us / 1000000);
    if (!problem) problem = take_person(settings, claims, arena, person);
    json_decref(claims);
  }
  cjose_jws_release(token);
  return problem;
}
