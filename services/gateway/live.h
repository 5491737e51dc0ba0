// /events: what changed, as Server-Sent Events (https://html.spec.whatwg.org/multipage/server-sent-events.html), to who
// may know it. Ids only; the page then reads what it may.
//
//   event: message                         so that a reader needs no list of all types
//   id: 3f2.1a-…                           where the reader now stands: comes back as Last-Event-ID
//   data: {"type":"scheduling.session_changed","prisonId":"…","subjectId":"…","version":2}
//
// and of the stream itself: `start` (what is read from now on is kept current), `reset` instead of it (what happened
// since Last-Event-ID isn't known any more: read all again), `end` (the sign-in is over; don't come back). A reader who
// comes back in time gets neither but what it missed, from whichever gateway.
//
// States of a stream: OPENING (whose session is it?) → WAITING (for the log) → OPEN → ended: session over, reader too
// slow or gone, gateway stopping.
#pragma once

#include "base/metrics.h"
#include "event_source.h"
#include "http_server.h"

struct live;

struct live_settings {
  struct loop *loop;
  struct event_source_settings source;  // without news and owner
  size_t streams, streams_per_person;   // at most
};

// Texts in the settings outlive it. NULL with *ret_error a negative errno.
struct live *live_create(const struct live_settings *settings, struct metrics *metrics, int *ret_error);
// When no stream is left. `closed` is called when everything is freed.
void live_close(struct live *live, void (*closed)(void *owner), void *owner);

// Whether a hub would tell it events.
bool live_is_connected(const struct live *live);

// Calls with role SERVICE.
struct rpc_client *live_client(const struct live *live);

// Answers with a stream, for who has this token (RPC_TOKEN_BYTES; NULL: not signed in).
void live_open(struct live *live, struct http_exchange *exchange, const unsigned char *token);
