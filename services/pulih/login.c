// pulih login, logout, whoami.
#include <sodium.h>
#include <string.h>

#include "families.h"
#include "file.h"
#include "hub.h"
#include "message/field.h"
#include "outcome.h"
#include "output.h"
#include "session.h"
#include "sign_in.pb-c.h"

enum { PASSWORD_FILE, NEW_PASSWORD_FILE, CODE_FILE };
const struct option login_options[] = {
    [PASSWORD_FILE] = {"--password-file", "FILE", "file whose first line is the password; - is stdin"},
    [NEW_PASSWORD_FILE] = {"--new-password-file", "FILE",
                           "the password to have from now on, when this was a one-time one"},
    [CODE_FILE] = {"--code-file", "FILE",
                   "a code of the authenticator app, or a recovery code, for whom the second factor is asked of"},
    {0},
};

static enum outcome read_secret(struct invocation *invocation, int option, const char *prompt, char **ret_secret) {
  const char *path = invocation->options[option], *text;
  int error =
      path ? file_read_secret(path, &invocation->arena, &text) : file_ask_secret(prompt, &invocation->arena, &text);
  if (!error) *ret_secret = (char *)text;
  if (!error) return OUTCOME_OK;
  if (!path)
    return outcome_say(invocation, OUTCOME_USAGE, "there is no terminal to ask at; use %s FILE",
                       login_options[option].name);
  return outcome_say(invocation, OUTCOME_USAGE, "nothing to read in %s: %s", path, strerror(-error));
}

static enum outcome sign_in(struct invocation *invocation, Pulih__Identity__V1__SignInRequest *request,
                            const Pulih__Identity__V1__StartedSession **ret_session,
                            const Pulih__Rpc__V1__Status **ret_status) {
  const ProtobufCMessage *message = NULL;
  enum outcome outcome = hub_try(invocation, &invocation->arena, "pulih.identity.v1.IdentityService/SignIn",
                                 &request->base, &message, ret_status);
  *ret_session = (const Pulih__Identity__V1__StartedSession *)message;
  return outcome;
}

// Shows what an authenticator app has to know.
static enum outcome set_up_totp(struct invocation *invocation,
                                const Pulih__Identity__V1__SignInRequest *sign_in_request) {
  Pulih__Identity__V1__SetUpTotpRequest request = PULIH__IDENTITY__V1__SET_UP_TOTP_REQUEST__INIT;
  const ProtobufCMessage *message = NULL;
  const Pulih__Rpc__V1__Status *status = NULL;
  request.email = sign_in_request->email;
  request.password = sign_in_request->password;
  enum outcome outcome = hub_try(invocation, &invocation->arena, "pulih.identity.v1.SignInService/SetUpTotp",
                                 &request.base, &message, &status);
  if (outcome) return outcome;
  if (status) return outcome_report(status, invocation->json);
  const Pulih__Identity__V1__TotpSetup *setup = (const Pulih__Identity__V1__TotpSetup *)message;
  fprintf(stderr,
          "Your role needs a second factor. Add this to an authenticator app, it is shown only once:\n  %s\n  %s\n",
          setup->secret, setup->otpauth_uri);
  return OUTCOME_OK;
}

// Asks for what the answer says is missing. False when nothing is, or all has been given.
static bool ask_for_more(struct invocation *invocation, const char *reason, Pulih__Identity__V1__SignInRequest *request,
                         enum outcome *ret_outcome) {
  if (!strcmp(reason, "PASSWORD_CHANGE_REQUIRED") && !*request->new_password) {
    fputs("That was a one-time password; choose your own.\n", stderr);
    *ret_outcome = read_secret(invocation, NEW_PASSWORD_FILE, "New password", &request->new_password);
    return true;
  }
  const bool sets_up = !strcmp(reason, "TOTP_SET_UP_REQUIRED");
  if (*request->code || (!sets_up && strcmp(reason, "TOTP_CODE_REQUIRED") != 0)) return false;
  *ret_outcome = sets_up ? set_up_totp(invocation, request) : OUTCOME_OK;
  if (!*ret_outcome) *ret_outcome = read_secret(invocation, CODE_FILE, "Code of the authenticator app", &request->code);
  return true;
}

static void show_recovery_codes(const Pulih__Identity__V1__StartedSession *session) {
  if (!session->n_recovery_codes) return;
  fputs("For when the authenticator app is lost, each good once. Keep them; they are shown only now:\n", stderr);
  for (size_t i = 0; i < session->n_recovery_codes; i++) puts(session->recovery_codes[i]);
}

enum outcome login_run(struct invocation *invocation) {
  Pulih__Identity__V1__SignInRequest request = PULIH__IDENTITY__V1__SIGN_IN_REQUEST__INIT;
  const Pulih__Identity__V1__StartedSession *session = NULL;
  const Pulih__Rpc__V1__Status *status = NULL;
  request.email = (char *)invocation->words[0];
  invocation->signs_in = true;
  enum outcome outcome = read_secret(invocation, PASSWORD_FILE, "Password", &request.password);
  if (!outcome && invocation->options[NEW_PASSWORD_FILE])
    outcome = read_secret(invocation, NEW_PASSWORD_FILE, "", &request.new_password);
  if (!outcome && invocation->options[CODE_FILE]) outcome = read_secret(invocation, CODE_FILE, "", &request.code);
  if (!outcome) outcome = sign_in(invocation, &request, &session, &status);
  while (!outcome && status && ask_for_more(invocation, status->reason, &request, &outcome))
    if (!outcome) outcome = sign_in(invocation, &request, &session, &status);
  if (outcome) return outcome;
  if (status) return outcome_report(status, invocation->json);
  show_recovery_codes(session);
  outcome = session_write(invocation, session);
  if (!outcome) fprintf(stderr, "Signed in as %s.\n", session->person ? session->person->name : request.email);
  return outcome;
}

enum outcome logout_run(struct invocation *invocation) {
  const Pulih__Identity__V1__StartedSession *session;
  const ProtobufCMessage *message;
  enum outcome outcome = session_read(invocation, &session);
  if (outcome) return outcome;
  if (!session) return outcome_say(invocation, OUTCOME_OK, "nobody is signed in");
  unsigned char hash[crypto_generichash_BYTES];
  crypto_generichash(hash, sizeof hash, session->token.data, session->token.len, NULL, 0);
  Pulih__Identity__V1__SignOutRequest request = PULIH__IDENTITY__V1__SIGN_OUT_REQUEST__INIT;
  request.token_hash = (ProtobufCBinaryData){sizeof hash, hash};
  outcome = hub_call(invocation, "pulih.identity.v1.IdentityService/SignOut", &request.base, &message);
  // A session that has ended already is as good as signed out; one that can't be reached stays, to be tried again.
  bool gone = !outcome || outcome == OUTCOME_NOT_ALLOWED || outcome == OUTCOME_NOT_FOUND;
  return gone ? session_remove(invocation) : outcome;
}

enum outcome whoami_run(struct invocation *invocation) {
  Pulih__Identity__V1__GetMyselfRequest request = PULIH__IDENTITY__V1__GET_MYSELF_REQUEST__INIT;
  const Pulih__Identity__V1__StartedSession *session;
  const ProtobufCMessage *message;
  enum outcome outcome = session_read(invocation, &session);
  if (outcome) return outcome;
  if (!session)
    return outcome_say(invocation, OUTCOME_NOT_ALLOWED, "nobody is signed in; calls are the operator key's own");
  outcome = hub_call(invocation, "pulih.identity.v1.IdentityService/GetMyself", &request.base, &message);
  if (outcome) return outcome;
  if (invocation->json) return output_message(message);
  const Pulih__Identity__V1__Person *person = (const void *)message;
  printf("%s <%s>", person->name, person->email);
  for (size_t i = 0; i < person->n_roles; i++)
    printf("%s%s", i ? ", " : ": ", enum_short_name(&pulih__role__descriptor, (int)person->roles[i]));
  putchar('\n');
  return OUTCOME_OK;
}
