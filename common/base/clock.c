#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAY_US INT64_C(86400000000)

int clock_init(struct clock *clock, const char *file) {
  struct clock fresh = {.file = file};
  bool jumped;
  int error = clock_refresh(&fresh, &jumped);
  if (!error) *clock = fresh;
  return error;
}

int clock_refresh(struct clock *clock, bool *ret_jumped) {
  *ret_jumped = false;
  if (!clock->file) return 0;
  FILE *file = fopen(clock->file, "re");
  if (!file) return -errno;
  char text[CLOCK_TEXT_MAX] = "";
  size_t size = fread(text, 1, sizeof text - 1, file);
  fclose(file);
  while (size && (text[size - 1] == '\n' || text[size - 1] == ' ')) text[--size] = 0;
  int64_t standing_us;
  int error = clock_parse(text, &standing_us);
  if (error) return error;
  *ret_jumped = standing_us != clock->standing_us;
  clock->standing_us = standing_us;
  return 0;
}

int64_t clock_now_us(const struct clock *clock) {
  if (clock->file) return clock->standing_us;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

bool clock_is_injected(const struct clock *clock) {
  return clock->file != NULL;
}

static bool is_leap(int year) {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month) {
  static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

// https://howardhinnant.github.io/date_algorithms.html: days_from_civil
int days_from_date(int year, int month, int day, int64_t *ret_days) {
  if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) return -EINVAL;
  int64_t y = year - (month <= 2);
  int64_t era = (y >= 0 ? y : y - 399) / 400;
  int64_t year_of_era = y - era * 400;
  int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  *ret_days = era * 146097 + day_of_era - 719468;
  return 0;
}

// civil_from_days
void date_from_days(int64_t days, int *ret_year, int *ret_month, int *ret_day) {
  days += 719468;
  int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  int64_t day_of_era = days - era * 146097;
  int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t shifted_month = (5 * day_of_year + 2) / 153;
  int month = (int)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
  *ret_year = (int)(year_of_era + era * 400 + (month <= 2));
  *ret_month = month;
  *ret_day = (int)(day_of_year - (153 * shifted_month + 2) / 5 + 1);
}

void clock_format(int64_t time_us, char text[CLOCK_TEXT_MAX]) {
  int64_t days = time_us / DAY_US - (time_us % DAY_US < 0);
  int64_t rest_us = time_us - days * DAY_US;
  int year, month, day;
  date_from_days(days, &year, &month, &day);
  int seconds = (int)(rest_us / 1000000), fraction = (int)(rest_us % 1000000);
  int size = snprintf(text, CLOCK_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d", year, month, day, seconds / 3600,
                      seconds / 60 % 60, seconds % 60);
  if (fraction % 1000)
    size += snprintf(text + size, CLOCK_TEXT_MAX - (size_t)size, ".%06d", fraction);
  else if (fraction)
    size += snprintf(text + size, CLOCK_TEXT_MAX - (size_t)size, ".%03d", fraction / 1000);
  snprintf(text + size, CLOCK_TEXT_MAX - (size_t)size, "Z");
}

// `count` digits at *text, moved past; -1 if they aren't there.
static int digits(const char **text, int count) {
  int value = 0;
  for (int i = 0; i < count; i++, (*text)++) {
    if (**text < '0' || **text > '9') return -1;
    value = value * 10 + (**text - '0');
  }
  return value;
}

static bool skip(const char **text, const char *any_of) {
  if (!**text || !strchr(any_of, **text)) return false;
  (*text)++;
  return true;
}

static int parse_fraction_us(const char **text) {
  int us = 0, scale = 100000;
  while (**text >= '0' && **text <= '9') {
    us += (**text - '0') * scale;
    scale /= 10;
    (*text)++;
  }
  return us;
}

// "Z", "+07:00"; in minutes.
static int parse_offset(const char **text, int *ret_minutes) {
  if (skip(text, "Zz")) {
    *ret_minutes = 0;
    return 0;
  }
  int sign = **text == '-' ? -1 : 1;
  if (!skip(text, "+-")) return -EINVAL;
  int hours = digits(text, 2);
  if (!skip(text, ":")) return -EINVAL;
  int minutes = digits(text, 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return -EINVAL;
  *ret_minutes = sign * (hours * 60 + minutes);
  return 0;
}

int clock_parse(const char *text, int64_t *ret_time_us) {
  int year = digits(&text, 4);
  if (!skip(&text, "-")) return -EINVAL;
  int month = digits(&text, 2);
  if (!skip(&text, "-")) return -EINVAL;
  int day = digits(&text, 2);
  int64_t days;
  if (!skip(&text, "Tt ") || days_from_date(year, month, day, &days)) return -EINVAL;
  int hour = digits(&text, 2);
  if (!skip(&text, ":")) return -EINVAL;
  int minute = digits(&text, 2);
  if (!skip(&text, ":")) return -EINVAL;
  int second = digits(&text, 2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return -EINVAL;
  int fraction_us = 0, offset_minutes;
  if (skip(&text, ".")) {
    if (*text < '0' || *text > '9') return -EINVAL;
    fraction_us = parse_fraction_us(&text);
  }
  if (parse_offset(&text, &offset_minutes) || *text) return -EINVAL;
  *ret_time_us =
      ((days * 86400 + INT64_C(3600) * hour + INT64_C(60) * minute + second) - offset_minutes * INT64_C(60)) * 1000000 +
      fraction_us;
  return 0;
}
