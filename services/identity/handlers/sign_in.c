// SignIn and ChangePassword: the same steps, by e-mail address or as oneself.
//
//   proven    who it is (proof.h)
//   hashed    the new password, where one is chosen, is hashed off the loop
//   started   the session is there
#include <sodium.h>
#include <string.h>

#include "crypto/token.h"
#include "db/db.h"
#include "identity.h"
#include "identity_methods.h"
#include "proof.h"
#include "service/service.h"

enum { RECOVERY_CODES = 10 };

struct sign_in {
  struct proof proof;
  Pulih__Identity__Internal__V1__StartSession start;
  const char *new_password;  // "" when none is chosen
  uint8_t token[TOKEN_SIZE], token_hash[TOKEN_HASH_SIZE];
  char recovery_codes[RECOVERY_CODES][SPOKEN_CODE_TEXT];
  uint8_t recovery_hashes[RECOVERY_CODES][SPOKEN_CODE_HASH_BYTES];
  char *recovery_texts[RECOVERY_CODES];
};

static void begin(struct call *call, const struct proof *proof, const char *new_password);
static void sign_in_proven(struct call *call);
static void hash_new_password(struct call *call);
static void sign_in_hashed(struct password_job *job, int result);
static void start_session(struct call *call);
static void sign_in_started(struct call *call, struct db_result *result);

void identity_sign_in(struct call *call) {
  const Pulih__Identity__V1__SignInRequest *request = (const void *)call->request;
  if (*request->new_password) identity_may_choose(call, "new_password", request->new_password);
  begin(call,
        &(struct proof){.purpose = PROOF_SIGN_IN,
                        .email = request->email,
                        .password = request->password,
                        .code = request->code,
                        .source = request->source,
                        .device = request->device},
        request->new_password);
}

void identity_change_password(struct call *call) {
  const Pulih__Identity__V1__ChangePasswordRequest *request = (const void *)call->request;
  identity_may_choose(call, "new_password", request->new_password);
  begin(call,
        &(struct proof){.purpose = PROOF_CHANGE_PASSWORD,
                        .email = "",
                        .password = request->current_password,
                        .code = "",
                        .source = request->source},
        request->new_password);
}

static void begin(struct call *call, const struct proof *proof, const char *new_password) {
  struct sign_in *step = call->step = ARENA_NEW(&call->arena, struct sign_in);
  if (!step) {
    call_fail_with(call, REASON_MESSAGE_TOO_LARGE);
    return;
  }
  if (*new_password && !strcmp(proof->password, new_password))
    status_add_violation(&call->status, &call->arena, "new_password", "choose another than the one so far");
  step->proof = *proof;
  step->proof.chooses_password = *new_password;
  step->proof.proven = sign_in_proven;
  step->new_password = new_password;
  proof_begin(call);
}

static void sign_in_proven(struct call *call) {
  const struct sign_in *step = call->step;
  if (*step->new_password)
    hash_new_password(call);
  else
    start_session(call);
}

static void hash_new_password(struct call *call) {
  struct identity *identity = service_state(call->service);
  struct sign_in *step = call->step;
  step->proof.job.done = sign_in_hashed;
  step->proof.job.password = step->new_password;
  int refused = password_hash(&identity->passwords, &step->proof.job);
  if (refused) identity_password_failed(call, refused);
}

static void sign_in_hashed(struct password_job *job, int result) {
  struct call *call = job->owner;
  if (result)
    identity_password_failed(call, result);
  else
    start_session(call);
}

static void make_recovery_codes(struct sign_in *step, struct random_source *random) {
  for (int i = 0; i < RECOVERY_CODES; i++) {
    uint8_t bytes[SPOKEN_CODE_BYTES];
    random->fill(random, bytes, sizeof bytes);
    spoken_code_text(bytes, step->recovery_codes[i]);
    spoken_code_hash(step->recovery_codes[i], step->recovery_hashes[i]);
    step->recovery_texts[i] = step->recovery_codes[i];
    sodium_memzero(bytes, sizeof bytes);
  }
  step->start.new_recovery_hashes =
      (ProtobufCBinaryData){sizeof step->recovery_hashes, (uint8_t *)step->recovery_hashes};
}

static void start_session(struct call *call) {
  const struct identity *identity = service_state(call->service);
  struct sign_in *step = call->step;
  const struct proof *proof = &step->proof;
  token_make(step->token);
  token_hash(step->token, step->token_hash);
  pulih__identity__internal__v1__start_session__init(&step->start);
  step->start.person_id = proof->check->person_id;
  step->start.checked_hash = proof->check->hash;
  if (*step->new_password) step->start.new_hash = step->proof.job.hash;
  step->start.source = proof->attempt.source;
  step->start.device_hash = proof->attempt.device_hash;
  step->start.checked_secret = proof->checked_secret;
  step->start.step = proof->step;
  step->start.recovery_hash = proof->recovery_hash;
  if (proof->confirms_totp) make_recovery_codes(step, identity->random);
  step->start.token_hash = (ProtobufCBinaryData){sizeof step->token_hash, step->token_hash};
  step->start.idle_s = (int32_t)(identity->settings->idle_ms / 1000);
  step->start.lasts_s = (int32_t)(identity->settings->lasts_ms / 1000);
  call_query(call, &identity_start_session_statement, &step->start.base, sign_in_started);
}

static void sign_in_started(struct call *call, struct db_result *result) {
  struct sign_in *step = call->step;
  Pulih__Identity__V1__StartedSession *started = (void *)db_result_row(result, 0, &call->arena);
  if (!started) {
    call_fail_with(call, REASON_MESSAGE_TOO_LARGE);
  } else if (!started->expires_at) {
    proof_refused(call);
  } else {
    started->token = (ProtobufCBinaryData){sizeof step->token, step->token};
    if (step->proof.confirms_totp) {
      started->recovery_codes = step->recovery_texts;
      started->n_recovery_codes = RECOVERY_CODES;
    }
    call_reply(call, &started->base);
  }
}
