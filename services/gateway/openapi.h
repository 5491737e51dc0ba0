// /openapi.json as common/gen/openapi.py made it from the contracts.
#pragma once

#include <stddef.h>

extern const struct openapi {
  const unsigned char *text;
  size_t size;
  const unsigned char *packed;  // by gzip
  size_t packed_size;
  const char *etag, *packed_etag;
} openapi;
