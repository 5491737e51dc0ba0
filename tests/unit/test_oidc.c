// Which ID tokens are believed. They are signed here, by libcjose as the provider would; that another implementation's
// fit too, and the whole way, is tests/gateway/test_oidc.py.
#include "unit.h"

#include <cjose/cjose.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oidc.h"

enum { NOW_S = 1772413200 };

static const struct oidc_settings settings = {.issuer = "https://id.example.org",
                                              .client_id = "pulih",
                                              .client_secret = "",
                                              .redirect_uri = "https://pulih.example.org/oidc/callback",
                                              .scope = "openid email",
                                              .ca_file = "",
                                              .claim = "email"};
static cjose_jwk_t *rsa, *ec, *other, *symmetric;
static char keys[4096];
static struct arena arena;
static struct oidc_person person;

static const char *sign(cjose_jwk_t *key, const char *algorithm, const char *claims) {
  cjose_err error;
  cjose_header_t *header = cjose_header_new(&error);
  cjose_header_set(header, CJOSE_HDR_ALG, algorithm, &error);
  cjose_jws_t *token = cjose_jws_sign(key, header, (const uint8_t *)claims, strlen(claims), &error);
  const char *text;
  assert_non_null(token);
  assert_true(cjose_jws_export(token, &text, &error));
  const char *copy = arena_copy_text(&arena, text, strlen(text));
  cjose_jws_release(token);
  cjose_header_release(header);
  return copy;
}

// Good claims, where `change` ("\"aud\":\"x\"") takes the place of the member of its name.
static const char *claims_with(const char *change) {
  json_t *claims = json_pack("{s:s, s:s, s:s, s:i, s:i, s:s, s:s, s:b}", "iss", "https://id.example.org", "aud",
                             "pulih", "nonce", "nonce", "exp", NOW_S + 300, "iat", NOW_S, "sub", "7", "email",
                             "sari@example.org", "email_verified", 1);
  char text[512];
  snprintf(text, sizeof text, "{%s}", change);
  json_t *changed = json_loads(text, 0, NULL);
  assert_non_null(changed);
  json_object_update(claims, changed);
  char *dumped = json_dumps(claims, 0);
  const char *copy = arena_copy_text(&arena, dumped, strlen(dumped));
  free(dumped);
  json_decref(changed);
  json_decref(claims);
  return copy;
}

static const char *check_by(const struct oidc_settings *by, const char *token) {
  return oidc_check_token(by, token, keys, strlen(keys), "nonce", NOW_S * INT64_C(1000000), &arena, &person);
}

static const char *check(const char *change) {
  return check_by(&settings, sign(rsa, CJOSE_HDR_ALG_RS256, claims_with(change)));
}

static int set_up(void **state) {
  arena_init(&arena, 1 << 20);
  person = (struct oidc_person){0};
  return 0;
}

static int tear_down(void **state) {
  arena_finish(&arena);
  return 0;
}

static void a_good_token_names_the_person(void **state) {
  assert_null(check(""));
  assert_string_equal(person.email, "sari@example.org");
  assert_false(person.second_factor);
  assert_null(check_by(&settings, sign(ec, CJOSE_HDR_ALG_ES256, claims_with("\"aud\":[\"pulih\"]"))));
}

static void a_signature_of_anybody_else_is_none(void **state) {
  static const char problem[] = "it isn't signed by the provider";
  assert_string_equal(check_by(&settings, sign(other, CJOSE_HDR_ALG_RS256, claims_with(""))), problem);
  // Signed with what is public, as if that were a shared secret; by another algorithm of the right key.
  assert_string_equal(check_by(&settings, sign(symmetric, CJOSE_HDR_ALG_HS256, claims_with(""))), problem);
  assert_string_equal(check_by(&settings, sign(rsa, CJOSE_HDR_ALG_RS512, claims_with(""))), problem);
  // {"alg":"none"}, and no signature.
  assert_string_equal(check_by(&settings, "eyJhbGciOiJub25lIn0.e30."), problem);
  assert_string_equal(check_by(&settings, ""), problem);
  assert_string_equal(check_by(&settings, "a.b.c"), problem);
}

static void a_token_that_was_changed_is_none(void **state) {
  char *token = (char *)sign(rsa, CJOSE_HDR_ALG_RS256, claims_with(""));
  char *letter = strchr(token, '.') + 20;
  *letter = *letter == 'A' ? 'B' : 'A';
  assert_non_null(check_by(&settings, token));
}

static void each_claim_is_looked_at(void **state) {
  static const char *const changes[] = {"\"iss\":\"https://id.example.org/\"",
                                        "\"iss\":null",
                                        "\"aud\":\"other\"",
                                        "\"aud\":[\"pulih\",\"other\"]",
                                        "\"aud\":[]",
                                        "\"azp\":\"other\"",
                                        "\"nonce\":\"another\"",
                                        "\"nonce\":null",
                                        "\"exp\":1772413140",
                                        "\"exp\":\"1872413140\"",
                                        "\"exp\":null",
                                        "\"iat\":1772413261",
                                        "\"iat\":null",
                                        "\"nbf\":1772413261",
                                        "\"email\":null",
                                        "\"email\":\"\"",
                                        "\"email\":7",
                                        "\"email_verified\":false",
                                        "\"email_verified\":\"true\"",
                                        "\"email_verified\":null"};
  for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
    if (!check(changes[i])) fail_msg("believed with %s", changes[i]);
  }
  assert_null(person.email);
  assert_null(check("\"aud\":[\"pulih\",\"other\"],\"azp\":\"pulih\""));
  assert_null(check("\"exp\":1772413141,\"iat\":1772413260"));
}

static void another_claim_can_have_the_address(void **state) {
  struct oidc_settings by = settings;
  by.claim = "upn";
  assert_non_null(check_by(&by, sign(rsa, CJOSE_HDR_ALG_RS256, claims_with(""))));
  assert_null(check_by(
      &by, sign(rsa, CJOSE_HDR_ALG_RS256, claims_with("\"upn\":\"budi@example.org\",\"email_verified\":false"))));
  assert_string_equal(person.email, "budi@example.org");
}

static void a_second_factor_is_said_or_trusted(void **state) {
  struct oidc_settings trusting = settings;
  assert_null(check("\"amr\":[\"pwd\"]"));
  assert_false(person.second_factor);
  assert_null(check("\"amr\":[\"pwd\",\"mfa\"]"));
  assert_true(person.second_factor);
  trusting.trust_second_factor = true;
  assert_null(check_by(&trusting, sign(rsa, CJOSE_HDR_ALG_RS256, claims_with(""))));
  assert_true(person.second_factor);
}

static void discovery_is_of_this_issuer_and_over_tls(void **state) {
  static const char good[] =
      "{\"issuer\":\"https://id.example.org\",\"authorization_endpoint\":\"https://id.example.org/auth?x=y\","
      "\"token_endpoint\":\"https://id.example.org/token\",\"jwks_uri\":\"https://id.example.org/jwks\"}";
  static const char *const bad[] = {
      "",
      "[]",
      "{}",
      "{\"issuer\":\"https://id.example.org\"}",
      "{\"issuer\":\"https://other.example.org\",\"authorization_endpoint\":\"https://a/\",\"token_endpoint\":"
      "\"https://a/\",\"jwks_uri\":\"https://a/\"}",
      "{\"issuer\":\"https://id.example.org\",\"authorization_endpoint\":\"https://a/\",\"token_endpoint\":"
      "\"http://a/\",\"jwks_uri\":\"https://a/\"}"};
  struct oidc_provider provider = {0};
  struct oidc_secrets secrets;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    assert_non_null(oidc_read_provider(&settings, bad[i], strlen(bad[i]), &arena, &provider));
  assert_null(provider.token_endpoint);
  assert_null(oidc_read_provider(&settings, good, strlen(good), &arena, &provider));
  oidc_derive((const uint8_t[OIDC_SECRET_BYTES]){1}, &secrets);
  char *url = oidc_authorization_url(&settings, &provider, &secrets, &arena);
  assert_ptr_equal(strstr(url,
                          "https://id.example.org/auth?x=y&response_type=code&client_id=pulih&redirect_uri=https"
                          "%3A%2F%2Fpulih.example.org%2Foidc%2Fcallback&scope=openid%20email&state="),
                   url);
}

static void the_settings_must_fit(void **state) {
  struct oidc_settings wrong = settings;
  assert_null(oidc_settings_problem(&settings));
  wrong.issuer = "";
  assert_null(oidc_settings_problem(&wrong));
  static const char *const issuers[] = {"http://id.example.org", "https://", "http://localhost.example.org", "id"};
  for (size_t i = 0; i < sizeof issuers / sizeof issuers[0]; i++) {
    wrong.issuer = issuers[i];
    assert_non_null(oidc_settings_problem(&wrong));
  }
  wrong = settings;
  wrong.client_id = "";
  assert_non_null(oidc_settings_problem(&wrong));
}

static void make_keys(void) {
  cjose_err error;
  static const uint8_t exponent[] = {1, 0, 1};
  rsa = cjose_jwk_create_RSA_random(2048, exponent, sizeof exponent, &error);
  other = cjose_jwk_create_RSA_random(2048, exponent, sizeof exponent, &error);
  ec = cjose_jwk_create_EC_random(CJOSE_JWK_EC_P_256, &error);
  char *first = cjose_jwk_to_json(rsa, false, &error), *second = cjose_jwk_to_json(ec, false, &error);
  snprintf(keys, sizeof keys, "{\"keys\":[{\"kty\":\"unknown\"},%s,%s]}", first, second);
  symmetric = cjose_jwk_create_oct_spec((const uint8_t *)first, strlen(first), &error);
  free(first);
  free(second);
}

#define TOKEN_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  make_keys();
  const struct CMUnitTest tests[] = {
      TOKEN_TEST(a_good_token_names_the_person),
      TOKEN_TEST(a_signature_of_anybody_else_is_none),
      TOKEN_TEST(a_token_that_was_changed_is_none),
      TOKEN_TEST(each_claim_is_looked_at),
      TOKEN_TEST(another_claim_can_have_the_address),
      TOKEN_TEST(a_second_factor_is_said_or_trusted),
      TOKEN_TEST(discovery_is_of_this_issuer_and_over_tls),
      TOKEN_TEST(the_settings_must_fit),
  };
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  cjose_jwk_release(rsa);
  cjose_jwk_release(other);
  cjose_jwk_release(ec);
  cjose_jwk_release(symmetric);
  return failed;
}
