// What identity's handlers share: the line in which passwords wait.
#pragma once

#include "crypto/password.h"
#include "rpc/call.h"

struct identity {
  struct password_line passwords;
  unsigned slowed;  // sign-ins that are made to wait just now
};

// Answers -EBUSY and what a password_job ended with, where that is neither 0 nor -EACCES.
void identity_password_failed(struct call *call, int result);
// False, and a violation in call->status, when `password` may not be chosen.
bool identity_may_choose(struct call *call, const char *field, const char *password);
