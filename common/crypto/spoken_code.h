// Codes for people to write down or to be told: 80 random bits as "4kx9-w2ma-7v0c-zq3e", in Crockford's Base32
// (https://www.crockford.com/base32.html), which leaves out the letters that look like digits. They are recovery codes
// and one-time passwords.
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { SPOKEN_CODE_BYTES = 10, SPOKEN_CODE_TEXT = 20, SPOKEN_CODE_HASH_BYTES = 32 };

void spoken_code_text(const uint8_t random[SPOKEN_CODE_BYTES], char text[SPOKEN_CODE_TEXT]);
// BLAKE2b-256 of what was typed, in any case, with or without dashes and spaces, O for 0, I or L for 1. False when it
// is no such code. 80 bits of chance need neither salt nor slowness.
bool spoken_code_hash(const char *typed, uint8_t hash[SPOKEN_CODE_HASH_BYTES]);
