// SignIn with a second factor, and SetUpTotp.
#include "sign_in_fixture.h"

static uint8_t sealed[TOTP_SEALED_BYTES], new_sealed[TOTP_SEALED_BYTES];
static const uint8_t secret[TOTP_SECRET_BYTES + 1] = "12345678901234567890";
static const uint8_t new_secret[TOTP_SECRET_BYTES + 1] = "09876543210987654321";

// The code of that many steps from now.
static const char *code_of(const uint8_t *of, int away) {
  static char code[TOTP_DIGITS + 1];
  uint64_t step = (uint64_t)(loop_wall_us(&service.loop) / 1000000 / TOTP_STEP_S + away);
  assert_int_equal(totp_code(of, step, code), 0);
  return code;
}

static ProtobufCBinaryData seal_secret(const uint8_t *plain, uint8_t *to) {
  totp_secret_seal(keyring, &random_of_system, PERSON, plain, to);
  return (ProtobufCBinaryData){TOTP_SEALED_BYTES, to};
}

static void a_second_factor_asks_for_a_code(void **state) {
  factor.secret = seal_secret(secret, sealed);
  sign_in("kuda liar berlari", "");
  assert_int_equal(answer, REASON_TOTP_CODE_REQUIRED);
  assert_string_equal(asked, "begin_sign_in weigh_second_factor ");
}

static void the_right_code_starts_a_session(void **state) {
  factor.secret = seal_secret(secret, sealed);
  sign_in_with("kuda liar berlari", "", code_of(secret, -1));
  assert_int_equal(answer, REASON_OK);
  assert_int_equal(asked_step, loop_wall_us(&service.loop) / 1000000 / TOTP_STEP_S - 1);
  assert_int_equal(answered_recovery_codes, 0);
}

static void a_wrong_code_is_recorded_and_refused(void **state) {
  factor.secret = seal_secret(secret, sealed);
  sign_in_with("kuda liar berlari", "", code_of(secret, 4));
  assert_int_equal(answer, REASON_TOTP_CODE_WRONG);
  assert_string_equal(asked, "begin_sign_in weigh_second_factor refuse_sign_in ");
}

static void a_right_code_with_a_wrong_password_tells_nothing(void **state) {
  factor.secret = seal_secret(secret, sealed);
  sign_in_with("kuda liar tidur", "", code_of(secret, 0));
  assert_int_equal(answer, REASON_SIGN_IN_REFUSED);
  assert_string_equal(asked, "begin_sign_in refuse_sign_in ");
}

static void a_code_used_before_is_refused_as_a_wrong_one(void **state) {
  factor.secret = seal_secret(secret, sealed);
  started.expires_at = NULL;
  sign_in_with("kuda liar berlari", "", code_of(secret, 0));
  assert_int_equal(answer, REASON_TOTP_CODE_WRONG);
  assert_string_equal(asked, "begin_sign_in weigh_second_factor start_session refuse_sign_in ");
}

static void a_recovery_code_is_for_the_database_to_find(void **state) {
  uint8_t hash[SPOKEN_CODE_HASH_BYTES];
  factor.secret = seal_secret(secret, sealed);
  sign_in_with("kuda liar berlari", "", "0123 4567 89AB CDEF");
  assert_int_equal(answer, REASON_OK);
  spoken_code_hash("0123-4567-89ab-cdef", hash);
  assert_memory_equal(asked_recovery_hash, hash, sizeof hash);
  assert_int_equal(asked_step, 0);
}

static void too_many_wrong_codes_say_how_long(void **state) {
  factor.secret = seal_secret(secret, sealed);
  factor.retry_after_s = 3540;
  sign_in_with("kuda liar berlari", "", code_of(secret, 0));
  assert_int_equal(answer, REASON_TOTP_TOO_OFTEN);
}

static void who_must_have_a_second_factor_sets_one_up_first(void **state) {
  factor.needed = true;
  sign_in("kuda liar berlari", "");
  assert_int_equal(answer, REASON_TOTP_SET_UP_REQUIRED);
  factor.new_secret = seal_secret(new_secret, new_sealed);
  answers = 0;
  call.status = (struct status){0};
  sign_in("kuda liar berlari", "");
  assert_int_equal(answer, REASON_TOTP_SET_UP_REQUIRED);
}

static void where_it_is_optional_nobody_is_asked(void **state) {
  service.identity.totp_required = false;
  factor.needed = true;
  sign_in("kuda liar berlari", "");
  assert_int_equal(answer, REASON_OK);
}

static void its_first_code_brings_it_into_force_and_gives_recovery_codes(void **state) {
  factor.needed = true;
  factor.new_secret = seal_secret(new_secret, new_sealed);
  sign_in_with("kuda liar berlari", "", code_of(new_secret, 0));
  assert_int_equal(answer, REASON_OK);
  assert_int_equal(answered_recovery_codes, 10);
  assert_int_equal(asked_new_recovery_size, 10 * SPOKEN_CODE_HASH_BYTES);
}

static void a_wrong_first_code_is_refused(void **state) {
  factor.needed = true;
  factor.new_secret = seal_secret(new_secret, new_sealed);
  sign_in_with("kuda liar berlari", "", "0123-4567-89ab-cdef");
  assert_int_equal(answer, REASON_TOTP_CODE_WRONG);
}

static void a_secret_moved_to_another_person_does_not_open(void **state) {
  factor.secret = seal_secret(secret, sealed);
  check.person_id = "0192f0c4-0000-7000-8000-000000000002";
  sign_in_with("kuda liar berlari", "", code_of(secret, 0));
  assert_int_equal(answer, REASON_INTERNAL);
}

static void set_up_totp(const char *code) {
  static Pulih__Identity__V1__SetUpTotpRequest request;
  pulih__identity__v1__set_up_totp_request__init(&request);
  request.email = "sri@contoh.or.id";
  request.password = "kuda liar berlari";
  request.code = (char *)code;
  call.request = &request.base;
  identity_set_up_totp(&call);
  uv_run(&service.loop.uv, UV_RUN_DEFAULT);
  assert_int_equal(answers, 1);
}

static void setting_one_up_shows_the_secret_that_was_sealed(void **state) {
  uint8_t opened[TOTP_SECRET_BYTES];
  char text[TOTP_SECRET_TEXT], uri[256];
  check.one_time = true;
  set_up_totp("");
  assert_int_equal(answer, REASON_OK);
  const ProtobufCBinaryData kept = {sizeof asked_secret, asked_secret};
  assert_int_equal(totp_secret_open(keyring, PERSON, kept, keyring_newest(keyring)->id, opened), 0);
  totp_secret_text(opened, text);
  assert_string_equal(answered_secret, text);
  snprintf(uri, sizeof uri, "otpauth://totp/Pulih:sri%%40contoh.or.id?secret=%s&issuer=Pulih", text);
  assert_string_equal(answered_uri, uri);
}

static void another_one_needs_a_code_of_the_one_in_force(void **state) {
  factor.secret = seal_secret(secret, sealed);
  factor.new_secret = seal_secret(new_secret, new_sealed);
  set_up_totp("");
  assert_int_equal(answer, REASON_TOTP_CODE_REQUIRED);
  answers = 0;
  call.status = (struct status){0};
  set_up_totp(code_of(new_secret, 0));
  assert_int_equal(answer, REASON_TOTP_CODE_WRONG);
  answers = 0;
  call.status = (struct status){0};
  asked[0] = '\0';
  set_up_totp(code_of(secret, 0));
  assert_int_equal(answer, REASON_OK);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STEP_TEST(a_second_factor_asks_for_a_code),
      STEP_TEST(the_right_code_starts_a_session),
      STEP_TEST(a_wrong_code_is_recorded_and_refused),
      STEP_TEST(a_right_code_with_a_wrong_password_tells_nothing),
      STEP_TEST(a_code_used_before_is_refused_as_a_wrong_one),
      STEP_TEST(a_recovery_code_is_for_the_database_to_find),
      STEP_TEST(too_many_wrong_codes_say_how_long),
      STEP_TEST(who_must_have_a_second_factor_sets_one_up_first),
      STEP_TEST(where_it_is_optional_nobody_is_asked),
      STEP_TEST(its_first_code_brings_it_into_force_and_gives_recovery_codes),
      STEP_TEST(a_wrong_first_code_is_refused),
      STEP_TEST(a_secret_moved_to_another_person_does_not_open),
      STEP_TEST(setting_one_up_shows_the_secret_that_was_sealed),
      STEP_TEST(another_one_needs_a_code_of_the_one_in_force),
  };
  return run_step_tests(tests, sizeof tests / sizeof tests[0]);
}
