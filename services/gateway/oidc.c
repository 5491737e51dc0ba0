// /oidc/start and /oidc/callback: the browser's way to the OpenID provider and back. identity knows the provider and
// decides; here are only the cookies and redirects.
#include <string.h>

#include "calls.h"
#include "identity.pb-c.h"
#include "message/message.h"
#include "session_cookie.h"
#include "sign_in.pb-c.h"

enum { OIDC_TIMEOUT_MS = 28000 };  // three questions to the provider

static void redirect(struct http_exchange *exchange, const char *location, struct http_field *fields, size_t count) {
  fields[count] = (struct http_field){.name = "Location", .value = location};
  http_reply(exchange, &(struct http_reply){.status = 303, .fields = fields, .field_count = count + 1});
}

// Back to the page, which says it in words. "oidc" is a reason of the error table.
static void refuse(struct http_exchange *exchange, const char *reason) {
  struct http_field *fields = ARENA_ARRAY(http_arena(exchange), struct http_field, 2);
  const char *location = arena_printf(http_arena(exchange), "/?oidc=%s", reason);
  if (fields && location && oidc_cookie_clear(exchange, &fields[0]))
    redirect(exchange, location, fields, 1);
  else
    http_reply_status(exchange, 503);
}

static const void *unpack(struct http_exchange *exchange, const ProtobufCMessageDescriptor *type,
                          const struct rpc_answer *answer) {
  struct status status = {0};
  return message_unpack(type, answer->body, answer->size, http_arena(exchange), &status);
}

static void started(struct http_exchange *exchange, const struct rpc_answer *answer) {
  if (answer->status) {
    refuse(exchange, answer->status->reason);
    return;
  }
  const Pulih__Identity__V1__StartedOidc *oidc =
      unpack(exchange, &pulih__identity__v1__started_oidc__descriptor, answer);
  struct http_field *fields = ARENA_ARRAY(http_arena(exchange), struct http_field, 2);
  if (oidc && fields && oidc_cookie_set(exchange, &oidc->browser_secret, &fields[0]))
    redirect(exchange, oidc->authorization_url, fields, 1);
  else
    http_reply_status(exchange, 503);
}

void oidc_start_handle(struct http_exchange *exchange) {
  const struct gateway *gateway = http_owner(exchange);
  if (*gateway->settings.oidc_name)
    call_method(exchange, "pulih.identity.v1.SignInService/StartOidc", "", 0, NULL, OIDC_TIMEOUT_MS, started);
  else
    http_reply_status(exchange, 404);
}

static void finished(struct http_exchange *exchange, const struct rpc_answer *answer) {
  if (answer->status) {
    refuse(exchange, answer->status->reason);
    return;
  }
  const Pulih__Identity__V1__StartedSession *session =
      unpack(exchange, &pulih__identity__v1__started_session__descriptor, answer);
  struct http_field *fields = ARENA_ARRAY(http_arena(exchange), struct http_field, 3);
  if (session && fields && oidc_cookie_clear(exchange, &fields[0]) &&
      session_cookie_set(exchange, &session->token, &fields[1]))
    redirect(exchange, "/", fields, 2);
  else
    http_reply_status(exchange, 503);
}

// Only with the cookie, so that a stranger can't sign this browser in as somebody else.
void oidc_callback_handle(struct http_exchange *exchange) {
  const struct gateway *gateway = http_owner(exchange);
  Pulih__Identity__V1__FinishOidcRequest request = PULIH__IDENTITY__V1__FINISH_OIDC_REQUEST__INIT;
  const void *packed;
  size_t size;
  const char *code = http_query(exchange, "code", NULL), *state = http_query(exchange, "state", NULL);
  request.browser_secret = oidc_cookie_read(exchange);
  if (!*gateway->settings.oidc_name) {
    http_reply_status(exchange, 404);
    return;
  }
  if (!code || !state || !request.browser_secret.len) {
    refuse(exchange, "OIDC_REFUSED");
    return;
  }
  request.code = (char *)code;
  request.state = (char *)state;
  request.source = (char *)http_request(exchange)->peer;
  if (message_pack(&request.base, http_arena(exchange), &packed, &size))
    reply_reason(exchange, REASON_TOO_BUSY);
  else
    call_method(exchange, "pulih.identity.v1.SignInService/FinishOidc", packed, size, NULL, OIDC_TIMEOUT_MS, finished);
}
