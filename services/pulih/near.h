// What somebody probably meant to write.
#pragma once

#include <stddef.h>

// Edits (a character more, less, other, or two exchanged) from one text to the other, ASCII letters in any case; no
// more than `most` are counted. (Optimal string alignment)
size_t near_distance(const char *a, const char *b, size_t most);
// The names nearest to `word`, best first, among those near enough to be meant: a third of its letters may be wrong, or
// it is the beginning of the name. Returns how many are in `ret_names`.
size_t near_find(const char *word, const char *const *names, size_t count, const char **ret_names, size_t room);
