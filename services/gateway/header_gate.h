// What a request's header must be before anybody acts on it: read byte by byte, because libmicrohttpd 0.9.75 lets pass
// what a proxy in front may read otherwise (RFC 9112 section 11.2, request smuggling): Content-Length twice or with
// Transfer-Encoding, two Hosts, NUL, CR or LF alone, folded lines. No I/O.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "http_server.h"

enum { GATE_FIELDS_MAX = 64 };

enum gate_verdict {
  GATE_FINE,
  GATE_REQUEST_LINE,  // spaces, NUL, or anything but method, target and version
  GATE_VERSION,       // neither HTTP/1.1 nor HTTP/1.0
  GATE_TARGET,        // not a path, or a path that isn't in its plainest form
  GATE_FIELD,         // a field that isn't "name: value" CR LF
  GATE_FIELD_TWICE,   // a field that may be there once
  GATE_FIELD_COUNT,   // more than GATE_FIELDS_MAX
  GATE_HOST,          // none, or no host
  GATE_LENGTH,        // Content-Length that is no number, or with Transfer-Encoding
  GATE_ENCODING,      // Transfer-Encoding other than "chunked", or in HTTP/1.0
  GATE_VERDICTS
};

// A header as libmicrohttpd leaves it in its buffer: every byte in place, but the spaces of the request line, the first
// colon of each field and every line's CR LF are NUL (of a bare LF: one), and the target is cut up.
struct gate_header {
  const char *block;  // from the method's first letter to behind the empty line
  size_t size;
  const char *target;   // as it came, a copy
  const char *version;  // where in the block libmicrohttpd saw it
  size_t fields_seen;   // how many fields it saw
};

// Fills the fields, which point into the block; values without white space around.
enum gate_verdict gate_check(const struct gate_header *header, struct http_field fields[GATE_FIELDS_MAX],
                             size_t *ret_count);
// "/a%20b?c" → path "/a b" in the arena, query "c" (in `target`; "" if there is none). GATE_TARGET when the path has
// parts "." or "..", an empty part, a NUL, control or non-ASCII character, a backslash, or "/" escaped.
enum gate_verdict gate_target(const char *target, struct arena *arena, const char **ret_path, const char **ret_query);

// The status to answer with, and a name for logs and metrics.
unsigned gate_status(enum gate_verdict verdict);
const char *gate_name(enum gate_verdict verdict);
