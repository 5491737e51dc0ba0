#include "method_name.h"

#include <string.h>
#include <strings.h>

#include "near.h"

enum { SUGGESTIONS = 3, METHODS_MAX = 512 };

static bool fits(const char *full_name, const char *name) {
  size_t full_size = strlen(full_name), size = strlen(name);
  if (!size || size > full_size || strcasecmp(full_name + full_size - size, name) != 0) return false;
  char before = size == full_size ? '/' : full_name[full_size - size - 1];
  return before == '/' || before == '.';
}

// Suggested in the shortest form, unless a service was written too.
static void suggest(const struct method_table *table, const char *name, FILE *messages) {
  const char *names[METHODS_MAX], *found[SUGGESTIONS];
  size_t count = table->count < METHODS_MAX ? table->count : METHODS_MAX;
  bool with_service = strchr(name, '/');
  for (size_t i = 0; i < count; i++) {
    const char *slash = strchr(table->methods[i].name, '/');
    while (with_service && slash > table->methods[i].name && slash[-1] != '.') slash--;
    names[i] = with_service ? slash : slash + 1;
  }
  size_t found_count = near_find(name, names, count, found, SUGGESTIONS);
  for (size_t i = 0; i < found_count; i++) fprintf(messages, "%s%s", i ? ", or " : "; did you mean ", found[i]);
  fputs(found_count ? "?\n" : "; see pulih methods\n", messages);
}

size_t method_fitting(const struct method_table *table, const char *name, const struct method **ret_method) {
  size_t count = 0;
  for (size_t i = 0; i < table->count; i++) {
    if (!fits(table->methods[i].name, name)) continue;
    *ret_method = &table->methods[i];
    count++;
  }
  return count;
}

enum outcome method_by_name(const struct method_table *table, const char *name, const struct method **ret_method,
                            FILE *messages) {
  size_t count = method_fitting(table, name, ret_method);
  if (count == 1) return OUTCOME_OK;
  if (!count) {
    fprintf(messages, "pulih: there is no method \"%s\"", name);
    suggest(table, name, messages);
    return OUTCOME_USAGE;
  }
  fprintf(messages, "pulih: \"%s\" may be any of these:\n", name);
  for (size_t i = 0; i < table->count; i++)
    if (fits(table->methods[i].name, name)) fprintf(messages, "  %s\n", table->methods[i].name);
  return OUTCOME_USAGE;
}
