// Words that somebody wrote, checked before they are saved or shown.
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "rpc/call.h"

// Whether `text` can be used; else call->status says why not, and that it is the request's field `path`.
bool wording_fits(struct call *call, const char *path, const char *text, bool is_subject, const json_t *example);
