// From argv to an invocation.
#pragma once

#include <stdio.h>

#include "command.h"

// Finds the command ("import participants" before "import") and its words and options. Options stand anywhere, as
// "--name value" or "--name=value"; "--" ends them. OUTCOME_USAGE with what is wrong, what was probably meant and where
// to read more in `messages`. With *ret_help true help was asked for: about `command`, about `family` when that is
// NULL, or about everything when both are.
enum outcome arguments_parse(int argc, char **argv, struct invocation *invocation, bool *ret_help, FILE *messages);
// Whether `family` is the first of the command's two words.
bool arguments_in_family(const struct command *command, const char *family);
