// Connections to an SMTP server, up to where MAIL can be said: name, TCP, TLS, greeting, EHLO, STARTTLS, AUTH, all by
// libcurl on the loop. What follows is smtp.c's, since libcurl 7.88 blocks the whole thread while it waits for the
// answer to a mail's last byte, and again for the one to QUIT (smtp_done and smtp_disconnect, lib/smtp.c).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "smtp.h"

struct smtp_curl;

// One connection. Zeroed but for the callback and its owner before it is opened.
struct smtp_line {
  void (*opened)(struct smtp_line *line, bool ok);  // once, never from within smtp_line_open()
  void *owner;
  void *easy;                     // CURL *
  int fd;                         // once open, for a uv_poll of its owner's, which goes before smtp_line_close()
  bool pipelining;                // once open: the server takes commands ahead of its replies (RFC 2920)
  int code;                       // when it couldn't be opened: reply code, if that is why
  char answer[SMTP_ANSWER_SIZE];  // and the server's words, or what went wrong
};

// NULL when memory is out or the URL isn't one of SMTP.
struct smtp_curl *smtp_curl_create(uv_loop_t *loop, const struct smtp_settings *settings);
// Every line must be closed. `destroyed` (may be NULL) is called when the loop has let go of it.
void smtp_curl_destroy(struct smtp_curl *curl, void (*destroyed)(void *owner), void *owner);

void smtp_line_open(struct smtp_curl *curl, struct smtp_line *line);
// Open or still opening; `opened` isn't called any more.
void smtp_line_close(struct smtp_curl *curl, struct smtp_line *line);
// Bytes written or read; 0: not just now, wait for the socket; negative: the connection is over.
ptrdiff_t smtp_line_write(struct smtp_line *line, const char *data, size_t size);
ptrdiff_t smtp_line_read(struct smtp_line *line, char *data, size_t size);

// Keeps of a server's words what is printable.
void smtp_answer_set(char answer[SMTP_ANSWER_SIZE], const char *text, size_t size);
