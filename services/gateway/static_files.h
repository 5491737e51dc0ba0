// The page's files, read into memory once. What a file is called next to itself with .gz or .br is the same file
// packed, and is sent where the browser takes that.
#pragma once

#include "http_server.h"

struct static_files;

// All regular files below `folder` whose names don't begin with a dot. NULL when it can't be read or is larger than
// 64 MiB.
struct static_files *static_files_load(const char *folder, int *ret_error);
void static_files_destroy(struct static_files *files);

// Answers with the file of the request's path; with index.html where the path is none of a file but one of the page's
// own (its last part has no dot); else with 404. `files` may be NULL: there is no page.
void static_files_reply(const struct static_files *files, struct http_exchange *exchange);
