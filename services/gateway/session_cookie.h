// The cookies of a sign-in, RFC 6265bis. Both can be read by nobody but the gateway (HttpOnly), come with requests of
// our own pages alone (SameSite=Strict), and with "__Host-" are nobody's to set but this host's.
//
//   __Host-pulih         the session's token; gone with the browser's window, since computers are shared. The session
//   itself
//                        ends by identity's clock
//   __Host-pulih-device  random bytes by which identity knows the browser, so that strangers can't make its people
//   wait.
//                        They open nothing
//   __Host-pulih-oidc    what ties the way to an OpenID provider and back to this browser, for ten minutes.
//   SameSite=Lax,
//                        since it is the provider's page that sends the browser back
//
// Where the origin is http, on this machine alone, the names are "pulih", "pulih-device" and "pulih-oidc", without
// Secure.
#pragma once

#include "calls.h"

// The fields are in the exchange's arena. False when memory is out.
bool session_cookie_set(struct http_exchange *exchange, const ProtobufCBinaryData *token, struct http_field *ret_field);
bool session_cookie_clear(struct http_exchange *exchange, struct http_field *ret_field);
// What the browser has, or else new bytes, to be kept for half a year from now on.
bool device_cookie_renew(struct http_exchange *exchange, ProtobufCBinaryData *ret_device, struct http_field *ret_field);
bool oidc_cookie_set(struct http_exchange *exchange, const ProtobufCBinaryData *secret, struct http_field *ret_field);
bool oidc_cookie_clear(struct http_exchange *exchange, struct http_field *ret_field);
// What the browser has: 32 bytes in the arena, or none.
ProtobufCBinaryData oidc_cookie_read(struct http_exchange *exchange);
