#include "confirm.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "outcome.h"

enum outcome confirm(const struct invocation *invocation, const char *question) {
  char answer[8] = "";
  if (!isatty(STDIN_FILENO)) return outcome_say(invocation, OUTCOME_USAGE, "%s Say so with --yes", question);
  fprintf(stderr, "%s Type yes: ", question);
  if (fgets(answer, sizeof answer, stdin) && !strcmp(answer, "yes\n")) return OUTCOME_OK;
  return outcome_say(invocation, OUTCOME_FAILED, "nothing was done");
}
