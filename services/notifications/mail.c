#include "mail.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "frame.h"
#include "mime.h"

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

// "…" of printable characters; a quote or backslash inside has a backslash before it. Without angles, at which a
// careless server would end the address.
static bool quoted_string_ok(const char *text, size_t size) {
  if (size < 3 || text[0] != '"' || text[size - 1] != '"') return false;
  for (size_t i = 1; i < size - 1; i++) {
    if (text[i] == '"' || (text[i] == '\\' && ++i == size - 1)) return false;
    if (text[i] < ' ' || text[i] > '~' || strchr("<>", text[i])) return false;
  }
  return true;
}

bool mail_address_ok(const char *address) {
  size_t size = strlen(address);
  const char *at = strrchr(address, '@');
  if (!at || size > MAIL_ADDRESS_MAX) return false;
  size_t local = (size_t)(at - address);
  return local <= 64 && (dot_atom_ok(address, local, "!#$%&'*+-/=?^_`{|}~") || quoted_string_ok(address, local)) &&
         dot_atom_ok(at + 1, size - local - 1, "-");
}

static void write_address_header(const char *name, const char *phrase, const char *address, FILE *out) {
  fprintf(out, "%s: ", name);
  if (phrase[0]) {
    mime_encoded(phrase, out);
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

static void write_headers(const struct mail *mail, FILE *out) {
  const char *domain = strrchr(mail->from_address, '@');
  write_date(mail->date_us, out);
  write_address_header("From", mail->from_name, mail->from_address, out);
  write_address_header("To", mail->to_name, mail->to_address, out);
  mime_text_header("Subject", mail->subject, out);
  fprintf(out, "Message-ID: <%s%s>\r\n", mail->delivery_id, domain);
  // RFC 3834: nobody's holiday answer comes back to a machine. RFC 2919: mail programs sort by it.
  fprintf(out, "Auto-Submitted: auto-generated\r\nList-Id: <pulih.%s>\r\n", domain + 1);
  if (mail->notices_url[0]) fprintf(out, "List-Unsubscribe: <%s/preferences>\r\n", mail->notices_url);
  fprintf(out, "Content-Language: %s\r\nMIME-Version: 1.0\r\n", mail->language);
}

// Neither encoding of a part has "=_" in it, so no text can end one.
static void write_boundary(const struct mail *mail, char kind, const char *end, FILE *out) {
  fprintf(out, "--=_%c_%s%s\r\n", kind, mail->delivery_id, end);
}

static void begin_multipart(const struct mail *mail, const char *subtype, char kind, FILE *out) {
  fprintf(out, "Content-Type: multipart/%s;\r\n boundary=\"=_%c_%s\"\r\n\r\n", subtype, kind, mail->delivery_id);
}

static void write_texts(const struct mail *mail, FILE *out) {
  static const char quoted[] = "; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n";
  char *text = frame_text(mail), *html = frame_html(mail);
  begin_multipart(mail, "alternative", 'a', out);
  write_boundary(mail, 'a', "", out);
  fprintf(out, "Content-Type: text/plain%s", quoted);
  mime_quoted_printable(text, out);
  write_boundary(mail, 'a', "", out);
  fprintf(out, "Content-Type: text/html%s", quoted);
  mime_quoted_printable(html, out);
  if (mail->calendar) {
    write_boundary(mail, 'a', "", out);
    fprintf(out,
            "Content-Type: text/calendar; charset=utf-8; method=%s\r\n"
            "Content-Transfer-Encoding: base64\r\n\r\n",
            mail->calendar_method);
    mime_base64(mail->calendar, strlen(mail->calendar), out);
  }
  write_boundary(mail, 'a', "--", out);
  free(text);
  free(html);
}

int mail_write(const struct mail *mail, FILE *out) {
  if (!mail_address_ok(mail->from_address) || !mail_address_ok(mail->to_address)) return -EINVAL;
  write_headers(mail, out);
  if (!mail->file) {
    write_texts(mail, out);
    return ferror(out) ? -EIO : 0;
  }
  begin_multipart(mail, "mixed", 'm', out);
  write_boundary(mail, 'm', "", out);
  write_texts(mail, out);
  write_boundary(mail, 'm', "", out);
  fprintf(out, "Content-Type: %s", mail->file->type);
  mime_parameter("name", mail->file->name, out);
  fputs("\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment", out);
  mime_parameter("filename", mail->file->name, out);
  fputs("\r\n\r\n", out);
  mime_base64(mail->file->data, mail->file->size, out);
  write_boundary(mail, 'm', "--", out);
  return ferror(out) ? -EIO : 0;
}
