// libcurl's transfers on the loop (PITFALLS 23). What a transfer is, its owner says by its easy handle's own options;
// these are ours: sockets, NOSIGNAL, and no proxy, whatever the environment says.
#pragma once

#include <curl/curl.h>
#include <uv.h>

struct curl_loop;

// A transfer is over. Never called from within curl_loop_add().
typedef void curl_loop_done(CURL *easy, CURLcode error);

// NULL when memory is out.
struct curl_loop *curl_loop_create(uv_loop_t *loop, curl_loop_done *done);
// No transfer may be left. `destroyed` (may be NULL) is called when the loop has let go of it.
void curl_loop_destroy(struct curl_loop *curl, void (*destroyed)(void *owner), void *owner);

void curl_loop_add(struct curl_loop *curl, CURL *easy);
// What opens a transfer's sockets. Whoever wants to look at an address first sets an OPENSOCKETFUNCTION of their own
// behind curl_loop_add(), which calls this.
curl_socket_t curl_loop_open_socket(struct curl_loop *curl, curlsocktype purpose, struct curl_sockaddr *address);
// Over or not; `done` isn't called any more. The handle is its owner's to clean up.
void curl_loop_remove(struct curl_loop *curl, CURL *easy);
