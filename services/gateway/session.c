// /session: signing in and out of a browser, and what the page must know before it shows anything.
//
// GET               {"foundation", "training", "serverTime", "oidc"}, the last the OpenID provider's name or "", and
//                   where somebody is signed in "person", "expiresAt" and "idleEndsAt". Asking is no use of the
//                   session: a page that only asks is signed out in time
// POST              ProtoJSON of SignInRequest → sets the cookie; StartedSession without its token
// POST …/password   ProtoJSON of ChangePasswordRequest → the same; all other sessions have ended
// DELETE            ends the session and takes the cookie away
#include "session.h"

#include <string.h>

#include "crypto/token.h"
#include "identity.pb-c.h"
#include "json/json.h"
#include "message/message.h"
#include "session_cookie.h"
#include "sign_in.pb-c.h"

static const struct json_options outside = {0};

// A sign-in on its way to its answer.
struct starting {
  Pulih__Identity__V1__StartedSession *started;
  struct http_field device;  // no name: none to set
};

static void reply_started(struct http_exchange *exchange) {
  const struct starting *starting = http_step(exchange);
  Pulih__Identity__V1__StartedSession *started = starting->started;
  struct http_field *cookies = ARENA_ARRAY(http_arena(exchange), struct http_field, 2);
  char *text;
  size_t size, count = 0;
  if (cookies && starting->device.name) cookies[count++] = starting->device;
  bool made = cookies && session_cookie_set(exchange, &started->token, &cookies[count++]);
  started->token.len = 0;
  if (!made || json_encode(&started->base, &outside, http_arena(exchange), &text, &size)) {
    reply_reason(exchange, REASON_INTERNAL);
    return;
  }
  http_reply(exchange, &(struct http_reply){.status = 200,
                                            .content_type = "application/json",
                                            .body = text,
                                            .size = size,
                                            .fields = cookies,
                                            .field_count = count});
}

static void sign_out(struct http_exchange *exchange, const unsigned char *token, call_done *done) {
  Pulih__Identity__V1__SignOutRequest request = PULIH__IDENTITY__V1__SIGN_OUT_REQUEST__INIT;
  unsigned char hash[TOKEN_HASH_SIZE];
  token_hash(token, hash);
  request.token_hash = (ProtobufCBinaryData){sizeof hash, hash};
  call_message(exchange, "pulih.identity.v1.IdentityService/SignOut", &request.base, token, done);
}

// Whether there was anything to end is all the same.
static void old_session_ended(struct http_exchange *exchange, const struct rpc_answer *answer) {
  (void)answer;
  reply_started(exchange);
}

void session_started(struct http_exchange *exchange, const struct rpc_answer *answer) {
  struct starting *starting = http_step(exchange);
  struct status status = {0};
  if (answer->status) {
    reply_failure(exchange, answer->status, 0);
    return;
  }
  starting->started = (Pulih__Identity__V1__StartedSession *)message_unpack(
      &pulih__identity__v1__started_session__descriptor, answer->body, answer->size, http_arena(exchange), &status);
  if (!starting->started) {
    reply_reason(exchange, REASON_INTERNAL);
    return;
  }
  const struct caller_token before = caller_of(exchange);
  if (before.signed_in && before.by_cookie)
    sign_out(exchange, before.token, old_session_ended);
  else
    reply_started(exchange);
}

// The body as a message of that type; NULL, and answered, when it is none.
static ProtobufCMessage *read_body(struct http_exchange *exchange, const ProtobufCMessageDescriptor *descriptor) {
  const struct http_request *http = http_request(exchange);
  const char *type = http_field(exchange, "content-type");
  if (!type || strncmp(type, "application/json", strlen("application/json")) != 0) {
    http_reply_status(exchange, 415);
    return NULL;
  }
  struct status status = {0};
  ProtobufCMessage *message =
      json_decode(descriptor, http->body, http->body_size, &outside, http_arena(exchange), &status);
  if (!message) reply_refusal(exchange, &status, 0);
  return message;
}

static void call_starter(struct http_exchange *exchange, const char *method, const ProtobufCMessage *request,
                         const unsigned char *token, struct starting *starting) {
  http_set_step(exchange, starting);
  call_message(exchange, method, request, token, session_started);
}

static void start(struct http_exchange *exchange) {
  Pulih__Identity__V1__SignInRequest *request =
      (Pulih__Identity__V1__SignInRequest *)read_body(exchange, &pulih__identity__v1__sign_in_request__descriptor);
  if (!request) return;
  struct starting *starting = ARENA_NEW(http_arena(exchange), struct starting);
  if (!starting || !device_cookie_renew(exchange, &request->device, &starting->device)) {
    reply_reason(exchange, REASON_TOO_BUSY);
    return;
  }
  request->source = (char *)http_request(exchange)->peer;
  call_starter(exchange, "pulih.identity.v1.IdentityService/SignIn", &request->base, NULL, starting);
}

static void change_password(struct http_exchange *exchange) {
  Pulih__Identity__V1__ChangePasswordRequest *request = (Pulih__Identity__V1__ChangePasswordRequest *)read_body(
      exchange, &pulih__identity__v1__change_password_request__descriptor);
  if (!request) return;
  struct starting *starting = ARENA_NEW(http_arena(exchange), struct starting);
  if (!starting) {
    reply_reason(exchange, REASON_TOO_BUSY);
    return;
  }
  request->source = (char *)http_request(exchange)->peer;
  call_starter(exchange, "pulih.identity.v1.IdentityService/ChangePassword", &request->base, caller_of(exchange).token,
               starting);
}

// A text as a JSON string; the message is only there to hold it.
static char *json_text(struct http_exchange *exchange, const char *text) {
  Pulih__Rpc__V1__Detail holder = PULIH__RPC__V1__DETAIL__INIT;
  char *json = NULL;
  size_t size;
  holder.value = (char *)text;
  json_encode_field(&holder.base, protobuf_c_message_descriptor_get_field_by_name(holder.base.descriptor, "value"),
                    http_arena(exchange), &json, &size);
  return json;
}

// `session`: SignInSession as a JSON object, whose members become this one's, or NULL. A cookie that stands for nobody
// goes.
static void reply_session(struct http_exchange *exchange, const char *session) {
  const struct gateway *gateway = http_owner(exchange);
  char now[CLOCK_TEXT_MAX];
  clock_format(loop_wall_us((struct loop *)&gateway->loop), now);
  const char *foundation = json_text(exchange, gateway->settings.foundation);
  const char *oidc = json_text(exchange, gateway->settings.oidc_name);
  const char *text = arena_printf(
      http_arena(exchange), "{\"foundation\":%s,\"training\":%s,\"serverTime\":\"%s\",\"oidc\":%s%s%s", foundation,
      gateway->settings.training ? "true" : "false", now, oidc, session ? "," : "", session ? session + 1 : "}");
  struct http_field *cookie = ARENA_NEW(http_arena(exchange), struct http_field);
  if (!foundation || !oidc || !text || !cookie) {
    http_reply_status(exchange, 503);
    return;
  }
  bool stale = !session && caller_of(exchange).by_cookie && session_cookie_clear(exchange, cookie);
  http_reply(exchange, &(struct http_reply){.status = 200,
                                            .content_type = "application/json",
                                            .body = text,
                                            .size = strlen(text),
                                            .fields = cookie,
                                            .field_count = stale});
}

static void looked(struct http_exchange *exchange, const struct rpc_answer *answer) {
  if (answer->status && answer->status->code != STATUS_NOT_FOUND) {
    reply_failure(exchange, answer->status, 0);
    return;
  }
  struct status status = {0};
  size_t size;
  char *text = NULL;
  const ProtobufCMessage *session = answer->status
                                        ? NULL
                                        : message_unpack(&pulih__identity__v1__sign_in_session__descriptor,
                                                         answer->body, answer->size, http_arena(exchange), &status);
  if (session) json_encode(session, &outside, http_arena(exchange), &text, &size);
  reply_session(exchange, text);
}

static void look(struct http_exchange *exchange) {
  const struct caller_token caller = caller_of(exchange);
  Pulih__Identity__V1__GetSignInSessionRequest request = PULIH__IDENTITY__V1__GET_SIGN_IN_SESSION_REQUEST__INIT;
  unsigned char hash[TOKEN_HASH_SIZE];
  if (!caller.signed_in) {
    reply_session(exchange, NULL);
    return;
  }
  token_hash(caller.token, hash);
  request.token_hash = (ProtobufCBinaryData){sizeof hash, hash};
  // By our own key: with the token it would be a use of the session.
  call_message(exchange, "pulih.identity.v1.SignInService/GetSignInSession", &request.base, NULL, looked);
}

static void signed_out(struct http_exchange *exchange, const struct rpc_answer *answer) {
  struct http_field *cookie = ARENA_NEW(http_arena(exchange), struct http_field);
  bool over = !answer->status || answer->status->code == STATUS_UNAUTHENTICATED;
  if (!over)
    reply_failure(exchange, answer->status, 0);
  else if (!cookie || !session_cookie_clear(exchange, cookie))
    reply_reason(exchange, REASON_TOO_BUSY);
  else
    http_reply(exchange, &(struct http_reply){.status = 204, .fields = cookie, .field_count = 1});
}

void session_handle(struct http_exchange *exchange) {
  enum http_method method = http_request(exchange)->method;
  const struct caller_token caller = caller_of(exchange);
  // Also without a cookie: signing somebody in as another is an attack too.
  if (method == HTTP_GET || method == HTTP_HEAD)
    look(exchange);
  else if (!is_same_origin(exchange))
    reply_reason(exchange, REASON_CROSS_SITE);
  else if (method == HTTP_POST)
    start(exchange);
  else if (caller.signed_in)
    sign_out(exchange, caller.token, signed_out);
  else
    signed_out(exchange, &(struct rpc_answer){0});
}

void session_password_handle(struct http_exchange *exchange) {
  if (is_same_origin(exchange))
    change_password(exchange);
  else
    reply_reason(exchange, REASON_CROSS_SITE);
}
