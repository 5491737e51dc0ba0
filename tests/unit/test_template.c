// Templates: what is written, and what is refused.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "notifications/template.h"

static json_t *parse(const char *text) {
  json_t *fields = json_loads(text, 0, NULL);
  assert_non_null(fields);
  return fields;
}

static void assert_renders(const char *text, const char *fields_text, const char *expected) {
  json_t *fields = parse(fields_text);
  struct template_problem problem;
  char *made = NULL;
  size_t size;
  FILE *out = open_memstream(&made, &size);
  enum template_error error = template_render(text, fields, out, &problem);
  fclose(out);
  assert_int_equal(error, TEMPLATE_OK);
  assert_string_equal(made, expected);
  free(made);
  json_decref(fields);
}

static void assert_refused(const char *text, const char *example_text, enum template_error expected, const char *name) {
  json_t *example = parse(example_text);
  struct template_problem problem = {0};
  assert_int_equal(template_check(text, example, &problem), expected);
  assert_int_equal(problem.error, expected);
  assert_string_equal(problem.name, name);
  json_decref(example);
}

static void fields_are_filled_in(void **state) {
  assert_renders("{{name}}, {{ count }} orang", "{\"name\": \"Sari\", \"count\": 7}", "Sari, 7 orang");
  assert_renders("", "{}", "");
  assert_renders("tanpa isian { } }}", "{}", "tanpa isian { } }}");
}

static void a_value_is_never_read_as_a_template(void **state) {
  assert_renders("{{name}}", "{\"name\": \"{{secret}}\", \"secret\": \"x\"}", "{{secret}}");
}

static void a_section_stands_once_for_each_row(void **state) {
  assert_renders("{{#rows}}{{time}} {{room}}; {{/rows}}",
                 "{\"room\": \"Aula\", \"rows\": [{\"time\": \"09.00\"}, {\"time\": \"10.00\", \"room\": \"B\"}]}",
                 "09.00 Aula; 10.00 B; ");
  assert_renders("{{#rows}}x{{/rows}}{{^rows}}kosong{{/rows}}", "{\"rows\": []}", "kosong");
}

static void a_boolean_shows_or_hides(void **state) {
  assert_renders("{{#late}}terlambat{{/late}}{{^late}}tepat{{/late}}", "{\"late\": true}", "terlambat");
  assert_renders("{{#late}}terlambat{{/late}}{{^late}}tepat{{/late}}", "{\"late\": false}", "tepat");
}

static void a_mark_alone_on_its_line_leaves_no_line(void **state) {
  assert_renders("Halo\n{{#rows}}\n- {{n}}\n  {{/rows}}  \nSalam\n", "{\"rows\": [{\"n\": 1}, {\"n\": 2}]}",
                 "Halo\n- 1\n- 2\nSalam\n");
  assert_renders("{{#rows}}\n{{#rows}}\nx\n{{/rows}}\n{{/rows}}", "{\"rows\": [{}]}", "x\n");
}

static void an_unknown_field_is_refused_wherever_it_stands(void **state) {
  assert_refused("{{nama}}", "{\"name\": \"x\"}", TEMPLATE_UNKNOWN_FIELD, "nama");
  assert_refused("{{#rows}}{{hour}}{{/rows}}", "{\"rows\": [{\"time\": \"x\"}]}", TEMPLATE_UNKNOWN_FIELD, "hour");
  assert_refused("{{#late}}{{x}}{{/late}}", "{\"late\": false}", TEMPLATE_UNKNOWN_FIELD, "x");
  assert_refused("{{^rows}}{{x}}{{/rows}}", "{\"rows\": [{}]}", TEMPLATE_UNKNOWN_FIELD, "x");
}

static void what_does_not_fit_together_is_refused(void **state) {
  assert_refused("a {{name", "{\"name\": \"x\"}", TEMPLATE_NOT_CLOSED, "{{");
  assert_refused("{{#rows}}", "{\"rows\": [{}]}", TEMPLATE_NOT_CLOSED, "rows");
  assert_refused("{{/rows}}", "{\"rows\": [{}]}", TEMPLATE_NOT_OPENED, "rows");
  assert_refused("{{#rows}}{{/name}}{{/rows}}", "{\"rows\": [{}]}", TEMPLATE_NOT_OPENED, "name");
  assert_refused("{{rows}}", "{\"rows\": [{}]}", TEMPLATE_WRONG_KIND, "rows");
  assert_refused("{{#name}}{{/name}}", "{\"name\": \"x\"}", TEMPLATE_WRONG_KIND, "name");
  assert_refused("{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{/a}}{{/a}}{{/a}}{{/a}}{{/a}}", "{\"a\": true}", TEMPLATE_TOO_DEEP,
                 "a");
}

static void the_output_is_bounded(void **state) {
  json_t *fields = parse("{\"rows\": []}");
  json_t *row = json_pack("{s:s}", "text", "0123456789012345678901234567890123456789012345678901234567890123");
  for (int i = 0; i < 5000; i++) json_array_append(json_object_get(fields, "rows"), row);
  FILE *out = fopen("/dev/null", "w");
  struct template_problem problem;
  assert_int_equal(template_render("{{#rows}}{{text}}{{/rows}}", fields, out, &problem), TEMPLATE_TOO_LONG);
  fclose(out);
  json_decref(row);
  json_decref(fields);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(fields_are_filled_in),
      cmocka_unit_test(a_value_is_never_read_as_a_template),
      cmocka_unit_test(a_section_stands_once_for_each_row),
      cmocka_unit_test(a_boolean_shows_or_hides),
      cmocka_unit_test(a_mark_alone_on_its_line_leaves_no_line),
      cmocka_unit_test(an_unknown_field_is_refused_wherever_it_stands),
      cmocka_unit_test(what_does_not_fit_together_is_refused),
      cmocka_unit_test(the_output_is_bounded),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
