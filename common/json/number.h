// Numbers and durations as ProtoJSON writes them.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A Duration reaches about 10,000 years both ways.
#define JSON_DURATION_SECONDS_MAX INT64_C(315576000000)

// A whole number in JSON's grammar, "1e2" and "1.0" too. An unsigned one of 64 bits is in the bits of *ret_value. False
// when it is anything else or out of range.
bool json_parse_integer(const char *text, size_t size, int bits, bool is_signed, int64_t *ret_value);
// `text` ends with a NUL at `size`. A number in JSON's grammar, or NaN, Infinity, -Infinity; false when it is anything
// else or larger than the type.
bool json_parse_real(const char *text, size_t size, bool single, double *ret_value);
// "-1.5s"; seconds and nanos have the same sign.
bool json_parse_duration(const char *text, size_t size, int64_t *ret_seconds, int32_t *ret_nanos);
