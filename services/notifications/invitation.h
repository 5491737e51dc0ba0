// A session as an entry for its counsellor's calendar (RFC 5545, and RFC 5546 for what a method means). UID is the
// session's id and SEQUENCE its version, as in the gateway's calendar feeds, so that a program knows it for the same.
// UTC alone (PITFALLS 26). Pure.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct invitation {
  const char *session_id;
  int version;
  int64_t starts_s, ends_s;  // since 1970 UTC
  int64_t stamp_s;
  const char *summary, *location;
  bool cancelled;                    // it takes place no more, or without its reader
  const char *organizer, *attendee;  // addresses
};

// "REQUEST" or "CANCEL".
const char *invitation_method(const struct invitation *invitation);
// The text, to be freed; NULL when memory is out.
char *invitation_write(const struct invitation *invitation);
