// Streams: what is written waits in a buffer of ours, and libmicrohttpd asks for it. While there is none the connection
// is suspended, and so a peer that goes away is noticed at the next write.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "http_private.h"

static ssize_t read_stream(void *exchange_pointer, uint64_t position, char *to, size_t room) {
  struct http_exchange *exchange = exchange_pointer;
  struct http_text *unsent = &exchange->unsent;
  size_t size = unsent->size - exchange->sent;
  if (!size) {
    exchange->connection->deadline_ms = UINT64_MAX;
    if (exchange->stream_ended || exchange->server->closing) return MHD_CONTENT_READER_END_OF_STREAM;
    exchange->suspended = true;
    MHD_suspend_connection(exchange->mhd);
    return 0;
  }
  if (size > room) size = room;
  memcpy(to, unsent->data + exchange->sent, size);
  exchange->sent += size;
  if (exchange->sent == unsent->size) unsent->size = exchange->sent = 0;
  http_enter(exchange->connection, HTTP_STREAMING, 0);
  return (ssize_t)size;
}

void http_reply_stream(struct http_exchange *exchange, const struct http_reply *reply,
                       const struct http_stream *stream) {
  enum { BLOCK_BYTES = 1024 };
  struct MHD_Response *response =
      MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, read_stream, exchange, NULL);
  exchange->streams = true;
  exchange->stream = *stream;
  if (response && http_text_append(&exchange->unsent, reply->body, reply->size)) {
    MHD_destroy_response(response);
    response = NULL;
  }
  http_answer(exchange, reply, response);
}

int http_stream_write(struct http_exchange *exchange, const void *data, size_t size) {
  struct http_text *unsent = &exchange->unsent;
  if (size > exchange->server->settings.stream_limit_bytes - (unsent->size - exchange->sent)) return -ENOBUFS;
  if (exchange->sent) {
    memmove(unsent->data, unsent->data + exchange->sent, unsent->size - exchange->sent);
    unsent->size -= exchange->sent;
    exchange->sent = 0;
  }
  int error = http_text_append(unsent, data, size);
  if (!error) http_resume(exchange);
  return error;
}

size_t http_stream_unsent(const struct http_exchange *exchange) {
  return exchange->unsent.size - exchange->sent;
}

void http_stream_end(struct http_exchange *exchange, bool at_once) {
  exchange->stream_ended = true;
  if (at_once) exchange->unsent.size = exchange->sent = 0;
  http_resume(exchange);
}
