// POST to a gateway, by libcurl on the loop: TLS verified, no redirects followed, nobody's private network reached,
// little of the answer kept. Connections are kept and used again.
//
// The address is looked at when the socket is about to be opened, so a name that means another address a moment later
// gains nothing (PITFALLS 23).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct webhook_settings {
  bool private_addresses;  // may be reached, and by http:// as well
  const char *ca_file;     // certificates to trust, PEM; "" for the system's
  uint32_t timeout_ms;     // of the whole
};

enum webhook_end {
  WEBHOOK_TAKEN,
  WEBHOOK_REFUSED,     // this message, for good
  WEBHOOK_PUT_OFF,     // the gateway has trouble, with this one at least
  WEBHOOK_NO_GATEWAY,  // it can't be reached, or wants to be left alone for a while
  WEBHOOK_GONE,        // it wants no more, ever (410)
};

enum { WEBHOOK_ANSWER_SIZE = 200 };

// Filled by the owner and kept, with all it points to, until `done`.
struct webhook_message {
  const char *url;
  const char *id, *signatures;  // headers webhook-id and webhook-signature
  int64_t timestamp_s;
  const char *body;  // JSON
  size_t size;
  void (*done)(struct webhook_message *message);  // once, never from within webhook_send()
  void *owner;
  // How it ended.
  enum webhook_end end;
  int status;                        // of HTTP; 0 without an answer
  uint32_t wait_ms;                  // as Retry-After has it; 0 without
  char answer[WEBHOOK_ANSWER_SIZE];  // its first words or what went wrong; printable ASCII
  // webhook's own
  struct webhook *webhook;
  void *easy, *headers;
  size_t answer_size;
  bool is_private;
};

struct webhook;

// NULL when memory is out. `settings` outlives it.
struct webhook *webhook_create(uv_loop_t *loop, const struct webhook_settings *settings);
void webhook_send(struct webhook *webhook, struct webhook_message *message);
// None may be under way. `destroyed` is called when the loop has let go of it.
void webhook_destroy(struct webhook *webhook, void (*destroyed)(void *owner), void *owner);

// What an HTTP status means. Pure.
enum webhook_end webhook_end_of(int status);
