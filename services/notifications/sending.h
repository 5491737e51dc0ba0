// What a slot of the dispatcher has in hand: one composed delivery on its way by one channel, and what became of it.
// The ways themselves are in sending_mail.c and sending_webhook.c.
#pragma once

#include "base/arena.h"
#include "call_sheet_job.h"
#include "dispatch_core.h"
#include "letter.h"
#include "notifications_internal.pb-c.h"
#include "smtp.h"
#include "webhook.h"

typedef Pulih__Notifications__Internal__V1__ComposedMail ComposedMail;

struct sending;

// What all of them send by. Outlives them.
struct senders {
  struct service *service;
  struct smtp *smtp;
  struct webhook *webhook;
  const struct keyring *keyring;  // NULL: no webhook can be signed
  const char *from_address, *from_name;
  const char *bounce_address;  // of the envelope
  const char *notices_url;     // or ""
  const struct call_sheet_house *house;
  struct drawings *drawings;  // of call sheets
  uint32_t prepare_ms;        // longest from sending_begin() to the first byte that leaves
  void (*ended)(struct sending *sending, const struct dispatch_end *end);  // once for each sending_begin()
};

struct sending {
  const struct senders *senders;
  void *owner;
  struct arena words;  // for what follows, of the delivery in hand
  uint64_t began_ms;
  struct letter letter;
  struct letter_source source;
  struct invitation invitation;
  struct call_sheet_job call_sheet;
  struct mail_file file;
  struct smtp_mail mail;
  struct webhook_message message;
  const char *channel, *next_channel;  // "" before it was tried by one; "" behind the last
  // How it ended, for the record.
  int code;                       // of the server; 0 without one
  char answer[SMTP_ANSWER_SIZE];  // the server's words, or what went wrong
  const char *cause;              // when it is given up or dropped
  const char *bad_address;        // it turned out not to exist; ""
};

// As the database has them, by enum dispatch_channel.
extern const char *const channel_names[CHANNEL_COUNT];
// Where a composed delivery goes, for its claim.
void sending_route(const ComposedMail *composed, struct dispatch_claim *claim);

void sending_init(struct sending *sending, const struct senders *senders, void *owner);
void sending_finish(struct sending *sending);
// Sends it, or not if it isn't to be. `composed`, which may be NULL for a delivery of which nothing is known any more,
// may go when this returns. `ended` may be called from within.
void sending_begin(struct sending *sending, const ComposedMail *composed);

// For the ways. A copy that lives as long as the delivery is in hand, at most `SENDING_TEXT_MAX` bytes of it; never
// NULL.
enum { SENDING_TEXT_MAX = 2000 };
const char *sending_keep(struct sending *sending, const char *text);
void sending_end(struct sending *sending, const struct dispatch_end *end);
// Without ever having been at a server.
void sending_end_unsent(struct sending *sending, enum dispatch_result result, const char *cause, const char *why);
void sending_mail(struct sending *sending, const ComposedMail *composed);
void sending_webhook(struct sending *sending, const ComposedMail *composed);
