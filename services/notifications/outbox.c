#include "outbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "db/db.h"
#include "dispatch_core.h"
#include "letter.h"
#include "loop/loop.h"
#include "notifications_internal.pb-c.h"
#include "notifications_methods.h"
#include "service/service.h"

typedef Pulih__Notifications__Internal__V1__ClaimedDelivery ClaimedDelivery;
typedef Pulih__Notifications__Internal__V1__ComposedMail ComposedMail;
typedef Pulih__Notifications__Internal__V1__NextDue NextDue;

// A digest of two hundred prisons has 50 kB of fields; most mails have half a kilobyte.
enum { QUERY_TIMEOUT_MS = 30000, QUERY_ARENA_BYTES = 32 * 1024 * 1024, PAUSE_FIRST_MS = 500, PAUSE_MOST_MS = 60000 };

// One statement at a time of each kind.
struct step {
  struct service_query query;
  struct arena arena;
};

// What a slot has in hand.
struct sending {
  struct outbox *outbox;
  struct letter letter;
  struct smtp_mail mail;
  struct smtp_result result;
};

struct outbox {
  struct service *service;
  const struct outbox_settings *settings;
  struct smtp *smtp;
  struct dispatch dispatch;
  struct sending sending[DISPATCH_SLOTS_MAX];
  struct step claim, mark, look;
  struct dispatch_claim claims[DISPATCH_SLOTS_MAX];  // of the claim whose mails are being composed
  int claimed, found;
  struct wall_timer due;
  uv_timer_t tick;
  struct metric ended[4];  // by enum smtp_end
  struct metric in_hand;
  void (*stopped)(void *owner);
  void *stopped_owner;
};

static void follow(struct outbox *outbox, const struct dispatch_actions *actions);

static uint64_t now_ms(struct outbox *outbox) {
  return loop_now_ms(service_loop(outbox->service));
}

static void run(struct outbox *outbox, struct step *step, const struct db_statement *statement,
                const ProtobufCMessage *in,
                void (*done)(struct service_query *query, struct db_result *result, const struct status *status)) {
  step->query = (struct service_query){.statement = statement,
                                       .in = in,
                                       .arena = &step->arena,
                                       .timeout_ms = QUERY_TIMEOUT_MS,
                                       .done = done,
                                       .owner = outbox};
  service_query_run(outbox->service, &step->query);
}

static void log_failure(const char *id, const struct status *status) {
  LOG(WARNING, id, log_text("reason", reason_info(status->reason)->name));
}

// --- claim, compose, send
// ---------------------------------------------------------------------------------------------

static void mail_done(struct smtp_mail *mail, const struct smtp_result *result) {
  static const enum dispatch_result results[] = {[SMTP_TAKEN] = DISPATCH_SENT,
                                                 [SMTP_PUT_OFF] = DISPATCH_PUT_OFF,
                                                 [SMTP_REFUSED] = DISPATCH_REFUSED,
                                                 [SMTP_NO_SERVER] = DISPATCH_NO_SERVER};
  struct sending *sending = mail->owner;
  struct outbox *outbox = sending->outbox;
  sending->result = *result;
  letter_finish(&sending->letter);
  metric_count(&outbox->ended[result->end], 1);
  if (result->end == SMTP_NO_SERVER) LOG(WARNING, "MAIL_SERVER_FAILED", log_text("answer", result->answer));
  struct dispatch_actions actions;
  dispatch_ended(&outbox->dispatch, (int)(sending - outbox->sending), results[result->end], now_ms(outbox), &actions);
  follow(outbox, &actions);
}

// Ends a slot whose delivery never got to the mail server.
static void end_unsent(struct outbox *outbox, int slot, enum dispatch_result result, const char *why) {
  struct sending *sending = &outbox->sending[slot];
  sending->result = (struct smtp_result){.end = SMTP_REFUSED};
  snprintf(sending->result.answer, sizeof sending->result.answer, "%s", why);
  struct dispatch_actions actions;
  dispatch_ended(&outbox->dispatch, slot, result, now_ms(outbox), &actions);
  follow(outbox, &actions);
}

static void send_slot(struct outbox *outbox, int slot, const ComposedMail *composed) {
  struct sending *sending = &outbox->sending[slot];
  if (!composed || *composed->cause) {
    end_unsent(outbox, slot, DISPATCH_NOT_WANTED, composed ? composed->cause : "EMPTY");
    return;
  }
  const struct letter_source source = {.delivery_id = composed->delivery_id,
                                       .from_address = outbox->settings->from_address,
                                       .from_name = outbox->settings->from_name,
                                       .to_address = composed->email,
                                       .to_name = composed->name,
                                       .language = composed->language,
                                       .subject = composed->subject,
                                       .body = composed->body,
                                       .fields = composed->fields,
                                       .date_us = loop_wall_us(service_loop(outbox->service))};
  char problem[LETTER_PROBLEM_SIZE];
  if (letter_write(&sending->letter, &source, problem)) {
    LOG(ERROR, "LETTER_NOT_WRITTEN", log_text("delivery", composed->delivery_id), log_text("problem", problem));
    end_unsent(outbox, slot, DISPATCH_REFUSED, problem);
    return;
  }
  sending->mail = (struct smtp_mail){.from = outbox->settings->from_address,
                                     .to = sending->letter.to,
                                     .data = sending->letter.data,
                                     .size = sending->letter.size,
                                     .done = mail_done,
                                     .owner = sending};
  smtp_send(outbox->smtp, &sending->mail);
}

static void claim_failed(struct outbox *outbox, const struct status *status) {
  log_failure("CLAIM_FAILED", status);
  struct dispatch_actions actions;
  dispatch_claim_failed(&outbox->dispatch, now_ms(outbox), &actions);
  follow(outbox, &actions);
}

// `mails` is NULL when nothing was claimed.
static void end_claim(struct outbox *outbox, struct db_result *mails) {
  size_t count = mails ? db_result_rows(mails) : 0;
  const ComposedMail *composed[DISPATCH_SLOTS_MAX];
  for (size_t i = 0; i < count; i++) {
    composed[i] = (const ComposedMail *)db_result_row(mails, i, &outbox->claim.arena);
    if (composed[i]) continue;
    claim_failed(outbox, &(struct status){.reason = REASON_MESSAGE_TOO_LARGE});
    return;
  }
  struct dispatch_actions actions;
  dispatch_claimed(&outbox->dispatch, outbox->claims, outbox->claimed, outbox->found, now_ms(outbox), &actions);
  for (int i = 0; i < actions.send_count; i++) {
    const char *delivery_id = outbox->dispatch.slots[actions.send[i]].claim.delivery_id;
    size_t k = 0;
    while (k < count && strcmp(composed[k]->delivery_id, delivery_id) != 0) k++;
    send_slot(outbox, actions.send[i], k < count ? composed[k] : NULL);
  }
  follow(outbox, &actions);
}

static void composed(struct service_query *query, struct db_result *mails, const struct status *status) {
  if (mails) {
    end_claim(query->owner, mails);
  } else {
    claim_failed(query->owner, status);
  }
}

static void compose(struct outbox *outbox) {
  struct arena *arena = &outbox->claim.arena;
  Pulih__Notifications__Internal__V1__ComposeMailsRequest *request =
      ARENA_NEW(arena, Pulih__Notifications__Internal__V1__ComposeMailsRequest);
  char **ids = ARENA_ARRAY(arena, char *, (size_t)outbox->claimed);
  if (!request || !ids) {
    claim_failed(outbox, &(struct status){.reason = REASON_MESSAGE_TOO_LARGE});
    return;
  }
  pulih__notifications__internal__v1__compose_mails_request__init(request);
  for (int i = 0; i < outbox->claimed; i++) ids[i] = outbox->claims[i].delivery_id;
  request->delivery_ids = ids;
  request->n_delivery_ids = (size_t)outbox->claimed;
  run(outbox, &outbox->claim, &notifications_compose_mails_statement, &request->base, composed);
}

static void claimed(struct service_query *query, struct db_result *result, const struct status *status) {
  struct outbox *outbox = query->owner;
  if (!result) {
    claim_failed(outbox, status);
    return;
  }
  outbox->claimed = 0;
  outbox->found = (int)db_result_rows(result);
  for (int i = 0; i < outbox->found; i++) {
    const ClaimedDelivery *row = (const ClaimedDelivery *)db_result_row(result, (size_t)i, &outbox->claim.arena);
    if (!row || !row->taken) continue;
    struct dispatch_claim *claim = &outbox->claims[outbox->claimed++];
    *claim = (struct dispatch_claim){.attempt = row->attempt, .tries = row->tries};
    snprintf(claim->delivery_id, sizeof claim->delivery_id, "%s", row->delivery_id);
  }
  if (outbox->claimed > 0) {
    compose(outbox);
  } else {
    end_claim(outbox, NULL);
  }
}

static void run_claim(struct outbox *outbox, int limit) {
  arena_reset(&outbox->claim.arena);
  Pulih__Notifications__Internal__V1__ClaimDeliveriesRequest *request =
      ARENA_NEW(&outbox->claim.arena, Pulih__Notifications__Internal__V1__ClaimDeliveriesRequest);
  pulih__notifications__internal__v1__claim_deliveries_request__init(request);
  request->limit = limit;
  request->lease_ms = (int32_t)outbox->settings->lease_ms;
  request->attempts_limit = outbox->settings->attempts_limit;
  run(outbox, &outbox->claim, &notifications_claim_deliveries_statement, &request->base, claimed);
}

// --- mark
// -------------------------------------------------------------------------------------------------------------

static void marked(struct service_query *query, struct db_result *result, const struct status *status) {
  struct outbox *outbox = query->owner;
  struct dispatch_actions actions;
  if (result) {
    dispatch_marked(&outbox->dispatch, now_ms(outbox), &actions);
  } else {
    log_failure("MARK_FAILED", status);
    dispatch_mark_failed(&outbox->dispatch, now_ms(outbox), &actions);
  }
  follow(outbox, &actions);
}

static void run_mark(struct outbox *outbox, const int *slots, int count) {
  static char *const outcomes[] = {
      [OUTCOME_SENT] = "SENT", [OUTCOME_RETRY] = "RETRY", [OUTCOME_DEAD] = "DEAD", [OUTCOME_DROPPED] = "DROPPED"};
  struct arena *arena = &outbox->mark.arena;
  arena_reset(arena);
  size_t size = (size_t)count;
  Pulih__Notifications__Internal__V1__MarkDeliveriesRequest *request =
      ARENA_NEW(arena, Pulih__Notifications__Internal__V1__MarkDeliveriesRequest);
  pulih__notifications__internal__v1__mark_deliveries_request__init(request);
  request->delivery_ids = ARENA_ARRAY(arena, char *, size);
  request->outcomes = ARENA_ARRAY(arena, char *, size);
  request->answers = ARENA_ARRAY(arena, char *, size);
  request->attempts = ARENA_ARRAY(arena, int32_t, size);
  request->codes = ARENA_ARRAY(arena, int32_t, size);
  request->retry_ms = ARENA_ARRAY(arena, int32_t, size);
  request->n_delivery_ids = request->n_outcomes = request->n_answers = size;
  request->n_attempts = request->n_codes = request->n_retry_ms = size;
  for (int i = 0; i < count; i++) {
    struct dispatch_slot *slot = &outbox->dispatch.slots[slots[i]];
    struct smtp_result *result = &outbox->sending[slots[i]].result;
    request->delivery_ids[i] = slot->claim.delivery_id;
    request->attempts[i] = slot->claim.attempt;
    request->outcomes[i] = outcomes[slot->outcome];
    request->codes[i] = result->code;
    request->answers[i] = result->answer;
    request->retry_ms[i] = (int32_t)slot->retry_ms;
  }
  run(outbox, &outbox->mark, &notifications_mark_deliveries_statement, &request->base, marked);
}

// --- when to look again
// -----------------------------------------------------------------------------------------------

static void looked(struct service_query *query, struct db_result *result, const struct status *status) {
  struct outbox *outbox = query->owner;
  struct dispatch_actions actions;
  const NextDue *next = result ? (const NextDue *)db_result_row(result, 0, &outbox->look.arena) : NULL;
  if (next) {
    int64_t due_us = next->due_at ? next->due_at->seconds * 1000000 + next->due_at->nanos / 1000 : 0;
    dispatch_looked(&outbox->dispatch, due_us, (uint32_t)next->lease_ms, now_ms(outbox), &actions);
  } else {
    log_failure("LOOK_FAILED", status);
    dispatch_look_failed(&outbox->dispatch, now_ms(outbox), &actions);
  }
  follow(outbox, &actions);
}

static void due_now(struct wall_timer *timer) {
  outbox_wake(container_of(timer, struct outbox, due));
}

static void tick_due(uv_timer_t *timer) {
  struct outbox *outbox = timer->data;
  struct dispatch_actions actions;
  dispatch_tick(&outbox->dispatch, now_ms(outbox), &actions);
  follow(outbox, &actions);
}

static void arm_timers(struct outbox *outbox) {
  uint64_t now = now_ms(outbox), tick_ms = dispatch_tick_at_ms(&outbox->dispatch, now);
  if (tick_ms) {
    uv_timer_start(&outbox->tick, tick_due, tick_ms - now, 0);
  } else {
    uv_timer_stop(&outbox->tick);
  }
  if (outbox->dispatch.due_us && !outbox->dispatch.stopping) {
    wall_timer_start(service_loop(outbox->service), &outbox->due, outbox->dispatch.due_us, due_now);
  } else {
    wall_timer_stop(&outbox->due);
  }
}

// --- start and stop
// ---------------------------------------------------------------------------------------------------

static void smtp_destroyed(void *owner) {
  struct outbox *outbox = owner;
  void (*stopped)(void *) = outbox->stopped;
  void *stopped_owner = outbox->stopped_owner;
  arena_finish(&outbox->claim.arena);
  arena_finish(&outbox->mark.arena);
  arena_finish(&outbox->look.arena);
  free(outbox);
  stopped(stopped_owner);
}

static void tick_closed(uv_handle_t *handle) {
  struct outbox *outbox = handle->data;
  smtp_destroy(outbox->smtp, smtp_destroyed, outbox);
}

static void follow(struct outbox *outbox, const struct dispatch_actions *actions) {
  metric_set(&outbox->in_hand, dispatch_in_hand(&outbox->dispatch));
  if (actions->mark_count) run_mark(outbox, actions->mark, actions->mark_count);
  if (actions->claim) run_claim(outbox, actions->claim);
  if (actions->look) {
    arena_reset(&outbox->look.arena);
    run(outbox, &outbox->look, &notifications_next_due_statement, NULL, looked);
  }
  arm_timers(outbox);
  if (actions->stopped && !uv_is_closing((uv_handle_t *)&outbox->tick)) {
    uv_close((uv_handle_t *)&outbox->tick, tick_closed);
  }
}

static void add_metrics(struct outbox *outbox) {
  static const char *const labels[] = {[SMTP_TAKEN] = "end=\"taken\"",
                                       [SMTP_PUT_OFF] = "end=\"put_off\"",
                                       [SMTP_REFUSED] = "end=\"refused\"",
                                       [SMTP_NO_SERVER] = "end=\"no_server\""};
  struct metrics *metrics = service_metrics(outbox->service);
  for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
    outbox->ended[i] = (struct metric){.name = "pulih_notifications_mails_total",
                                       .labels = labels[i],
                                       .help = "mails handed to the server, by how it ended",
                                       .kind = METRIC_COUNTER};
    metrics_add(metrics, &outbox->ended[i]);
  }
  outbox->in_hand = (struct metric){
      .name = "pulih_notifications_in_hand", .help = "deliveries being sent or recorded", .kind = METRIC_GAUGE};
  metrics_add(metrics, &outbox->in_hand);
}

struct outbox *outbox_create(struct service *service, const struct outbox_settings *settings) {
  struct outbox *outbox = calloc(1, sizeof *outbox);
  struct smtp *smtp = smtp_create(&service_loop(service)->uv, &settings->smtp);
  if (!outbox || !smtp) {
    free(outbox);
    return NULL;
  }
  outbox->service = service;
  outbox->settings = settings;
  outbox->smtp = smtp;
  for (int i = 0; i < DISPATCH_SLOTS_MAX; i++) outbox->sending[i].outbox = outbox;
  arena_init(&outbox->claim.arena, QUERY_ARENA_BYTES);
  arena_init(&outbox->mark.arena, QUERY_ARENA_BYTES);
  arena_init(&outbox->look.arena, QUERY_ARENA_BYTES);
  uv_timer_init(&service_loop(service)->uv, &outbox->tick);
  outbox->tick.data = outbox;
  uint64_t seed = 0;
  uv_random(NULL, NULL, &seed, sizeof seed, 0, NULL);
  dispatch_init(&outbox->dispatch,
                &(struct dispatch_settings){.slots = settings->slots,
                                            .attempts_limit = settings->attempts_limit,
                                            .lease_ms = settings->lease_ms,
                                            .send_ms = 2 * settings->smtp.send_timeout_ms,
                                            .backoff_first_ms = settings->backoff_first_ms,
                                            .backoff_most_ms = settings->backoff_most_ms,
                                            .pause_first_ms = PAUSE_FIRST_MS,
                                            .pause_most_ms = PAUSE_MOST_MS},
                seed);
  add_metrics(outbox);
  return outbox;
}

void outbox_wake(struct outbox *outbox) {
  struct dispatch_actions actions;
  dispatch_wake(&outbox->dispatch, now_ms(outbox), &actions);
  follow(outbox, &actions);
}

void outbox_stop(struct outbox *outbox, void (*stopped)(void *owner), void *owner) {
  outbox->stopped = stopped;
  outbox->stopped_owner = owner;
  struct dispatch_actions actions;
  dispatch_stop(&outbox->dispatch, now_ms(outbox), &actions);
  follow(outbox, &actions);
}
