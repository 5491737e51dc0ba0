// A calendar as programs read it: RFC 5545, times in UTC alone, so that no program needs to know a zone (PITFALLS 26).
// No I/O.
#pragma once

#include <stddef.h>

#include "base/arena.h"
#include "calendar_feed.pb-c.h"

// In the language of its owner, with nothing in it that changes unless a session does. NULL when memory is out.
const char *calendar_text(const Pulih__Scheduling__V1__CalendarFeedContent *content, struct arena *arena,
                          size_t *ret_size);
