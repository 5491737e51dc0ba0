#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/metrics.h"
#include "base/status.h"

static void an_arena_stops_at_its_limit(void **state) {
  struct arena arena;
  arena_init(&arena, 10000);
  assert_non_null(arena_alloc(&arena, 6000));
  assert_null(arena_alloc(&arena, 6000));
  assert_null(ARENA_ARRAY(&arena, int, (size_t)-1));
  assert_string_equal(arena_printf(&arena, "%s-%d", "a", 7), "a-7");
  arena_reset(&arena);
  assert_non_null(arena_alloc(&arena, 9000));
  arena_finish(&arena);
}

static void what_was_in_a_wiping_arena_is_gone(void **state) {
  struct arena arena;
  arena_init(&arena, 10000);
  arena.wipes = true;
  const char *secret = arena_copy_text(&arena, "rahasia", 7);
  assert_non_null(arena_alloc(&arena, 8000));  // a block of its own
  arena_reset(&arena);
  assert_memory_equal(secret, (char[8]){0}, 8);  // the first block is kept
  arena_finish(&arena);
}

static void a_text_is_filled_from_its_details(void **state) {
  struct arena arena;
  arena_init(&arena, 10000);
  struct status status = {.reason = REASON_METHOD_UNKNOWN};
  assert_string_equal(status_text(&status, LANGUAGE_ENGLISH, &arena), "There is no method {method}.");
  status_add_detail(&status, &arena, "method", "Foo/Bar");
  assert_string_equal(status_text(&status, LANGUAGE_ENGLISH, &arena), "There is no method Foo/Bar.");
  assert_string_equal(status_text(&status, LANGUAGE_INDONESIAN, &arena), "Tidak ada metode Foo/Bar.");
  assert_int_equal(status_code(&status), STATUS_UNIMPLEMENTED);
  arena_finish(&arena);
}

static void a_violation_makes_it_invalid_and_names_the_field(void **state) {
  struct arena arena;
  arena_init(&arena, 10000);
  struct status status = {0};
  status_add_violation(&status, &arena, "name", "is %d characters too long", 3);
  assert_int_equal(status.reason, REASON_FIELD_INVALID);
  assert_string_equal(status.violations->name, "name");
  assert_string_equal(status.violations->text, "is 3 characters too long");
  arena_finish(&arena);
}

static void each_constraint_has_one_reason(void **state) {
  for (int i = 0; i < REASON_COUNT; i++) {
    const struct reason_info *info = reason_info((enum reason)i);
    assert_int_equal(reason_by_name(info->name), i);
    if (info->constraint) assert_int_equal(reason_by_constraint(info->constraint, NULL), i);
    assert_true(strlen(info->text[LANGUAGE_INDONESIAN]) > 0 && strlen(info->text[LANGUAGE_ENGLISH]) > 0);
  }
  assert_int_equal(reason_by_constraint("no_such_constraint", NULL), REASON_INTERNAL);
}

struct settings {
  const char *url;
  int64_t wait_ms, count;
  bool on;
};

static const struct setting table[] = {
    {"PULIH_T_URL", SETTING_TEXT, offsetof(struct settings, url), NULL, "where", 0, 0},
    {"PULIH_T_WAIT", SETTING_DURATION_MS, offsetof(struct settings, wait_ms), "2m", "how long", 0, 0},
    {"PULIH_T_COUNT", SETTING_INTEGER, offsetof(struct settings, count), "4", "how many", 1, 8},
    {"PULIH_T_ON", SETTING_BOOLEAN, offsetof(struct settings, on), "false", "whether", 0, 0},
    {0},
};

static void settings_come_from_the_environment_and_are_checked(void **state) {
  struct arena arena;
  arena_init(&arena, 100000);
  struct settings settings = {0};
  char *text;
  size_t size;

  FILE *problems = open_memstream(&text, &size);
  clearenv();
  setenv("PULIH_T_COUNT", "9", 1);
  setenv("PULIH_T_TYPO", "1", 1);
  int count = config_read(table, &settings, &arena, problems);
  const struct setting *const tables[] = {table, NULL};
  count += config_refuse_unknown(tables, problems);
  fclose(problems);
  assert_int_equal(count, 3);
  assert_non_null(strstr(text, "PULIH_T_URL: not set"));
  assert_non_null(strstr(text, "PULIH_T_COUNT: \"9\" isn't a number within its limits"));
  assert_non_null(strstr(text, "PULIH_T_TYPO: no such setting"));
  free(text);

  setenv("PULIH_T_URL", "x", 1);
  setenv("PULIH_T_COUNT", "8", 1);
  unsetenv("PULIH_T_TYPO");
  assert_int_equal(config_read(table, &settings, &arena, stderr), 0);
  assert_string_equal(settings.url, "x");
  assert_int_equal(settings.wait_ms, 120000);
  assert_int_equal(settings.count, 8);
  unsetenv("PULIH_T_URL");
  unsetenv("PULIH_T_COUNT");
  arena_finish(&arena);
}

static void metrics_are_written_as_prometheus_reads_them(void **state) {
  struct metrics metrics = {0};
  struct metric calls = {"pulih_calls_total", "state=\"ok\"", "Calls.", METRIC_COUNTER, 0, 0, {0}, NULL};
  struct metric times = {"pulih_call_seconds", NULL, "Time.", METRIC_HISTOGRAM, 0, 0, {0}, NULL};
  metrics_add(&metrics, &calls);
  metrics_add(&metrics, &times);
  metric_count(&calls, 2);
  metric_observe(&times, 0.3);
  char *text;
  size_t size;
  FILE *out = open_memstream(&text, &size);
  metrics_write(&metrics, out);
  fclose(out);
  assert_non_null(strstr(text, "# TYPE pulih_calls_total counter\npulih_calls_total{state=\"ok\"} 2\n"));
  assert_non_null(strstr(text, "pulih_call_seconds_bucket{le=\"0.25\"} 0\npulih_call_seconds_bucket{le=\"0.5\"} 1\n"));
  assert_non_null(strstr(text, "pulih_call_seconds_count 1\n"));
  free(text);
}

RUN_TESTS(TEST(an_arena_stops_at_its_limit), TEST(what_was_in_a_wiping_arena_is_gone),
          TEST(a_text_is_filled_from_its_details), TEST(a_violation_makes_it_invalid_and_names_the_field),
          TEST(each_constraint_has_one_reason), TEST(settings_come_from_the_environment_and_are_checked),
          TEST(metrics_are_written_as_prometheus_reads_them))
