// Entity tags (RFC 9110 section 8.8.3) of whole contents.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "http_server.h"

// Strong, of a hash, with its quotes, in the arena; NULL when it is full.
char *etag_of(const void *data, size_t size, struct arena *arena);
// Whether the client has what goes by this tag (section 13.1.2), so that 304 is the answer.
bool has_already(struct http_exchange *exchange, const char *etag);
