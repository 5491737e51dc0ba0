#include "unit.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "recurrence.h"

enum { NINE = 9 * 60, DAYS_MAX = 400 };

static int32_t day(int year, int month, int day_of_month) {
  int64_t days;
  assert_int_equal(days_from_date(year, month, day_of_month, &days), 0);
  return (int32_t)days;
}

static struct recurrence parsed(const char *text) {
  struct recurrence recurrence;
  struct recurrence_problem problem = {"", ""};
  if (recurrence_parse(text, &recurrence, &problem)) fail_msg("%s: %s %s", text, problem.part, problem.problem);
  return recurrence;
}

static void assert_days(const char *rule, int32_t start, int32_t from, int32_t until, size_t count,
                        const int32_t *expected) {
  int32_t days[DAYS_MAX];
  size_t found = 0;
  struct recurrence recurrence = parsed(rule);
  assert_int_equal(recurrence_expand(&recurrence, start, NINE, from, until, days, DAYS_MAX, &found), 0);
  if (found != count) fail_msg("%s: %zu days, expected %zu", rule, found, count);
  for (size_t i = 0; i < count; i++)
    if (days[i] != expected[i]) fail_msg("%s: day %zu is %d, expected %d", rule, i, days[i], expected[i]);
}

static void assert_refused(const char *rule, const char *part) {
  struct recurrence recurrence;
  struct recurrence_problem problem = {"", ""};
  int error = recurrence_parse(rule, &recurrence, &problem);
  if (error != -EINVAL) fail_msg("%s: %d, expected -EINVAL", rule, error);
  if (strcmp(problem.part, part))
    fail_msg("%s: blames \"%s\" (%s), expected \"%s\"", rule, problem.part, problem.problem, part);
  assert_true(strlen(problem.problem) > 0);
}

static void a_weekly_rule_gives_its_days(void **state) {
  int32_t monday = day(2026, 3, 2);
  assert_days("FREQ=WEEKLY;BYDAY=MO,TH", monday, monday, monday + 13, 4,
              (int32_t[]){monday, monday + 3, monday + 7, monday + 10});
  assert_days("FREQ=WEEKLY", monday + 1, monday, monday + 13, 2, (int32_t[]){monday + 1, monday + 8});
}

static void an_empty_rule_is_once(void **state) {
  int32_t monday = day(2026, 3, 2);
  assert_days("", monday, monday - 5, monday + 100, 1, &monday);
  assert_days("", monday, monday + 1, monday + 100, 0, NULL);
}

static void a_window_keeps_phase_and_count(void **state) {
  int32_t monday = day(2026, 3, 2);
  assert_days("FREQ=WEEKLY;INTERVAL=2", monday, monday + 7, monday + 28, 2, (int32_t[]){monday + 14, monday + 28});
  assert_days("FREQ=DAILY;COUNT=10", monday, monday + 8, monday + 60, 2, (int32_t[]){monday + 8, monday + 9});
}

// The example of RFC 5545, 3.3.10.
static void the_start_of_the_week_matters(void **state) {
  int32_t tuesday = day(1997, 8, 5);
  assert_days("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", tuesday, tuesday, tuesday + 60, 4,
              (int32_t[]){tuesday, tuesday + 5, tuesday + 14, tuesday + 19});
  assert_days("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", tuesday, tuesday, tuesday + 60, 4,
              (int32_t[]){tuesday, tuesday + 12, tuesday + 14, tuesday + 26});
}

static void until_is_exact_to_the_minute(void **state) {
  int32_t monday = day(2026, 3, 2);
  assert_days("FREQ=WEEKLY;UNTIL=20260309", monday, monday, monday + 60, 2, (int32_t[]){monday, monday + 7});
  assert_days("FREQ=WEEKLY;UNTIL=20260309T090000", monday, monday, monday + 60, 2, (int32_t[]){monday, monday + 7});
  assert_days("FREQ=WEEKLY;UNTIL=20260309T085900", monday, monday, monday + 60, 1, &monday);
}

static void months_and_leap_days_are_the_calendars(void **state) {
  assert_days("FREQ=MONTHLY;BYDAY=-1FR", day(2026, 1, 1), day(2026, 1, 1), day(2026, 3, 31), 3,
              (int32_t[]){day(2026, 1, 30), day(2026, 2, 27), day(2026, 3, 27)});
  assert_days("FREQ=MONTHLY;INTERVAL=12", day(2024, 2, 29), day(2024, 2, 29), day(2028, 12, 31), 2,
              (int32_t[]){day(2024, 2, 29), day(2028, 2, 29)});
  assert_days("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", day(2026, 5, 1), day(2026, 5, 1), day(2026, 5, 31), 1,
              (int32_t[]){day(2026, 5, 29)});
}

static void a_wrong_part_is_named(void **state) {
  static const char *const refused[][2] = {
      {"FREQ=SECONDLY", "FREQ"},
      {"FREQ=HOURLY;COUNT=3", "FREQ"},
      {"FREQ=YEARLY", "FREQ"},
      {"FREQ=MONTHLY;BYYEARDAY=3", "BYYEARDAY"},
      {"COUNT=3", "FREQ"},
      {"FREQ=DAILY;COUNT=100000000", "COUNT"},
      {"FREQ=DAILY;COUNT=99999999999999999999", "COUNT"},
      {"FREQ=DAILY;COUNT=0", "COUNT"},
      {"FREQ=DAILY;COUNT=-1", "COUNT"},
      {"FREQ=DAILY;INTERVAL=0", "INTERVAL"},
      {"FREQ=DAILY;INTERVAL=1x", "INTERVAL"},
      {"FREQ=DAILY;UNTIL=20260631", "UNTIL"},
      {"FREQ=DAILY;UNTIL=20260630T090000Z", "UNTIL"},
      {"FREQ=DAILY;UNTIL=2026", "UNTIL"},
      {"FREQ=DAILY;COUNT=2;UNTIL=20260630", "UNTIL"},
      {"FREQ=DAILY;BYHOUR=9,10", "BYHOUR"},
      {"FREQ=DAILY;BYDAY=MX", "BYDAY"},
      {"FREQ=WEEKLY;BYDAY=1MO", "BYDAY"},
      {"FREQ=MONTHLY;BYDAY=6MO", "BYDAY"},
      {"FREQ=WEEKLY;BYMONTHDAY=3", "BYMONTHDAY"},
      {"FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY"},
      {"FREQ=MONTHLY;BYMONTHDAY=1,,2", "BYMONTHDAY"},
      {"FREQ=MONTHLY;BYMONTH=-1", "BYMONTH"},
      {"FREQ=DAILY;BYSETPOS=1", "BYSETPOS"},
      {"FREQ=DAILY;FREQ=DAILY", "FREQ"},
      {"FREQ=DAILY;RSCALE=CHINESE", "RSCALE"},
      {"FREQ=DAILY;", "an empty part"},
      {"FREQ=DAILY;\x01=2", "a part"},
      {"every monday", "a part"},
      {"freq=daily", "a part"},
  };
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) assert_refused(refused[i][0], refused[i][1]);
}

static void too_long_a_rule_is_refused(void **state) {
  char rule[RECURRENCE_TEXT_MAX + 10];
  memset(rule, 'F', sizeof rule - 1);
  rule[sizeof rule - 1] = '\0';
  assert_refused(rule, "RRULE");
}

static void more_than_asked_for_is_refused_and_nothing_is_written(void **state) {
  int32_t monday = day(2026, 3, 2), days[3];
  size_t count = 77;
  struct recurrence daily = parsed("FREQ=DAILY");
  assert_int_equal(recurrence_expand(&daily, monday, NINE, monday, monday + 5, days, 3, &count), -E2BIG);
  assert_int_equal(count, 77);
  assert_int_equal(recurrence_expand(&daily, day(1900, 1, 1), NINE, monday, monday + 1, days, 3, &count), -E2BIG);
}

// libical 3.0.16 looks for these for seconds, on the service's only thread, or gets them wrong.
static void what_libical_cannot_do_is_refused(void **state) {
  static const char *const refused[][2] = {
      {"FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30", "BYMONTHDAY"},
      {"FREQ=MONTHLY;BYMONTHDAY=-29", "BYMONTHDAY"},
      {"FREQ=MONTHLY;BYDAY=5SA", "BYDAY"},
      {"FREQ=MONTHLY;BYDAY=MO,2TU", "BYDAY"},
      {"FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "BYMONTHDAY"},
      {"FREQ=MONTHLY;BYDAY=FR;BYSETPOS=5", "BYSETPOS"},
      {"FREQ=MONTHLY;BYDAY=FR;BYSETPOS=1,-5", "BYSETPOS"},
      {"FREQ=MONTHLY;BYMONTHDAY=1,15;BYSETPOS=1", "BYSETPOS"},
      {"FREQ=MONTHLY;BYDAY=1FR;BYSETPOS=1", "BYSETPOS"},
      {"FREQ=MONTHLY;BYMONTH=2", "BYMONTH"},
      {"FREQ=MONTHLY;INTERVAL=12;BYMONTH=2;BYMONTHDAY=1", "BYMONTH"},
      {"FREQ=WEEKLY;INTERVAL=52;BYMONTH=3", "BYMONTH"},
      {"FREQ=WEEKLY;BYDAY=MO,TU;BYSETPOS=-1", "BYSETPOS"},
      {"FREQ=WEEKLY;BYDAY=MO,MO", "BYDAY"},
      {"FREQ=WEEKLY;WKST=WE", "WKST"},
      {"FREQ=DAILY;INTERVAL=7;BYDAY=TU", "INTERVAL"},
      {"FREQ=DAILY;BYMONTHDAY=-1", "BYMONTHDAY"},
      {"FREQ=MONTHLY;BYMONTHDAY=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,"
       "-1,-2,-3,-4,-5,-6,-7",
       "RRULE"},
  };
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) assert_refused(refused[i][0], refused[i][1]);
}

static void a_week_that_begins_in_the_old_year_is_whole(void **state) {
  int32_t wednesday = day(2025, 12, 31);
  assert_days("FREQ=WEEKLY;BYDAY=MO,WE,FR,SU", wednesday, wednesday, wednesday + 7, 5,
              (int32_t[]){wednesday, wednesday + 2, wednesday + 4, wednesday + 5, wednesday + 7});
}

static void a_sunday_ends_the_first_of_two_weeks(void **state) {
  int32_t monday = day(2026, 3, 2);
  assert_days("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU", monday, monday, monday + 27, 2, (int32_t[]){monday + 6, monday + 20});
}

RUN_TESTS(TEST(a_weekly_rule_gives_its_days), TEST(an_empty_rule_is_once), TEST(a_window_keeps_phase_and_count),
          TEST(the_start_of_the_week_matters), TEST(until_is_exact_to_the_minute),
          TEST(months_and_leap_days_are_the_calendars), TEST(a_wrong_part_is_named), TEST(too_long_a_rule_is_refused),
          TEST(more_than_asked_for_is_refused_and_nothing_is_written), TEST(what_libical_cannot_do_is_refused),
          TEST(a_week_that_begins_in_the_old_year_is_whole), TEST(a_sunday_ends_the_first_of_two_weeks))
