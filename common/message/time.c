#include "message/time.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { NANO_DIGITS = 9 };

int64_t timestamp_to_us(const Google__Protobuf__Timestamp *timestamp) {
  return timestamp->seconds * 1000000 + timestamp->nanos / 1000;
}

void timestamp_from_us(int64_t time_us, Google__Protobuf__Timestamp *timestamp) {
  int64_t fraction_us = time_us % 1000000;
  if (fraction_us < 0) fraction_us += 1000000;
  timestamp->seconds = (time_us - fraction_us) / 1000000;
  timestamp->nanos = (int32_t)(fraction_us * 1000);
}

void timestamp_format(const Google__Protobuf__Timestamp *timestamp, char text[CLOCK_TEXT_MAX]) {
  clock_format(timestamp->seconds * 1000000, text);
  int32_t nanos = timestamp->nanos;
  if (!nanos) return;
  char *end = strchr(text, 'Z');
  size_t room = CLOCK_TEXT_MAX - (size_t)(end - text);
  if (nanos % 1000)
    snprintf(end, room, ".%09dZ", nanos);
  else if (nanos % 1000000)
    snprintf(end, room, ".%06dZ", nanos / 1000);
  else
    snprintf(end, room, ".%03dZ", nanos / 1000000);
}

int timestamp_parse(const char *text, Google__Protobuf__Timestamp *timestamp) {
  int64_t time_us;
  if (clock_parse(text, &time_us)) return -EINVAL;
  int64_t seconds = (time_us - ((time_us % 1000000) + 1000000) % 1000000) / 1000000;
  if (seconds < TIMESTAMP_SECONDS_MIN || seconds > TIMESTAMP_SECONDS_MAX) return -EINVAL;
  const char *fraction = strchr(text, '.');
  size_t digits = fraction ? strspn(fraction + 1, "0123456789") : 0;
  if (digits > NANO_DIGITS) return -EINVAL;
  int32_t nanos = 0;
  for (size_t i = 0; i < NANO_DIGITS; i++) nanos = nanos * 10 + (i < digits ? fraction[1 + i] - '0' : 0);
  timestamp->seconds = seconds;
  timestamp->nanos = nanos;
  return 0;
}

void date_format(const Pulih__Type__V1__Date *date, char text[DATE_TEXT_MAX]) {
  snprintf(text, DATE_TEXT_MAX, "%04u-%02u-%02u", (unsigned)date->year % 10000, (unsigned)date->month % 100,
           (unsigned)date->day % 100);
}

int date_parse(const char *text, Pulih__Type__V1__Date *date) {
  int parts[3] = {0}, part = 0;
  if (strlen(text) != DATE_TEXT_MAX - 1) return -EINVAL;
  for (int i = 0; i < DATE_TEXT_MAX - 1; i++) {
    bool dash = i == 4 || i == 7;
    if (dash ? text[i] != '-' : text[i] < '0' || text[i] > '9') return -EINVAL;
    if (dash)
      part++;
    else
      parts[part] = parts[part] * 10 + (text[i] - '0');
  }
  int64_t days;
  if (days_from_date(parts[0], parts[1], parts[2], &days)) return -EINVAL;
  date->year = parts[0];
  date->month = parts[1];
  date->day = parts[2];
  return 0;
}
