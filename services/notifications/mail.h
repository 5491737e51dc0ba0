// One mail as SMTP takes it: RFC 5322 headers, a text and the same as HTML (RFC 2046 multipart/alternative), with a
// calendar entry (RFC 6047) and a file where there are such; everything in ASCII, no line longer than 998 (RFC
// 5322 2.1.1). Pure.
//
// No value can add a header or a recipient: control characters in a header's text become spaces, what isn't plain ASCII
// is an RFC 2047 encoded word, and an address that could say anything else to a server is refused.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { MAIL_ADDRESS_MAX = 254 };  // RFC 5321 4.5.3.1, errata 1690

struct mail_file {
  const char *name;
  const char *type;  // "application/pdf"
  const void *data;
  size_t size;
};

struct mail {
  const char *delivery_id;   // its Message-ID is made of this, and is the same when the mail is sent again
  const char *from_address;  // its domain is the Message-ID's
  const char *from_name;     // or ""
  const char *to_address;
  const char *to_name;  // or ""
  const char *subject;
  const char *language;          // "id", "en"
  const char *body;              // UTF-8, lines end with \n
  const char *notices_url;       // the reader's list on the page, with /preferences for how to be told; or ""
  const char *calendar;          // of text/calendar, or NULL
  const char *calendar_method;   // "REQUEST"
  const struct mail_file *file;  // or NULL
  int64_t date_us;               // since 1970 UTC
};

// An address that can be handed to a server: a dot-atom or a quoted string, "@" and a domain name (RFC 5321 4.1.2).
// Without address literals, which name a machine and no mailbox of anybody's, and without RFC 6531, which few servers
// take.
bool mail_address_ok(const char *address);
// Writes headers and body with CRLF line ends, not dot-stuffed. -EINVAL when an address isn't ok.
int mail_write(const struct mail *mail, FILE *out);
