// What a notice says: templates filled in, and the parts of a summary first.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "notifications/words.h"

static int fill(struct words *words, const char *subject, const char *body, const char *text, char *problem) {
  json_t *fields = json_loads(text, 0, NULL);
  int error = words_fill(words, subject, body, fields, problem);
  json_decref(fields);
  return error;
}

static void subject_and_text_are_filled_in(void **state) {
  struct words words = {0};
  char problem[WORDS_PROBLEM_SIZE];
  assert_int_equal(fill(&words, "{{day}}", "{{count}} orang", "{\"day\": \"Selasa\", \"count\": 8}", problem), 0);
  assert_string_equal(words.subject, "Selasa");
  assert_string_equal(words.body, "8 orang");
  words_finish(&words);
  words_finish(&words);
}

static void each_part_of_a_summary_is_filled_in_with_its_own_fields(void **state) {
  struct words words = {0};
  char problem[WORDS_PROBLEM_SIZE];
  assert_int_equal(
      fill(&words, "Ringkasan", "{{#parts}}{{subject}}: {{body}}\n{{/parts}}",
           "{\"n\": 0, \"parts\": [{\"subject\": \"A {{n}}\", \"body\": \"{{x}}\", \"fields\": {\"n\": 1, \"x\": "
           "\"{{n}}\"}}, {\"subject\": \"B {{n}}\", \"body\": \"y\", \"fields\": {\"n\": 2}}]}",
           problem),
      0);
  assert_string_equal(words.body, "A 1: {{n}}\nB 2: y\n");
  words_finish(&words);
}

static void a_part_without_fields_is_words_already(void **state) {
  struct words words = {0};
  char problem[WORDS_PROBLEM_SIZE];
  assert_int_equal(fill(&words, "", "{{#parts}}{{body}}{{/parts}}", "{\"parts\": [{\"body\": \"{{x}}\"}]}", problem),
                   0);
  assert_string_equal(words.body, "{{x}}");
  words_finish(&words);
}

static void what_cannot_be_filled_in_leaves_nothing(void **state) {
  struct words words = {0};
  char problem[WORDS_PROBLEM_SIZE];
  assert_true(fill(&words, "{{day}}", "{{nama}}", "{\"day\": \"Selasa\"}", problem) < 0);
  assert_string_equal(problem, "template of the text, at 0: nama: there is no such field");
  assert_true(fill(&words, "{{day}}", "", "{}", problem) < 0);
  assert_true(fill(&words, "", "", "{\"parts\": [{\"subject\": \"{{x}}\", \"body\": \"\", \"fields\": {}}]}", problem) <
              0);
  assert_true(fill(&words, "", "", "{\"parts\": [{\"subject\": \"x\", \"fields\": {}}]}", problem) < 0);
  assert_string_equal(problem, "its fields can't be read");
  assert_true(fill(&words, "{{day}}", "", "", problem) < 0);
  assert_null(words.subject);
  assert_null(words.body);
}

static void assert_checked(const char *text, bool is_subject, enum reason expected, size_t line, const char *name) {
  json_t *example = json_loads("{\"day\": \"x\", \"yours\": true, \"rows\": [{\"time\": \"x\"}]}", 0, NULL);
  struct words_flaw flaw;
  enum reason reason = words_check(text, is_subject, example, &flaw);
  assert_string_equal(reason_info(reason)->name, reason_info(expected)->name);
  if (reason) {
    assert_int_equal(flaw.line, line);
    assert_string_equal(flaw.name, name);
  }
  json_decref(example);
}

static void words_that_could_not_be_sent_are_found_with_their_line(void **state) {
  assert_checked("{{day}}", true, REASON_OK, 0, "");
  assert_checked("{{#rows}}\n{{time}}\t{{day}}\n{{/rows}}\n", false, REASON_OK, 0, "");
  assert_checked(" \n", false, REASON_TEMPLATE_TEXT_MISSING, 1, "");
  assert_checked("a\tb", true, REASON_TEMPLATE_SUBJECT_NOT_A_LINE, 1, "");
  assert_checked("a\n\nb {{time}}", false, REASON_TEMPLATE_FIELD_UNKNOWN, 3, "time");
  assert_checked("{{day}}\n{{rows}}", false, REASON_TEMPLATE_FIELD_OF_ANOTHER_KIND, 2, "rows");
  assert_checked("\n{{#rows}}", false, REASON_TEMPLATE_NOT_CLOSED, 2, "rows");
  assert_checked("\n\n\n{{/rows}}", false, REASON_TEMPLATE_NOT_OPENED, 4, "rows");
  assert_checked("{{#yours}}{{#yours}}{{#yours}}{{#yours}}{{#yours}}{{/yours}}{{/yours}}{{/yours}}{{/yours}}{{/yours}}",
                 false, REASON_TEMPLATE_TOO_DEEP, 1, "yours");
}

static void length_is_counted_in_characters(void **state) {
  enum { BYTES = 2 * WORDS_SUBJECT_MAX };
  char subject[BYTES + 3];
  for (size_t i = 0; i < BYTES; i += 2) memcpy(subject + i, "\u00e9", 2);
  subject[BYTES] = '\0';
  assert_checked(subject, true, REASON_OK, 0, "");
  memcpy(subject + BYTES, "\u00e9", 3);
  assert_checked(subject, true, REASON_TEMPLATE_TEXT_TOO_LONG, 1, "");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(subject_and_text_are_filled_in),
      cmocka_unit_test(each_part_of_a_summary_is_filled_in_with_its_own_fields),
      cmocka_unit_test(a_part_without_fields_is_words_already),
      cmocka_unit_test(what_cannot_be_filled_in_leaves_nothing),
      cmocka_unit_test(words_that_could_not_be_sent_are_found_with_their_line),
      cmocka_unit_test(length_is_counted_in_characters),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
