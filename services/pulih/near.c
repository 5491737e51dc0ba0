#include "near.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

enum { TEXT_MAX = 127 };  // what is longer is no typing error

static unsigned char lower(char letter) {
  return (unsigned char)(letter >= 'A' && letter <= 'Z' ? letter + 'a' - 'A' : letter);
}

static size_t least(size_t a, size_t b) {
  return a < b ? a : b;
}

size_t near_distance(const char *a, const char *b, size_t most) {
  size_t a_size = strlen(a), b_size = strlen(b);
  size_t difference = a_size > b_size ? a_size - b_size : b_size - a_size;
  if (a_size > TEXT_MAX || b_size > TEXT_MAX || difference > most) return most;
  // Three rows of the table of distances between beginnings: two before, one before, and this one.
  unsigned char rows[3][TEXT_MAX + 1];
  for (size_t j = 0; j <= b_size; j++) rows[0][j] = (unsigned char)j;
  for (size_t i = 1; i <= a_size; i++) {
    unsigned char *now = rows[i % 3], *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
    now[0] = (unsigned char)i;
    for (size_t j = 1; j <= b_size; j++) {
      unsigned char at_a = lower(a[i - 1]), at_b = lower(b[j - 1]);
      size_t distance = least(least(last[j] + 1u, now[j - 1] + 1u), last[j - 1] + (at_a != at_b));
      if (i > 1 && j > 1 && at_a == lower(b[j - 2]) && lower(a[i - 2]) == at_b)
        distance = least(distance, before[j - 2] + 1u);
      now[j] = (unsigned char)distance;
    }
  }
  return least(rows[a_size % 3][b_size], most);
}

size_t near_find(const char *word, const char *const *names, size_t count, const char **ret_names, size_t room) {
  size_t size = strlen(word), allowed = size / 3 + 1, found = 0;
  size_t distances[16];
  if (room > sizeof distances / sizeof distances[0]) room = sizeof distances / sizeof distances[0];
  for (size_t i = 0; i < count; i++) {
    size_t distance = size >= 2 && !strncasecmp(word, names[i], size) ? 1 : near_distance(word, names[i], allowed + 1);
    if (distance > allowed) continue;
    size_t at = found;
    while (at && distances[at - 1] > distance) at--;
    if (at == room) continue;
    if (found < room) found++;
    for (size_t move = found - 1; move > at; move--) {
      ret_names[move] = ret_names[move - 1];
      distances[move] = distances[move - 1];
    }
    ret_names[at] = names[i];
    distances[at] = distance;
  }
  return found;
}
