// Recurrence rules: RFC 5545 (https://www.rfc-editor.org/rfc/rfc5545#section-3.3.10) by the day, in a prison's own
// calendar, without a zone. libical expands them; only those are let through to it that it gets right in a bounded time
// (README.md says which and why). No I/O.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  RECURRENCE_TEXT_MAX = 500,
  RECURRENCE_COUNT_MAX = 1000,
  RECURRENCE_INTERVAL_MAX = 366,
  RECURRENCE_DAYS_MAX = 7320,  // from the first occurrence to the last day looked at: more than twenty years
};

enum recurrence_frequency { RECURRENCE_ONCE, RECURRENCE_DAILY, RECURRENCE_WEEKLY, RECURRENCE_MONTHLY };

struct recurrence {
  enum recurrence_frequency frequency;
  int interval;
  int count;          // 0: without end
  int32_t until_day;  // days since 1970-01-01; INT32_MAX: without end
  int until_minute;   // of that day
  bool weeks_end_on_saturday;
  char text[RECURRENCE_TEXT_MAX + 1];  // the rule itself
};

// What is wrong with a rule: the part and the problem, "COUNT" and "is a number of 1 to 1000".
struct recurrence_problem {
  char part[32];
  char problem[80];
};

// "" is a single occurrence. 0, or -EINVAL with *ret_problem.
int recurrence_parse(const char *text, struct recurrence *ret_recurrence, struct recurrence_problem *ret_problem);

// The days from `from_day` to `until_day` on which it occurs, when it begins on `start_day` at `start_minute` of the
// day; days before from_day count for COUNT. In order. -E2BIG when there are more than `capacity`, or from start_day to
// until_day are more than RECURRENCE_DAYS_MAX days; -ENOMEM.
int recurrence_expand(const struct recurrence *recurrence, int32_t start_day, int start_minute, int32_t from_day,
                      int32_t until_day, int32_t *days, size_t capacity, size_t *ret_count);
