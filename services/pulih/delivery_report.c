#include "delivery_report.h"

#include <ctype.h>
#include <gmime/gmime.h>
#include <stdio.h>
#include <string.h>

enum { FIELD_MAX = 2048 };

// --- blocks of header fields
// ------------------------------------------------------------------------------------------

// One field, unfolded; `text` goes on behind it. An empty line ends a block: the name is "" then. False at the end.
struct field {
  char name[64];
  char value[FIELD_MAX];
};

static size_t line_size(const char *text, const char *end) {
  const char *stop = memchr(text, '\n', (size_t)(end - text));
  return stop ? (size_t)(stop - text) + 1 : (size_t)(end - text);
}

// Printable ASCII alone, white space as one blank each.
static size_t append(char *to, size_t kept, size_t room, const char *from, size_t size) {
  for (size_t i = 0; i < size && kept < room - 1; i++) {
    char c = from[i] == '\t' || from[i] == '\r' || from[i] == '\n' ? ' ' : from[i];
    if (c < ' ' || c > '~' || (c == ' ' && (kept == 0 || to[kept - 1] == ' '))) continue;
    to[kept++] = c;
  }
  to[kept] = '\0';
  return kept;
}

static bool next_field(const char **text, const char *end, struct field *field) {
  if (*text == end) return false;
  const char *line = *text;
  size_t size = line_size(line, end);
  *text = line + size;
  const char *colon = memchr(line, ':', size);
  field->value[0] = '\0';
  append(field->name, 0, sizeof field->name, line, colon ? (size_t)(colon - line) : 0);
  if (!colon) return true;
  size_t kept = append(field->value, 0, sizeof field->value, colon + 1, size - (size_t)(colon - line) - 1);
  while (*text < end && (**text == ' ' || **text == '\t')) {
    size = line_size(*text, end);
    kept = append(field->value, kept, sizeof field->value, *text, size);
    *text += size;
  }
  while (kept > 0 && field->value[kept - 1] == ' ') field->value[--kept] = '\0';
  return true;
}

// --- what a report says
// -----------------------------------------------------------------------------------------------

// "rfc822; sari@example.org" without its type.
static const char *behind_type(const char *value) {
  const char *semicolon = strchr(value, ';');
  value = semicolon ? semicolon + 1 : value;
  return value + strspn(value, " <");
}

static void copy(char *to, size_t room, const char *from) {
  snprintf(to, room, "%.*s", (int)room - 1, from);
}

static void take_address(char address[REPORT_ADDRESS_SIZE], const char *value) {
  copy(address, REPORT_ADDRESS_SIZE, behind_type(value));
  address[strcspn(address, "> ")] = '\0';
}

static void take_field(struct report_recipient *recipient, const struct field *field) {
  if (!strcasecmp(field->name, "Original-Recipient")) {
    take_address(recipient->address, field->value);
  } else if (!strcasecmp(field->name, "Final-Recipient")) {
    if (!recipient->address[0]) take_address(recipient->address, field->value);
  } else if (!strcasecmp(field->name, "Action")) {
    recipient->failed = !strncasecmp(field->value, "failed", 6);
  } else if (!strcasecmp(field->name, "Status")) {
    copy(recipient->status, sizeof recipient->status, field->value);
    recipient->status[strspn(recipient->status, "0123456789.")] = '\0';
  } else if (!strcasecmp(field->name, "Diagnostic-Code")) {
    copy(recipient->diagnostic, sizeof recipient->diagnostic, behind_type(field->value));
  }
}

// The first block is about the mail, each one behind it about a recipient.
static void read_status(const char *text, size_t size, struct delivery_report *report) {
  const char *end = text + size;
  struct field field;
  struct report_recipient recipient = {0};
  bool first = true, more = true, any = false;
  while (more) {
    more = next_field(&text, end, &field);
    if (more && field.name[0]) {
      if (!first) take_field(&recipient, &field);
      any = true;
      continue;
    }
    if (!any) continue;
    if (!first && recipient.address[0] && report->recipient_count < REPORT_RECIPIENTS_MAX) {
      report->recipients[report->recipient_count++] = recipient;
    }
    recipient = (struct report_recipient){0};
    first = any = false;
  }
}

// Ours begin with the delivery's UUID: <01890a5d-…@yayasan.example>.
static void take_message_id(const char *message_id, struct delivery_report *report) {
  message_id += strspn(message_id, " <");
  if (strnlen(message_id, 37) < 37 || message_id[36] != '@') return;
  for (int i = 0; i < 36; i++) {
    bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? message_id[i] != '-' : !isxdigit((unsigned char)message_id[i])) return;
  }
  memcpy(report->delivery_id, message_id, 36);
}

static void read_headers(const char *text, size_t size, struct delivery_report *report) {
  const char *end = text + size;
  struct field field;
  while (next_field(&text, end, &field) && field.name[0]) {
    if (!strcasecmp(field.name, "Message-ID")) take_message_id(field.value, report);
  }
}

// --- MIME
// -------------------------------------------------------------------------------------------------------------

static void read_content(GMimePart *part, void (*read)(const char *, size_t, struct delivery_report *),
                         struct delivery_report *report) {
  GMimeDataWrapper *content = g_mime_part_get_content(part);
  if (!content) return;
  GMimeStream *stream = g_mime_stream_mem_new();
  g_mime_data_wrapper_write_to_stream(content, stream);
  GByteArray *bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
  read((const char *)bytes->data, bytes->len, report);
  g_object_unref(stream);
}

static void read_part(GMimeObject *part, struct delivery_report *report) {
  GMimeContentType *type = g_mime_object_get_content_type(part);
  if (GMIME_IS_MESSAGE_PART(part)) {
    GMimeMessage *message = g_mime_message_part_get_message(GMIME_MESSAGE_PART(part));
    const char *id = message ? g_mime_message_get_message_id(message) : NULL;
    if (id) take_message_id(id, report);
  } else if (GMIME_IS_PART(part) && (g_mime_content_type_is_type(type, "message", "delivery-status") ||
                                     g_mime_content_type_is_type(type, "message", "global-delivery-status"))) {
    read_content(GMIME_PART(part), read_status, report);
  } else if (GMIME_IS_PART(part) && g_mime_content_type_is_type(type, "text", "rfc822-headers")) {
    read_content(GMIME_PART(part), read_headers, report);
  }
}

static GMimeMessage *parse(const void *mail, size_t size) {
  GMimeStream *stream = g_mime_stream_mem_new_with_buffer(mail, size);
  GMimeParser *parser = g_mime_parser_new_with_stream(stream);
  GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
  g_object_unref(parser);
  g_object_unref(stream);
  return message;
}

bool delivery_report_read(const void *mail, size_t size, struct delivery_report *ret_report) {
  struct delivery_report report = {0};
  g_mime_init();
  GMimeMessage *message = size <= REPORT_MAIL_MAX ? parse(mail, size) : NULL;
  GMimeObject *whole = message ? g_mime_message_get_mime_part(message) : NULL;
  // Its parts are looked at one by one and never inside one another: a report that was forwarded isn't for us.
  if (whole && GMIME_IS_MULTIPART(whole) &&
      g_mime_content_type_is_type(g_mime_object_get_content_type(whole), "multipart", "report")) {
    GMimeMultipart *parts = GMIME_MULTIPART(whole);
    int count = g_mime_multipart_get_count(parts);
    for (int i = 0; i < count && i < 8; i++) read_part(g_mime_multipart_get_part(parts, i), &report);
  }
  if (message) g_object_unref(message);
  if (!report.delivery_id[0] || !report.recipient_count) return false;
  *ret_report = report;
  return true;
}
