// What every command is made of: a row in the one table (commands.c), options, words, and what it ends with.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct hub;

// What the process ends with. Scripts branch on these.
enum outcome {
  OUTCOME_OK = 0,
  OUTCOME_FAILED = 1,
  OUTCOME_USAGE = 2,
  OUTCOME_NOT_FOUND = 3,
  OUTCOME_CONFLICT = 4,
  OUTCOME_NOT_ALLOWED = 5,
  OUTCOME_TRY_AGAIN = 75,  // EX_TEMPFAIL of sysexits.h
};

struct option {
  const char *name;   // "--prison"
  const char *value;  // what stands behind it, "CODE"; NULL for a flag
  const char *help;
};

enum { OPTIONS_MAX = 8 };

// One run of a command.
struct invocation {
  const struct command *command;
  const char *family;  // with help and without a command: of which help is wanted; or NULL
  const char **words;  // beside the options; ends with NULL
  size_t word_count;
  const char *options[OPTIONS_MAX];  // by index in command->options: the value ("" for a flag), or NULL when not given
  bool json;
  const char *session_file;  // or NULL: the usual one
  bool signs_in;             // who is signed in, if anybody, doesn't matter: this command replaces them
  uint32_t timeout_ms;       // 0: as in the settings
  struct hub *hub;           // NULL until the first call
  struct arena arena;        // lives as long as the run
};

struct command {
  const char *name;              // "call", "import participants"
  const char *arguments;         // "SERVICE/METHOD [JSON | @FILE | -]"
  const char *summary;           // one line
  const char *examples;          // "pulih call …  what it does", a line each
  const char *text;              // more for --help, or NULL
  const struct option *options;  // ends with {0}, or NULL
  size_t least_words, most_words;
  enum outcome (*run)(struct invocation *invocation);
};

extern const struct command commands[];  // ends with {0}
extern const struct option common_options[];

enum { MEMORY_MAX_BYTES = 256 << 20 };
