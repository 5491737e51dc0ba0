#include "receipt_body.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <string.h>

static bool is_uuid(const char *text) {
  if (strlen(text) != 36) return false;
  for (int i = 0; i < 36; i++) {
    bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !isxdigit((unsigned char)text[i])) return false;
  }
  return true;
}

static char *receipt_of(const char *status) {
  static const struct {
    const char *status;
    char *receipt;
  } known[] = {{"delivered", "DELIVERED"}, {"read", "READ"}, {"failed", "FAILED"}};
  for (size_t i = 0; status && i < sizeof known / sizeof known[0]; i++) {
    if (!strcmp(status, known[i].status)) return known[i].receipt;
  }
  return NULL;
}

static int take(const json_t *said, struct arena *arena, struct receipts *receipts) {
  const char *id = json_string_value(json_object_get(said, "id"));
  char *receipt = receipt_of(json_string_value(json_object_get(said, "status")));
  if (!receipt || !id || !is_uuid(id)) return 0;
  char *copy = arena_copy_text(arena, id, strlen(id));
  if (!copy) return -ENOMEM;
  receipts->delivery_ids[receipts->count] = copy;
  receipts->receipts[receipts->count++] = receipt;
  return 0;
}

int receipt_body_read(const void *body, size_t size, struct arena *arena, struct receipts *receipts) {
  struct receipts found = {.delivery_ids = ARENA_ARRAY(arena, char *, RECEIPTS_MOST),
                           .receipts = ARENA_ARRAY(arena, char *, RECEIPTS_MOST)};
  if (!found.delivery_ids || !found.receipts) return -ENOMEM;
  json_t *whole = size <= RECEIPT_BODY_MOST ? json_loadb(body, size, JSON_REJECT_DUPLICATES, NULL) : NULL;
  const json_t *data = json_object_get(whole, "data"), *said;
  int error = 0;
  size_t i;
  if (json_is_object(data)) {
    error = take(data, arena, &found);
  } else if (!json_is_array(data)) {
    error = -EINVAL;
  } else if (json_array_size(data) > RECEIPTS_MOST) {
    error = -E2BIG;
  } else {
    json_array_foreach(data, i, said) {
      if (!error) error = take(said, arena, &found);
    }
  }
  json_decref(whole);
  if (!error) *receipts = found;
  return error;
}
