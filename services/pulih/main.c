#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "arguments.h"
#include "base/log.h"
#include "help.h"
#include "hub.h"

int main(int argc, char **argv) {
  struct invocation invocation = {0};
  bool help;
  if (argc == 2 && !strcmp(argv[1], "--version")) {
    puts("pulih " PULIH_VERSION);
    return OUTCOME_OK;
  }
  if (sodium_init() < 0) return OUTCOME_FAILED;
  log_start("pulih", "", LOG_ERROR);
  arena_init(&invocation.arena, MEMORY_MAX_BYTES);
  enum outcome outcome = arguments_parse(argc, argv, &invocation, &help, stderr);
  if (!outcome && help && invocation.command)
    help_print_command(invocation.command, stdout);
  else if (!outcome && help && invocation.family)
    help_print_family(invocation.family, stdout);
  else if (!outcome && help)
    help_print(stdout);
  else if (!outcome)
    outcome = invocation.command->run(&invocation);
  hub_close(invocation.hub);
  arena_finish(&invocation.arena);
  // Data that never reached its reader is a failure: a full disk must not look like an empty answer.
  if (fflush(stdout) && !outcome) {
    perror("pulih");
    outcome = OUTCOME_FAILED;
  }
  return (int)outcome;
}
