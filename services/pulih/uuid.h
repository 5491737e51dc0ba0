// UUIDv7 (RFC 9562): ids that whoever creates something makes for it.
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { UUID_TEXT = 37, UUID_RANDOM_BYTES = 8 };

// Milliseconds, then the fraction of one in 12 bits (RFC 9562, 6.2, method 3), then `random`.
void uuid_format(int64_t time_us, const unsigned char random[UUID_RANDOM_BYTES], char text[UUID_TEXT]);
// A new one, of now.
void uuid_make(char text[UUID_TEXT]);
bool uuid_is_one(const char *text);
