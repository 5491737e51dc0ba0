#include "frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mail.h"

enum { LINE_MOST = 76 };

struct frame_words {
  const char *by_itself, *open, *choose;
};

static const struct frame_words *words_of(const struct mail *mail) {
  static const struct frame_words indonesian = {"Dikirim otomatis; tidak perlu dibalas.", "Buka di Pulih",
                                                "Atur cara Anda diberi tahu"};
  static const struct frame_words english = {"Sent automatically; no need to reply.", "Open in Pulih",
                                             "Choose how you are told"};
  return mail->language[0] == 'e' ? &english : &indonesian;
}

// Without memory for a few kilobytes nothing goes on.
static FILE *open_text(char **text, size_t *size) {
  FILE *out = open_memstream(text, size);
  if (!out) abort();
  return out;
}

// Lines that a terminal would break anywhere end at a blank (RFC 3676 4.2: 78); columns and addresses stay as they are.
static void write_wrapped(const char *body, FILE *out) {
  int column = 0;
  for (const char *word = body; *word;) {
    size_t blanks = strspn(word, " "), size = blanks + strcspn(word + blanks, " \n");
    int width = 0;
    for (size_t i = 0; i < size; i++) width += ((unsigned char)word[i] & 0xC0) != 0x80;
    if (column > 0 && blanks == 1 && column + width > LINE_MOST) {
      fprintf(out, "\n%.*s", (int)(size - 1), word + 1);
      column = width - 1;
    } else {
      fwrite(word, 1, size, out);
      column += width;
    }
    word += size;
    if (*word == '\n') {
      fputc(*word++, out);
      column = 0;
    }
  }
}

char *frame_text(const struct mail *mail) {
  const struct frame_words *words = words_of(mail);
  char *text;
  size_t size = strlen(mail->body);
  const char *line_end = size > 0 && mail->body[size - 1] == '\n' ? "" : "\n";
  FILE *out = open_text(&text, &size);
  write_wrapped(mail->body, out);
  fputs(line_end, out);
  if (mail->notices_url[0]) fprintf(out, "\n%s: %s\n", words->open, mail->notices_url);
  fprintf(out, "\n-- \n%s%s%s\n", mail->from_name, mail->from_name[0] ? ". " : "", words->by_itself);
  if (mail->notices_url[0]) fprintf(out, "%s:\n%s/preferences\n", words->choose, mail->notices_url);
  fclose(out);
  return text;
}

// `in_lines` keeps line breaks, and columns that were made with blanks.
static void write_escaped(const char *text, size_t size, bool in_lines, FILE *out) {
  for (size_t i = 0; i < size; i++) {
    switch (text[i]) {
      case '&':
        fputs("&amp;", out);
        break;
      case '<':
        fputs("&lt;", out);
        break;
      case '>':
        fputs("&gt;", out);
        break;
      case '"':
        fputs("&quot;", out);
        break;
      case '\n':
        fputs(in_lines ? "<br>\n" : " ", out);
        break;
      case ' ':
        fputs(in_lines && i + 1 < size && text[i + 1] == ' ' ? "&nbsp;" : " ", out);
        break;
      default:
        if ((unsigned char)text[i] >= ' ') fputc(text[i], out);
    }
  }
}

// Paragraphs are what empty lines divide.
static void write_paragraphs(const char *body, FILE *out) {
  while (*body) {
    body += strspn(body, "\n");
    const char *end = strstr(body, "\n\n");
    size_t size = end ? (size_t)(end - body) : strlen(body);
    size_t shown = size;
    while (shown > 0 && body[shown - 1] == '\n') shown--;
    if (shown > 0) {
      fputs("<p style=\"margin:0 0 16px\">", out);
      write_escaped(body, shown, true, out);
      fputs("</p>\n", out);
    }
    body += size;
  }
}

static void write_link(const char *style, const char *url, const char *path, const char *words, FILE *out) {
  fprintf(out, "<a style=\"%s\" href=\"", style);
  write_escaped(url, strlen(url), false, out);
  fprintf(out, "%s\">%s</a>", path, words);
}

char *frame_html(const struct mail *mail) {
  const struct frame_words *words = words_of(mail);
  char *html;
  size_t size;
  FILE *out = open_text(&html, &size);
  fprintf(out,
          "<!doctype html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"supported-color-schemes\" content=\"light "
          "dark\">\n"
          "<title>",
          mail->language);
  write_escaped(mail->subject, strlen(mail->subject), false, out);
  fprintf(
      out,
      "</title>\n<style>:root{color-scheme:light dark}body{background:#fff;color:#1a1a1a}a{color:#0b5c55}\n"
      "@media (prefers-color-scheme:dark){body{background:#121212;color:#eee}a{color:#8fd3ca}}</style>\n</head>\n<body "
      "style=\"margin:0;padding:0\">\n"
      "<div role=\"article\" lang=\"%s\" dir=\"auto\" style=\"max-width:36em;margin:0 auto;padding:24px 16px;"
      "font:17px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif;overflow-wrap:break-word\">\n"
      "<h1 style=\"font-size:22px;line-height:1.3;margin:0 0 16px\">",
      mail->language);
  write_escaped(mail->subject, strlen(mail->subject), false, out);
  fputs("</h1>\n", out);
  write_paragraphs(mail->body, out);
  if (mail->notices_url[0]) write_link("font-weight:bold", mail->notices_url, "", words->open, out);
  fputs(
      "<hr style=\"border:0;border-top:1px solid;opacity:.3;margin:24px 0 12px\">\n<p "
      "style=\"font-size:14px;margin:0\">",
      out);
  write_escaped(mail->from_name, strlen(mail->from_name), false, out);
  fprintf(out, "%s%s", mail->from_name[0] ? ". " : "", words->by_itself);
  if (mail->notices_url[0]) {
    fputs("<br>\n", out);
    write_link("", mail->notices_url, "/preferences", words->choose, out);
  }
  fputs("</p>\n</div>\n</body>\n</html>\n", out);
  fclose(out);
  return html;
}
