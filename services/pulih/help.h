// Help, and completion for shells: both are made from the table of commands.
#pragma once

#include <stdio.h>

#include "command.h"

void help_print(FILE *out);  // every command
void help_print_command(const struct command *command, FILE *out);
