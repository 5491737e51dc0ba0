#include "uuid.h"

#include <ctype.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

void uuid_format(int64_t time_us, const unsigned char random[UUID_RANDOM_BYTES], char text[UUID_TEXT]) {
  uint64_t ms = (uint64_t)time_us / 1000 & 0xffffffffffff;
  unsigned fraction = (unsigned)((uint64_t)time_us % 1000 * 4096 / 1000);
  uint64_t rest;
  memcpy(&rest, random, sizeof rest);
  unsigned group = 0x8000 | (unsigned)(rest >> 48 & 0x3fff);
  snprintf(text, UUID_TEXT, "%08" PRIx64 "-%04x-7%03x-%04x-%012" PRIx64, ms >> 16, (unsigned)(ms & 0xffff), fraction,
           group, rest & 0xffffffffffff);
}

void uuid_make(char text[UUID_TEXT]) {
  const struct clock clock = {0};
  unsigned char random[UUID_RANDOM_BYTES];
  randombytes_buf(random, sizeof random);
  uuid_format(clock_now_us(&clock), random, text);
}

bool uuid_is_one(const char *text) {
  for (int i = 0; i < UUID_TEXT - 1; i++) {
    bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !isxdigit((unsigned char)text[i])) return false;
  }
  return !text[UUID_TEXT - 1];
}
