#include "gzip.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

enum {
  GZIP_FORMAT = 16,  // added to the window's bits
  WINDOW_BITS = 15,
  PACK_LEVEL = 4,  // most of the gain at half the time of the default
  FIRST_BYTES = 16384,
};

struct gzip {
  z_stream pack, unpack;
};

struct gzip *gzip_create(void) {
  struct gzip *gzip = calloc(1, sizeof *gzip);
  if (!gzip) return NULL;
  bool made = deflateInit2(&gzip->pack, PACK_LEVEL, Z_DEFLATED, WINDOW_BITS + GZIP_FORMAT, MAX_MEM_LEVEL - 1,
                           Z_DEFAULT_STRATEGY) == Z_OK &&
              inflateInit2(&gzip->unpack, WINDOW_BITS + GZIP_FORMAT) == Z_OK;
  if (made) return gzip;
  gzip_destroy(gzip);
  return NULL;
}

void gzip_destroy(struct gzip *gzip) {
  if (!gzip) return;
  deflateEnd(&gzip->pack);
  inflateEnd(&gzip->unpack);
  free(gzip);
}

int gzip_unpack(struct gzip *gzip, const void *data, size_t size, size_t limit, struct arena *arena,
                const void **ret_data, size_t *ret_size) {
  z_stream *stream = &gzip->unpack;
  unsigned char *out = NULL;
  size_t used = 0, room = 0;
  int result = Z_OK;
  if (size > UINT32_MAX) return -EMSGSIZE;
  inflateReset(stream);
  stream->next_in = (unsigned char *)data;
  stream->avail_in = (uInt)size;
  while (result == Z_OK) {
    if (used == room) {
      if (used > limit) return -EMSGSIZE;
      // One byte above the limit tells that there would be more.
      size_t larger = room ? 2 * room : FIRST_BYTES;
      if (larger > limit + 1) larger = limit + 1;
      unsigned char *grown = arena_alloc(arena, larger);
      if (!grown) return -ENOMEM;
      if (used) memcpy(grown, out, used);
      out = grown;
      room = larger;
    }
    stream->next_out = out + used;
    stream->avail_out = (uInt)(room - used);
    result = inflate(stream, Z_NO_FLUSH);
    used = room - stream->avail_out;
  }
  if (used > limit) return -EMSGSIZE;
  if (result != Z_STREAM_END || stream->avail_in) return -EBADMSG;
  *ret_data = out;
  *ret_size = used;
  return 0;
}

int gzip_pack(struct gzip *gzip, const void *data, size_t size, struct arena *arena, const void **ret_data,
              size_t *ret_size) {
  z_stream *stream = &gzip->pack;
  unsigned char *out = size <= UINT32_MAX ? arena_alloc(arena, size) : NULL;
  if (!out) return -ENOMEM;
  deflateReset(stream);
  stream->next_in = (unsigned char *)data;
  stream->avail_in = (uInt)size;
  stream->next_out = out;
  stream->avail_out = (uInt)size;
  if (deflate(stream, Z_FINISH) != Z_STREAM_END) return -E2BIG;
  *ret_data = out;
  *ret_size = size - stream->avail_out;
  return 0;
}

// ";q=0" in any of its spellings: "q=0.000".
static bool is_refused(const char *parameters, size_t size) {
  const char *end = parameters + size, *at = parameters;
  while (at < end && (*at == ' ' || *at == ';' || *at == '\t')) at++;
  if (end - at < 3 || (*at != 'q' && *at != 'Q') || at[1] != '=') return false;
  for (at += 2; at < end && (*at == '0' || *at == '.'); at++) continue;
  return at == end || *at == ' ';
}

bool accepts_encoding(const char *accept, const char *coding) {
  bool any = false;
  for (const char *at = accept; at && *at;) {
    at += strspn(at, " \t,");
    size_t size = strcspn(at, ","), name = strcspn(at, " \t;,");
    bool refused = is_refused(at + name, size - name);
    if (name == strlen(coding) && !strncasecmp(at, coding, name)) return !refused;
    if (name == 1 && *at == '*') any = !refused;
    at += size;
  }
  return any;
}
