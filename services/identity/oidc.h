// What is sent to an OpenID provider, and what is believed of its answers: OpenID Connect Core 1.0, code flow, with
// PKCE (RFC 7636, S256). Signatures by libcjose, which mod_auth_openidc is made on and Debian looks after. No I/O.
//
// State, nonce and PKCE verifier are all derived from one secret that the browser keeps between the start and the end,
// so that nothing has to be kept here: an answer that was begun in another browser, or not here, doesn't fit.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum { OIDC_SECRET_BYTES = 32, OIDC_TEXT = 44 };

struct oidc_settings {
  const char *issuer;  // "": there is no provider
  const char *client_id, *client_secret, *redirect_uri, *scope, *ca_file;
  const char *claim;         // that has the e-mail address; of "email" only if "email_verified"
  bool trust_second_factor;  // the provider asks for one itself, and needn't say so in "amr"
};

// What is wrong with the settings, or NULL. An issuer is https, or http on this machine.
const char *oidc_settings_problem(const struct oidc_settings *settings);

// Of one sign-in, each 43 characters of base64url.
struct oidc_secrets {
  char state[OIDC_TEXT], nonce[OIDC_TEXT], verifier[OIDC_TEXT], challenge[OIDC_TEXT];
};
void oidc_derive(const uint8_t browser_secret[OIDC_SECRET_BYTES], struct oidc_secrets *secrets);

// From the provider's discovery document, in the arena.
struct oidc_provider {
  const char *authorization_endpoint, *token_endpoint, *jwks_uri;
};

// All four: NULL, or what is wrong; outputs are then untouched.
const char *oidc_read_provider(const struct oidc_settings *settings, const char *document, size_t size,
                               struct arena *arena, struct oidc_provider *provider);
// The ID token of the token endpoint's answer.
const char *oidc_read_token(const char *answer, size_t size, struct arena *arena, const char **ret_id_token);

struct oidc_person {
  const char *email;
  bool second_factor;  // the provider asked for one, or is trusted to
};
// Checks the signature against the provider's keys (only RS256 and ES256), issuer, audience, times and nonce.
const char *oidc_check_token(const struct oidc_settings *settings, const char *id_token, const char *keys,
                             size_t keys_size, const char *nonce, int64_t wall_us, struct arena *arena,
                             struct oidc_person *person);

// In the arena; NULL when it is full.
char *oidc_authorization_url(const struct oidc_settings *settings, const struct oidc_provider *provider,
                             const struct oidc_secrets *secrets, struct arena *arena);
char *oidc_token_form(const struct oidc_settings *settings, const char *code, const struct oidc_secrets *secrets,
                      struct arena *arena);
// Letters, digits, "-" "." "_" "~" as they are, all else as %XX (RFC 3986, 2.3).
char *oidc_escape(const char *text, struct arena *arena);
