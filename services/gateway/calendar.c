// /cal/<token>.ics: what a link gives (CalendarFeedService). Whoever has the token is let in, so it stands in no log,
// and one that was revoked is answered as one that never was.
#include <string.h>

#include "calendar_text.h"
#include "calls.h"
#include "etag.h"
#include "json/base64.h"
#include "message/message.h"

enum { TOKEN_BYTES = 24, TOKEN_TEXT = 32 };

static const char begins[] = "/cal/", ends[] = ".ics";

static void not_there(struct http_exchange *exchange) {
  http_reply_status(exchange, 404);
}

static void feed_read(struct http_exchange *exchange, const struct rpc_answer *answer) {
  struct arena *arena = http_arena(exchange);
  struct status status = {0};
  if (answer->status && answer->status->code == STATUS_NOT_FOUND) {
    not_there(exchange);
    return;
  }
  if (answer->status) {
    reply_failure(exchange, answer->status, 0);
    return;
  }
  const Pulih__Scheduling__V1__CalendarFeedContent *content = (const void *)message_unpack(
      &pulih__scheduling__v1__calendar_feed_content__descriptor, answer->body, answer->size, arena, &status);
  size_t size;
  const char *text = content ? calendar_text(content, arena, &size) : NULL;
  const char *etag = text ? etag_of(text, size, arena) : NULL;
  if (!etag) {
    reply_reason(exchange, REASON_TOO_BUSY);
    return;
  }
  struct http_field fields[] = {{.name = "ETag", .value = etag},
                                {.name = "Cache-Control", .value = "private, max-age=300"},
                                {.name = "Content-Disposition", .value = "inline; filename=\"jadwal.ics\""}};
  bool same = has_already(exchange, etag);
  http_reply(exchange, &(struct http_reply){.status = same ? 304 : 200,
                                            .content_type = same ? NULL : "text/calendar; charset=utf-8",
                                            .body = same ? NULL : text,
                                            .size = same ? 0 : size,
                                            .fields = fields,
                                            .field_count = sizeof fields / sizeof fields[0],
                                            .cacheable = true});
}

void calendar_handle(struct http_exchange *exchange) {
  const char *text = http_request(exchange)->path + sizeof begins - 1;
  unsigned char token[TOKEN_TEXT];
  size_t size;
  bool formed = strlen(text) == TOKEN_TEXT + sizeof ends - 1 && !strcmp(text + TOKEN_TEXT, ends) &&
                base64_decode(text, TOKEN_TEXT, token, &size) && size == TOKEN_BYTES;
  if (!formed) {
    not_there(exchange);
    return;
  }
  Pulih__Scheduling__V1__ReadCalendarFeedRequest request = PULIH__SCHEDULING__V1__READ_CALENDAR_FEED_REQUEST__INIT;
  request.token = (ProtobufCBinaryData){size, token};
  call_message(exchange, "pulih.scheduling.v1.CalendarFeedService/ReadCalendarFeed", &request.base, NULL, feed_read);
}
