#include "hub/hub_keys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_names[] = {
    [HUB_KEY_SERVICE] = "service", [HUB_KEY_OPERATOR] = "operator", [HUB_KEY_GATEWAY] = "gateway"};

static int compare_keys(const void *left, const void *right) {
  return strcmp(((const struct hub_key *)left)->public_key, ((const struct hub_key *)right)->public_key);
}

static struct hub_key *find_in(const struct hub_key_list *list, const char *public_key) {
  struct hub_key wanted;
  if (strlen(public_key) != MQ_KEY_TEXT - 1 || !list->count) return NULL;
  memcpy(wanted.public_key, public_key, MQ_KEY_TEXT);
  return bsearch(&wanted, list->keys, list->count, sizeof *list->keys, compare_keys);
}

struct hub_key *hub_keys_find(const struct hub_keys *keys, const char *public_key, int64_t now_us) {
  struct hub_key *key = find_in(&keys->installed, public_key);
  if (!key) key = find_in(&keys->listed, public_key);
  return key && (!key->valid_until_us || now_us < key->valid_until_us) ? key : NULL;
}

// The key's own bytes, so that a key which is listed anew keeps its number.
static uint64_t number_of(const char *public_key) {
  uint64_t number = 0;
  for (const char *at = public_key; *at; at++) number = (number ^ (unsigned char)*at) * UINT64_C(0x100000001b3);
  return number;
}

static bool read_kind(const char *text, enum hub_key_kind *ret_kind) {
  for (size_t i = 0; i < sizeof kind_names / sizeof kind_names[0]; i++) {
    if (strcmp(text, kind_names[i])) continue;
    *ret_kind = (enum hub_key_kind)i;
    return true;
  }
  return false;
}

static bool read_line(const char *line, struct hub_key *key, const char **ret_problem) {
  char kind[16], public_key[MQ_KEY_TEXT + 1], rest[2];
  *ret_problem = "expected: kind name public-key";
  if (sscanf(line, "%15s %63s %41s %1s", kind, key->name, public_key, rest) != 3) return false;
  *ret_problem = "the kind isn't service, operator or gateway";
  if (!read_kind(kind, &key->kind)) return false;
  *ret_problem = "the key isn't 40 characters of Z85";
  if (!mq_key_is_valid(public_key)) return false;
  memcpy(key->public_key, public_key, MQ_KEY_TEXT);
  return true;
}

static int append_key(struct hub_key_list *list, const struct hub_key *key) {
  struct hub_key *more = reallocarray(list->keys, list->count + 1, sizeof *more);
  if (!more) return -ENOMEM;
  list->keys = more;
  list->keys[list->count++] = *key;
  return 0;
}

// Sorted, and with the open calls of the keys that were there before.
static void replace(struct hub_key_list *list, struct hub_key_list fresh) {
  if (fresh.count) qsort(fresh.keys, fresh.count, sizeof *fresh.keys, compare_keys);
  for (size_t i = 0; i < fresh.count; i++) {
    const struct hub_key *before = find_in(list, fresh.keys[i].public_key);
    fresh.keys[i].number = number_of(fresh.keys[i].public_key);
    fresh.keys[i].open_calls = before ? before->open_calls : 0;
  }
  free(list->keys);
  *list = fresh;
}

int hub_keys_read(struct hub_keys *keys, FILE *file, FILE *problems) {
  struct hub_key_list fresh = {0};
  char *line = NULL;
  size_t room = 0;
  int number = 0, error = 0;
  while (error != -ENOMEM && getline(&line, &room, file) >= 0) {
    number++;
    // '#' is a character of Z85 too: only a line's first begins a comment.
    const char *begin = line + strspn(line, " \t\r\n");
    if (!*begin || *begin == '#') continue;
    struct hub_key key = {0};
    const char *problem;
    if (read_line(begin, &key, &problem)) {
      if (append_key(&fresh, &key)) error = -ENOMEM;
    } else {
      fprintf(problems, "line %d: %s\n", number, problem);
      error = -EINVAL;
    }
  }
  free(line);
  if (error)
    free(fresh.keys);
  else
    replace(&keys->installed, fresh);
  return error;
}

int hub_keys_replace_listed(struct hub_keys *keys, const struct hub_key *list, size_t count) {
  struct hub_key_list fresh = {.keys = calloc(count + 1, sizeof *list), .count = count};
  if (!fresh.keys) return -ENOMEM;
  if (count) memcpy(fresh.keys, list, count * sizeof *list);
  replace(&keys->listed, fresh);
  return 0;
}

void hub_keys_finish(struct hub_keys *keys) {
  free(keys->installed.keys);
  free(keys->listed.keys);
  *keys = (struct hub_keys){0};
}
