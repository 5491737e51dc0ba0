#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "json/json.h"
#include "outcome.h"
#include "settings.h"

enum { SESSION_MAX_BYTES = 64 * 1024 };

const char *session_path(struct invocation *invocation) {
  if (invocation->session_file) return invocation->session_file;
  const char *file = getenv("PULIH_SESSION_FILE"), *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
  if (file && *file) return file;
  if (state && *state == '/') return arena_printf(&invocation->arena, "%s/pulih/session.json", state);
  return home && *home ? arena_printf(&invocation->arena, "%s/.local/state/pulih/session.json", home) : NULL;
}

enum outcome session_read(struct invocation *invocation, const Pulih__Identity__V1__StartedSession **ret_session) {
  *ret_session = NULL;
  const char *path = session_path(invocation);
  char *text;
  size_t size;
  int error = path ? file_read(path, SESSION_MAX_BYTES, &invocation->arena, &text, &size) : -ENOENT;
  if (error == -ENOENT && !invocation->session_file) return OUTCOME_OK;
  if (error)
    return outcome_say(invocation, OUTCOME_USAGE, "can't read the session file %s: %s", path, strerror(-error));
  struct status status = {0};
  *ret_session = (const Pulih__Identity__V1__StartedSession *)json_decode(
      &pulih__identity__v1__started_session__descriptor, text, size, &(struct json_options){.ignore_unknown = true},
      &invocation->arena, &status);
  if (*ret_session && (*ret_session)->token.len == RPC_TOKEN_BYTES) return OUTCOME_OK;
  return outcome_say(invocation, OUTCOME_USAGE, "%s is no session file; sign in again with pulih login", path);
}

enum outcome session_read_token(struct invocation *invocation, unsigned char token[RPC_TOKEN_BYTES],
                                bool *ret_signed_in) {
  const Pulih__Identity__V1__StartedSession *session;
  enum outcome outcome = session_read(invocation, &session);
  if (outcome) return outcome;
  if (session) memcpy(token, session->token.data, RPC_TOKEN_BYTES);
  *ret_signed_in = session;
  return OUTCOME_OK;
}

enum outcome session_write(struct invocation *invocation, const Pulih__Identity__V1__StartedSession *session) {
  const char *path = session_path(invocation);
  if (!path) return outcome_say(invocation, OUTCOME_USAGE, "set PULIH_SESSION_FILE: there is no home to keep it in");
  char *text;
  size_t size;
  int error = json_encode(&session->base, &(struct json_options){0}, &invocation->arena, &text, &size);
  if (!error) error = file_replace_private(path, text, size, &invocation->arena);
  if (!error) return OUTCOME_OK;
  return outcome_say(invocation, OUTCOME_FAILED, "can't write the session file %s: %s", path, strerror(-error));
}

enum outcome session_remove(struct invocation *invocation) {
  const char *path = session_path(invocation);
  if (!path || !unlink(path) || errno == ENOENT) return OUTCOME_OK;
  return outcome_say(invocation, OUTCOME_FAILED, "can't remove %s: %s", path, strerror(errno));
}
