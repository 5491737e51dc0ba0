#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "csv_reader.h"
#include "register.h"

// Rows as "line:field|field;" one behind another.
struct seen {
  char text[4096];
  size_t rows;
};

static void note_row(void *owner, const struct csv_row *row) {
  struct seen *seen = owner;
  size_t size = strlen(seen->text);
  size += (size_t)snprintf(seen->text + size, sizeof seen->text - size, "%zu:", row->line);
  for (size_t i = 0; i < row->count; i++)
    size += (size_t)snprintf(seen->text + size, sizeof seen->text - size, "%s%s", i ? "|" : "", row->fields[i]);
  snprintf(seen->text + size, sizeof seen->text - size, ";");
  seen->rows++;
}

// Fed in pieces of `step` bytes.
static int read_in_steps(const char *text, size_t size, size_t step, struct seen *seen, char problem[160]) {
  static struct csv_reader reader;
  *seen = (struct seen){0};
  int error = csv_reader_init(&reader, text, size, note_row, seen);
  for (size_t at = 0; at < size && !error; at += step)
    error = csv_reader_feed(&reader, text + at, size - at < step ? size - at : step);
  if (!error) error = csv_reader_end(&reader);
  strcpy(problem, reader.problem);
  csv_reader_finish(&reader);
  return error;
}

static void assert_rows(const char *text, const char *expected) {
  static const size_t steps[] = {1, 2, 3, 7, 100000};
  struct seen seen;
  char problem[160];
  for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
    // The byte order mark comes whole: a file is read in large pieces.
    if (steps[i] < 3 && !strncmp(text, "\xef\xbb\xbf", 3)) continue;
    int error = read_in_steps(text, strlen(text), steps[i], &seen, problem);
    assert_string_equal(problem, "");
    assert_int_equal(error, 0);
    assert_string_equal(seen.text, expected);
  }
}

static void assert_refused(const char *text, size_t size, const char *part) {
  struct seen seen;
  char problem[160];
  assert_int_equal(read_in_steps(text, size, 1000, &seen, problem), -EINVAL);
  if (!strstr(problem, part)) fail_msg("\"%s\" doesn't say \"%s\"", problem, part);
}

static void commas_semicolons_and_tabs_are_told_apart(void **state) {
  assert_rows("a,b\n1,2;3\n", "1:a|b;2:1|2;3;");
  assert_rows("a;b\n1;2,3\n", "1:a|b;2:1|2,3;");
  assert_rows("a\tb\n1\t2\n", "1:a|b;2:1|2;");
  assert_rows("\"a,b,c\";d;e\n1;2;3\n", "1:a,b,c|d|e;2:1|2|3;");
}

static void a_byte_order_mark_and_every_line_end_are_understood(void **state) {
  assert_rows(
      "\xef\xbb\xbf"
      "a;b\r\n1;2\r\n",
      "1:a|b;2:1|2;");
  assert_rows("a;b\r1;2\r3;4", "1:a|b;2:1|2;3:3|4;");
  assert_rows("a;b\n1;2", "1:a|b;2:1|2;");
  assert_rows("a;b\r1;2\n3;4\r\n5;6", "1:a|b;2:1|2;3:3|4;4:5|6;");
  assert_rows("a\tb\n\t\n\t2\n", "1:a|b;3:|2;");
}

static void lines_are_counted_through_quotes_and_blank_lines(void **state) {
  assert_rows("a,b\n\n\"x\ny\",2\r\n  \r\n,\n5,6\n", "1:a|b;3:x\ny|2;7:5|6;");
  assert_rows("a,b\n\"x\r\ny\",\"say \"\"hi\"\"\"\n", "1:a|b;2:x\ny|say \"hi\";");
}

static void what_looks_like_a_formula_is_text(void **state) {
  assert_rows("a,b\n=cmd|'/C calc'!A0,+1\n", "1:a|b;2:=cmd|'/C calc'!A0|+1;");
}

static void what_is_no_csv_is_refused_with_its_line(void **state) {
  assert_refused("a\nJos\xe9\n", 6, "line 2: a cell isn't UTF-8");
  assert_refused("a\n\0\n", 4, "line 2: a cell has a control");
  assert_refused("a,b\n1,\"x\"y\n", 11, "line 2: a quotation mark");
  assert_refused("a,b\n1,2\n\n3,\"x\n4,5\n", 18, "line 4: the file ends inside of quotes");
}

static void a_row_has_a_limit(void **state) {
  static char text[4 * CSV_ROW_MAX_BYTES];
  memset(text, 'x', sizeof text);
  assert_refused(text, sizeof text, "line 1: a row of more than 65536 bytes");
  memcpy(text, "a\n\"", 3);
  for (size_t i = 100; i < sizeof text; i += 100) text[i] = '\n';
  assert_refused(text, sizeof text, "line 2: a row of more than 65536 bytes; is a quotation mark");
  memset(text, '\n', sizeof text);
  struct seen seen;
  char problem[160];
  assert_int_equal(read_in_steps(text, sizeof text, 1000, &seen, problem), 0);
}

static void columns_have_a_limit(void **state) {
  char text[CSV_COLUMNS_MAX + 2];
  memset(text, ',', sizeof text);
  text[sizeof text - 1] = '\n';
  assert_refused(text, sizeof text, "more than 64 columns");
}

static int map_header(const char *const *names, size_t count, struct register_map *map, char notes[1024]) {
  struct csv_row row = {.line = 1, .count = count};
  memcpy(row.fields, names, count * sizeof *names);
  FILE *out = fmemopen(notes, 1024, "w");
  int error = register_map_init(map, &row, out);
  fclose(out);
  return error;
}

static void columns_are_known_in_both_languages(void **state) {
  static const char *const indonesian[] = {"No. Register", "NAMA",  "Alias",        "Tgl. Lahir",      "Jenis Kelamin",
                                           "Blok",         "Pasal", "Mulai Pidana", "2/3 Masa Pidana", "Ekspirasi"};
  static const char *const english[] = {
      "register_number",  "name",           "aliases",       "birth_date",         "sex", "block",
      "offence_articles", "sentence_start", "two_thirds_on", "expected_release_on"};
  struct register_map map;
  char notes[1024] = "";
  assert_int_equal(map_header(indonesian, 10, &map, notes), 0);
  for (int i = 0; i < REGISTER_COLUMNS; i++) assert_int_equal(map.at[i], i);
  assert_int_equal(map_header(english, 10, &map, notes), 0);
  for (int i = 0; i < REGISTER_COLUMNS; i++) assert_int_equal(map.at[i], i);
  assert_string_equal(notes, "");
}

static void what_is_unknown_missing_or_twice_is_named(void **state) {
  static const char *const some[] = {"Nama", "no_reg", "Catatan"}, *const twice[] = {"nama", "no reg", "Nama Lengkap"},
                           *const without[] = {"nama", "blok"};
  struct register_map map;
  char notes[1024] = "";
  assert_int_equal(map_header(some, 3, &map, notes), 0);
  assert_non_null(strstr(notes, "\"Catatan\" isn't known"));
  assert_non_null(strstr(notes, "\"tanggal lahir\""));
  assert_string_equal(register_header(&map, "register_number"), "no_reg");
  assert_int_equal(map_header(twice, 3, &map, notes), -EINVAL);
  assert_non_null(strstr(notes, "\"Nama Lengkap\" says the same as \"nama\""));
  assert_int_equal(map_header(without, 2, &map, notes), -EINVAL);
  assert_non_null(strstr(notes, "\"nomor register\"; nothing can be imported"));
}

static void a_short_row_has_empty_cells(void **state) {
  static const char *const names[] = {"nama", "noreg", "blok"};
  struct register_map map;
  struct arena arena;
  char notes[1024];
  assert_int_equal(map_header(names, 3, &map, notes), 0);
  arena_init(&arena, 1 << 20);
  struct csv_row row = {.line = 7, .count = 2, .fields = {"Slamet", "B.I 1/2024"}};
  const Pulih__Enrollment__V1__ImportRow *made = register_row(&map, &row, &arena);
  assert_int_equal(made->line, 7);
  assert_string_equal(made->name, "Slamet");
  assert_string_equal(made->register_number, "B.I 1/2024");
  assert_string_equal(made->block, "");
  arena_finish(&arena);
}

RUN_TESTS(TEST(commas_semicolons_and_tabs_are_told_apart), TEST(a_byte_order_mark_and_every_line_end_are_understood),
          TEST(lines_are_counted_through_quotes_and_blank_lines), TEST(what_looks_like_a_formula_is_text),
          TEST(what_is_no_csv_is_refused_with_its_line), TEST(a_row_has_a_limit), TEST(columns_have_a_limit),
          TEST(columns_are_known_in_both_languages), TEST(what_is_unknown_missing_or_twice_is_named),
          TEST(a_short_row_has_empty_cells))
