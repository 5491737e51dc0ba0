// A person at the door shows who they are, by password and, where they have one, second factor. SignIn, ChangePassword
// and SetUpTotp all begin with it:
//
//   counted   the attempt is counted and says what to check against, or comes too often
//   slowed    it waits where a name is tried from everywhere
//   checked   the password is right or wrong, off the loop
//   weighed   the code, if one is needed or given, is right or wrong
//   proven    the rest is the method's own
//
// A name that nobody has goes through the same steps and takes as long, so that neither answer nor time tells. That a
// code or a new password is missing is told only to who knows the password.
#pragma once

#include <uv.h>

#include "crypto/password.h"
#include "crypto/spoken_code.h"
#include "identity_internal.pb-c.h"
#include "rpc/call.h"

enum proof_purpose {
  PROOF_SIGN_IN,          // the code may also be the first of a second factor that is being set up
  PROOF_CHANGE_PASSWORD,  // of one who has signed in: no code is asked for
  PROOF_SET_UP_TOTP,      // a code only of the second factor that is in force
};

// At the start of a method's own steps (call->step). Filled from `purpose` to `done` before proof_begin(); all texts
// live in the request.
struct proof {
  enum proof_purpose purpose;
  const char *email;  // "" with PROOF_CHANGE_PASSWORD
  const char *password, *code, *source;
  ProtobufCBinaryData device;
  bool chooses_password;  // so that a one-time one will do
  void (*proven)(struct call *call);

  // What was found. The database looks at it again, as the last step writes.
  Pulih__Identity__Internal__V1__SignInAttempt attempt;
  const Pulih__Identity__Internal__V1__SignInCheck *check;
  ProtobufCBinaryData checked_secret, recovery_hash;  // empty unless a code was checked
  int64_t step;
  bool confirms_totp;  // the code was the first of a second factor

  struct password_job job;  // the method's own once proven
  Pulih__Identity__Internal__V1__SecondFactorAttempt weighing;
  uv_timer_t slow_down;
  uint8_t device_hash[SPOKEN_CODE_HASH_BYTES], recovery_hash_bytes[SPOKEN_CODE_HASH_BYTES];
};

// Goes on in `proven`, or answers.
void proof_begin(struct call *call);
// Answers when the database found, as the last step wrote, that the proof was none: the code had been used, or
// something was changed meanwhile.
void proof_refused(struct call *call);
