// What a gateway says of messages, as the body of its webhook (receipts.proto). Pure.
#pragma once

#include <stddef.h>

#include "base/arena.h"

enum { RECEIPT_BODY_MOST = 64 * 1024, RECEIPTS_MOST = 500 };

struct receipts {
  char **delivery_ids;  // UUIDs
  char **receipts;      // "DELIVERED", "READ", "FAILED"
  size_t count;
};

// What isn't a receipt, or of a kind unknown here, is passed over: gateways say more than that. -EINVAL when the body
// isn't JSON of that shape, -E2BIG for too many, -ENOMEM.
int receipt_body_read(const void *body, size_t size, struct arena *arena, struct receipts *receipts);
