#include "mail.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"

enum {
  LINE_MAX_QP = 76,         // RFC 2045 6.7 (5)
  ENCODED_WORD_BYTES = 39,  // RFC 2047 2: a line with an encoded word has at most 76 characters, the name included
};

static bool is_letter_or_digit(unsigned char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

// `signs` may stand inside; a dot neither first, last nor twice in a row.
static bool dot_atom_ok(const char *text, size_t size, const char *signs) {
  if (size == 0 || text[0] == '.' || text[size - 1] == '.') return false;
  for (size_t i = 0; i < size; i++) {
    unsigned char c = (unsigned char)text[i];
    if (c == '.' ? text[i - 1] == '.' : !is_letter_or_digit(c) && !strchr(signs, c)) return false;
  }
  return true;
}

bool mail_address_ok(const char *address) {
  size_t size = strlen(address);
  const char *at = strrchr(address, '@');
  if (!at || size > MAIL_ADDRESS_MAX) return false;
  size_t local = (size_t)(at - address);
  return local <= 64 && dot_atom_ok(address, local, "!#$%&'*+-/=?^_`{|}~") &&
         dot_atom_ok(at + 1, size - local - 1, "-");
}

static bool is_continuation(char c) {
  return ((unsigned char)c & 0xC0) == 0x80;
}

static void write_base64(const char *text, size_t size, FILE *out) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < size; i += 3) {
    size_t left = size - i;
    // A line break or another control character in a header's text becomes a space here, too: some readers decode first
    // and then look for headers.
    unsigned group = 0;
    for (size_t k = 0; k < 3; k++) {
      unsigned char c = k < left ? (unsigned char)text[i + k] : 0;
      if (k < left && (c < ' ' || c == 0x7F)) c = ' ';
      group = group << 8 | c;
    }
    fputc(digits[group >> 18], out);
    fputc(digits[group >> 12 & 63], out);
    fputc(left > 1 ? digits[group >> 6 & 63] : '=', out);
    fputc(left > 2 ? digits[group & 63] : '=', out);
  }
}

// RFC 2047: "=?UTF-8?B?…?=" words, each of whole characters and on a line of its own.
static void write_encoded(const char *text, FILE *out) {
  for (bool first = true; *text; first = false) {
    size_t size = strnlen(text, ENCODED_WORD_BYTES);
    while (size > 1 && is_continuation(text[size])) size--;
    fputs(first ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?", out);
    write_base64(text, size, out);
    fputs("?=", out);
    text += size;
  }
}

static bool is_plain(const char *text) {
  for (const char *c = text; *c; c++) {
    if (*c < ' ' || *c > '~') return false;
  }
  return strstr(text, "=?") == NULL;
}

// A header of free text. Plain ones stay readable unless they were too long for one line (RFC 5322 2.1.1: 78).
static void write_text_header(const char *name, const char *text, FILE *out) {
  fprintf(out, "%s: ", name);
  if (is_plain(text) && strlen(name) + 2 + strlen(text) <= 78) {
    fputs(text, out);
  } else {
    write_encoded(text, out);
  }
  fputs("\r\n", out);
}

static void write_address_header(const char *name, const char *phrase, const char *address, FILE *out) {
  fprintf(out, "%s: ", name);
  if (phrase[0]) {
    write_encoded(phrase, out);
    fputs("\r\n ", out);
  }
  fprintf(out, "<%s>\r\n", address);
}

static void write_date(int64_t time_us, FILE *out) {
  static const char days[7][4] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
  static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  int64_t seconds = time_us / 1000000, day = seconds / 86400, second = seconds % 86400;
  int year, month, month_day;
  date_from_days(day, &year, &month, &month_day);
  fprintf(out, "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\n", days[day % 7], month_day, months[month - 1], year,
          (int)(second / 3600), (int)(second / 60 % 60), (int)(second % 60));
}

// RFC 2045 6.7. Blanks at a line's end and a "From " at its start are encoded as well, since relays change both.
static void write_quoted_printable(const char *text, FILE *out) {
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
    if (column + width > LINE_MAX_QP - 1) {
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

int mail_write(const struct mail *mail, FILE *out) {
  if (!mail_address_ok(mail->from_address) || !mail_address_ok(mail->to_address)) return -EINVAL;
  write_date(mail->date_us, out);
  write_address_header("From", mail->from_name, mail->from_address, out);
  write_address_header("To", mail->to_name, mail->to_address, out);
  write_text_header("Subject", mail->subject, out);
  fprintf(out, "Message-ID: <%s%s>\r\n", mail->delivery_id, strrchr(mail->from_address, '@'));
  // RFC 3834: nobody's holiday answer comes back to a machine.
  fputs("Auto-Submitted: auto-generated\r\n", out);
  fprintf(out, "Content-Language: %s\r\n", mail->language);
  fputs(
      "MIME-Version: 1.0\r\n"
      "Content-Type: text/plain; charset=utf-8\r\n"
      "Content-Transfer-Encoding: quoted-printable\r\n\r\n",
      out);
  write_quoted_printable(mail->body, out);
  return ferror(out) ? -EIO : 0;
}
