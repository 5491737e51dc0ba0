// The pieces of a JSON text (RFC 8259, strictly), taken one after another without a tree.
//
// jansson isn't used: it refuses integers beyond int64 that ProtoJSON allows, its tree costs up to a hundred times the
// text, and what it has read must be walked again.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

struct json_scan {
  const char *start, *at, *end;
  struct arena *arena;   // for strings with escapes
  const char *expected;  // what should have stood at `at`, once something was refused; the first one stays
};

void json_scan_init(struct json_scan *scan, const char *text, size_t size, struct arena *arena);
// False always; notes what was expected.
bool json_refuse(struct json_scan *scan, const char *expected);

// The first character of what comes next, behind white space; 0 at the end.
char json_peek(struct json_scan *scan);
// Takes this character if it comes next.
bool json_take(struct json_scan *scan, char character);
// Takes a character or refuses.
bool json_expect(struct json_scan *scan, char character, const char *expected);
// Takes true, false or null if it comes next.
bool json_take_word(struct json_scan *scan, const char *word);
// The end of the text, or refuses.
bool json_expect_end(struct json_scan *scan);

// A string's content, unescaped: valid as long as text and arena. It never holds U+0000; whether it is UTF-8 isn't
// checked.
bool json_string(struct json_scan *scan, const char **ret_text, size_t *ret_size);
// A number's characters.
bool json_number(struct json_scan *scan, const char **ret_text, size_t *ret_size);
// Passes over any value, nested at most `depth` deep.
bool json_skip(struct json_scan *scan, int depth);

// Whether all of the text is one JSON number.
bool json_is_number(const char *text, size_t size);
