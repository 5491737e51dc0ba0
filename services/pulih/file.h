// Small files and what is typed.
#pragma once

#include <stddef.h>

#include "base/arena.h"

// All of a file, or of stdin for "-", with a NUL behind it, in `arena`. -EFBIG when it is larger than `most`, or
// -errno.
int file_read(const char *path, size_t most, struct arena *arena, char **ret_text, size_t *ret_size);
// Makes the folders on the way (0700), writes the file (0600) beside its place and moves it there.
int file_replace_private(const char *path, const void *data, size_t size, struct arena *arena);

// A line from the terminal, without showing it, after `prompt` on it. -ENOTTY when there is no terminal.
int file_ask_secret(const char *prompt, struct arena *arena, const char **ret_text);
// The file's first line.
int file_read_secret(const char *path, struct arena *arena, const char **ret_text);
