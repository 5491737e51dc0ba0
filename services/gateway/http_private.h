// What the files of the HTTP server share: connections with their deadlines, and exchanges on them.
#pragma once

#include <microhttpd.h>
#include <uv.h>

#include "base/list.h"
#include "base/metrics.h"
#include "header_gate.h"
#include "http_server.h"
#include "loop/loop.h"

enum { HTTP_ADDRESS_MAX = 64, HTTP_ROUTES_MAX = 64 };

// What a connection is doing, and so what may not take too long.
enum http_phase {
  HTTP_OPENING,    // no request yet
  HTTP_IDLE,       // between requests
  HTTP_HEADER,     // the request line is here
  HTTP_BODY,       // the header is here
  HTTP_ANSWERING,  // a handler has it; it has its own deadline
  HTTP_REPLYING,   // the reply is on its way
  HTTP_STREAMING,
};

struct http_connection {
  struct list link;  // of server->connections
  struct http_server *server;
  int socket;
  enum http_phase phase;
  uint64_t entered_ms;             // when the phase began
  uint64_t deadline_ms;            // UINT64_MAX: none
  struct http_exchange *exchange;  // NULL between requests
  char peer[HTTP_ADDRESS_MAX];
};

struct http_text {
  char *data;
  size_t size, room;
};

struct http_exchange {
  struct http_server *server;
  struct http_connection *connection;  // NULL when the peer is gone
  struct MHD_Connection *mhd;
  struct http_request request;
  const struct http_route *route;  // NULL when refused before
  const char *note;
  struct arena arena;
  struct http_text body;
  size_t passed_over;  // of a body that was refused already
  const char *target;  // as it came
  uint64_t began_ms;
  void *step;
  unsigned status;
  size_t reply_size;
  struct MHD_Response *response;  // made, not yet given to libmicrohttpd
  bool header_seen, called, suspended, answered;
  // Of a stream.
  bool streams, stream_ended;
  struct http_stream stream;
  struct http_text unsent;
  size_t sent;  // of `unsent`
  struct http_field added[HTTP_ADDED_MOST];
  size_t added_count;
  struct http_exchange *next_spare;
  struct http_field fields[GATE_FIELDS_MAX];  // last: not cleared
};

struct http_route_metrics {
  struct metric seconds, replies[6];  // by the status' first digit
  char labels[48], reply_labels[6][64];
};

struct http_server {
  struct loop *loop;
  struct http_server_settings settings;
  struct MHD_Daemon *daemon;
  int listener;
  char address[HTTP_ADDRESS_MAX];
  uv_poll_t poll;
  uv_check_t check;  // runs libmicrohttpd once, for all that was answered in a turn
  uv_idle_t idle;    // keeps the loop from sleeping while there is something to run
  uv_timer_t tick;
  int open_handles;
  bool must_run, draining, turning_away, closing;
  struct list connections;
  size_t connection_count, body_bytes, exchange_count;
  struct http_exchange *spare;
  size_t spare_count;
  size_t route_count;
  struct http_route_metrics metrics[HTTP_ROUTES_MAX];
  unsigned char metrics_of[HTTP_ROUTES_MAX];  // row → the first row of its name, which has the metrics of both
  struct metric connections_now, exchanges_now, refused[GATE_VERDICTS], cut, body_bytes_now;
  char refused_labels[GATE_VERDICTS][48];
  void (*drained)(void *owner);
  uint64_t grace_ms, drain_grace_ms, drain_limit_ms;
};

// libmicrohttpd has something to do, in this turn of the loop.
void http_must_run(struct http_server *server);
// The phase begins; its deadline comes from the settings and, replying, from how much there is to send.
void http_enter(struct http_connection *connection, enum http_phase phase, size_t size);

// Callbacks for libmicrohttpd (http_exchange.c).
void *http_exchange_begin(void *server, const char *target, struct MHD_Connection *mhd);
enum MHD_Result http_exchange_step(void *server, struct MHD_Connection *mhd, const char *target, const char *method,
                                   const char *version, const char *data, size_t *size, void **exchange);
void http_exchange_completed(void *server, struct MHD_Connection *mhd, void **exchange,
                             enum MHD_RequestTerminationCode how);
void http_free_spares(struct http_server *server);

// The server is being destroyed: libmicrohttpd has the connection back. NULL is fine.
void http_give_up(struct http_exchange *exchange);
// Lets libmicrohttpd go on with a connection that waits.
void http_resume(struct http_exchange *exchange);
// Answers with a response of which the fields are still missing; NULL when memory was out.
void http_answer(struct http_exchange *exchange, const struct http_reply *reply, struct MHD_Response *response);

// -ENOMEM when it can't; the text is as it was.
int http_text_append(struct http_text *text, const void *data, size_t size);
