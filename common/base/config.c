#include "base/config.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

enum { SECRET_MAX_BYTES = 64 * 1024 };

// The contents of the file that NAME_FILE names, without the last newline; NULL with a problem written, or when unset.
static const char *read_secret_file(const struct setting *setting, struct arena *arena, FILE *problems,
                                    int *problem_count) {
  char *name = arena_printf(arena, "%s_FILE", setting->name);
  const char *path = name ? getenv(name) : NULL;
  if (!path || !*path) return NULL;
  FILE *file = fopen(path, "re");
  char *text = file ? arena_alloc(arena, SECRET_MAX_BYTES) : NULL;
  size_t size = text ? fread(text, 1, SECRET_MAX_BYTES - 1, file) : 0;
  if (!text || ferror(file)) {
    fprintf(problems, "%s: can't read %s: %s\n", name, path, strerror(errno));
    (*problem_count)++;
    text = NULL;
  }
  if (file) fclose(file);
  while (text && size && (text[size - 1] == '\n' || text[size - 1] == '\r')) text[--size] = 0;
  return text;
}

static int parse_integer(const char *text, int64_t *ret_value, const char **ret_rest) {
  char *end;
  errno = 0;
  long long value = strtoll(text, &end, 10);
  if (errno || end == text || isspace((unsigned char)*text)) return -EINVAL;
  *ret_value = value;
  *ret_rest = end;
  return 0;
}

int config_parse_duration_ms(const char *text, int64_t *ret_ms) {
  static const struct {
    const char *unit;
    int64_t ms;
  } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
  int64_t value;
  const char *unit;
  if (parse_integer(text, &value, &unit)) return -EINVAL;
  for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
    if (!strcmp(unit, units[i].unit)) return __builtin_mul_overflow(value, units[i].ms, ret_ms) ? -EINVAL : 0;
  return -EINVAL;
}

static bool within(const struct setting *setting, int64_t value) {
  if (!setting->least && !setting->most) return value >= 0;
  return value >= setting->least && value <= setting->most;
}

// What was expected, or NULL when `text` was taken.
static const char *set_value(const struct setting *setting, const char *text, void *values) {
  void *at = (char *)values + setting->offset;
  int64_t number;
  const char *rest;
  switch (setting->kind) {
    case SETTING_TEXT:
    case SETTING_SECRET:
      *(const char **)at = text;
      return NULL;
    case SETTING_INTEGER:
      if (parse_integer(text, &number, &rest) || *rest) return "a whole number";
      if (!within(setting, number)) return "a number within its limits";
      *(int64_t *)at = number;
      return NULL;
    case SETTING_DURATION_MS:
      if (config_parse_duration_ms(text, &number)) return "a duration such as 250ms, 30s, 5m or 2h";
      if (!within(setting, number)) return "a duration within its limits";
      *(int64_t *)at = number;
      return NULL;
    case SETTING_BOOLEAN:
      if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0) return "true or false";
      *(bool *)at = !strcmp(text, "true");
      return NULL;
  }
  return "another kind";
}

int config_read(const struct setting *settings, void *values, struct arena *arena, FILE *problems) {
  int problem_count = 0;
  for (const struct setting *setting = settings; setting->name; setting++) {
    const char *text = getenv(setting->name);
    if (setting->kind == SETTING_SECRET && !text) text = read_secret_file(setting, arena, problems, &problem_count);
    if (!text) text = setting->fallback;
    if (!text) {
      fprintf(problems, "%s: not set; it is %s\n", setting->name, setting->help);
      problem_count++;
      continue;
    }
    const char *expected = set_value(setting, text, values);
    if (!expected) continue;
    bool shown = setting->kind != SETTING_SECRET;
    fprintf(problems, "%s: \"%s\" isn't %s; it is %s\n", setting->name, shown ? text : "…", expected, setting->help);
    problem_count++;
  }
  return problem_count;
}

static bool names(const struct setting *settings, const char *variable, size_t size) {
  for (const struct setting *setting = settings; setting->name; setting++) {
    size_t name_size = strlen(setting->name);
    if (size == name_size && !memcmp(variable, setting->name, size)) return true;
    if (setting->kind == SETTING_SECRET && size == name_size + 5 && !memcmp(variable, setting->name, name_size) &&
        !memcmp(variable + name_size, "_FILE", 5))
      return true;
  }
  return false;
}

int config_refuse_unknown(const struct setting *const *tables, FILE *problems) {
  int problem_count = 0;
  for (char **variable = environ; *variable; variable++) {
    if (strncmp(*variable, "PULIH_", 6) != 0) continue;
    size_t size = strcspn(*variable, "=");
    bool known = false;
    for (const struct setting *const *table = tables; *table && !known; table++) known = names(*table, *variable, size);
    if (known) continue;
    fprintf(problems, "%.*s: no such setting; see --help\n", (int)size, *variable);
    problem_count++;
  }
  return problem_count;
}

void config_describe(const struct setting *settings, FILE *out) {
  for (const struct setting *setting = settings; setting->name; setting++) {
    fprintf(out, "  %-36s %s", setting->name, setting->help);
    if (!setting->fallback)
      fprintf(out, " (required)");
    else if (*setting->fallback)
      fprintf(out, " (default %s)", setting->fallback);
    fprintf(out, "%s\n", setting->kind == SETTING_SECRET ? " — or _FILE" : "");
  }
}
