// Recurrence rules: RFC 5545 (https://www.rfc-editor.org/rfc/rfc5545#section-3.3.10) by the day, in a prison's own
// calendar, without a zone. No I/O, and a bounded amount of work for any rule: libical 3.0 looks for 30 February until
// the year 2582 whatever it is told, so it is only what the test compares with.
//
// A series has at most one session a day, so rules finer than a day are refused. So is what has no place in a schedule:
// YEARLY (MONTHLY;INTERVAL=12 says it), more than RECURRENCE_COUNT_MAX occurrences, RSCALE, and UNTIL in UTC, since the
// zone is the prison's.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  RECURRENCE_TEXT_MAX = 500,
  RECURRENCE_COUNT_MAX = 1000,
  RECURRENCE_INTERVAL_MAX = 366,
  RECURRENCE_DAYS_MAX = 20000,  // from the first occurrence to the last day looked at: more than fifty years
};

enum recurrence_frequency { RECURRENCE_ONCE, RECURRENCE_DAILY, RECURRENCE_WEEKLY, RECURRENCE_MONTHLY };

// Numbers with either sign: bit n of [0] for n, of [1] for -n, counted from the end.
typedef uint32_t recurrence_numbers[2];

struct recurrence {
  enum recurrence_frequency frequency;
  int interval;
  int count;          // 0: without end
  int32_t until_day;  // days since 1970-01-01; INT32_MAX: without end
  int until_minute;   // of that day
  int week_start;     // 0 is Monday
  // What BY parts name; zero where a part isn't given.
  recurrence_numbers months, month_days, positions;
  uint8_t weekdays;            // bit 0 is Monday
  uint8_t nth_weekdays[2][6];  // weekdays that count only as the nth of the month, and as the nth from its end
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
// until_day are more than RECURRENCE_DAYS_MAX days.
int recurrence_expand(const struct recurrence *recurrence, int32_t start_day, int start_minute, int32_t from_day,
                      int32_t until_day, int32_t *days, size_t capacity, size_t *ret_count);
