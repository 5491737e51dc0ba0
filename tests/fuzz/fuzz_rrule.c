// Any text as a rule: refused by part, or expanded in order, within the window and its COUNT.
#include <assert.h>
#include <string.h>

#include "fuzz.h"
#include "recurrence.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  enum { START = 20000, FROM = 20500, UNTIL = 20600, CAPACITY = 64 };
  char text[RECURRENCE_TEXT_MAX + 2];
  struct recurrence recurrence;
  struct recurrence_problem problem = {"", ""};
  int32_t days[CAPACITY];
  size_t count = 0;
  if (size >= sizeof text) size = sizeof text - 1;
  memcpy(text, data, size);
  text[size] = '\0';
  if (recurrence_parse(text, &recurrence, &problem)) {
    assert(problem.part[0] && problem.problem[0]);
    return 0;
  }
  if (recurrence_expand(&recurrence, START, 540, FROM, UNTIL, days, CAPACITY, &count)) return 0;
  assert(!recurrence.count || count <= (size_t)recurrence.count);
  for (size_t i = 0; i < count; i++) assert(days[i] >= FROM && days[i] <= UNTIL && (!i || days[i] > days[i - 1]));
  return 0;
}
