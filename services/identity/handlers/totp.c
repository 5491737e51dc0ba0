// SetUpTotp: shows a secret for an authenticator app, once, to who has shown who they are. It comes into force by
// SignIn.
#include <sodium.h>
#include <string.h>

#include "crypto/totp.h"
#include "db/db.h"
#include "identity.h"
#include "identity_methods.h"
#include "proof.h"
#include "service/service.h"
#include "totp_secret.h"

struct set_up_totp {
  struct proof proof;
  Pulih__Identity__Internal__V1__BeginTotpSetup begin;
  uint8_t sealed[TOTP_SEALED_BYTES];
  char secret_text[TOTP_SECRET_TEXT];
};

static void set_up_totp_proven(struct call *call);
static void set_up_totp_begun(struct call *call, struct db_result *result);

void identity_set_up_totp(struct call *call) {
  const Pulih__Identity__V1__SetUpTotpRequest *request = (const void *)call->request;
  struct set_up_totp *step = call->step = ARENA_NEW(&call->arena, struct set_up_totp);
  if (!step) {
    call_fail_with(call, REASON_MESSAGE_TOO_LARGE);
    return;
  }
  step->proof = (struct proof){.purpose = PROOF_SET_UP_TOTP,
                               .email = request->email,
                               .password = request->password,
                               .code = request->code,
                               .source = request->source,
                               .device = request->device,
                               .proven = set_up_totp_proven};
  proof_begin(call);
}

static void set_up_totp_proven(struct call *call) {
  const struct identity *identity = service_state(call->service);
  struct set_up_totp *step = call->step;
  const struct proof *proof = &step->proof;
  uint8_t secret[TOTP_SECRET_BYTES];
  identity->random->fill(identity->random, secret, sizeof secret);
  totp_secret_text(secret, step->secret_text);
  pulih__identity__internal__v1__begin_totp_setup__init(&step->begin);
  step->begin.person_id = proof->check->person_id;
  step->begin.checked_hash = proof->check->hash;
  step->begin.checked_secret = proof->checked_secret;
  step->begin.step = proof->step;
  step->begin.recovery_hash = proof->recovery_hash;
  step->begin.source = proof->attempt.source;
  step->begin.device_hash = proof->attempt.device_hash;
  step->begin.new_key_id =
      (char *)totp_secret_seal(identity->keyring, identity->random, proof->check->person_id, secret, step->sealed);
  step->begin.new_secret = (ProtobufCBinaryData){sizeof step->sealed, step->sealed};
  sodium_memzero(secret, sizeof secret);
  call_query(call, &identity_begin_totp_setup_statement, &step->begin.base, set_up_totp_begun);
}

static void set_up_totp_begun(struct call *call, struct db_result *result) {
  const struct identity *identity = service_state(call->service);
  struct set_up_totp *step = call->step;
  const Pulih__Identity__Internal__V1__BegunTotpSetup *begun = (void *)db_result_row(result, 0, &call->arena);
  if (begun && !begun->expires_at) {
    proof_refused(call);
    return;
  }
  Pulih__Identity__V1__TotpSetup setup = PULIH__IDENTITY__V1__TOTP_SETUP__INIT;
  char *issuer = oidc_escape(identity->settings->totp_issuer, &call->arena);
  char *email = begun ? oidc_escape(begun->email, &call->arena) : NULL;
  // https://github.com/google/google-authenticator/wiki/Key-Uri-Format
  if (issuer && email)
    setup.otpauth_uri = arena_printf(&call->arena, "otpauth://totp/%s:%s?secret=%s&issuer=%s", issuer, email,
                                     step->secret_text, issuer);
  if (!issuer || !email || !setup.otpauth_uri) {
    call_fail_with(call, REASON_MESSAGE_TOO_LARGE);
    return;
  }
  setup.secret = step->secret_text;
  setup.expires_at = begun->expires_at;
  call_reply(call, &setup.base);
}
