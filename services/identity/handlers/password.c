// What password handlers share, and SetPassword and ResetPassword: an admin gives somebody a one-time password, their
// own words or made here.
#include <errno.h>
#include <sodium.h>

#include "base/log.h"
#include "crypto/spoken_code.h"
#include "db/db.h"
#include "identity.h"
#include "identity_methods.h"
#include "service/service.h"

enum { DAY_S = 24 * 3600, WEEK_S = 7 * DAY_S };

struct set_password {
  Pulih__Identity__Internal__V1__SetPasswordHash set;
  struct password_job job;
  char made[SPOKEN_CODE_TEXT];  // "" when the admin said it
};

static void hash_one_time_password(struct call *call, const char *person_id, const char *password, int32_t good_for_s);
static void one_time_password_hashed(struct password_job *job, int result);
static void one_time_password_set(struct call *call, struct db_result *result);

bool identity_may_choose(struct call *call, const char *field, const char *password) {
  if (password_fits(password)) return true;
  status_add_violation(&call->status, &call->arena, field, "choose %d to %d bytes", PASSWORD_LEAST, PASSWORD_MOST);
  return false;
}

void identity_password_failed(struct call *call, int result) {
  if (result == -EBUSY) {
    call_fail_with(call, REASON_TOO_BUSY);
  } else if (result == -ETIMEDOUT) {
    call_fail_with(call, REASON_DEADLINE_EXCEEDED);
  } else {
    LOG_TRACED(ERROR, "PASSWORD_NOT_HASHED", call->traceparent, log_number("error", -result));
    call_fail_with(call, REASON_INTERNAL);
  }
}

void identity_set_password(struct call *call) {
  const Pulih__Identity__V1__SetPasswordRequest *request = (const void *)call->request;
  call->step = ARENA_NEW(&call->arena, struct set_password);
  if (!identity_may_choose(call, "password", request->password))
    call_fail(call);
  else
    hash_one_time_password(call, request->person_id, request->password, WEEK_S);
}

void identity_reset_password(struct call *call) {
  const Pulih__Identity__V1__ResetPasswordRequest *request = (const void *)call->request;
  const struct identity *identity = service_state(call->service);
  struct set_password *step = call->step = ARENA_NEW(&call->arena, struct set_password);
  uint8_t bytes[SPOKEN_CODE_BYTES];
  identity->random->fill(identity->random, bytes, sizeof bytes);
  if (step) spoken_code_text(bytes, step->made);
  sodium_memzero(bytes, sizeof bytes);
  hash_one_time_password(call, request->person_id, step ? step->made : "", DAY_S);
}

static void hash_one_time_password(struct call *call, const char *person_id, const char *password, int32_t good_for_s) {
  struct identity *identity = service_state(call->service);
  struct set_password *step = call->step;
  if (!step) {
    call_fail_with(call, REASON_MESSAGE_TOO_LARGE);
    return;
  }
  pulih__identity__internal__v1__set_password_hash__init(&step->set);
  step->set.person_id = (char *)person_id;
  step->set.good_for_s = good_for_s;
  step->job = (struct password_job){
      .done = one_time_password_hashed, .owner = call, .password = password, .deadline_ms = call->deadline_ms};
  int refused = password_hash(&identity->passwords, &step->job);
  if (refused) identity_password_failed(call, refused);
}

static void one_time_password_hashed(struct password_job *job, int result) {
  struct call *call = job->owner;
  struct set_password *step = call->step;
  if (result) {
    identity_password_failed(call, result);
    return;
  }
  step->set.hash = job->hash;
  call_query(call, &identity_set_password_hash_statement, &step->set.base, one_time_password_set);
}

static void one_time_password_set(struct call *call, struct db_result *result) {
  struct set_password *step = call->step;
  if (!db_result_rows(result)) {
    call_fail_with(call, REASON_NOT_FOUND);
    return;
  }
  if (!*step->made) {
    Pulih__Identity__V1__SetPasswordResponse response = PULIH__IDENTITY__V1__SET_PASSWORD_RESPONSE__INIT;
    call_reply(call, &response.base);
    return;
  }
  const Pulih__Identity__Internal__V1__OneTimePassword *set = (void *)db_result_row(result, 0, &call->arena);
  if (!set) {
    call_fail_with(call, REASON_MESSAGE_TOO_LARGE);
    return;
  }
  Pulih__Identity__V1__ResetPasswordResponse response = PULIH__IDENTITY__V1__RESET_PASSWORD_RESPONSE__INIT;
  response.one_time_password = step->made;
  response.expires_at = set->expires_at;
  call_reply(call, &response.base);
}
