#include "recurrence.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

enum { MINUTES_A_DAY = 24 * 60 };

enum part_kind { PART_FREQ, PART_NUMBER, PART_UNTIL, PART_WEEKDAY, PART_WEEKDAYS, PART_NUMBERS };

enum { FREQ, COUNT, UNTIL, INTERVAL, WKST, BYDAY, BYMONTH, BYMONTHDAY, BYSETPOS, PART_COUNT };

static const struct part {
  const char *name;
  enum part_kind kind;
  int most;  // the least is 1
  bool signs;
} parts[PART_COUNT] = {
    [FREQ] = {"FREQ", PART_FREQ},
    [COUNT] = {"COUNT", PART_NUMBER, RECURRENCE_COUNT_MAX},
    [UNTIL] = {"UNTIL", PART_UNTIL},
    [INTERVAL] = {"INTERVAL", PART_NUMBER, RECURRENCE_INTERVAL_MAX},
    [WKST] = {"WKST", PART_WEEKDAY},
    [BYDAY] = {"BYDAY", PART_WEEKDAYS, 5, true},
    [BYMONTH] = {"BYMONTH", PART_NUMBERS, 12},
    [BYMONTHDAY] = {"BYMONTHDAY", PART_NUMBERS, 31, true},
    [BYSETPOS] = {"BYSETPOS", PART_NUMBERS, 31, true},
};

__attribute__((format(printf, 3, 4))) static int refuse(struct recurrence_problem *problem, const char *part,
                                                        const char *format, ...) {
  va_list values;
  va_start(values, format);
  snprintf(problem->part, sizeof problem->part, "%s", part);
  vsnprintf(problem->problem, sizeof problem->problem, format, values);
  va_end(values);
  return -EINVAL;
}

// A whole number of 1 to `most` without sign, moving *text behind it.
static bool read_number(const char **text, int most, int *ret_number) {
  int number = 0;
  for (; **text >= '0' && **text <= '9' && number <= most; (*text)++) number = number * 10 + **text - '0';
  *ret_number = number;
  return number >= 1 && number <= most;
}

static bool read_weekday(const char **text, int *ret_weekday) {
  static const char names[7][3] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};
  for (int i = 0; i < 7; i++)
    if (!strncmp(*text, names[i], 2)) {
      *text += 2;
      *ret_weekday = i;
      return true;
    }
  return false;
}

// "20260630", or "20260630T235959" whose seconds don't matter.
static bool read_until(const char *text, struct recurrence *recurrence) {
  int year, month, day, hour = 23, minute = 59;
  int64_t days;
  if (strspn(text, "0123456789") != 8 || sscanf(text, "%4d%2d%2d", &year, &month, &day) != 3) return false;
  if (text[8]) {
    if (text[8] != 'T' || strspn(text + 9, "0123456789") != 6 || text[15]) return false;
    if (sscanf(text + 9, "%2d%2d", &hour, &minute) != 2 || hour > 23 || minute > 59) return false;
  }
  if (days_from_date(year, month, day, &days)) return false;
  recurrence->until_day = (int32_t)days;
  recurrence->until_minute = hour * 60 + minute;
  return true;
}

static int read_list(struct recurrence *recurrence, const struct part *part, const char *text,
                     struct recurrence_problem *problem) {
  uint32_t *numbers = part == &parts[BYMONTH]      ? recurrence->months
                      : part == &parts[BYMONTHDAY] ? recurrence->month_days
                                                   : recurrence->positions;
  for (;; text++) {
    int number = 0, weekday;
    bool negative = part->signs && *text == '-';
    bool sign = negative || (part->signs && *text == '+');
    text += sign;
    if ((part->kind == PART_NUMBERS || sign || (*text >= '0' && *text <= '9')) &&
        !read_number(&text, part->most, &number))
      return refuse(problem, part->name, "takes numbers of 1 to %d", part->most);
    if (part->kind == PART_NUMBERS) {
      numbers[negative] |= UINT32_C(1) << number;
    } else {
      if (!read_weekday(&text, &weekday)) return refuse(problem, part->name, "takes days such as MO,TH");
      uint8_t *days = number ? &recurrence->nth_weekdays[negative][number] : &recurrence->weekdays;
      *days |= (uint8_t)(1u << weekday);
    }
    if (!*text) return 0;
    if (*text != ',') return refuse(problem, part->name, "is a list with commas");
  }
}

static int read_part(struct recurrence *recurrence, const struct part *part, const char *text,
                     struct recurrence_problem *problem) {
  static const char *const frequencies[] = {
      [RECURRENCE_DAILY] = "DAILY", [RECURRENCE_WEEKLY] = "WEEKLY", [RECURRENCE_MONTHLY] = "MONTHLY"};
  int number;
  switch (part->kind) {
    case PART_FREQ:
      for (int i = RECURRENCE_DAILY; i <= RECURRENCE_MONTHLY; i++)
        if (!strcmp(text, frequencies[i])) recurrence->frequency = (enum recurrence_frequency)i;
      return recurrence->frequency ? 0 : refuse(problem, part->name, "is DAILY, WEEKLY or MONTHLY");
    case PART_NUMBER:
      if (!read_number(&text, part->most, &number) || *text)
        return refuse(problem, part->name, "is a number of 1 to %d", part->most);
      *(part == &parts[COUNT] ? &recurrence->count : &recurrence->interval) = number;
      return 0;
    case PART_UNTIL:
      return read_until(text, recurrence) ? 0 : refuse(problem, part->name, "is a local day such as 20260630");
    case PART_WEEKDAY:
      return read_weekday(&text, &recurrence->week_start) && !*text
                 ? 0
                 : refuse(problem, part->name, "is a day such as MO");
    default:
      return read_list(recurrence, part, text, problem);
  }
}

// Cuts `text` into the values of its parts, each known and once.
static int split(char *text, const char *values[PART_COUNT], struct recurrence_problem *problem) {
  for (char *next, *name = text; name; name = next) {
    next = strchr(name, ';');
    if (next) *next++ = '\0';
    char *value = strchr(name, '=');
    if (!value) return refuse(problem, *name ? "a part" : "an empty part", "isn't NAME=VALUE");
    *value++ = '\0';
    int i = 0;
    while (i < PART_COUNT && strcmp(name, parts[i].name)) i++;
    if (i == PART_COUNT) {
      bool plain = *name && strlen(name) < 20 && strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == strlen(name);
      return refuse(problem, plain ? name : "a part", "isn't a part that a schedule can have");
    }
    if (values[i]) return refuse(problem, name, "stands twice");
    values[i] = value;
  }
  return 0;
}

// What RFC 5545 says about parts together.
static int check_together(const struct recurrence *recurrence, const char *values[PART_COUNT],
                          struct recurrence_problem *problem) {
  static const uint8_t none[2][6];
  if (!values[FREQ]) return refuse(problem, "FREQ", "is missing");
  if (values[COUNT] && values[UNTIL]) return refuse(problem, "UNTIL", "can't stand with COUNT");
  if (recurrence->frequency != RECURRENCE_MONTHLY && memcmp(recurrence->nth_weekdays, none, sizeof none))
    return refuse(problem, "BYDAY", "takes numbers with MONTHLY only");
  if (recurrence->frequency == RECURRENCE_WEEKLY && values[BYMONTHDAY])
    return refuse(problem, "BYMONTHDAY", "can't stand with WEEKLY");
  if (values[BYSETPOS] && !values[BYDAY] && !values[BYMONTH] && !values[BYMONTHDAY])
    return refuse(problem, "BYSETPOS", "needs another BY part");
  return 0;
}

int recurrence_parse(const char *text, struct recurrence *ret_recurrence, struct recurrence_problem *ret_problem) {
  struct recurrence recurrence = {.interval = 1, .until_day = INT32_MAX, .until_minute = MINUTES_A_DAY - 1};
  const char *values[PART_COUNT] = {NULL};
  char copy[RECURRENCE_TEXT_MAX + 1];
  size_t size = strlen(text);
  if (size > RECURRENCE_TEXT_MAX) return refuse(ret_problem, "RRULE", "is longer than %d", RECURRENCE_TEXT_MAX);
  memcpy(copy, text, size + 1);
  int error = size ? split(copy, values, ret_problem) : 0;
  for (int i = 0; i < PART_COUNT && !error; i++)
    if (values[i]) error = read_part(&recurrence, &parts[i], values[i], ret_problem);
  if (size && !error) error = check_together(&recurrence, values, ret_problem);
  if (!error) *ret_recurrence = recurrence;
  return error;
}

static int weekday_of(int32_t day) {
  return ((day + 3) % 7 + 7) % 7;  // 1970-01-01 was a Thursday
}

static bool has_numbers(const recurrence_numbers numbers) {
  return numbers[0] | numbers[1];
}

static bool has_number(const recurrence_numbers numbers, int from_start, int from_end) {
  return (numbers[0] >> from_start & 1) | (numbers[1] >> from_end & 1);
}

static int32_t first_of_month(int year, int month) {
  int64_t day = 0;
  days_from_date(year, month, 1, &day);
  return (int32_t)day;
}

// Whether the BY parts, or for want of them the first day, name this day.
static bool matches(const struct recurrence *recurrence, int32_t start_day, int32_t day) {
  int year, month, number, start_year, start_month, start_number;
  date_from_days(day, &year, &month, &number);
  int from_end = first_of_month(year + month / 12, month % 12 + 1) - day;
  uint8_t weekday = (uint8_t)(1u << weekday_of(day)), weekdays = recurrence->weekdays, nth = 0;
  for (int i = 0; i < 12; i++) nth |= recurrence->nth_weekdays[i / 6][i % 6];
  weekdays |= recurrence->nth_weekdays[0][(number + 6) / 7] | recurrence->nth_weekdays[1][(from_end + 6) / 7];
  bool by_weekday = recurrence->weekdays | nth, by_number = has_numbers(recurrence->month_days);
  if (has_numbers(recurrence->months) && !has_number(recurrence->months, month, 0)) return false;
  if (by_number && !has_number(recurrence->month_days, number, from_end)) return false;
  if (by_weekday && !(weekdays & weekday)) return false;
  if (by_weekday || by_number || recurrence->frequency == RECURRENCE_DAILY) return true;
  if (recurrence->frequency == RECURRENCE_WEEKLY) return weekday_of(day) == weekday_of(start_day);
  date_from_days(start_day, &start_year, &start_month, &start_number);
  return number == start_number;
}

// First day of the period after `periods` times the interval, of that which `start_day` is in; *ret_length its days.
static int32_t period(const struct recurrence *recurrence, int32_t start_day, int periods, int *ret_length) {
  int step = periods * recurrence->interval, year, month, number;
  if (recurrence->frequency == RECURRENCE_DAILY) {
    *ret_length = 1;
    return start_day + step;
  }
  if (recurrence->frequency == RECURRENCE_WEEKLY) {
    *ret_length = 7;
    return start_day - (weekday_of(start_day) - recurrence->week_start + 7) % 7 + 7 * step;
  }
  date_from_days(start_day, &year, &month, &number);
  month += step - 1;
  int32_t first = first_of_month(year + month / 12, month % 12 + 1);
  month++;
  *ret_length = first_of_month(year + month / 12, month % 12 + 1) - first;
  return first;
}

int recurrence_expand(const struct recurrence *recurrence, int32_t start_day, int start_minute, int32_t from_day,
                      int32_t until_day, int32_t *days, size_t capacity, size_t *ret_count) {
  size_t count = 0;
  int occurrences = 0, most = recurrence->frequency ? recurrence->count : 1;
  if (recurrence->until_day <= until_day) until_day = recurrence->until_day - (recurrence->until_minute < start_minute);
  if ((int64_t)until_day - start_day > RECURRENCE_DAYS_MAX) return -E2BIG;
  for (int periods = 0;; periods++) {
    int32_t set[31];
    int length = 1, size = 0;
    int32_t first = recurrence->frequency ? period(recurrence, start_day, periods, &length) : start_day;
    if (first > until_day) break;
    for (int i = 0; i < length; i++)
      if (!recurrence->frequency || matches(recurrence, start_day, first + i)) set[size++] = first + i;
    for (int i = 0; i < size; i++) {
      if (has_numbers(recurrence->positions) && !has_number(recurrence->positions, i + 1, size - i)) continue;
      if (set[i] < start_day) continue;
      if (set[i] > until_day || (most && ++occurrences > most)) goto done;
      if (set[i] < from_day) continue;
      if (count == capacity) return -E2BIG;
      days[count++] = set[i];
    }
    if (!recurrence->frequency) break;
  }
done:
  *ret_count = count;
  return 0;
}
