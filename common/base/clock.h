// Wall-clock time, in microseconds since 1970 UTC, from the system or injected by a file.
//
// With a clock file the time stands still at the instant written in it (RFC 3339, "2026-03-02T18:00:00Z") until another
// is written, so that a test or a training run can live a month in seconds. Durations and deadlines never use this
// clock.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct clock {
  const char *file;     // NULL: the system's clock
  int64_t standing_us;  // what the file says
};

enum { CLOCK_TEXT_MAX = 40 };

// Reads the file if there is one. -EINVAL when it holds no instant, or -errno.
int clock_init(struct clock *clock, const char *file);
// Reads the file again. True in *ret_jumped when the time changed.
int clock_refresh(struct clock *clock, bool *ret_jumped);
int64_t clock_now_us(const struct clock *clock);
bool clock_is_injected(const struct clock *clock);

// RFC 3339 with the "Z" and only as many fraction digits as needed (0, 3 or 6).
void clock_format(int64_t time_us, char text[CLOCK_TEXT_MAX]);
// RFC 3339, any offset, years 1 to 9999, a day that exists. -EINVAL otherwise.
int clock_parse(const char *text, int64_t *ret_time_us);
// Days since 1970-01-01 of a day that exists; -EINVAL otherwise. (H. Hinnant's civil calendar algorithms)
int days_from_date(int year, int month, int day, int64_t *ret_days);
void date_from_days(int64_t days, int *ret_year, int *ret_month, int *ret_day);
