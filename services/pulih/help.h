// Help, and completion for shells: both are made from the table of commands.
#pragma once

#include <stdio.h>

#include "command.h"

void help_print(FILE *out);                             // every command
void help_print_family(const char *family, FILE *out);  // of commands that begin with this word
void help_print_command(const struct command *command, FILE *out);
