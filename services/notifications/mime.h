// How texts and bytes stand in a mail, all in ASCII: RFC 2045 quoted-printable and base64, RFC 2047 encoded words, RFC
// 2231 parameters. Pure.
#pragma once

#include <stddef.h>
#include <stdio.h>

// A header of free text on lines of at most 78. Control characters become spaces; what isn't plain ASCII, or too long
// for one line, is encoded. Of what is longer than MIME_TEXT_MAX bytes only the beginning stands there.
enum { MIME_TEXT_MAX = 600 };
void mime_text_header(const char *name, const char *text, FILE *out);
// The encoded words alone, for a phrase before an address.
void mime_encoded(const char *text, FILE *out);
// '; name*=UTF-8''…' and, for old readers, '; name="…"' with what isn't ASCII left out; each on a line of its own.
void mime_parameter(const char *name, const char *text, FILE *out);
// Lines of at most 76. Line ends in `text` are \n or \r\n.
void mime_quoted_printable(const char *text, FILE *out);
void mime_base64(const void *data, size_t size, FILE *out);
