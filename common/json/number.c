#include "json/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "json/scan.h"

enum { NANO_DIGITS = 9 };

// Digits alone. False when there are others or too many.
static bool parse_digits(const char *text, size_t size, uint64_t *ret_value) {
  uint64_t value = 0;
  for (size_t i = 0; i < size; i++) {
    if (text[i] < '0' || text[i] > '9') return false;
    uint64_t digit = (uint64_t)(text[i] - '0');
    if (value > (UINT64_MAX - digit) / 10) return false;
    value = value * 10 + digit;
  }
  *ret_value = value;
  return size > 0;
}

// "1.50e3" by moving the point, so that no digit is lost on the way: its digits without the point, and how far the
// point moves to the right.
static bool parse_moved(const char *text, size_t size, uint64_t *ret_value) {
  char digits[64];
  size_t count = 0, at = 0;
  long point = -1;
  for (; at < size && (text[at] == '.' || (text[at] >= '0' && text[at] <= '9')); at++) {
    if (count == sizeof digits) return false;
    if (text[at] == '.')
      point = (long)count;
    else
      digits[count++] = text[at];
  }
  if (point < 0) point = (long)count;
  if (at < size) {
    uint64_t exponent;
    bool negative = text[at + 1] == '-', sign = negative || text[at + 1] == '+';
    size_t start = at + 1 + sign;
    if (!parse_digits(text + start, size - start, &exponent) || exponent > 999) return false;
    point += negative ? -(long)exponent : (long)exponent;
  }
  for (; count && (long)count > point; count--)
    if (digits[count - 1] != '0') return false;
  for (; count && (long)count < point && count < sizeof digits; count++) digits[count] = '0';
  return (count == 0 && (*ret_value = 0, true)) || parse_digits(digits, count, ret_value);
}

bool json_parse_integer(const char *text, size_t size, int bits, bool is_signed, int64_t *ret_value) {
  uint64_t value;
  if (!json_is_number(text, size)) return false;
  bool negative = *text == '-';
  text += negative;
  size -= negative;
  if (!parse_digits(text, size, &value) && !parse_moved(text, size, &value)) return false;
  uint64_t most = UINT64_MAX >> (64 - bits + is_signed);
  if (value > most + (negative && is_signed) || (negative && !is_signed && value)) return false;
  *ret_value = (int64_t)(negative ? -value : value);
  return true;
}

bool json_parse_real(const char *text, size_t size, bool single, double *ret_value) {
  static const struct {
    const char *name;
    double value;
  } names[] = {{"NaN", (double)NAN}, {"Infinity", (double)INFINITY}, {"-Infinity", -(double)INFINITY}};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (strcmp(text, names[i].name)) continue;
    *ret_value = names[i].value;
    return true;
  }
  if (!json_is_number(text, size)) return false;
  double value = single ? (double)strtof(text, NULL) : strtod(text, NULL);
  if (isinf(value)) return false;
  *ret_value = value;
  return true;
}

bool json_parse_duration(const char *text, size_t size, int64_t *ret_seconds, int32_t *ret_nanos) {
  bool negative = size && *text == '-';
  text += negative;
  size -= negative;
  if (!size || text[size - 1] != 's') return false;
  size--;
  const char *point = memchr(text, '.', size);
  size_t whole = point ? (size_t)(point - text) : size;
  uint64_t seconds, nanos = 0;
  if (!parse_digits(text, whole, &seconds) || seconds > (uint64_t)JSON_DURATION_SECONDS_MAX) return false;
  if (point) {
    size_t digits = size - whole - 1;
    if (digits > NANO_DIGITS || !parse_digits(point + 1, digits, &nanos)) return false;
    for (; digits < NANO_DIGITS; digits++) nanos *= 10;
  }
  *ret_seconds = negative ? -(int64_t)seconds : (int64_t)seconds;
  *ret_nanos = negative ? -(int32_t)nanos : (int32_t)nanos;
  return true;
}
