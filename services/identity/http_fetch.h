// A question over HTTP and its whole answer, in bounded time and size: what identity asks an OpenID provider. No
// redirects; https, or http where the provider is on this machine.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "curl/curl_loop.h"

enum { HTTP_FETCH_MOST_BYTES = 256 * 1024, HTTP_FETCH_TIMEOUT_MS = 8000 };

struct http_fetch {
  // Filled by the owner, alive until `done`.
  const char *url;
  const char *form;             // application/x-www-form-urlencoded, for POST; NULL: GET
  const char *user, *password;  // for HTTP Basic; NULL: none
  const char *ca_file;          // or ""
  // Called once, never from within http_fetch_start(): 0 when an answer came, whatever its status; -EIO when none did
  // or it was too long. What went wrong is in `problem`.
  void (*done)(struct http_fetch *fetch, int error);
  void *owner;
  // The answer, in the arena, with a NUL behind it.
  struct arena *arena;
  char *body;
  size_t size;
  long status;
  const char *problem;
  // Its own.
  CURL *easy;
  struct curl_loop *loop;
  size_t room;
};

// -ENOMEM, and `done` isn't called.
int http_fetch_start(struct curl_loop *loop, struct http_fetch *fetch);
// The curl_loop's callback.
void http_fetch_done(CURL *easy, CURLcode error);
