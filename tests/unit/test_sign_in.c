// The steps of SignIn, ChangePassword and SetPassword, with a database that answers what the test says.
#include "unit.h"

#include <sodium.h>
#include <string.h>
#include <uv.h>

#include "crypto/token.h"
#include "db/db.h"
#include "identity.h"
#include "identity_methods.h"
#include "loop/loop.h"
#include "service/service.h"

#define PERSON "0192f0c4-0000-7000-8000-000000000001"

struct service {
  struct loop loop;
  struct identity identity;
};

static struct service service;
static struct call call;
static Pulih__Identity__Internal__V1__SignInCheck check;  // what the database says
static Pulih__Identity__V1__StartedSession started;
static Google__Protobuf__Timestamp expires_at;
static size_t rows;
static char asked[128];                            // the statements, in order
static uint8_t asked_token_hash[TOKEN_HASH_SIZE];  // what start_session was given
static char asked_new_hash[PASSWORD_HASH_MAX];
static int answers;
static enum reason answer;
static uint8_t answered_token[TOKEN_SIZE];

void *service_state(struct service *of) {
  return &of->identity;
}
struct loop *service_loop(struct service *of) {
  return &of->loop;
}

void call_reply(struct call *of, const ProtobufCMessage *response) {
  answers++;
  answer = REASON_OK;
  if (response->descriptor != &pulih__identity__v1__started_session__descriptor) return;
  const Pulih__Identity__V1__StartedSession *session = (const void *)response;
  assert_int_equal(session->token.len, TOKEN_SIZE);
  memcpy(answered_token, session->token.data, TOKEN_SIZE);
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
  }
  done(of, NULL);
}
size_t db_result_rows(const struct db_result *result) {
  return rows;
}
ProtobufCMessage *db_result_row(const struct db_result *result, size_t index, struct arena *arena) {
  return strstr(asked, "start_session") ? &started.base : &check.base;
}

static char known_hash[PASSWORD_HASH_MAX];

static int set_up(void **state) {
  memset(&call, 0, sizeof call);
  arena_init(&call.arena, 1 << 16);
  call.service = &service;
  call.caller = (struct caller){.user_id = "", .prison_id = "", .key_name = "gateway-1"};
  uv_loop_init(&service.loop.uv);
  service.identity = (struct identity){0};
  password_line_init(&service.identity.passwords, &service.loop.uv, 4);
  pulih__identity__internal__v1__sign_in_check__init(&check);
  pulih__identity__v1__started_session__init(&started);
  google__protobuf__timestamp__init(&expires_at);
  check.person_id = PERSON;
  check.hash = known_hash;
  started.expires_at = &expires_at;
  rows = 1;
  asked[0] = asked_new_hash[0] = '\0';
  answers = 0;
  return 0;
}

static int tear_down(void **state) {
  arena_finish(&call.arena);
  return uv_loop_close(&service.loop.uv);
}

static void sign_in(const char *password, const char *new_password) {
  static Pulih__Identity__V1__SignInRequest request;
  pulih__identity__v1__sign_in_request__init(&request);
  request.email = "sri@contoh.or.id";
  request.password = (char *)password;
  request.new_password = (char *)new_password;
  request.source = "10.0.0.1";
  call.request = &request.base;
  identity_sign_in(&call);
  uv_run(&service.loop.uv, UV_RUN_DEFAULT);
  assert_int_equal(answers, 1);
}

static void the_right_password_starts_a_session_for_the_token_that_is_answered(void **state) {
  uint8_t hash[TOKEN_HASH_SIZE];
  sign_in("kuda liar berlari", "");
  assert_int_equal(answer, REASON_OK);
  assert_string_equal(asked, "begin_sign_in start_session ");
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

#define STEP_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  if (sodium_init() < 0) return 1;
  if (crypto_pwhash_str(known_hash, "kuda liar berlari", 17, 1, 8 << 20)) return 1;
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
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
