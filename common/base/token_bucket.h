// Lets `per_second` through in a second on average, and as many at once.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct token_bucket {
  uint64_t per_second;
  uint64_t thousandths;  // of tokens, there since at_ms
  uint64_t at_ms;
};

// The time never goes back. Full at its first use.
static inline bool token_bucket_take(struct token_bucket *bucket, uint64_t now_ms) {
  uint64_t most = bucket->per_second * 1000, passed_ms = now_ms - bucket->at_ms;
  bucket->at_ms = now_ms;
  bucket->thousandths += passed_ms < 1000 ? passed_ms * bucket->per_second : most;
  if (bucket->thousandths > most) bucket->thousandths = most;
  if (bucket->thousandths < 1000) return false;
  bucket->thousandths -= 1000;
  return true;
}
