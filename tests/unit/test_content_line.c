#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "calendar/content_line.h"

// What `write` gives for a name and a value.
static char *written(void (*write)(FILE *, const char *, const char *), const char *name, const char *value) {
  char *text;
  size_t size;
  FILE *out = open_memstream(&text, &size);
  write(out, name, value);
  fclose(out);
  return text;
}

static void a_value_is_as_it_is_and_a_text_is_escaped(void **state) {
  static const struct {
    void (*write)(FILE *, const char *, const char *);
    const char *value, *line;
  } cases[] = {
      {content_line, "mailto:a;b@example.org", "X:mailto:a;b@example.org\r\n"},
      {content_line_text, "Aula, Blok B; lantai\\2", "X:Aula\\, Blok B\\; lantai\\\\2\r\n"},
      {content_line_text, "satu\r\ndua\ttiga", "X:satu\\ndua\ttiga\r\n"},
      {content_line, "a\r\nBEGIN:VEVENT\n\x01\x7f", "X:aBEGIN:VEVENT\r\n"},
      {content_line_text, "", "X:\r\n"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char *line = written(cases[i].write, "X", cases[i].value);
    assert_string_equal(line, cases[i].line);
    free(line);
  }
}

// Whatever the length and wherever the fold would fall: in a letter of two to four bytes, or in an escape.
static void a_long_line_is_folded_between_characters(void **state) {
  static const char *const letters[] = {"a", "é", "ع", "漢", "😀", ","};
  for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++) {
    for (int before = 0; before < 8; before++) {
      char value[1024] = "", unfolded[1024] = "", expected[1024] = "X:";
      for (int n = 0; n < before + 100; n++) {
        const char *letter = n < before ? "-" : letters[i];
        strcat(value, letter);
        strcat(strcat(expected, *letter == ',' ? "\\" : ""), letter);
      }
      char *text = written(content_line_text, "X", value);
      for (char *line = text, *end; (end = strstr(line, "\r\n")); line = end + 2) {
        assert_in_range(end - line, 2, 75);
        assert_true(line == text || *line == ' ');
        const char *first = line == text ? line : line + 1;
        assert_true((*first & 0xC0) != 0x80 && end[-1] != '\\');
        strncat(unfolded, first, (size_t)(end - first));
      }
      assert_string_equal(unfolded, expected);
      free(text);
    }
  }
}

static void numbers_and_instants(void **state) {
  char *text;
  size_t size;
  FILE *out = open_memstream(&text, &size);
  content_line_number(out, "SEQUENCE", 12);
  content_line_time(out, "DTSTART", 1772503200);
  content_line_time(out, "DTEND", 0);
  fclose(out);
  assert_string_equal(text, "SEQUENCE:12\r\nDTSTART:20260303T020000Z\r\nDTEND:19700101T000000Z\r\n");
  free(text);
}

RUN_TESTS(TEST(a_value_is_as_it_is_and_a_text_is_escaped), TEST(a_long_line_is_folded_between_characters),
          TEST(numbers_and_instants))
