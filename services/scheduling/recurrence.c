#include "recurrence.h"

#include <errno.h>
#include <libical/ical.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

enum { MINUTES_A_DAY = 24 * 60 };

enum part_kind { PART_FREQ, PART_NUMBER, PART_UNTIL, PART_WEEK_START, PART_WEEKDAYS, PART_NUMBERS };

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
    [WKST] = {"WKST", PART_WEEK_START},
    // What every month has, and no more: libical looks for the others through the centuries.
    [BYDAY] = {"BYDAY", PART_WEEKDAYS, 4, true},
    [BYMONTH] = {"BYMONTH", PART_NUMBERS, 12},
    [BYMONTHDAY] = {"BYMONTHDAY", PART_NUMBERS, 28, true},
    [BYSETPOS] = {"BYSETPOS", PART_NUMBERS, 28, true},
};

// The items of a list, a bit each: of numbers from -28 on, of weekdays from -4MO on, so that MO to SU without a number
// are bits 28 to 34.
typedef uint64_t items;
enum { NUMBER_ZERO = 28, WEEKDAY_ZERO = 28 };
static const items plain_weekdays = UINT64_C(127) << WEEKDAY_ZERO;

struct reading {
  struct recurrence recurrence;
  const char *values[PART_COUNT];  // NULL: not given
  items lists[PART_COUNT];
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

static int read_list(const struct part *part, const char *text, items *ret_items, struct recurrence_problem *problem) {
  items all = 0;
  for (;; text++) {
    int number = 0, weekday = 0;
    bool negative = part->signs && *text == '-';
    bool sign = negative || (part->signs && *text == '+');
    text += sign;
    if ((part->kind == PART_NUMBERS || sign || (*text >= '0' && *text <= '9')) &&
        !read_number(&text, part->most, &number))
      return refuse(problem, part->name, "takes numbers of 1 to %d", part->most);
    if (negative) number = -number;
    if (part->kind == PART_WEEKDAYS && !read_weekday(&text, &weekday))
      return refuse(problem, part->name, "takes days such as MO,TH");
    items item =
        UINT64_C(1) << (part->kind == PART_NUMBERS ? NUMBER_ZERO + number : WEEKDAY_ZERO + 7 * number + weekday);
    if (all & item) return refuse(problem, part->name, "names one twice");
    all |= item;
    if (!*text) break;
    if (*text != ',') return refuse(problem, part->name, "is a list with commas");
  }
  *ret_items = all;
  return 0;
}

static int read_part(struct reading *reading, int i, struct recurrence_problem *problem) {
  static const char *const frequencies[] = {
      [RECURRENCE_DAILY] = "DAILY", [RECURRENCE_WEEKLY] = "WEEKLY", [RECURRENCE_MONTHLY] = "MONTHLY"};
  struct recurrence *recurrence = &reading->recurrence;
  const struct part *part = &parts[i];
  const char *text = reading->values[i];
  switch (part->kind) {
    case PART_FREQ:
      for (int j = RECURRENCE_DAILY; j <= RECURRENCE_MONTHLY; j++)
        if (!strcmp(text, frequencies[j])) recurrence->frequency = (enum recurrence_frequency)j;
      return recurrence->frequency ? 0 : refuse(problem, part->name, "is DAILY, WEEKLY or MONTHLY");
    case PART_NUMBER:
      if (!read_number(&text, part->most, i == COUNT ? &recurrence->count : &recurrence->interval) || *text)
        return refuse(problem, part->name, "is a number of 1 to %d", part->most);
      return 0;
    case PART_UNTIL:
      return read_until(text, recurrence) ? 0 : refuse(problem, part->name, "is a local day such as 20260630");
    case PART_WEEK_START:
      recurrence->weeks_end_on_saturday = !strcmp(text, "SU");
      return recurrence->weeks_end_on_saturday || !strcmp(text, "MO") ? 0 : refuse(problem, part->name, "is MO or SU");
    default:
      return read_list(part, text, &reading->lists[i], problem);
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

// What a rule of months may have beside MONTHLY: days that every month has, so that libical finds the next one soon.
static int check_monthly(const struct reading *reading, struct recurrence_problem *problem) {
  const char *const *values = reading->values;
  items weekdays = reading->lists[BYDAY], positions = reading->lists[BYSETPOS];
  int least_days = 4 * __builtin_popcountll(weekdays);
  if (values[BYDAY] && values[BYMONTHDAY]) return refuse(problem, "BYMONTHDAY", "can't stand with BYDAY");
  if (weekdays & plain_weekdays && weekdays & ~plain_weekdays)
    return refuse(problem, "BYDAY", "takes all days with numbers, or all without");
  if (values[BYMONTH] && !values[BYDAY] && !values[BYMONTHDAY])
    return refuse(problem, "BYMONTH", "with MONTHLY needs BYDAY or BYMONTHDAY");
  if (!values[BYSETPOS]) return 0;
  if (!(weekdays & plain_weekdays)) return refuse(problem, "BYSETPOS", "needs BYDAY without numbers");
  if (positions & ~(((UINT64_C(2) << 2 * least_days) - 1) << (NUMBER_ZERO - least_days)))
    return refuse(problem, "BYSETPOS", "can't be over %d: a month may have no more such days", least_days);
  return 0;
}

// What RFC 5545 says about parts together, and what libical 3.0.16 gets right (README.md).
static int check_together(const struct reading *reading, struct recurrence_problem *problem) {
  const char *const *values = reading->values;
  const struct recurrence *recurrence = &reading->recurrence;
  if (!values[FREQ]) return refuse(problem, "FREQ", "is missing");
  if (values[COUNT] && values[UNTIL]) return refuse(problem, "UNTIL", "can't stand with COUNT");
  if (values[BYMONTH] && recurrence->interval > 1) return refuse(problem, "BYMONTH", "can't stand with INTERVAL");
  if (recurrence->frequency == RECURRENCE_MONTHLY) return check_monthly(reading, problem);
  if (reading->lists[BYDAY] & ~plain_weekdays) return refuse(problem, "BYDAY", "takes numbers with MONTHLY only");
  if (values[BYMONTHDAY]) return refuse(problem, "BYMONTHDAY", "stands with MONTHLY only");
  if (values[BYSETPOS]) return refuse(problem, "BYSETPOS", "stands with MONTHLY only");
  if (recurrence->frequency == RECURRENCE_DAILY && values[BYDAY] && recurrence->interval % 7 == 0)
    return refuse(problem, "INTERVAL", "of whole weeks meets one weekday only; use WEEKLY");
  return 0;
}

int recurrence_parse(const char *text, struct recurrence *ret_recurrence, struct recurrence_problem *ret_problem) {
  struct reading reading = {.recurrence = {.interval = 1, .until_day = INT32_MAX, .until_minute = MINUTES_A_DAY - 1}};
  char copy[RECURRENCE_TEXT_MAX + 1];
  size_t size = strlen(text);
  if (size > RECURRENCE_TEXT_MAX) return refuse(ret_problem, "RRULE", "is longer than %d", RECURRENCE_TEXT_MAX);
  memcpy(copy, text, size + 1);
  memcpy(reading.recurrence.text, text, size + 1);
  int error = size ? split(copy, reading.values, ret_problem) : 0;
  for (int i = 0; i < PART_COUNT && !error; i++)
    if (reading.values[i]) error = read_part(&reading, i, ret_problem);
  if (size && !error) error = check_together(&reading, ret_problem);
  if (size && !error && icalrecurrencetype_from_string(text).freq == ICAL_NO_RECURRENCE)
    error = refuse(ret_problem, "RRULE", "is more than can be read");
  if (!error) *ret_recurrence = reading.recurrence;
  return error;
}

static struct icaltimetype date_of(int32_t day) {
  struct icaltimetype date = icaltime_null_time();
  date_from_days(day, &date.year, &date.month, &date.day);
  date.is_date = 1;
  return date;
}

static int32_t day_of(struct icaltimetype date) {
  int64_t day = 0;
  days_from_date(date.year, date.month, date.day, &day);
  return (int32_t)day;
}

// Where libical may begin: at the start, or whole intervals later when nothing before `from_day` has to be counted.
static int32_t first_day(const struct recurrence *recurrence, bool by_day, int32_t start_day, int32_t from_day) {
  if (recurrence->frequency == RECURRENCE_MONTHLY) return start_day;
  int32_t step = recurrence->interval * (recurrence->frequency == RECURRENCE_WEEKLY ? 7 : 1);
  if (!recurrence->count && from_day > start_day) start_day += (from_day - start_day) / step * step;
  if (recurrence->frequency == RECURRENCE_DAILY || !by_day) return start_day;
  // From another day than the week's last, libical takes some days of BYDAY for those of the week before.
  int weekday = ((start_day + 3) % 7 + 7) % 7;  // 0 is Monday: 1970-01-01 was a Thursday
  return start_day + (recurrence->weeks_end_on_saturday ? (12 - weekday) % 7 : 6 - weekday) - step;
}

int recurrence_expand(const struct recurrence *recurrence, int32_t start_day, int start_minute, int32_t from_day,
                      int32_t until_day, int32_t *days, size_t capacity, size_t *ret_count) {
  size_t count = 0;
  int occurrences = 0;
  bool once = recurrence->frequency == RECURRENCE_ONCE;
  if (recurrence->until_day <= until_day) until_day = recurrence->until_day - (recurrence->until_minute < start_minute);
  if ((int64_t)until_day - start_day > RECURRENCE_DAYS_MAX) return -E2BIG;
  if (start_day > until_day || once) {
    if (once && start_day >= from_day && start_day <= until_day) days[count++] = start_day;
    *ret_count = count;
    return 0;
  }
  struct icalrecurrencetype rule = icalrecurrencetype_from_string(recurrence->text);
  bool by_day = rule.by_day[0] != ICAL_RECURRENCE_ARRAY_MAX;
  rule.until = date_of(until_day);
  rule.count = 0;  // counted here, from the start on
  icalrecur_iterator *iterator =
      icalrecur_iterator_new(rule, date_of(first_day(recurrence, by_day, start_day, from_day)));
  if (!iterator) return -ENOMEM;
  int error = 0;
  while (!error && (!recurrence->count || occurrences < recurrence->count)) {
    struct icaltimetype date = icalrecur_iterator_next(iterator);
    if (icaltime_is_null_time(date)) break;
    int32_t day = day_of(date);
    if (day < start_day) continue;
    occurrences++;
    if (day < from_day) continue;
    if (count == capacity)
      error = -E2BIG;
    else
      days[count++] = day;
  }
  icalrecur_iterator_free(iterator);
  if (!error) *ret_count = count;
  return error;
}
