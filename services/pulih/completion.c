// pulih completion: scripts for shells, made from the table of commands, so that they never lag behind it.
#include <stdio.h>
#include <string.h>

#include "catalogue.h"
#include "families.h"
#include "outcome.h"

// Length of the first word of a command's name.
static int first_word(const struct command *command) {
  return (int)strcspn(command->name, " ");
}

static bool same_family(const struct command *a, const struct command *b) {
  return first_word(a) == first_word(b) && !strncmp(a->name, b->name, (size_t)first_word(a));
}

// The first row of a family of commands, or a command of one word.
static bool begins_family(const struct command *command) {
  return command == commands || !same_family(command - 1, command);
}

static void print_first_words(void) {
  for (const struct command *command = commands; command->name; command++)
    if (begins_family(command)) printf("%.*s ", first_word(command), command->name);
}

static void print_second_words(const struct command *family) {
  for (const struct command *command = family; command->name && same_family(command, family); command++)
    printf("%s ", command->name + first_word(command) + 1);
}

// Both forms that people write, for commands that take a method.
static void print_methods(const struct command *command) {
  if (command->run != call_run && command->run != methods_run) return;
  for (size_t i = 0; i < catalogue.count; i++) {
    const char *name = catalogue.methods[i].name, *slash = strchr(name, '/'), *service = slash;
    while (service > name && service[-1] != '.') service--;
    printf("%s %s ", slash + 1, service);
  }
}

static void print_options(const struct option *options) {
  for (const struct option *option = options; option && option->name; option++) printf("%s ", option->name);
}

static void complete_bash(void) {
  fputs("_pulih() {\n  local words\n  case \"${COMP_WORDS[1]} ${COMP_WORDS[2]}\" in\n", stdout);
  for (const struct command *command = commands; command->name; command++) {
    bool two = command->name[first_word(command)];
    printf("    '%s%s'*) words='", command->name, two ? "" : " ");
    print_methods(command);
    print_options(command->options);
    print_options(common_options);
    puts("' ;;");
  }
  for (const struct command *command = commands; command->name; command++) {
    if (!command->name[first_word(command)] || !begins_family(command)) continue;
    printf("    '%.*s '*) words='", first_word(command), command->name);
    print_second_words(command);
    puts("' ;;");
  }
  fputs("  esac\n  [ \"$COMP_CWORD\" -eq 1 ] && words='", stdout);
  print_first_words();
  fputs(
      "'\n  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[$COMP_CWORD]}\"))\n}\n"
      "complete -o default -F _pulih pulih\n",
      stdout);
}

static void complete_zsh(void) {
  puts("autoload -U +X bashcompinit && bashcompinit");
  complete_bash();
}

static void print_fish_options(const char *condition, const struct option *options) {
  for (const struct option *option = options; option && option->name; option++)
    printf("complete -c pulih -n '%s' -l %s %s-d \"%s\"\n", condition, option->name + 2, option->value ? "-r " : "",
           option->value ? option->value : "");
}

static void complete_fish(void) {
  char condition[128];
  for (const struct command *command = commands; command->name; command++) {
    int size = first_word(command);
    const char *second = command->name[size] ? command->name + size + 1 : NULL;
    if (begins_family(command))
      printf("complete -c pulih -n __fish_use_subcommand -a %.*s -d \"%s\"\n", size, command->name,
             second ? "" : command->summary);
    snprintf(condition, sizeof condition, "__fish_seen_subcommand_from %.*s", size, command->name);
    if (second) {
      printf("complete -c pulih -n '%s' -a %s -d \"%s\"\n", condition, second, command->summary);
      snprintf(condition, sizeof condition, "__fish_seen_subcommand_from %.*s; and __fish_seen_subcommand_from %s",
               size, command->name, second);
    }
    print_fish_options(condition, command->options);
  }
  print_fish_options("true", common_options);
}

enum outcome completion_run(struct invocation *invocation) {
  static const struct {
    const char *name;
    void (*complete)(void);
  } shells[] = {{"bash", complete_bash}, {"zsh", complete_zsh}, {"fish", complete_fish}};
  for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++) {
    if (strcmp(shells[i].name, invocation->words[0]) != 0) continue;
    shells[i].complete();
    return OUTCOME_OK;
  }
  return outcome_say(invocation, OUTCOME_USAGE, "\"%s\": expected bash, zsh or fish", invocation->words[0]);
}
