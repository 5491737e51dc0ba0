#include "sending.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "loop/loop.h"
#include "service/service.h"

enum { WORDS_BYTES = 64 * 1024 };  // for names, addresses, ids and what goes to a gateway

const char *const channel_names[CHANNEL_COUNT] = {
    [CHANNEL_EMAIL] = "EMAIL", [CHANNEL_WHATSAPP] = "WHATSAPP", [CHANNEL_SMS] = "SMS"};

// FNV-1a of a mail's domain, in lower case (http://www.isthe.com/chongo/tech/comp/fnv/). A gateway is one destination.
static uint64_t destination_key(const char *address) {
  uint64_t hash = 0xcbf29ce484222325u;
  const char *domain = strrchr(address, '@');
  for (const char *c = domain ? domain : ""; *c; c++) hash = (hash ^ (uint8_t)tolower((uint8_t)*c)) * 0x100000001b3u;
  return hash;
}

void sending_route(const ComposedMail *composed, struct dispatch_claim *claim) {
  claim->channel = CHANNEL_EMAIL;
  for (int i = 0; i < CHANNEL_COUNT; i++) {
    if (!strcmp(channel_names[i], composed->channel)) claim->channel = i;
  }
  claim->destination = destination_key(composed->address);
  claim->last = !*composed->next_channel;
  claim->await_ms = (uint32_t)composed->await_ms;
}

const char *sending_keep(struct sending *sending, const char *text) {
  const char *copy = arena_copy_text(&sending->words, text, strnlen(text, SENDING_TEXT_MAX));
  if (!copy) abort();  // a few of them fit into what it was given
  return copy;
}

void sending_end(struct sending *sending, const struct dispatch_end *end) {
  letter_forget_mail(&sending->letter);
  call_sheet_job_forget(&sending->call_sheet);
  sending->senders->ended(sending, end);
}

void sending_end_unsent(struct sending *sending, enum dispatch_result result, const char *cause, const char *why) {
  sending->cause = cause;
  snprintf(sending->answer, sizeof sending->answer, "%s", why);
  sending_end(sending, &(struct dispatch_end){.result = result});
}

static void wait_until(struct sending *sending, int64_t until_us) {
  int64_t wall_us = sending->source.date_us, wait_ms = until_us > wall_us ? (until_us - wall_us) / 1000 + 1 : 0;
  if (wait_ms > INT32_MAX) wait_ms = INT32_MAX;
  sending_end(sending, &(struct dispatch_end){.result = DISPATCH_NOT_YET, .wait_ms = (uint32_t)wait_ms});
}

// 0, or why it can't be sent by this channel: with the reason in `ret_why`.
static const char *find_obstacle(const ComposedMail *composed, const char **ret_why) {
  static const struct {
    const char *cause, *why;
  } obstacles[] = {{"UNDELIVERED", "no channel is left"},
                   {"NO_ADDRESS", "the recipient has no address for it"},
                   {"SUPPRESSED", "the address was found not to exist"}};
  const bool is_there[] = {!*composed->channel, !*composed->address, composed->suppressed};
  for (size_t i = 0; i < sizeof is_there / sizeof is_there[0]; i++) {
    if (!is_there[i]) continue;
    *ret_why = obstacles[i].why;
    return obstacles[i].cause;
  }
  return NULL;
}

static void send_words(struct sending *sending, const ComposedMail *composed) {
  sending->channel = sending_keep(sending, composed->channel);
  sending->next_channel = sending_keep(sending, composed->next_channel);
  const char *why, *cause = find_obstacle(composed, &why);
  if (cause) {
    sending_end_unsent(sending, DISPATCH_UNUSABLE, cause, why);
  } else if (!strcmp(composed->channel, channel_names[CHANNEL_EMAIL])) {
    sending_mail(sending, composed);
  } else {
    sending_webhook(sending, composed);
  }
}

static void forget(struct sending *sending) {
  letter_finish(&sending->letter);
  arena_reset(&sending->words);
  sending->code = 0;
  sending->answer[0] = '\0';
  sending->channel = sending->next_channel = sending->cause = sending->bad_address = "";
  sending->began_ms = loop_now_ms(service_loop(sending->senders->service));
}

void sending_begin(struct sending *sending, const ComposedMail *composed) {
  forget(sending);
  if (!composed) {
    sending_end_unsent(sending, DISPATCH_NOT_WANTED, "EMPTY", "");
    return;
  }
  sending->source = (struct letter_source){.delivery_id = sending_keep(sending, composed->delivery_id),
                                           .from_address = sending->senders->from_address,
                                           .from_name = sending->senders->from_name,
                                           .to_address = sending_keep(sending, composed->address),
                                           .to_name = sending_keep(sending, composed->name),
                                           .language = sending_keep(sending, composed->language),
                                           .notices_url = composed->signs_in ? sending->senders->notices_url : "",
                                           .date_us = loop_wall_us(service_loop(sending->senders->service))};
  if (!*composed->cause && composed->wait_until) {
    wait_until(sending, composed->wait_until->seconds * 1000000 + composed->wait_until->nanos / 1000);
    return;
  }
  struct letter_source source = sending->source;
  source.subject = composed->subject;
  source.body = composed->body;
  source.fields = composed->fields;
  char problem[LETTER_PROBLEM_SIZE];
  bool has_words = *composed->fields && *composed->subject;
  int error = has_words ? letter_say(&sending->letter, &source, problem) : 0;
  if (error) LOG(ERROR, "LETTER_NOT_WRITTEN", log_text("delivery", source.delivery_id), log_text("problem", problem));
  if (*composed->cause) {
    sending_end_unsent(sending, DISPATCH_NOT_WANTED, sending_keep(sending, composed->cause), "");
  } else if (error) {
    sending_end_unsent(sending, DISPATCH_UNUSABLE, "REFUSED", problem);
  } else {
    send_words(sending, composed);
  }
}

void sending_init(struct sending *sending, const struct senders *senders, void *owner) {
  *sending = (struct sending){.senders = senders, .owner = owner};
  arena_init(&sending->words, WORDS_BYTES);
  call_sheet_job_init(&sending->call_sheet, senders->service, senders->house, senders->drawings);
}

void sending_finish(struct sending *sending) {
  letter_finish(&sending->letter);
  arena_finish(&sending->words);
  call_sheet_job_finish(&sending->call_sheet);
}
