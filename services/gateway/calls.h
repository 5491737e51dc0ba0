// Calls of methods through the hub, for whoever is signed in on an exchange, and how their failures are answered.
#pragma once

#include "gateway.h"

// Who calls: the session's token from the cookie, or for programs from "Authorization: Bearer <base64url>". `signed_in`
// says only that there is one; the hub knows whether it is worth anything. The token lives in the exchange's arena.
struct caller_token {
  bool signed_in, by_cookie;
  const unsigned char *token;  // RPC_TOKEN_BYTES, or NULL
};
struct caller_token caller_of(struct http_exchange *exchange);
// Whether the browser says that the page itself asks (Sec-Fetch-Site, or without it Origin). Needed with the cookie for
// whatever changes something.
bool is_same_origin(struct http_exchange *exchange);
// The cookie's name: "__Host-pulih", or "pulih" where the origin is http.
const char *cookie_name(const struct gateway *gateway);

// Calls a method; `body` lives as long as the exchange. `done` is called once, never from within, and answers.
typedef void call_done(struct http_exchange *exchange, const struct rpc_answer *answer);
void call_method(struct http_exchange *exchange, const char *method, const void *body, size_t size,
                 const unsigned char *token, uint32_t timeout_ms, call_done *done);
// The same by another client than the gateway's own, and for nobody who signed in.
void call_method_by(struct rpc_client *client, struct http_exchange *exchange, const char *method, uint32_t timeout_ms,
                    call_done *done);
// The same with a message, which may go when this returns, and the usual time.
void call_message(struct http_exchange *exchange, const char *method, const ProtobufCMessage *request,
                  const unsigned char *token, call_done *done);

// Answers with JSON; the text is in the exchange's arena.
void reply_json(struct http_exchange *exchange, unsigned status, const char *text, size_t size);
// Answers with an error's body and the HTTP status of its code; with `http_status` other than 0 with that.
void reply_failure(struct http_exchange *exchange, const Pulih__Rpc__V1__Status *status, unsigned http_status);
void reply_refusal(struct http_exchange *exchange, const struct status *status, unsigned http_status);
void reply_reason(struct http_exchange *exchange, enum reason reason);
