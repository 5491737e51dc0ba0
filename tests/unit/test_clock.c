#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"

static void an_instant_survives_text(void **state) {
  static const char *const texts[] = {"1970-01-01T00:00:00Z",     "2026-03-02T18:00:00Z",
                                      "0001-01-01T00:00:00Z",     "9999-12-31T23:59:59.999999Z",
                                      "2024-02-29T12:30:45.120Z", "1969-12-31T23:59:59.500Z"};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    int64_t time_us;
    char text[CLOCK_TEXT_MAX];
    assert_int_equal(clock_parse(texts[i], &time_us), 0);
    clock_format(time_us, text);
    assert_string_equal(text, texts[i]);
  }
}

static void an_offset_is_taken_off(void **state) {
  int64_t utc_us, local_us;
  assert_int_equal(clock_parse("2026-03-02T18:00:00+08:00", &local_us), 0);
  assert_int_equal(clock_parse("2026-03-02T10:00:00Z", &utc_us), 0);
  assert_int_equal(local_us, utc_us);
}

static void what_does_not_exist_is_refused(void **state) {
  static const char *const texts[] = {"",
                                      "2026-02-29T00:00:00Z",
                                      "2026-06-31T00:00:00Z",
                                      "2026-13-01T00:00:00Z",
                                      "0000-01-01T00:00:00Z",
                                      "2026-01-01T24:00:00Z",
                                      "2026-01-01T00:60:00Z",
                                      "2026-01-01T00:00:00",
                                      "2026-01-01T00:00:00.Z",
                                      "2026-01-01T00:00:00Zx",
                                      "2026-1-01T00:00:00Z",
                                      "2026-01-01T00:00:00+25:00"};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    int64_t time_us = 42;
    assert_int_equal(clock_parse(texts[i], &time_us), -EINVAL);
    assert_int_equal(time_us, 42);
  }
}

static void every_day_of_four_centuries_comes_back(void **state) {
  int64_t first;
  assert_int_equal(days_from_date(1900, 1, 1, &first), 0);
  for (int64_t days = first; days < first + 146097; days++) {
    int year, month, day;
    int64_t back;
    date_from_days(days, &year, &month, &day);
    assert_int_equal(days_from_date(year, month, day, &back), 0);
    assert_int_equal(back, days);
  }
}

static void an_injected_clock_stands_until_told(void **state) {
  char path[] = "/tmp/pulih-clock-XXXXXX";
  int file = mkstemp(path);
  assert_int_equal(write(file, "2026-03-02T18:00:00Z\n", 21), 21);
  struct clock clock;
  assert_int_equal(clock_init(&clock, path), 0);
  int64_t before_us = clock_now_us(&clock);
  assert_int_equal(pwrite(file, "2026-03-03T18:00:00Z\n", 21, 0), 21);
  assert_int_equal(clock_now_us(&clock), before_us);
  bool jumped;
  assert_int_equal(clock_refresh(&clock, &jumped), 0);
  assert_true(jumped);
  assert_int_equal(clock_now_us(&clock), before_us + INT64_C(86400000000));
  assert_int_equal(ftruncate(file, 3), 0);
  assert_int_equal(clock_refresh(&clock, &jumped), -EINVAL);
  assert_int_equal(clock_now_us(&clock), before_us + INT64_C(86400000000));
  close(file);
  unlink(path);
}

RUN_TESTS(TEST(an_instant_survives_text), TEST(an_offset_is_taken_off), TEST(what_does_not_exist_is_refused),
          TEST(every_day_of_four_centuries_comes_back), TEST(an_injected_clock_stands_until_told))
