#include "json/scan.h"

#include <stdint.h>
#include <string.h>

void json_scan_init(struct json_scan *scan, const char *text, size_t size, struct arena *arena) {
  *scan = (struct json_scan){.start = text, .at = text, .end = text + size, .arena = arena};
}

bool json_refuse(struct json_scan *scan, const char *expected) {
  if (!scan->expected) scan->expected = expected;
  return false;
}

char json_peek(struct json_scan *scan) {
  while (scan->at < scan->end && (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\t' || *scan->at == '\r'))
    scan->at++;
  return scan->at < scan->end ? *scan->at : 0;
}

bool json_take(struct json_scan *scan, char character) {
  if (json_peek(scan) != character) return false;
  scan->at++;
  return true;
}

bool json_expect(struct json_scan *scan, char character, const char *expected) {
  return json_take(scan, character) || json_refuse(scan, expected);
}

bool json_take_word(struct json_scan *scan, const char *word) {
  size_t size = strlen(word);
  json_peek(scan);
  if ((size_t)(scan->end - scan->at) < size || memcmp(scan->at, word, size)) return false;
  scan->at += size;
  return true;
}

bool json_expect_end(struct json_scan *scan) {
  json_peek(scan);
  return scan->at == scan->end || json_refuse(scan, "the end of the text");
}

// Four hex digits; -1 if they aren't there.
static int hex_unit(const char *at, const char *end) {
  int unit = 0;
  if (end - at < 4) return -1;
  for (int i = 0; i < 4; i++) {
    char c = at[i];
    int digit = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : -1;
    if (digit < 0) return -1;
    unit = unit << 4 | digit;
  }
  return unit;
}

static char *put_utf8(char *to, uint32_t code) {
  if (code < 0x80) {
    *to++ = (char)code;
    return to;
  }
  int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
  *to++ = (char)(lead[more] | code >> (6 * more));
  while (more--) *to++ = (char)(0x80 | (code >> (6 * more) & 0x3f));
  return to;
}

// After "\u". Moves `*at` behind the escape, or the two of a surrogate pair; 0 when it isn't a character.
static uint32_t unicode_escape(const char **at, const char *end) {
  int unit = hex_unit(*at, end);
  if (unit <= 0 || (unit >= 0xdc00 && unit < 0xe000)) return 0;
  *at += 4;
  if (unit < 0xd800 || unit >= 0xe000) return (uint32_t)unit;
  int low = end - *at > 2 && (*at)[0] == '\\' && (*at)[1] == 'u' ? hex_unit(*at + 2, end) : -1;
  if (low < 0xdc00 || low >= 0xe000) return 0;
  *at += 6;
  return 0x10000 + (((uint32_t)unit & 0x3ff) << 10 | ((uint32_t)low & 0x3ff));
}

// `from` to `end` is the inside of a string in which every backslash has a character behind it.
static bool unescape(struct json_scan *scan, const char *from, const char *end, const char **ret_text,
                     size_t *ret_size) {
  char *text = arena_alloc(scan->arena, (size_t)(end - from)), *to = text;
  if (!text) return json_refuse(scan, "a shorter text");
  while (from < end) {
    if (*from != '\\') {
      *to++ = *from++;
      continue;
    }
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    char letter = from[1];
    const char *known = memchr(letters, letter, sizeof letters - 1);
    const char *escape = from;
    from += 2;
    uint32_t code = known ? (unsigned char)meanings[known - letters] : letter == 'u' ? unicode_escape(&from, end) : 0;
    if (!code) {
      scan->at = escape;
      return json_refuse(scan, letter == 'u' ? "\\u and a character other than U+0000 (surrogates in pairs)"
                                             : "one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u");
    }
    to = put_utf8(to, code);
  }
  *ret_text = text;
  *ret_size = (size_t)(to - text);
  return true;
}

bool json_string(struct json_scan *scan, const char **ret_text, size_t *ret_size) {
  if (json_peek(scan) != '"') return json_refuse(scan, "a string");
  const char *start = scan->at + 1, *at = start;
  bool escapes = false;
  for (; at < scan->end && *at != '"'; at++) {
    if ((unsigned char)*at < 0x20) {
      scan->at = at;
      return json_refuse(scan, "no control characters in a string; write \\n for a line break");
    }
    if (*at != '\\') continue;
    escapes = true;
    if (++at == scan->end) break;
  }
  if (at >= scan->end) return json_refuse(scan, "a string with a closing \"");
  if (escapes) {
    if (!unescape(scan, start, at, ret_text, ret_size)) return false;
  } else {
    *ret_text = start;
    *ret_size = (size_t)(at - start);
  }
  scan->at = at + 1;
  return true;
}

static const char *digits(const char *at, const char *end) {
  while (at < end && *at >= '0' && *at <= '9') at++;
  return at;
}

// Behind the number at `at`; NULL if there is none.
static const char *number_end(const char *at, const char *end) {
  if (at < end && *at == '-') at++;
  const char *whole = digits(at, end);
  if (whole == at || (*at == '0' && whole > at + 1)) return NULL;
  at = whole;
  if (at < end && *at == '.') {
    const char *fraction = digits(at + 1, end);
    if (fraction == at + 1) return NULL;
    at = fraction;
  }
  if (at < end && (*at == 'e' || *at == 'E')) {
    at++;
    if (at < end && (*at == '+' || *at == '-')) at++;
    const char *exponent = digits(at, end);
    if (exponent == at) return NULL;
    at = exponent;
  }
  return at;
}

bool json_number(struct json_scan *scan, const char **ret_text, size_t *ret_size) {
  json_peek(scan);
  const char *end = number_end(scan->at, scan->end);
  if (!end) return json_refuse(scan, "a number");
  *ret_text = scan->at;
  *ret_size = (size_t)(end - scan->at);
  scan->at = end;
  return true;
}

bool json_is_number(const char *text, size_t size) {
  return number_end(text, text + size) == text + size;
}

static bool skip_members(struct json_scan *scan, int depth, char close) {
  const char *text;
  size_t size;
  if (json_take(scan, close)) return true;
  do {
    if (close == '}' && (!json_string(scan, &text, &size) || !json_expect(scan, ':', "a colon"))) return false;
    if (!json_skip(scan, depth - 1)) return false;
  } while (json_take(scan, ','));
  return json_expect(scan, close, close == '}' ? "a comma or }" : "a comma or ]");
}

bool json_skip(struct json_scan *scan, int depth) {
  const char *text;
  size_t size;
  char next = json_peek(scan);
  if (next == '"') return json_string(scan, &text, &size);
  if (next == '-' || (next >= '0' && next <= '9')) return json_number(scan, &text, &size);
  if (json_take_word(scan, "true") || json_take_word(scan, "false") || json_take_word(scan, "null")) return true;
  if (next != '{' && next != '[') return json_refuse(scan, "a value");
  if (depth <= 0) return json_refuse(scan, "less nesting");
  scan->at++;
  return skip_members(scan, depth, next == '{' ? '}' : ']');
}
