// Settings of the command line, from the environment. A command asks for what it needs, so that one which needs nothing
// works without any.
#pragma once

#include <stdio.h>

#include "command.h"

struct settings {
  const char *hub_endpoints, *hub_public_key_file, *key_file;
  const char *session_file;
  const char *database_url, *keystore_url;
  const char *door;
  int64_t timeout_ms, connect_wait_ms;
};

// OUTCOME_USAGE with each problem on stderr.
enum outcome settings_read(struct arena *arena, struct settings *ret_settings);
// Says on stderr that it is not set, and what it is; OUTCOME_USAGE. For texts that a command can't do without.
enum outcome settings_refuse_missing(const char *name);
void settings_describe(FILE *out);
