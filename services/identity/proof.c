#include "proof.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "base/log.h"
#include "crypto/hash.h"
#include "crypto/totp.h"
#include "db/db.h"
#include "identity.h"
#include "identity_methods.h"
#include "loop/loop.h"
#include "service/service.h"
#include "totp_secret.h"

enum { SLOWED_MAX = 16, SOURCE_MAX = 64, DEVICE_LEAST = 16, DEVICE_MOST = 64 };

typedef Pulih__Identity__Internal__V1__SecondFactor second_factor;

static void sign_in_counted(struct call *call, struct db_result *result);
static void slow_down(struct call *call, uint64_t wait_ms);
static void slow_down_waited(uv_timer_t *timer);
static void slow_down_closed(uv_handle_t *timer);
static void check_password(struct call *call);
static void check_password_done(struct password_job *job, int result);
static void weigh(struct call *call);
static void weighed(struct call *call, struct db_result *result);
static void refuse(struct call *call, bool at_code);
static void refuse_done(struct call *call, struct db_result *result);

static void hash_device(struct proof *proof) {
  if (!proof->device.len) return;
  const struct bytes parts[] = {bytes_of_text("pulih device 1"), {proof->device.data, proof->device.len}};
  hash_parts(NULL, parts, 2, proof->device_hash);
  proof->attempt.device_hash = (ProtobufCBinaryData){sizeof proof->device_hash, proof->device_hash};
}

void proof_begin(struct call *call) {
  struct proof *proof = call->step;
  if (strlen(proof->source) > SOURCE_MAX)
    status_add_violation(&call->status, &call->arena, "source", "is longer than %d bytes", SOURCE_MAX);
  if (proof->device.len && (proof->device.len < DEVICE_LEAST || proof->device.len > DEVICE_MOST))
    status_add_violation(&call->status, &call->arena, "device", "give %d to %d bytes", DEVICE_LEAST, DEVICE_MOST);
  if (proof->purpose != PROOF_CHANGE_PASSWORD && !*proof->email)
    status_add_violation(&call->status, &call->arena, "email", "is required");
  if (call->status.reason) {
    call_fail(call);
    return;
  }
  pulih__identity__internal__v1__sign_in_attempt__init(&proof->attempt);
  proof->attempt.email = (char *)proof->email;
  proof->attempt.person_id = *proof->email ? "" : (char *)call->caller.user_id;
  proof->attempt.source = arena_printf(&call->arena, "%s %s", call->caller.key_name, proof->source);
  if (!proof->attempt.source) {
    call_fail_with(call, REASON_MESSAGE_TOO_LARGE);
    return;
  }
  hash_device(proof);
  call_query(call, &identity_begin_sign_in_statement, &proof->attempt.base, sign_in_counted);
}

static void fail_with_wait(struct call *call, enum reason reason, int32_t seconds) {
  status_add_detail(&call->status, &call->arena, "seconds", arena_printf(&call->arena, "%d", seconds));
  call_fail_with(call, reason);
}

static void sign_in_counted(struct call *call, struct db_result *result) {
  struct proof *proof = call->step;
  proof->check = (void *)db_result_row(result, 0, &call->arena);
  if (!proof->check) {
    call_fail_with(call, REASON_MESSAGE_TOO_LARGE);
  } else if (proof->check->retry_after_s) {
    fail_with_wait(call, REASON_SIGN_IN_TOO_OFTEN, proof->check->retry_after_s);
  } else if (proof->check->slow_down_ms) {
    slow_down(call, (uint64_t)proof->check->slow_down_ms);
  } else {
    check_password(call);
  }
}

static void slow_down(struct call *call, uint64_t wait_ms) {
  struct identity *identity = service_state(call->service);
  struct proof *proof = call->step;
  // Those who wait hold calls that others need.
  if (identity->slowed >= SLOWED_MAX) {
    call_fail_with(call, REASON_TOO_BUSY);
    return;
  }
  identity->slowed++;
  proof->slow_down.data = call;
  uv_timer_init(&service_loop(call->service)->uv, &proof->slow_down);
  uv_timer_start(&proof->slow_down, slow_down_waited, wait_ms, 0);
}

static void slow_down_waited(uv_timer_t *timer) {
  uv_close((uv_handle_t *)timer, slow_down_closed);
}

// Only now may the call end and take its memory with it.
static void slow_down_closed(uv_handle_t *timer) {
  struct call *call = timer->data;
  struct identity *identity = service_state(call->service);
  identity->slowed--;
  check_password(call);
}

static void check_password(struct call *call) {
  struct identity *identity = service_state(call->service);
  struct proof *proof = call->step;
  proof->job = (struct password_job){
      .done = check_password_done, .owner = call, .password = proof->password, .deadline_ms = call->deadline_ms};
  int refused = password_verify(&identity->passwords, &proof->job, *proof->check->hash ? proof->check->hash : NULL);
  if (refused) identity_password_failed(call, refused);
}

static void check_password_done(struct password_job *job, int result) {
  struct call *call = job->owner;
  struct proof *proof = call->step;
  if (result == -EACCES) {
    refuse(call, false);
  } else if (result) {
    identity_password_failed(call, result);
  } else if (proof->check->one_time && proof->purpose != PROOF_SET_UP_TOTP && !proof->chooses_password) {
    call_fail_with(call, REASON_PASSWORD_CHANGE_REQUIRED);
  } else if (proof->purpose == PROOF_CHANGE_PASSWORD) {
    proof->proven(call);
  } else {
    weigh(call);
  }
}

static void weigh(struct call *call) {
  struct proof *proof = call->step;
  pulih__identity__internal__v1__second_factor_attempt__init(&proof->weighing);
  proof->weighing.person_id = proof->check->person_id;
  proof->weighing.of_code = totp_is_code(proof->code);
  call_query(call, &identity_weigh_second_factor_statement, &proof->weighing.base, weighed);
}

// Whether the code is of this sealed secret: 0, and proof knows it, -EACCES, or what identity_totp_open() says.
static int try_secret(struct call *call, ProtobufCBinaryData sealed, const char *key_id) {
  struct identity *identity = service_state(call->service);
  struct proof *proof = call->step;
  uint8_t secret[TOTP_SECRET_BYTES];
  uint64_t step;
  if (!sealed.len) return -EACCES;
  int error = totp_secret_open(identity->keyring, proof->check->person_id, sealed, key_id, secret);
  if (!error) error = totp_match(secret, loop_wall_us(service_loop(call->service)), proof->code, &step);
  sodium_memzero(secret, sizeof secret);
  if (error) return error;
  proof->checked_secret = sealed;
  proof->step = (int64_t)step;
  return 0;
}

// A recovery code is looked for as the last step writes.
static int try_code(struct call *call, const second_factor *factor) {
  struct proof *proof = call->step;
  if (!totp_is_code(proof->code)) {
    if (!factor->secret.len || !spoken_code_hash(proof->code, proof->recovery_hash_bytes)) return -EACCES;
    proof->recovery_hash = (ProtobufCBinaryData){sizeof proof->recovery_hash_bytes, proof->recovery_hash_bytes};
    return 0;
  }
  int error = try_secret(call, factor->secret, factor->key_id);
  if (error != -EACCES || proof->purpose == PROOF_SET_UP_TOTP) return error;
  error = try_secret(call, factor->new_secret, factor->new_key_id);
  proof->confirms_totp = !error;
  return error;
}

static void weighed(struct call *call, struct db_result *result) {
  struct identity *identity = service_state(call->service);
  struct proof *proof = call->step;
  const second_factor *factor = (void *)db_result_row(result, 0, &call->arena);
  if (!factor) {
    call_fail_with(call, REASON_MESSAGE_TOO_LARGE);
    return;
  }
  if (factor->retry_after_s) {
    fail_with_wait(call, REASON_TOTP_TOO_OFTEN, factor->retry_after_s);
    return;
  }
  const bool has = factor->secret.len, begun = factor->new_secret.len && proof->purpose == PROOF_SIGN_IN;
  const bool lacks = factor->needed && identity->totp_required && proof->purpose == PROOF_SIGN_IN && !has;
  if (has ? !*proof->code : lacks && !(begun && *proof->code)) {
    call_fail_with(call, has ? REASON_TOTP_CODE_REQUIRED : REASON_TOTP_SET_UP_REQUIRED);
    return;
  }
  int error = *proof->code && (has || begun) ? try_code(call, factor) : 0;
  if (error == -EACCES) {
    refuse(call, true);
  } else if (error) {
    LOG_TRACED(ERROR, "TOTP_NOT_CHECKED", call->traceparent, log_text("master_key", factor->key_id),
               log_number("error", -error));
    call_fail_with(call, REASON_INTERNAL);
  } else {
    proof->proven(call);
  }
}

void proof_refused(struct call *call) {
  struct proof *proof = call->step;
  refuse(call, proof->step || proof->recovery_hash.len);
}

static void refuse(struct call *call, bool at_code) {
  struct proof *proof = call->step;
  proof->attempt.person_id = proof->check->person_id;
  proof->attempt.at_code = at_code;
  call_query(call, &identity_refuse_sign_in_statement, &proof->attempt.base, refuse_done);
}

static void refuse_done(struct call *call, struct db_result *result) {
  const struct proof *proof = call->step;
  (void)result;
  call_fail_with(call, proof->attempt.at_code ? REASON_TOTP_CODE_WRONG : REASON_SIGN_IN_REFUSED);
}
