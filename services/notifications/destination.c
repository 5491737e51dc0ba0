#include "destination.h"

#include <stddef.h>

struct destination *destination_of(struct destinations *destinations, uint64_t key, uint64_t now_ms) {
  struct destination *oldest = NULL;
  for (int i = 0; i < DESTINATIONS_MAX; i++) {
    struct destination *known = &destinations->known[i];
    if (known->key == key) {
      known->used_ms = now_ms;
      return known;
    }
    if (!known->in_hand && (!oldest || known->used_ms < oldest->used_ms)) oldest = known;
  }
  if (oldest) *oldest = (struct destination){.key = key, .used_ms = now_ms};
  return oldest;
}

// A token bucket that holds a second's worth and is full at first. What it doesn't let through is put off one behind
// the other, as they would get through.
uint32_t destination_rate_wait(struct destination *destination, uint32_t per_second, uint64_t now_ms) {
  if (!per_second) return 0;
  uint64_t most = (uint64_t)per_second * 1000, passed_ms = now_ms - destination->counted_ms;
  destination->counted_ms = now_ms;
  destination->thousandths += passed_ms < 1000 ? passed_ms * per_second : most;
  if (destination->thousandths > most) destination->thousandths = most;
  if (destination->thousandths >= 1000) {
    destination->thousandths -= 1000;
    return 0;
  }
  if (destination->put_off_ms < now_ms) destination->put_off_ms = now_ms;
  destination->put_off_ms += 1000 / per_second + 1;
  return (uint32_t)(destination->put_off_ms - now_ms);
}
