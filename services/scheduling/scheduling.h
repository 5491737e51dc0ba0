// What scheduling's files share.
#pragma once

#include <stdint.h>

#include "base/status.h"

struct service;

enum {
  SCHEDULING_HORIZON_DAYS = 60,  // as scheduling.horizon() in 0042
  // The most days a rule is asked for at once: from a day in one zone to the horizon in another.
  SCHEDULING_DAYS_MAX = SCHEDULING_HORIZON_DAYS + 4,
};

// A run that makes the missing sessions of one prison's series or of all. Any number may run at once; none has an
// effect that another had.
struct materialise_result {
  int32_t series_count, session_count;
};
typedef void materialise_done(void *owner, const struct materialise_result *result, const struct status *status);

// `prison_id`, alive until `done`: "" is every prison. Stops early, with DEADLINE_EXCEEDED, at loop time `deadline_ms`
// unless that is 0. `done` is called exactly once, later or at once.
void materialise_begin(struct service *service, const char *prison_id, uint64_t deadline_ms, materialise_done *done,
                       void *owner);
