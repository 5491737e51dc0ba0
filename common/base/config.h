// Settings: a table says name, kind, default and help; values come from the environment, secrets from files named by
// NAME_FILE. Something unknown or bad is named and refused.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"

enum setting_kind {
  SETTING_TEXT,         // const char *
  SETTING_SECRET,       // const char *; NAME or the contents of the file that NAME_FILE names; never shown
  SETTING_INTEGER,      // int64_t, within least and most
  SETTING_BOOLEAN,      // bool: true, false
  SETTING_DURATION_MS,  // int64_t milliseconds: 250ms, 30s, 5m, 2h
};

struct setting {
  const char *name;  // "PULIH_DATABASE_URL"
  enum setting_kind kind;
  size_t offset;          // in the struct that is filled
  const char *fallback;   // NULL: required
  const char *help;       // one line, with the unit
  long long least, most;  // SETTING_INTEGER and SETTING_DURATION_MS; both 0: any not negative
};

// Fills `values` from the environment. Every problem is written to `problems`, a line each; returns how many. Texts
// live in `arena`. Call once per table; then config_refuse_unknown() with all of them.
int config_read(const struct setting *settings, void *values, struct arena *arena, FILE *problems);
// Names each PULIH_* variable that no table has. `tables` ends with NULL.
int config_refuse_unknown(const struct setting *const *tables, FILE *problems);
// For --help: name, default, help, a line each.
void config_describe(const struct setting *settings, FILE *out);
// "250ms", "30s", "5m", "2h", "1d". -EINVAL for anything else; may be negative.
int config_parse_duration_ms(const char *text, int64_t *ret_ms);
