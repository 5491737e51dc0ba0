#include "arguments.h"

#include <string.h>

#include "base/config.h"
#include "near.h"
#include "rpc/client.h"

enum { SUGGESTIONS = 3, NAMES_MAX = 64 };

enum { COMMON_JSON, COMMON_TIMEOUT, COMMON_USER, COMMON_HELP };
const struct option common_options[] = {
    [COMMON_JSON] = {"--json", NULL, "answer in JSON, for programs"},
    [COMMON_TIMEOUT] = {"--timeout", "TIME", "how long to wait for an answer (default PULIH_TIMEOUT)"},
    [COMMON_USER] = {"--user", "FILE", "session file of who calls (default PULIH_SESSION_FILE)"},
    [COMMON_HELP] = {"--help", NULL, "this text"},
    {0},
};

static void suggest(const char *word, const char *const *names, size_t count, FILE *messages) {
  const char *found[SUGGESTIONS];
  size_t found_count = near_find(word, names, count, found, SUGGESTIONS);
  for (size_t i = 0; i < found_count; i++) fprintf(messages, "%s%s", i ? ", or " : "; did you mean ", found[i]);
  fputs(found_count ? "?\n" : "; see pulih --help\n", messages);
}

static enum outcome refuse_command(const char *const *words, size_t count, FILE *messages) {
  const char *names[NAMES_MAX];
  size_t name_count = 0, size = strlen(words[0]);
  bool family = false;
  for (const struct command *command = commands; command->name && name_count < NAMES_MAX; command++) {
    names[name_count++] = command->name;
    family = family || (!strncmp(command->name, words[0], size) && command->name[size] == ' ');
  }
  char word[64];
  bool two = family && count > 1;
  snprintf(word, sizeof word, "%s%s%s", words[0], two ? " " : "", two ? words[1] : "");
  fprintf(messages, "pulih: there is no command \"%s\"", word);
  suggest(word, names, name_count, messages);
  return OUTCOME_USAGE;
}

static enum outcome refuse_option(const struct command *command, const char *name, FILE *messages) {
  const char *names[NAMES_MAX];
  size_t count = 0;
  for (const struct option *option = command->options; option && option->name; option++) names[count++] = option->name;
  for (const struct option *option = common_options; option->name; option++) names[count++] = option->name;
  fprintf(messages, "pulih %s: there is no option %s", command->name, name);
  suggest(name, names, count, messages);
  return OUTCOME_USAGE;
}

bool arguments_in_family(const struct command *command, const char *family) {
  size_t size = strlen(family);
  return !strncmp(command->name, family, size) && command->name[size] == ' ';
}

// How many of the words are the command's name; 0 when they aren't.
static size_t match(const struct command *command, const char *const *words, size_t count) {
  size_t size = strcspn(command->name, " ");
  bool two = command->name[size];
  if (!count || strlen(words[0]) != size || strncmp(words[0], command->name, size) != 0) return 0;
  if (!two) return 1;
  return count > 1 && !strcmp(words[1], command->name + size + 1) ? 2 : 0;
}

static const struct command *find_command(const char *const *words, size_t count, size_t *ret_used) {
  for (const struct command *command = commands; command->name; command++) {
    *ret_used = match(command, words, count);
    if (*ret_used) return command;
  }
  return NULL;
}

// "user", when there are commands "user add" and so on.
static bool is_family(const char *word) {
  for (const struct command *command = commands; command->name; command++)
    if (arguments_in_family(command, word)) return true;
  return false;
}

static int find_option(const struct option *options, const char *name, size_t size) {
  for (int i = 0; options && options[i].name; i++)
    if (strlen(options[i].name) == size && !strncmp(options[i].name, name, size)) return i;
  return -1;
}

static enum outcome set_timeout(struct invocation *invocation, const char *text, FILE *messages) {
  int64_t ms;
  if (config_parse_duration_ms(text, &ms) || ms < 1 || ms > RPC_TIMEOUT_MOST_MS) {
    fprintf(messages, "pulih: --timeout %s: expected a time such as 500ms, 30s or 2m, up to 2m\n", text);
    return OUTCOME_USAGE;
  }
  invocation->timeout_ms = (uint32_t)ms;
  return OUTCOME_OK;
}

static enum outcome set_common(struct invocation *invocation, int index, const char *value, bool *ret_help,
                               FILE *messages) {
  if (index == COMMON_JSON) invocation->json = true;
  if (index == COMMON_USER) invocation->session_file = value;
  if (index == COMMON_HELP) *ret_help = true;
  return index == COMMON_TIMEOUT ? set_timeout(invocation, value, messages) : OUTCOME_OK;
}

// Takes the option at argv[*at], and its value behind it.
static enum outcome take_option(struct invocation *invocation, int argc, char **argv, int *at, bool *ret_help,
                                FILE *messages) {
  const struct command *command = invocation->command;
  const char *name = argv[*at], *equals = strchr(name, '=');
  size_t size = equals ? (size_t)(equals - name) : strlen(name);
  int own = find_option(command->options, name, size);
  int common = own < 0 ? find_option(common_options, name, size) : -1;
  if (own < 0 && common < 0) return refuse_option(command, name, messages);
  const struct option *option = own >= 0 ? &command->options[own] : &common_options[common];
  const char *value = equals ? equals + 1 : "";
  if (!option->value && equals) {
    fprintf(messages, "pulih %s: %s takes no value\n", command->name, option->name);
    return OUTCOME_USAGE;
  }
  if (option->value && !equals) {
    if (*at + 1 >= argc) {
      fprintf(messages, "pulih %s: %s %s: the value is missing\n", command->name, option->name, option->value);
      return OUTCOME_USAGE;
    }
    value = argv[++*at];
  }
  if (own < 0) return set_common(invocation, common, value, ret_help, messages);
  invocation->options[own] = value;
  return OUTCOME_OK;
}

static enum outcome check_words(const struct invocation *invocation, FILE *messages) {
  const struct command *command = invocation->command;
  if (invocation->word_count >= command->least_words && invocation->word_count <= command->most_words)
    return OUTCOME_OK;
  if (invocation->word_count > command->most_words)
    fprintf(messages, "pulih %s: \"%s\" is one word too many\n", command->name, invocation->words[command->most_words]);
  else
    fprintf(messages, "pulih %s: something is missing\n", command->name);
  fprintf(messages, "Usage: pulih %s %s\n", command->name, command->arguments);
  return OUTCOME_USAGE;
}

static bool asks_for_help(const char *word) {
  return !strcmp(word, "--help") || !strcmp(word, "-h");
}

enum outcome arguments_parse(int argc, char **argv, struct invocation *invocation, bool *ret_help, FILE *messages) {
  const char *const *words = (const char *const *)argv + 1;
  size_t count = (size_t)argc - 1, used;
  *ret_help = false;
  if (count && (asks_for_help(words[0]) || !strcmp(words[0], "help"))) {
    words++, count--;
    *ret_help = true;
  }
  if (!count || asks_for_help(words[count > 1])) *ret_help = true;
  invocation->command = find_command(words, count, &used);
  if (!invocation->command && count && *ret_help && is_family(words[0])) invocation->family = words[0];
  if (!invocation->command && (*ret_help || !count)) return OUTCOME_OK;
  if (!invocation->command) return refuse_command(words, count, messages);
  if (*ret_help) return OUTCOME_OK;

  invocation->words = ARENA_ARRAY(&invocation->arena, const char *, (size_t)argc + 1);
  if (!invocation->words) return OUTCOME_FAILED;
  bool options_end = false;
  for (int at = 1 + (int)used; at < argc; at++) {
    enum outcome outcome = OUTCOME_OK;
    if (!options_end && !strcmp(argv[at], "--"))
      options_end = true;
    else if (!options_end && !strcmp(argv[at], "-h"))
      *ret_help = true;
    else if (!options_end && argv[at][0] == '-' && argv[at][1])
      outcome = take_option(invocation, argc, argv, &at, ret_help, messages);
    else
      invocation->words[invocation->word_count++] = argv[at];
    if (outcome) return outcome;
  }
  return *ret_help ? OUTCOME_OK : check_words(invocation, messages);
}
