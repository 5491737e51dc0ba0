// SignIn and ChangePassword: the same steps, by e-mail address or as oneself.
//
//   counted   the attempt is counted and says what to check against, or comes too often
//   slowed    it waits where a name is tried from everywhere
//   checked   the password is right or wrong, off the loop
//   hashed    the new password, where one is chosen, is hashed off the loop
//   started   the session is there
//
// A name that nobody has goes through the same steps and takes as long, so that neither answer nor time tells.
#include <errno.h>
#include <string.h>

#include "crypto/token.h"
#include "db/db.h"
#include "identity.h"
#include "identity_methods.h"
#include "loop/loop.h"
#include "service/service.h"

enum { SLOWED_MAX = 16, SOURCE_MAX = 64 };

struct sign_in {
  Pulih__Identity__Internal__V1__SignInAttempt attempt;
  Pulih__Identity__Internal__V1__SignInCheck *check;
  Pulih__Identity__Internal__V1__StartSession start;
  const char *password, *new_password;  // the new one is "" when none is chosen
  struct password_job job;
  uv_timer_t slow_down;
  uint8_t token[TOKEN_SIZE], token_hash[TOKEN_HASH_SIZE];
};

static void begin(struct call *call, const char *email, const char *password, const char *new_password,
                  const char *source);
static void sign_in_counted(struct call *call, struct db_result *result);
static void slow_down(struct call *call, uint64_t wait_ms);
static void sign_in_waited(uv_timer_t *timer);
static void sign_in_slowed(uv_handle_t *timer);
static void check_password(struct call *call);
static void sign_in_checked(struct password_job *job, int result);
static void sign_in_refused(struct call *call, struct db_result *result);
static void hash_new_password(struct call *call);
static void sign_in_hashed(struct password_job *job, int result);
static void start_session(struct call *call);
static void sign_in_started(struct call *call, struct db_result *result);

void identity_sign_in(struct call *call) {
  const Pulih__Identity__V1__SignInRequest *request = (const void *)call->request;
  if (!*request->email) status_add_violation(&call->status, &call->arena, "email", "is required");
  if (*request->new_password) identity_may_choose(call, "new_password", request->new_password);
  begin(call, request->email, request->password, request->new_password, request->source);
}

void identity_change_password(struct call *call) {
  const Pulih__Identity__V1__ChangePasswordRequest *request = (const void *)call->request;
  identity_may_choose(call, "new_password", request->new_password);
  begin(call, "", request->current_password, request->new_password, request->source);
}

static void begin(struct call *call, const char *email, const char *password, const char *new_password,
                  const char *source) {
  if (strlen(source) > SOURCE_MAX)
    status_add_violation(&call->status, &call->arena, "source", "is longer than %d bytes", SOURCE_MAX);
  if (*new_password && !strcmp(password, new_password))
    status_add_violation(&call->status, &call->arena, "new_password", "choose another than the one so far");
  if (call->status.reason) {
    call_fail(call);
    return;
  }
  struct sign_in *step = call->step = ARENA_NEW(&call->arena, struct sign_in);
  char *from = arena_printf(&call->arena, "%s %s", call->caller.key_name, source);
  if (!step || !from) {
    call_fail_with(call, REASON_MESSAGE_TOO_LARGE);
    return;
  }
  step->password = password;
  step->new_password = new_password;
  pulih__identity__internal__v1__sign_in_attempt__init(&step->attempt);
  step->attempt.email = (char *)email;
  step->attempt.person_id = *email ? "" : (char *)call->caller.user_id;
  step->attempt.source = from;
  call_query(call, &identity_begin_sign_in_statement, &step->attempt.base, sign_in_counted);
}

static void sign_in_counted(struct call *call, struct db_result *result) {
  struct sign_in *step = call->step;
  step->check = (void *)db_result_row(result, 0, &call->arena);
  if (!step->check) {
    call_fail_with(call, REASON_MESSAGE_TOO_LARGE);
  } else if (step->check->retry_after_s) {
    status_add_detail(&call->status, &call->arena, "seconds",
                      arena_printf(&call->arena, "%d", step->check->retry_after_s));
    call_fail_with(call, REASON_SIGN_IN_TOO_OFTEN);
  } else if (step->check->slow_down_ms) {
    slow_down(call, (uint64_t)step->check->slow_down_ms);
  } else {
    check_password(call);
  }
}

static void slow_down(struct call *call, uint64_t wait_ms) {
  struct identity *identity = service_state(call->service);
  struct sign_in *step = call->step;
  // Those who wait hold calls that others need.
  if (identity->slowed >= SLOWED_MAX) {
    call_fail_with(call, REASON_TOO_BUSY);
    return;
  }
  identity->slowed++;
  step->slow_down.data = call;
  uv_timer_init(&service_loop(call->service)->uv, &step->slow_down);
  uv_timer_start(&step->slow_down, sign_in_waited, wait_ms, 0);
}

static void sign_in_waited(uv_timer_t *timer) {
  uv_close((uv_handle_t *)timer, sign_in_slowed);
}

// Only now may the call end and take its memory with it.
static void sign_in_slowed(uv_handle_t *timer) {
  struct call *call = timer->data;
  struct identity *identity = service_state(call->service);
  identity->slowed--;
  check_password(call);
}

static void check_password(struct call *call) {
  struct identity *identity = service_state(call->service);
  struct sign_in *step = call->step;
  step->job = (struct password_job){
      .done = sign_in_checked, .owner = call, .password = step->password, .deadline_ms = call->deadline_ms};
  int refused = password_verify(&identity->passwords, &step->job, *step->check->hash ? step->check->hash : NULL);
  if (refused) identity_password_failed(call, refused);
}

static void sign_in_checked(struct password_job *job, int result) {
  struct call *call = job->owner;
  struct sign_in *step = call->step;
  if (result == -EACCES) {
    step->attempt.person_id = step->check->person_id;
    call_query(call, &identity_refuse_sign_in_statement, &step->attempt.base, sign_in_refused);
  } else if (result) {
    identity_password_failed(call, result);
  } else if (*step->new_password) {
    hash_new_password(call);
  } else if (step->check->one_time) {
    call_fail_with(call, REASON_PASSWORD_CHANGE_REQUIRED);
  } else {
    start_session(call);
  }
}

static void sign_in_refused(struct call *call, struct db_result *result) {
  (void)result;
  call_fail_with(call, REASON_SIGN_IN_REFUSED);
}

static void hash_new_password(struct call *call) {
  struct identity *identity = service_state(call->service);
  struct sign_in *step = call->step;
  step->job.done = sign_in_hashed;
  step->job.password = step->new_password;
  int refused = password_hash(&identity->passwords, &step->job);
  if (refused) identity_password_failed(call, refused);
}

static void sign_in_hashed(struct password_job *job, int result) {
  struct call *call = job->owner;
  if (result)
    identity_password_failed(call, result);
  else
    start_session(call);
}

static void start_session(struct call *call) {
  struct sign_in *step = call->step;
  token_make(step->token);
  token_hash(step->token, step->token_hash);
  pulih__identity__internal__v1__start_session__init(&step->start);
  step->start.person_id = step->check->person_id;
  step->start.checked_hash = step->check->hash;
  if (*step->new_password) step->start.new_hash = step->job.hash;
  step->start.source = step->attempt.source;
  step->start.token_hash = (ProtobufCBinaryData){sizeof step->token_hash, step->token_hash};
  call_query(call, &identity_start_session_statement, &step->start.base, sign_in_started);
}

static void sign_in_started(struct call *call, struct db_result *result) {
  struct sign_in *step = call->step;
  Pulih__Identity__V1__StartedSession *started = (void *)db_result_row(result, 0, &call->arena);
  if (!started) {
    call_fail_with(call, REASON_MESSAGE_TOO_LARGE);
  } else if (!started->expires_at) {
    call_fail_with(call, REASON_SIGN_IN_REFUSED);  // the password was changed, or the person disabled, meanwhile
  } else {
    started->token = (ProtobufCBinaryData){sizeof step->token, step->token};
    call_reply(call, &started->base);
  }
}
