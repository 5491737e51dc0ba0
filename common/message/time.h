// Instants and days: the messages Timestamp and Date, and their texts.
#pragma once

#include <stdint.h>

#include "base/clock.h"
#include "date.pb-c.h"
#include "timestamp.pb-c.h"

enum { DATE_TEXT_MAX = 11 };

#define TIMESTAMP_SECONDS_MIN INT64_C(-62135596800)  // 0001-01-01T00:00:00Z
#define TIMESTAMP_SECONDS_MAX INT64_C(253402300799)  // 9999-12-31T23:59:59Z

// Nanoseconds are cut to microseconds, towards the past.
int64_t timestamp_to_us(const Google__Protobuf__Timestamp *timestamp);
// Sets the two fields; the message must be initialised.
void timestamp_from_us(int64_t time_us, Google__Protobuf__Timestamp *timestamp);
// RFC 3339 in UTC, with 0, 3, 6 or 9 digits of a fraction.
void timestamp_format(const Google__Protobuf__Timestamp *timestamp, char text[CLOCK_TEXT_MAX]);
// RFC 3339 with any offset and at most 9 digits of a fraction. -EINVAL, also outside of the years 1 to 9999 UTC.
int timestamp_parse(const char *text, Google__Protobuf__Timestamp *timestamp);

// "2026-03-02"; the date must exist.
void date_format(const Pulih__Type__V1__Date *date, char text[DATE_TEXT_MAX]);
// -EINVAL when it isn't a day that exists.
int date_parse(const char *text, Pulih__Type__V1__Date *date);
