#include "mime.h"

#include <stdbool.h>
#include <string.h>

enum {
  LINE_MOST = 76,           // RFC 2045 6.7 (5), 6.8
  HEADER_LINE_MOST = 78,    // RFC 5322 2.1.1
  ENCODED_WORD_BYTES = 39,  // RFC 2047 2: a line with an encoded word has at most 76 characters, the name included
};

static bool is_control(char c) {
  return (unsigned char)c < ' ' || c == 0x7F;
}

static bool is_continuation(char c) {
  return ((unsigned char)c & 0xC0) == 0x80;
}

// How much of `text` fits into `most` bytes without cutting a character in two.
static size_t whole_characters(const char *text, size_t most) {
  size_t size = strnlen(text, most + 1);
  if (size <= most) return size;
  size = most;
  while (size > 1 && is_continuation(text[size])) size--;
  return size;
}

// A line break or another control character in a header's text becomes a space here, too: some readers decode first and
// then look for headers.
static void write_base64(const unsigned char *data, size_t size, bool is_text, FILE *out) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < size; i += 3) {
    size_t left = size - i;
    unsigned group = 0;
    for (size_t k = 0; k < 3; k++) {
      unsigned char c = k < left ? data[i + k] : 0;
      if (is_text && k < left && is_control((char)c)) c = ' ';
      group = group << 8 | c;
    }
    fputc(digits[group >> 18], out);
    fputc(digits[group >> 12 & 63], out);
    fputc(left > 1 ? digits[group >> 6 & 63] : '=', out);
    fputc(left > 2 ? digits[group & 63] : '=', out);
  }
}

// "=?UTF-8?B?…?=" words, each of whole characters and on a line of its own.
void mime_encoded(const char *text, FILE *out) {
  size_t left = whole_characters(text, MIME_TEXT_MAX);
  for (bool first = true; left > 0; first = false) {
    size_t size = whole_characters(text, ENCODED_WORD_BYTES);
    if (size > left) size = left;
    fputs(first ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?", out);
    write_base64((const unsigned char *)text, size, true, out);
    fputs("?=", out);
    text += size;
    left -= size;
  }
}

static bool is_plain(const char *text) {
  for (const char *c = text; *c; c++) {
    if (*c < ' ' || *c > '~') return false;
  }
  return strstr(text, "=?") == NULL;
}

void mime_text_header(const char *name, const char *text, FILE *out) {
  fprintf(out, "%s: ", name);
  if (is_plain(text) && strlen(name) + 2 + strlen(text) <= HEADER_LINE_MOST) {
    fputs(text, out);
  } else {
    mime_encoded(text, out);
  }
  fputs("\r\n", out);
}

void mime_parameter(const char *name, const char *text, FILE *out) {
  static const char hex[] = "0123456789ABCDEF";
  static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_";
  fprintf(out, ";\r\n %s=\"", name);
  for (const char *c = text; *c; c++) {
    if (strchr(plain, *c)) fputc(*c, out);
  }
  fprintf(out, "\";\r\n %s*=UTF-8''", name);
  for (const char *c = text; *c; c++) {
    if (strchr(plain, *c)) {
      fputc(*c, out);
    } else {
      fprintf(out, "%%%c%c", hex[(unsigned char)*c >> 4], hex[*c & 15]);
    }
  }
}

// Blanks at a line's end and a "From " at its start are encoded as well, since relays change both.
void mime_quoted_printable(const char *text, FILE *out) {
  int column = 0;
  for (const char *c = text; *c; c++) {
    if (*c == '\r' && c[1] == '\n') continue;
    if (*c == '\n') {
      fputs("\r\n", out);
      column = 0;
      continue;
    }
    bool line_ends = c[1] == '\0' || c[1] == '\n' || c[1] == '\r';
    bool plain = *c >= ' ' && *c <= '~' && *c != '=' && !(*c == ' ' && line_ends) &&
                 !(column == 0 && strncmp(c, "From ", 5) == 0);
    int width = plain ? 1 : 3;
    if (column + width > LINE_MOST - 1) {
      fputs("=\r\n", out);
      column = 0;
    }
    if (plain) {
      fputc(*c, out);
    } else {
      fprintf(out, "=%02X", (unsigned char)*c);
    }
    column += width;
  }
  if (column > 0) fputs("\r\n", out);
}

void mime_base64(const void *data, size_t size, FILE *out) {
  enum { LINE_BYTES = LINE_MOST / 4 * 3 };
  const unsigned char *bytes = data;
  for (size_t i = 0; i < size; i += LINE_BYTES) {
    write_base64(bytes + i, size - i < LINE_BYTES ? size - i : LINE_BYTES, false, out);
    fputs("\r\n", out);
  }
}
