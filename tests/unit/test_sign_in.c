// SignIn, ChangePassword, SetPassword and ResetPassword.
#include "sign_in_fixture.h"

static void the_right_password_starts_a_session_for_the_token_that_is_answered(void **state) {
  uint8_t hash[TOKEN_HASH_SIZE];
  sign_in("kuda liar berlari", "");
  assert_int_equal(answer, REASON_OK);
  assert_string_equal(asked, "begin_sign_in weigh_second_factor start_session ");
  token_hash(answered_token, hash);
  assert_memory_equal(hash, asked_token_hash, TOKEN_HASH_SIZE);
  assert_string_equal(asked_new_hash, "");
}

static void a_wrong_password_is_recorded_and_refused(void **state) {
  sign_in("kuda liar tidur", "");
  assert_int_equal(answer, REASON_SIGN_IN_REFUSED);
  assert_string_equal(asked, "begin_sign_in refuse_sign_in ");
}

static void a_name_that_nobody_has_ends_as_a_wrong_password_does(void **state) {
  check.person_id = check.hash = "";
  sign_in("kuda liar berlari", "");
  assert_int_equal(answer, REASON_SIGN_IN_REFUSED);
  assert_string_equal(asked, "begin_sign_in refuse_sign_in ");
}

static void a_one_time_password_asks_for_a_new_one(void **state) {
  check.one_time = true;
  sign_in("kuda liar berlari", "");
  assert_int_equal(answer, REASON_PASSWORD_CHANGE_REQUIRED);
  assert_string_equal(asked, "begin_sign_in ");
}

static void a_one_time_password_gives_way_to_a_new_one(void **state) {
  check.one_time = true;
  sign_in("kuda liar berlari", "rusa hutan minum");
  assert_int_equal(answer, REASON_OK);
  assert_int_equal(crypto_pwhash_str_verify(asked_new_hash, "rusa hutan minum", 16), 0);
}

static void a_wrong_password_changes_nothing(void **state) {
  sign_in("kuda liar tidur", "rusa hutan minum");
  assert_int_equal(answer, REASON_SIGN_IN_REFUSED);
  assert_string_equal(asked, "begin_sign_in refuse_sign_in ");
}

static void too_often_says_how_long_and_checks_nothing(void **state) {
  check.retry_after_s = 40;
  sign_in("kuda liar berlari", "");
  assert_int_equal(answer, REASON_SIGN_IN_TOO_OFTEN);
  assert_string_equal(status_text(&call.status, LANGUAGE_ENGLISH, &call.arena),
                      "Too many attempts; try again in 40 seconds.");
}

static void a_slowed_sign_in_waits_and_then_goes_on(void **state) {
  check.slow_down_ms = 50;
  uv_update_time(&service.loop.uv);
  uint64_t start = uv_hrtime();
  sign_in("kuda liar tidur", "");
  assert_int_equal(answer, REASON_SIGN_IN_REFUSED);
  assert_true(uv_hrtime() - start >= 45 * 1000000ull);
  assert_int_equal(service.identity.slowed, 0);
}

static void too_many_slowed_are_told_to_come_back(void **state) {
  service.identity.slowed = 16;
  check.slow_down_ms = 50;
  sign_in("kuda liar berlari", "");
  assert_int_equal(answer, REASON_TOO_BUSY);
}

static void a_full_line_is_told_to_come_back(void **state) {
  service.identity.passwords.running = PASSWORD_RUNNING_MAX;
  service.identity.passwords.waiting = service.identity.passwords.waiting_limit;
  sign_in("kuda liar berlari", "");
  assert_int_equal(answer, REASON_TOO_BUSY);
}

static void a_password_changed_meanwhile_is_refused(void **state) {
  started.expires_at = NULL;
  sign_in("kuda liar berlari", "");
  assert_int_equal(answer, REASON_SIGN_IN_REFUSED);
}

static void what_may_not_be_chosen_is_refused_before_anything_is_asked(void **state) {
  sign_in("kuda liar berlari", "pendek");
  assert_int_equal(answer, REASON_FIELD_INVALID);
  assert_string_equal(call.status.violations->name, "new_password");
  assert_string_equal(asked, "");
}

static void the_same_password_again_is_no_new_one(void **state) {
  sign_in("kuda liar berlari", "kuda liar berlari");
  assert_int_equal(answer, REASON_FIELD_INVALID);
  assert_string_equal(asked, "");
}

static void changing_ones_password_needs_the_one_so_far(void **state) {
  Pulih__Identity__V1__ChangePasswordRequest request = PULIH__IDENTITY__V1__CHANGE_PASSWORD_REQUEST__INIT;
  request.current_password = "kuda liar tidur";
  request.new_password = "rusa hutan minum";
  call.request = &request.base;
  call.caller.user_id = PERSON;
  identity_change_password(&call);
  uv_run(&service.loop.uv, UV_RUN_DEFAULT);
  assert_int_equal(answer, REASON_SIGN_IN_REFUSED);
  request.current_password = "kuda liar berlari";
  asked[0] = '\0';
  call.status = (struct status){0};
  identity_change_password(&call);
  uv_run(&service.loop.uv, UV_RUN_DEFAULT);
  assert_int_equal(answer, REASON_OK);
  assert_int_equal(answers, 2);
  assert_string_equal(asked, "begin_sign_in start_session ");
}

static void setting_a_password_needs_a_person(void **state) {
  Pulih__Identity__V1__SetPasswordRequest request = PULIH__IDENTITY__V1__SET_PASSWORD_REQUEST__INIT;
  request.person_id = PERSON;
  request.password = "sekali pakai";
  call.request = &request.base;
  identity_set_password(&call);
  uv_run(&service.loop.uv, UV_RUN_DEFAULT);
  assert_int_equal(answer, REASON_OK);
  assert_string_equal(asked, "set_password_hash ");
  rows = 0;
  identity_set_password(&call);
  uv_run(&service.loop.uv, UV_RUN_DEFAULT);
  assert_int_equal(answer, REASON_NOT_FOUND);
  assert_int_equal(answers, 2);
}

static void a_reset_makes_the_password_and_tells_it_once(void **state) {
  Pulih__Identity__V1__ResetPasswordRequest request = PULIH__IDENTITY__V1__RESET_PASSWORD_REQUEST__INIT;
  request.person_id = PERSON;
  call.request = &request.base;
  identity_reset_password(&call);
  uv_run(&service.loop.uv, UV_RUN_DEFAULT);
  assert_int_equal(answer, REASON_OK);
  assert_int_equal(crypto_pwhash_str_verify(asked_new_hash, answered_password, strlen(answered_password)), 0);
  assert_int_equal(strlen(answered_password), SPOKEN_CODE_TEXT - 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STEP_TEST(the_right_password_starts_a_session_for_the_token_that_is_answered),
      STEP_TEST(a_wrong_password_is_recorded_and_refused),
      STEP_TEST(a_name_that_nobody_has_ends_as_a_wrong_password_does),
      STEP_TEST(a_one_time_password_asks_for_a_new_one),
      STEP_TEST(a_one_time_password_gives_way_to_a_new_one),
      STEP_TEST(a_wrong_password_changes_nothing),
      STEP_TEST(too_often_says_how_long_and_checks_nothing),
      STEP_TEST(a_slowed_sign_in_waits_and_then_goes_on),
      STEP_TEST(too_many_slowed_are_told_to_come_back),
      STEP_TEST(a_full_line_is_told_to_come_back),
      STEP_TEST(a_password_changed_meanwhile_is_refused),
      STEP_TEST(what_may_not_be_chosen_is_refused_before_anything_is_asked),
      STEP_TEST(the_same_password_again_is_no_new_one),
      STEP_TEST(changing_ones_password_needs_the_one_so_far),
      STEP_TEST(setting_a_password_needs_a_person),
      STEP_TEST(a_reset_makes_the_password_and_tells_it_once),
  };
  return run_step_tests(tests, sizeof tests / sizeof tests[0]);
}
