// Page tokens: where a page ended, bound to the list it belongs to. Opaque to clients, not secret.
#pragma once

#include <protobuf-c/protobuf-c.h>

#include "base/arena.h"

enum { PAGE_SIZE_DEFAULT = 50, PAGE_SIZE_MAX = 500 };

// How many rows the request's page has: its page_size, or the default, capped.
int page_size(const ProtobufCMessage *request);
// The key in the request's page_token; NULL in *ret_key on the first page. -EINVAL when the token isn't one of this
// list with this filter, -ENOMEM.
int page_key(const ProtobufCMessage *request, struct arena *arena, const char **ret_key);
// The token that goes on behind `key`. NULL when the arena is full.
const char *page_token(const ProtobufCMessage *request, const char *key, struct arena *arena);
