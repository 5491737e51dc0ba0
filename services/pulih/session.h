// Who is signed in: a file that only its owner can read, with what SignIn answered as JSON.
#pragma once

#include "command.h"
#include "identity.pb-c.h"
#include "rpc/client.h"

// Where it is: --user, PULIH_SESSION_FILE, $XDG_STATE_HOME/pulih/session.json, ~/.local/state/pulih/session.json; NULL
// when there is no home. (https://specifications.freedesktop.org/basedir-spec/latest/)
const char *session_path(struct invocation *invocation);

// NULL with OUTCOME_OK when nobody is signed in; it is not an error unless --user asked for one.
enum outcome session_read(struct invocation *invocation, const Pulih__Identity__V1__StartedSession **ret_session);
enum outcome session_read_token(struct invocation *invocation, unsigned char token[RPC_TOKEN_BYTES],
                                bool *ret_signed_in);
// Written beside the file and moved there, so that it is never half a session.
enum outcome session_write(struct invocation *invocation, const Pulih__Identity__V1__StartedSession *session);
enum outcome session_remove(struct invocation *invocation);
