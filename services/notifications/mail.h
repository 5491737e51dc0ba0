// One mail as SMTP takes it: RFC 5322 headers, RFC 2045 quoted-printable text, everything in ASCII. Pure.
//
// No value can add a header or a recipient: control characters in a header's text become spaces, what isn't plain ASCII
// is an RFC 2047 encoded word, and an address with anything but letters, digits and the signs of a dot-atom is refused.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { MAIL_ADDRESS_MAX = 254 };  // RFC 5321 4.5.3.1, errata 1690

struct mail {
  const char *delivery_id;   // its Message-ID is made of this, and is the same when the mail is sent again
  const char *from_address;  // its domain is the Message-ID's
  const char *from_name;     // or ""
  const char *to_address;
  const char *to_name;  // or ""
  const char *subject;
  const char *language;  // "id", "en"
  const char *body;      // UTF-8, lines end with \n
  int64_t date_us;       // since 1970 UTC
};

// An address that can be handed to a server: dot-atom "@" domain, RFC 5321 without quoted and non-ASCII local parts.
bool mail_address_ok(const char *address);
// Writes headers and body with CRLF line ends, not dot-stuffed. -EINVAL when an address isn't ok.
int mail_write(const struct mail *mail, FILE *out);
