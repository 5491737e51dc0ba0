#include "crypto/spoken_code.h"

#include <ctype.h>
#include <string.h>

#include "crypto/hash.h"

enum { LETTERS = 16, BITS = 5, GROUP = 4 };

_Static_assert((int)SPOKEN_CODE_HASH_BYTES == (int)HASH_BYTES, "a hash fits");

static const char letters[] = "0123456789abcdefghjkmnpqrstvwxyz";

void spoken_code_text(const uint8_t random[SPOKEN_CODE_BYTES], char text[SPOKEN_CODE_TEXT]) {
  uint32_t bits = 0;
  int held = 0;
  for (int i = 0, byte = 0; i < LETTERS; i++) {
    if (held < BITS) {
      bits = bits << 8 | random[byte++];
      held += 8;
    }
    held -= BITS;
    if (i && i % GROUP == 0) *text++ = '-';
    *text++ = letters[bits >> held & 31];
  }
  *text = '\0';
}

bool spoken_code_hash(const char *typed, uint8_t hash[SPOKEN_CODE_HASH_BYTES]) {
  char plain[LETTERS];
  size_t count = 0;
  for (; *typed; typed++) {
    char letter = (char)tolower((unsigned char)*typed);
    if (letter == '-' || letter == ' ') continue;
    if (letter == 'o') letter = '0';
    if (letter == 'i' || letter == 'l') letter = '1';
    if (count == LETTERS || !strchr(letters, letter)) return false;
    plain[count++] = letter;
  }
  if (count != LETTERS) return false;
  const struct bytes parts[] = {bytes_of_text("pulih spoken code 1"), {plain, sizeof plain}};
  hash_parts(NULL, parts, 2, hash);
  return true;
}
