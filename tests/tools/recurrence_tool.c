// Expands rules for a test that compares: a line "START MINUTE FROM UNTIL RULE" (days since 1970-01-01) in, its days or
// "refused PART" out.
#include <stdio.h>
#include <string.h>

#include "recurrence.h"

enum { DAYS_MAX = RECURRENCE_DAYS_MAX + 1 };

int main(void) {
  static int32_t days[DAYS_MAX];
  char line[RECURRENCE_TEXT_MAX + 100], rule[RECURRENCE_TEXT_MAX + 2];
  int start, minute, from, until;
  while (fgets(line, sizeof line, stdin)) {
    struct recurrence recurrence;
    struct recurrence_problem problem;
    size_t count = 0;
    if (sscanf(line, "%d %d %d %d %500s", &start, &minute, &from, &until, rule) != 5) return 2;
    if (recurrence_parse(rule, &recurrence, &problem))
      printf("refused %s %s", problem.part, problem.problem);
    else if (recurrence_expand(&recurrence, start, minute, from, until, days, DAYS_MAX, &count))
      printf("failed");
    for (size_t i = 0; i < count; i++) printf("%d ", days[i]);
    puts("");
  }
  return 0;
}
