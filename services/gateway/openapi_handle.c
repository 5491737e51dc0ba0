#include "openapi.h"

#include "calls.h"
#include "etag.h"
#include "gzip.h"

void openapi_handle(struct http_exchange *exchange) {
  bool packed = accepts_encoding(http_field(exchange, "accept-encoding"), "gzip");
  const char *etag = packed ? openapi.packed_etag : openapi.etag;
  bool same = has_already(exchange, etag);
  const struct http_field fields[] = {{.name = "ETag", .value = etag},
                                      {.name = "Vary", .value = "Accept-Encoding"},
                                      {.name = "Cache-Control", .value = "no-cache"},
                                      {.name = "Content-Encoding", .value = "gzip"}};
  struct http_reply reply = {
      .status = same ? 304 : 200, .fields = fields, .field_count = packed && !same ? 4 : 3, .cacheable = true};
  if (!same) {
    reply.content_type = "application/json";
    reply.body = packed ? openapi.packed : openapi.text;
    reply.size = packed ? openapi.packed_size : openapi.size;
  }
  http_reply(exchange, &reply);
}
