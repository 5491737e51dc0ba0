// What identity's handlers share.
#pragma once

#include "crypto/keyring.h"
#include "crypto/password.h"
#include "crypto/seal.h"
#include "curl/curl_loop.h"
#include "oidc.h"
#include "rpc/call.h"

struct identity_settings {
  const char *totp, *totp_issuer, *master_key_file;
  int64_t idle_ms, lasts_ms;  // of a session: how long it may be unused, and how long it lasts
  struct oidc_settings oidc;
};

struct identity {
  const struct identity_settings *settings;
  bool totp_required;  // of those whose roles need it
  struct password_line passwords;
  struct keyring *keyring;  // seals what authenticator apps know
  struct random_source *random;
  unsigned slowed;         // sign-ins that are made to wait just now
  struct curl_loop *curl;  // for the OpenID provider
  unsigned asking;         // it, just now
};

// Answers -EBUSY and what a password_job ended with, where that is neither 0 nor -EACCES.
void identity_password_failed(struct call *call, int result);
// False, and a violation in call->status, when `password` may not be chosen.
bool identity_may_choose(struct call *call, const char *field, const char *password);
