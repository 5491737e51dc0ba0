// Mail to one SMTP server (RFC 5321) on the loop: many at once, a connection each, connections kept and used again,
// STARTTLS and authentication as set.
//
// Says of every failure whose it is (smtp_answer.h): the server's as a whole (it can't be reached, greets wrongly,
// refuses our sign-in or our sender), this mail's for now, or this mail's for good. A mail whose connection broke after
// its last byte may have been taken; it counts as put off, and is the one that may arrive twice, with the same
// Message-ID.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "smtp_answer.h"

enum smtp_tls { SMTP_TLS_NONE, SMTP_TLS_WHERE_OFFERED, SMTP_TLS_REQUIRED };

struct smtp_settings {
  const char *url;              // smtp://host:port or, with TLS from the first byte, smtps://host:port
  const char *user, *password;  // "" to send without signing in
  enum smtp_tls tls;            // of smtp://
  const char *ca_file;          // certificates to trust, PEM; "" for the system's
  uint32_t connect_timeout_ms;
  uint32_t send_timeout_ms;  // of the whole, connecting included; twice that where a kept connection turns out dead
};

enum { SMTP_ANSWER_SIZE = 256 };

struct smtp_result {
  enum smtp_end end;
  enum smtp_blame blame;
  int code;                       // of the last reply; 0 without one
  char answer[SMTP_ANSWER_SIZE];  // its text, or what went wrong; printable ASCII
};

// Filled by the owner and kept, with all it points to, until `done`.
struct smtp_mail {
  const char *from, *to;  // addresses that mail_address_ok() let through
  const char *data;       // headers and body with CRLF, not dot-stuffed
  size_t size;
  void (*done)(struct smtp_mail *mail, const struct smtp_result *result);  // once, never from within smtp_send()
  void *owner;
};

struct smtp;

// NULL when memory is out or the URL isn't one of SMTP. `settings` and its texts outlive it.
struct smtp *smtp_create(uv_loop_t *loop, const struct smtp_settings *settings);
void smtp_send(struct smtp *smtp, struct smtp_mail *mail);
// No mail may be under way. Hangs up and frees it all; `destroyed` (may be NULL) is called when the loop has let go of
// it.
void smtp_destroy(struct smtp *smtp, void (*destroyed)(void *owner), void *owner);
