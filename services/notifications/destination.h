// Where deliveries of one channel go in the end: for mail the recipient's domain. One that fails, is slow or takes only
// so many a second must hold up no other. Pure.
//
// Only those that were used lately are known; the rest is as if never used.
#pragma once

#include "circuit.h"

enum { DESTINATIONS_MAX = 512 };

struct destination {
  uint64_t key;  // 0: none
  struct circuit circuit;
  uint64_t used_ms;
  uint64_t thousandths;  // of sends that may go now
  uint64_t counted_ms;   // up to when those are counted
  uint64_t put_off_ms;   // those above the rate were put off up to there
  int in_hand;           // counted by its owner; one that isn't 0 is never forgotten
};

struct destinations {
  struct destination known[DESTINATIONS_MAX];
};

// Known or made, in place of the one that was unused for longest. `key` isn't 0. NULL when all are in hand.
struct destination *destination_of(struct destinations *destinations, uint64_t key, uint64_t now_ms);
// 0 when one more may go now, of `per_second` (0: any number); or how long it is to wait.
uint32_t destination_rate_wait(struct destination *destination, uint32_t per_second, uint64_t now_ms);
