// The Connect protocol's unary calls (https://connectrpc.com/docs/protocol): from what came over HTTP to a method and a
// message, and from a status to the error's body. No I/O.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "gzip.h"
#include "rpc.pb-c.h"
#include "rpc/method.h"

enum connect_codec { CONNECT_JSON, CONNECT_PROTO };

// What came; absent fields are NULL.
struct connect_input {
  const char *path;  // "/pulih.enrollment.v1.EnrollmentService/GetEnrollment"
  bool get;
  const char *content_type, *content_encoding;                      // POST
  const char *timeout, *version;                                    // Connect-Timeout-Ms, Connect-Protocol-Version
  const char *connect, *encoding, *message, *base64, *compression;  // GET's query
  size_t message_size;
  const void *body;
  size_t body_size;
  size_t message_limit_bytes;  // when it isn't compressed any more
  uint32_t timeout_ms;         // when the caller names none, and the longest
};

struct connect_request {
  const struct method *method;
  enum connect_codec codec;
  const void *message;  // as the hub wants it: the protobuf wire format
  size_t size;
  uint32_t timeout_ms;
};

// 0, or the HTTP status to refuse it with. With 405 and 415 there is no more to say; else `status` says what is wrong
// and goes back as the error's body. Everything lives in the arena.
unsigned connect_read(const struct connect_input *input, const struct method_table *methods, struct gzip *gzip,
                      struct arena *arena, struct connect_request *ret_request, struct status *status);

// The response in the caller's codec. -ENOMEM, or -EBADMSG when it isn't one.
int connect_write(const struct method *method, enum connect_codec codec, const void *packed, size_t packed_size,
                  struct arena *arena, const void **ret_body, size_t *ret_size);

// The HTTP status of a code, and the code as the protocol writes it ("not_found").
unsigned connect_http_status(int code);
const char *connect_code_name(int code);
// {"code", "message", "details"}: one detail, the pulih.rpc.v1.Status itself, with its JSON as "debug". -ENOMEM.
int connect_error(const Pulih__Rpc__V1__Status *status, struct arena *arena, char **ret_body, size_t *ret_size);
