// How a browser comes to be signed in, whatever it showed.
#pragma once

#include "calls.h"

// Answers with what a method that starts a session said: the cookies, and StartedSession without its token; or the
// failure. A session that the browser had before ends.
void session_started(struct http_exchange *exchange, const struct rpc_answer *answer);
