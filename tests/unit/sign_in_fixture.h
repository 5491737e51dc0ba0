// The steps of identity's handlers, with a database that answers what the test says.
#pragma once

#include "unit.h"

#include <sodium.h>
#include <string.h>
#include <uv.h>

#include "crypto/spoken_code.h"
#include "crypto/token.h"
#include "crypto/totp.h"
#include "db/db.h"
#include "identity.h"
#include "identity_methods.h"
#include "loop/loop.h"
#include "service/service.h"
#include "totp_secret.h"

#define PERSON "0192f0c4-0000-7000-8000-000000000001"

struct service {
  struct loop loop;
  struct identity identity;
};

static struct service service;
static struct call call;
static Pulih__Identity__Internal__V1__SignInCheck check;  // what the database says
static Pulih__Identity__Internal__V1__SecondFactor factor;
static Pulih__Identity__Internal__V1__BegunTotpSetup begun;
static Pulih__Identity__Internal__V1__OneTimePassword one_time;
static Pulih__Identity__V1__StartedSession started;
static Google__Protobuf__Timestamp expires_at;
static size_t rows;
static char asked[128];                            // the statements, in order
static uint8_t asked_token_hash[TOKEN_HASH_SIZE];  // what start_session was given
static char asked_new_hash[PASSWORD_HASH_MAX];
static int64_t asked_step;
static uint8_t asked_recovery_hash[SPOKEN_CODE_HASH_BYTES], asked_secret[TOTP_SEALED_BYTES];
static size_t asked_new_recovery_size;
static struct keyring *keyring;
static int answers;
static enum reason answer;
static uint8_t answered_token[TOKEN_SIZE];
static size_t answered_recovery_codes;
static char answered_secret[TOTP_SECRET_TEXT], answered_uri[256], answered_password[SPOKEN_CODE_TEXT];

void *service_state(struct service *of) {
  return &of->identity;
}
struct loop *service_loop(struct service *of) {
  return &of->loop;
}

void call_reply(struct call *of, const ProtobufCMessage *response) {
  answers++;
  answer = REASON_OK;
  if (response->descriptor == &pulih__identity__v1__totp_setup__descriptor) {
    strcpy(answered_secret, ((const Pulih__Identity__V1__TotpSetup *)response)->secret);
    strcpy(answered_uri, ((const Pulih__Identity__V1__TotpSetup *)response)->otpauth_uri);
  }
  if (response->descriptor == &pulih__identity__v1__reset_password_response__descriptor)
    strcpy(answered_password, ((const Pulih__Identity__V1__ResetPasswordResponse *)response)->one_time_password);
  if (response->descriptor != &pulih__identity__v1__started_session__descriptor) return;
  const Pulih__Identity__V1__StartedSession *session = (const void *)response;
  assert_int_equal(session->token.len, TOKEN_SIZE);
  memcpy(answered_token, session->token.data, TOKEN_SIZE);
  answered_recovery_codes = session->n_recovery_codes;
}
void call_fail(struct call *of) {
  answers++;
  answer = of->status.reason;
}
void call_fail_with(struct call *of, enum reason reason) {
  of->status.reason = reason;
  call_fail(of);
}

void call_query(struct call *of, const struct db_statement *statement, const ProtobufCMessage *in,
                call_query_done *done) {
  assert_ptr_equal(in->descriptor, statement->in);
  strcat(strcat(asked, statement->name), " ");
  if (statement == &identity_start_session_statement) {
    const Pulih__Identity__Internal__V1__StartSession *start = (const void *)in;
    assert_string_equal(start->checked_hash, check.hash);
    memcpy(asked_token_hash, start->token_hash.data, TOKEN_HASH_SIZE);
    strcpy(asked_new_hash, start->new_hash);
    asked_step = start->step;
    asked_new_recovery_size = start->new_recovery_hashes.len;
    if (start->recovery_hash.len) memcpy(asked_recovery_hash, start->recovery_hash.data, sizeof asked_recovery_hash);
  }
  if (statement == &identity_begin_totp_setup_statement)
    memcpy(asked_secret, ((const Pulih__Identity__Internal__V1__BeginTotpSetup *)in)->new_secret.data,
           sizeof asked_secret);
  if (statement == &identity_set_password_hash_statement)
    strcpy(asked_new_hash, ((const Pulih__Identity__Internal__V1__SetPasswordHash *)in)->hash);
  done(of, NULL);
}
size_t db_result_rows(const struct db_result *result) {
  return rows;
}
ProtobufCMessage *db_result_row(const struct db_result *result, size_t index, struct arena *arena) {
  const char *last = asked;
  for (const char *at = asked; *at; at++)
    if (*at == ' ' && at[1]) last = at + 1;
  return !strcmp(last, "start_session ")         ? &started.base
         : !strcmp(last, "weigh_second_factor ") ? &factor.base
         : !strcmp(last, "begin_totp_setup ")    ? &begun.base
         : !strcmp(last, "set_password_hash ")   ? &one_time.base
                                                 : &check.base;
}

static char known_hash[PASSWORD_HASH_MAX];
static const struct identity_settings settings = {.totp_issuer = "Pulih", .idle_ms = 3600000, .lasts_ms = 43200000};

static int set_up(void **state) {
  memset(&call, 0, sizeof call);
  arena_init(&call.arena, 1 << 16);
  call.service = &service;
  call.caller = (struct caller){.user_id = "", .prison_id = "", .key_name = "gateway-1"};
  uv_loop_init(&service.loop.uv);
  service.identity =
      (struct identity){.settings = &settings, .totp_required = true, .keyring = keyring, .random = &random_of_system};
  password_line_init(&service.identity.passwords, &service.loop.uv, 4);
  pulih__identity__internal__v1__sign_in_check__init(&check);
  pulih__identity__internal__v1__second_factor__init(&factor);
  pulih__identity__internal__v1__begun_totp_setup__init(&begun);
  pulih__identity__internal__v1__one_time_password__init(&one_time);
  pulih__identity__v1__started_session__init(&started);
  google__protobuf__timestamp__init(&expires_at);
  check.person_id = PERSON;
  check.hash = known_hash;
  started.expires_at = begun.expires_at = one_time.expires_at = &expires_at;
  begun.email = "sri@contoh.or.id";
  factor.key_id = factor.new_key_id = (char *)keyring_newest(keyring)->id;
  asked_step = 0;
  asked_new_recovery_size = answered_recovery_codes = 0;
  rows = 1;
  asked[0] = asked_new_hash[0] = '\0';
  answers = 0;
  return 0;
}

static int tear_down(void **state) {
  arena_finish(&call.arena);
  return uv_loop_close(&service.loop.uv);
}

static void sign_in_with(const char *password, const char *new_password, const char *code) {
  static Pulih__Identity__V1__SignInRequest request;
  pulih__identity__v1__sign_in_request__init(&request);
  request.email = "sri@contoh.or.id";
  request.password = (char *)password;
  request.new_password = (char *)new_password;
  request.source = "10.0.0.1";
  request.code = (char *)code;
  call.request = &request.base;
  identity_sign_in(&call);
  uv_run(&service.loop.uv, UV_RUN_DEFAULT);
  assert_int_equal(answers, 1);
}

static void sign_in(const char *password, const char *new_password) {
  sign_in_with(password, new_password, "");
}

#define STEP_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static int run_step_tests(const struct CMUnitTest *tests, size_t count) {
  if (sodium_init() < 0) return 1;
  if (crypto_pwhash_str(known_hash, "kuda liar berlari", 17, 1, 8 << 20)) return 1;
  static const char key[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
  if (keyring_parse(key, sizeof key - 1, &keyring)) return 1;
  int failed = _cmocka_run_group_tests("steps", tests, count, NULL, NULL);
  keyring_destroy(keyring);
  return failed;
}
