// HTTP/1.1 on the loop. A handler gets a whole request and answers it once: at once or later, whole or as a stream.
// This is the only file pair that knows libmicrohttpd (0.9.75).
//
// What a handler gets has passed the header gate (header_gate.h) and the limits below; its body is complete. An
// exchange lives until its reply is sent or its peer is gone, and in either case not before it was answered: a handler
// that answers later keeps the pointer meanwhile and always answers. When the peer has gone the answer goes nowhere.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct loop;
struct metrics;
struct http_server;
struct http_exchange;

enum http_method { HTTP_GET = 1, HTTP_HEAD = 2, HTTP_POST = 4, HTTP_DELETE = 8, HTTP_OPTIONS = 16, HTTP_OTHER = 32 };

// A name and a value. In requests the texts aren't terminated by NUL; in replies they are, and the sizes aren't looked
// at.
struct http_field {
  const char *name, *value;
  size_t name_size, value_size;
};

struct http_request {
  enum http_method method;
  const char *path;   // "/session"; begins with "/", decoded, no "." or ".." parts, no "//", no NUL
  const char *query;  // behind the "?", as sent; "" without one
  const void *body;
  size_t body_size;
  const char *peer;  // address of the client, "192.0.2.7"; the proxy's word where the settings trust one
  const struct http_field *fields;
  size_t field_count;
};

typedef void http_handler(struct http_exchange *exchange);

// One row of the route table. The first row that fits answers, so the more special ones stand above.
struct http_route {
  const char *path;      // the whole path, or with `prefix` how it begins
  const char *name;      // for metrics and the access log: "session"; rows of one thing share it
  http_handler *handle;  // never called with a method that isn't in `methods`
  unsigned methods;      // HTTP_GET | HTTP_POST; HEAD comes where GET does, others are answered with 405
  bool prefix;
};

struct http_server_settings {
  const char *listen;                // "127.0.0.1:8080", "[::1]:8080"; port 0: any
  const struct http_route *routes;   // ends with {0}
  void *owner;                       // http_owner()
  size_t connections_limit;          // more aren't accepted until one ends
  unsigned connections_per_address;  // 0: no limit; pointless behind a proxy
  size_t header_limit_bytes;         // request line and fields, 4 to 64 KiB; also what an idle connection may take
  size_t body_limit_bytes;           // of one request
  size_t bodies_limit_bytes;         // of all requests that are being received or answered
  size_t memory_limit_bytes;         // of an exchange's arena
  size_t stream_limit_bytes;         // unsent, of one stream
  uint32_t header_ms, body_ms;       // to send a request's header, its body
  uint32_t idle_ms;                  // between requests on a connection
  uint32_t reply_ms;                 // to take a reply; a large one has longer, as long as 4 KiB/s need
  bool behind_proxy;                 // believe the last address of X-Forwarded-For
  bool access_log;                   // a line for each request
  const struct http_field *fields;   // go with every reply that hasn't its own of that name; ends with {0}
};

// -EADDRINUSE and the like in *ret_error.
struct http_server *http_server_create(struct loop *loop, const struct http_server_settings *settings,
                                       struct metrics *metrics, int *ret_error);
// Where it listens, "127.0.0.1:8080".
const char *http_server_address(const struct http_server *server);
// Ends streams, and every connection behind its next reply. For `grace_ms` connections are still taken, since whoever
// sends us work doesn't know yet; then no more, and idle ones are closed. `drained` is called once with the settings'
// owner, when no connection is left or after `limit_ms`.
void http_server_drain(struct http_server *server, uint32_t grace_ms, uint32_t limit_ms, void (*drained)(void *owner));
bool http_server_is_draining(const struct http_server *server);
// Every exchange must be answered. NULL is fine.
void http_server_destroy(struct http_server *server);

// Of the server that the exchange belongs to (settings.owner).
void *http_owner(const struct http_exchange *exchange);
const struct http_request *http_request(const struct http_exchange *exchange);
// Everything that lives as long as the exchange.
struct arena *http_arena(struct http_exchange *exchange);
// What the access log says beside the route's name; static, never a name, an id or a secret: a method, say.
void http_set_note(struct http_exchange *exchange, const char *note);
// A handler's own, between its steps.
void http_set_step(struct http_exchange *exchange, void *step);
void *http_step(const struct http_exchange *exchange);

// The value of the only field of that name (any case), a copy in the arena without white space around; NULL when there
// is none or memory is out. Of several the first; http_field_count() tells how many there are.
const char *http_field(struct http_exchange *exchange, const char *name);
size_t http_field_count(const struct http_exchange *exchange, const char *name);
// A cookie's value as sent, in the arena; NULL when it isn't there, or there more than once.
const char *http_cookie(struct http_exchange *exchange, const char *name);
// The query's value of that name with %XX and + decoded, in the arena, its length in *ret_size (may be NULL); NULL when
// it isn't there, there more than once, or badly escaped.
const char *http_query(struct http_exchange *exchange, const char *name, size_t *ret_size);

// A field that goes with the reply, whichever it will be; texts live as long as the exchange. At most HTTP_ADDED_MOST,
// more are left out.
enum { HTTP_ADDED_MOST = 8 };
void http_add_field(struct http_exchange *exchange, const char *name, const char *value);

struct http_reply {
  unsigned status;           // 200
  const char *content_type;  // or NULL
  const void *body;          // in the exchange's arena, or outlives the server: it isn't copied
  size_t size;
  const struct http_field *fields;  // more fields; texts as the body's
  size_t field_count;
  bool cacheable;  // else "Cache-Control: no-store" goes with it
};

// Answers. The exchange is gone for its handler afterwards. A HEAD request gets the fields alone.
void http_reply(struct http_exchange *exchange, const struct http_reply *reply);
// A plain text of the status' name: for what no program reads.
void http_reply_status(struct http_exchange *exchange, unsigned status);

// Answers with a stream, which goes on until it is ended or the peer is gone (reply->body is its beginning).
struct http_stream {
  // Called once when the stream is over, whatever ended it, also http_stream_end(); not from within http_stream_*().
  void (*closed)(struct http_exchange *exchange, void *owner);
  void *owner;
};
// The exchange stays alive until `closed` returns.
void http_reply_stream(struct http_exchange *exchange, const struct http_reply *reply,
                       const struct http_stream *stream);
// Appends a copy. -ENOBUFS, and nothing is appended, when more than the stream limit would be unsent: the peer is too
// slow; the owner should end it.
int http_stream_write(struct http_exchange *exchange, const void *data, size_t size);
// What the peer hasn't taken yet (what the kernel holds isn't counted).
size_t http_stream_unsent(const struct http_exchange *exchange);
// Sends what is unsent, then ends; with `at_once` drops it.
void http_stream_end(struct http_exchange *exchange, bool at_once);
