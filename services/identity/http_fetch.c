#include "http_fetch.h"

#include <errno.h>
#include <string.h>

enum { FIRST_BYTES = 8 * 1024 };

// Doubles in the arena, where the old copies stay until the call's end: twice the whole at most.
static bool make_room(struct http_fetch *fetch, size_t more) {
  if (fetch->size + more > HTTP_FETCH_MOST_BYTES) return false;
  if (fetch->size + more < fetch->room) return true;
  size_t room = fetch->room ? fetch->room : FIRST_BYTES;
  while (room <= fetch->size + more) room *= 2;
  char *body = arena_alloc(fetch->arena, room);
  if (!body) return false;
  if (fetch->size) memcpy(body, fetch->body, fetch->size);
  fetch->body = body;
  fetch->room = room;
  return true;
}

static size_t take(char *data, size_t unit, size_t count, void *owner) {
  struct http_fetch *fetch = owner;
  const size_t size = unit * count;
  if (!make_room(fetch, size)) return 0;
  memcpy(fetch->body + fetch->size, data, size);
  fetch->size += size;
  fetch->body[fetch->size] = '\0';
  return size;
}

int http_fetch_start(struct curl_loop *loop, struct http_fetch *fetch) {
  fetch->size = fetch->room = 0;
  CURL *easy = fetch->easy = make_room(fetch, 0) ? curl_easy_init() : NULL;
  if (!easy) return -ENOMEM;
  fetch->loop = loop;
  curl_easy_setopt(easy, CURLOPT_PRIVATE, fetch);
  curl_easy_setopt(easy, CURLOPT_URL, fetch->url);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)HTTP_FETCH_TIMEOUT_MS);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, fetch);
  if (*fetch->ca_file) curl_easy_setopt(easy, CURLOPT_CAINFO, fetch->ca_file);
  if (fetch->form) curl_easy_setopt(easy, CURLOPT_POSTFIELDS, fetch->form);
  if (fetch->user) {
    curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
    curl_easy_setopt(easy, CURLOPT_USERNAME, fetch->user);
    curl_easy_setopt(easy, CURLOPT_PASSWORD, fetch->password);
  }
  curl_loop_add(loop, easy);
  return 0;
}

void http_fetch_done(CURL *easy, CURLcode error) {
  struct http_fetch *fetch;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&fetch);
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &fetch->status);
  fetch->problem = error ? curl_easy_strerror(error) : NULL;
  curl_loop_remove(fetch->loop, easy);
  curl_easy_cleanup(easy);
  fetch->easy = NULL;
  fetch->done(fetch, error ? -EIO : 0);
}
