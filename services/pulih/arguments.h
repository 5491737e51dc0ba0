// From argv to an invocation.
#pragma once

#include <stdio.h>

#include "command.h"

// Finds the command ("import participants" before "import") and its words and options. Options stand anywhere, as
// "--name value" or "--name=value"; "--" ends them. OUTCOME_USAGE with what is wrong, what was probably meant and where
// to read more in `messages`. With *ret_help true help was asked for: about `command`, or about everything when that is
// NULL.
enum outcome arguments_parse(int argc, char **argv, struct invocation *invocation, bool *ret_help, FILE *messages);
