// What password handlers share, and SetPassword: an admin gives somebody a one-time password.
#include <errno.h>

#include "base/log.h"
#include "db/db.h"
#include "identity.h"
#include "identity_methods.h"
#include "service/service.h"

struct set_password {
  Pulih__Identity__Internal__V1__SetPasswordHash set;
  struct password_job job;
};

static void set_password_hashed(struct password_job *job, int result);
static void set_password_done(struct call *call, struct db_result *result);

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
  struct identity *identity = service_state(call->service);
  if (!identity_may_choose(call, "password", request->password)) {
    call_fail(call);
    return;
  }
  struct set_password *step = call->step = ARENA_NEW(&call->arena, struct set_password);
  if (!step) {
    call_fail_with(call, REASON_MESSAGE_TOO_LARGE);
    return;
  }
  step->job = (struct password_job){
      .done = set_password_hashed, .owner = call, .password = request->password, .deadline_ms = call->deadline_ms};
  int refused = password_hash(&identity->passwords, &step->job);
  if (refused) identity_password_failed(call, refused);
}

static void set_password_hashed(struct password_job *job, int result) {
  struct call *call = job->owner;
  struct set_password *step = call->step;
  const Pulih__Identity__V1__SetPasswordRequest *request = (const void *)call->request;
  if (result) {
    identity_password_failed(call, result);
    return;
  }
  pulih__identity__internal__v1__set_password_hash__init(&step->set);
  step->set.person_id = request->person_id;
  step->set.hash = job->hash;
  call_query(call, &identity_set_password_hash_statement, &step->set.base, set_password_done);
}

static void set_password_done(struct call *call, struct db_result *result) {
  if (!db_result_rows(result)) {
    call_fail_with(call, REASON_NOT_FOUND);
    return;
  }
  Pulih__Identity__V1__SetPasswordResponse response = PULIH__IDENTITY__V1__SET_PASSWORD_RESPONSE__INIT;
  call_reply(call, &response.base);
}
