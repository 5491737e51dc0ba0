#include "help.h"

#include "arguments.h"
#include "settings.h"

static void print_options(const struct option *options, FILE *out) {
  for (const struct option *option = options; option && option->name; option++) {
    char name[48];
    snprintf(name, sizeof name, "%s%s%s", option->name, option->value ? " " : "", option->value ? option->value : "");
    fprintf(out, "  %-22s %s\n", name, option->help);
  }
}

void help_print(FILE *out) {
  fprintf(out,
          "pulih %s: rehabilitation in prisons, from the command line\n\n"
          "  pulih doctor                                     is everything working?\n"
          "  pulih login sari@example.org                     sign in\n"
          "  pulih methods                                    what can be called\n"
          "  pulih call ListPrisons                           call it\n"
          "  pulih import participants FILE.csv --prison LP-BWI --preview\n\nCommands:\n",
          PULIH_VERSION);
  for (const struct command *command = commands; command->name; command++)
    fprintf(out, "  %-22s %s\n", command->name, command->summary);
  fputs("\nEvery command takes:\n", out);
  print_options(common_options, out);
  fputs(
      "\nEnds with 0 done, 1 failed, 2 wrong use, 3 not found, 4 conflict, 5 not allowed, 75 try again.\n\n"
      "Settings, from the environment:\n",
      out);
  settings_describe(out);
}

void help_print_family(const char *family, FILE *out) {
  fprintf(out, "Usage: pulih %s COMMAND\n\nCommands:\n", family);
  for (const struct command *command = commands; command->name; command++)
    if (arguments_in_family(command, family)) fprintf(out, "  %-22s %s\n", command->name, command->summary);
  fprintf(out, "\nMore with: pulih %s COMMAND --help\n", family);
}

void help_print_command(const struct command *command, FILE *out) {
  fprintf(out, "%s\n\n%s\nUsage: pulih %s %s\n", command->summary, command->examples, command->name,
          command->arguments);
  if (command->text) fprintf(out, "\n%s", command->text);
  fputs("\nOptions:\n", out);
  print_options(command->options, out);
  print_options(common_options, out);
}
