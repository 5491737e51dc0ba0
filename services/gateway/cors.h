// Cross-origin calls (https://fetch.spec.whatwg.org/#http-cors-protocol) by pages of the origins that the settings
// name. They call as programs do, with a bearer token: the cookie never goes with them.
#pragma once

#include "gateway.h"

// Adds what lets the asking origin read the reply, if it may. Called before a method's reply is made.
void cors_allow(struct http_exchange *exchange);
// Answers a preflight (OPTIONS).
void cors_preflight(struct http_exchange *exchange);
