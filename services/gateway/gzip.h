// gzip (RFC 1952) of bodies, with zlib's memory taken once.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

struct gzip;

struct gzip *gzip_create(void);
void gzip_destroy(struct gzip *gzip);
// Unpacks one member into the arena. -EBADMSG when it isn't one, cut off or followed by something, -EMSGSIZE when more
// than `limit` comes out, -ENOMEM.
int gzip_unpack(struct gzip *gzip, const void *data, size_t size, size_t limit, struct arena *arena,
                const void **ret_data, size_t *ret_size);
// Packs into the arena. -ENOMEM; -E2BIG when it wouldn't become smaller.
int gzip_pack(struct gzip *gzip, const void *data, size_t size, struct arena *arena, const void **ret_data,
              size_t *ret_size);

// Whether an Accept-Encoding (RFC 9110 section 12.5.3) takes a coding: named with a weight other than 0, or by "*".
// NULL takes none.
bool accepts_encoding(const char *accept, const char *coding);
