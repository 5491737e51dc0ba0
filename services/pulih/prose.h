// The contracts' prose, as common/gen/prose.py embeds it.
#pragma once

#include <stddef.h>

struct prose {
  const char *name;  // "pulih.hub.v1.HubService/GetStatus", "pulih.type.v1.Date.year"
  const char *text;  // one line
};

extern const struct prose prose[];  // by name
extern const size_t prose_count;
