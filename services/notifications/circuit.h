// Whether something that can fail is tried just now: closed, it is; after failures it opens for a while that grows;
// then one is let through alone, and what becomes of it closes or opens it again. Pure.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct circuit {
  int failures;       // in a row, since it was last known to work
  uint64_t until_ms;  // it is open until then; 0: closed
};

enum circuit_state { CIRCUIT_CLOSED, CIRCUIT_OPEN, CIRCUIT_TRYING };  // TRYING: one is let through

static inline enum circuit_state circuit_state(const struct circuit *circuit, uint64_t now_ms) {
  if (!circuit->until_ms) return CIRCUIT_CLOSED;
  return now_ms < circuit->until_ms ? CIRCUIT_OPEN : CIRCUIT_TRYING;
}

static inline void circuit_works(struct circuit *circuit) {
  *circuit = (struct circuit){0};
}

// One more failure, unless it is open already: what fails together is one. `limit` in a row open it, for `wait_ms`.
static inline void circuit_fails(struct circuit *circuit, int limit, uint32_t wait_ms, uint64_t now_ms) {
  if (circuit_state(circuit, now_ms) == CIRCUIT_OPEN) return;
  circuit->failures++;
  if (circuit->failures >= limit || circuit->until_ms) circuit->until_ms = now_ms + wait_ms;
}
