// Lines of a calendar as RFC 5545 has them (3.1): folded between characters where they would be longer than 75 bytes,
// and ended by CRLF. Controls in a value are left out, so that none begins a line of its own.
#pragma once

#include <stdint.h>
#include <stdio.h>

// `name` is with its parameters: "REFRESH-INTERVAL;VALUE=DURATION".
void content_line(FILE *out, const char *name, const char *value);
// A value of type TEXT (3.3.11), whose line breaks are kept.
void content_line_text(FILE *out, const char *name, const char *text);
void content_line_number(FILE *out, const char *name, int number);
// `seconds` since 1970 UTC.
void content_line_time(FILE *out, const char *name, int64_t seconds);
