#include "rpc/method.h"

#include <stdlib.h>
#include <string.h>

static int compare_name(const void *name, const void *method) {
  return strcmp(name, ((const struct method *)method)->name);
}

const struct method *method_find(const struct method_table *table, const char *name) {
  return bsearch(name, table->methods, table->count, sizeof *table->methods, compare_name);
}
