#include "outbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "db/db.h"
#include "dispatch_core.h"
#include "loop/loop.h"
#include "notifications_methods.h"
#include "sending.h"
#include "service/service.h"

typedef Pulih__Notifications__Internal__V1__ClaimedDelivery ClaimedDelivery;
typedef Pulih__Notifications__Internal__V1__NextDue NextDue;

// A digest of two hundred prisons has 50 kB of fields; most mails have half a kilobyte.
enum {
  QUERY_TIMEOUT_MS = 30000,
  QUERY_ARENA_BYTES = 32 * 1024 * 1024,
  PAUSE_FIRST_MS = 500,
  PAUSE_MOST_MS = 60000,
  FAILURES_LIMIT = 5,
  SLOW_MS = 3000
};

static const char *const outcomes[] = {
    [OUTCOME_SENT] = "SENT", [OUTCOME_AWAITED] = "AWAITED", [OUTCOME_RETRY] = "RETRY",    [OUTCOME_WAIT] = "WAIT",
    [OUTCOME_NEXT] = "NEXT", [OUTCOME_DEAD] = "DEAD",       [OUTCOME_DROPPED] = "DROPPED"};

// One statement at a time of each kind.
struct step {
  struct service_query query;
  struct arena arena;
};

struct outbox {
  struct service *service;
  const struct outbox_settings *settings;
  struct senders senders;
  struct program drawer;
  struct drawings drawings;  // of call sheets
  struct dispatch dispatch;
  struct sending sending[DISPATCH_SLOTS_MAX];
  struct step claim, mark, look;
  struct dispatch_claim claims[DISPATCH_SLOTS_MAX];  // of the claim whose mails are being composed
  int claimed, found;
  struct wall_timer due;
  uv_timer_t tick;
  struct metric ended[OUTCOME_DROPPED + 1];  // by enum dispatch_outcome
  struct metric sheets_drawn, sheets_failed, sheets_reused;
  struct metric in_hand, destinations_failing, channels_failing[CHANNEL_COUNT];
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

static void sending_ended(struct sending *sending, const struct dispatch_end *end) {
  struct outbox *outbox = sending->owner;
  int slot = (int)(sending - outbox->sending);
  if (end->result == DISPATCH_NO_SERVER) {
    LOG(WARNING, "SERVER_FAILED", log_text("channel", sending->channel), log_text("answer", sending->answer));
  }
  struct dispatch_actions actions;
  dispatch_ended(&outbox->dispatch, slot, end, now_ms(outbox), &actions);
  metric_count(&outbox->ended[outbox->dispatch.slots[slot].outcome], 1);
  follow(outbox, &actions);
}

static void claim_failed(struct outbox *outbox, const struct status *status) {
  log_failure("CLAIM_FAILED", status);
  struct dispatch_actions actions;
  dispatch_claim_failed(&outbox->dispatch, now_ms(outbox), &actions);
  follow(outbox, &actions);
}

static const ComposedMail *find_composed(const ComposedMail *const *composed, size_t count, const char *delivery_id) {
  for (size_t i = 0; i < count; i++) {
    if (!strcmp(composed[i]->delivery_id, delivery_id)) return composed[i];
  }
  return NULL;
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
  for (int i = 0; i < outbox->claimed; i++) {
    struct dispatch_claim *claim = &outbox->claims[i];
    const ComposedMail *mail = find_composed(composed, count, claim->delivery_id);
    claim->last = true;
    if (mail) sending_route(mail, claim);
  }
  struct dispatch_actions actions;
  dispatch_claimed(&outbox->dispatch, outbox->claims, outbox->claimed, outbox->found, now_ms(outbox), &actions);
  if (actions.late) LOG(WARNING, "CLAIM_LATE", log_number("count", outbox->claimed));
  for (int i = 0; i < actions.send_count; i++) {
    int slot = actions.send[i];
    sending_begin(&outbox->sending[slot],
                  find_composed(composed, count, outbox->dispatch.slots[slot].claim.delivery_id));
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

// As the database has them; the list and how many they are.
static char **name_channels(struct arena *arena, const bool channels[CHANNEL_COUNT], size_t *ret_count) {
  char **names = ARENA_ARRAY(arena, char *, CHANNEL_COUNT);
  *ret_count = 0;
  for (int i = 0; i < CHANNEL_COUNT; i++) {
    if (channels[i]) names[(*ret_count)++] = (char *)channel_names[i];
  }
  return names;
}

static void run_claim(struct outbox *outbox, const struct dispatch_actions *actions) {
  arena_reset(&outbox->claim.arena);
  Pulih__Notifications__Internal__V1__ClaimDeliveriesRequest *request =
      ARENA_NEW(&outbox->claim.arena, Pulih__Notifications__Internal__V1__ClaimDeliveriesRequest);
  pulih__notifications__internal__v1__claim_deliveries_request__init(request);
  request->limit = actions->claim;
  request->lease_ms = (int32_t)outbox->settings->lease_ms;
  request->attempts_limit = outbox->settings->attempts_limit;
  request->channels = name_channels(&outbox->claim.arena, actions->channels, &request->n_channels);
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

// Room for a request's lists, and how long they are.
static Pulih__Notifications__Internal__V1__MarkDeliveriesRequest *make_mark(struct arena *arena, size_t size) {
  Pulih__Notifications__Internal__V1__MarkDeliveriesRequest *request =
      ARENA_NEW(arena, Pulih__Notifications__Internal__V1__MarkDeliveriesRequest);
  pulih__notifications__internal__v1__mark_deliveries_request__init(request);
  char ***const texts[] = {&request->delivery_ids, &request->outcomes, &request->answers,
                           &request->causes,       &request->channels, &request->next_channels,
                           &request->subjects,     &request->bodies,   &request->bad_addresses};
  int32_t **const numbers[] = {&request->attempts, &request->codes, &request->retry_ms};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) *texts[i] = ARENA_ARRAY(arena, char *, size);
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) *numbers[i] = ARENA_ARRAY(arena, int32_t, size);
  request->n_delivery_ids = request->n_outcomes = request->n_answers = request->n_causes = request->n_channels = size;
  request->n_next_channels = request->n_subjects = request->n_bodies = request->n_bad_addresses = size;
  request->n_attempts = request->n_codes = request->n_retry_ms = size;
  return request;
}

static void run_mark(struct outbox *outbox, const int *slots, int count) {
  // What was only put off is in no sending's hands.
  static const struct sending nothing = {.channel = "", .next_channel = "", .cause = "", .bad_address = ""};
  arena_reset(&outbox->mark.arena);
  Pulih__Notifications__Internal__V1__MarkDeliveriesRequest *request = make_mark(&outbox->mark.arena, (size_t)count);
  for (int i = 0; i < count; i++) {
    struct dispatch_slot *slot = &outbox->dispatch.slots[slots[i]];
    const struct sending *sending = slot->outcome == OUTCOME_WAIT ? &nothing : &outbox->sending[slots[i]];
    request->delivery_ids[i] = slot->claim.delivery_id;
    request->attempts[i] = slot->claim.attempt;
    request->outcomes[i] = (char *)outcomes[slot->outcome];
    request->codes[i] = sending->code;
    request->answers[i] = (char *)sending->answer;
    request->retry_ms[i] = (int32_t)slot->retry_ms;
    request->causes[i] = slot->tried_out ? "ATTEMPTS_USED" : (char *)sending->cause;
    request->channels[i] = (char *)sending->channel;
    request->next_channels[i] = (char *)sending->next_channel;
    request->subjects[i] = sending->letter.words.subject ? sending->letter.words.subject : "";
    request->bad_addresses[i] = (char *)sending->bad_address;
    request->bodies[i] = sending->letter.words.body ? sending->letter.words.body : "";
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

static void run_look(struct outbox *outbox, const struct dispatch_actions *actions) {
  struct arena *arena = &outbox->look.arena;
  arena_reset(arena);
  Pulih__Notifications__Internal__V1__NextDueRequest *request =
      ARENA_NEW(arena, Pulih__Notifications__Internal__V1__NextDueRequest);
  pulih__notifications__internal__v1__next_due_request__init(request);
  request->channels = name_channels(arena, actions->channels, &request->n_channels);
  run(outbox, &outbox->look, &notifications_next_due_statement, &request->base, looked);
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

static void webhook_destroyed(void *owner) {
  struct outbox *outbox = owner;
  void (*stopped)(void *) = outbox->stopped;
  void *stopped_owner = outbox->stopped_owner;
  arena_finish(&outbox->claim.arena);
  arena_finish(&outbox->mark.arena);
  arena_finish(&outbox->look.arena);
  for (int i = 0; i < outbox->settings->slots; i++) sending_finish(&outbox->sending[i]);
  free(outbox);
  stopped(stopped_owner);
}

static void smtp_destroyed(void *owner) {
  struct outbox *outbox = owner;
  webhook_destroy(outbox->senders.webhook, webhook_destroyed, outbox);
}

static void drawings_closed(void *owner) {
  struct outbox *outbox = owner;
  smtp_destroy(outbox->senders.smtp, smtp_destroyed, outbox);
}

static void tick_closed(uv_handle_t *handle) {
  struct outbox *outbox = handle->data;
  drawings_close(&outbox->drawings, drawings_closed, outbox);
}

static void follow(struct outbox *outbox, const struct dispatch_actions *actions) {
  metric_set(&outbox->sheets_drawn, (double)outbox->drawings.drawn);
  metric_set(&outbox->sheets_failed, (double)outbox->drawings.failed);
  metric_set(&outbox->sheets_reused, (double)outbox->drawings.reused);
  metric_set(&outbox->in_hand, dispatch_in_hand(&outbox->dispatch));
  metric_set(&outbox->destinations_failing, dispatch_destinations_open(&outbox->dispatch));
  for (int i = 0; i < CHANNEL_COUNT; i++) {
    metric_set(&outbox->channels_failing[i], outbox->dispatch.channels[i].until_ms != 0);
  }
  if (actions->mark_count) run_mark(outbox, actions->mark, actions->mark_count);
  if (actions->claim) run_claim(outbox, actions);
  if (actions->look) {
    run_look(outbox, actions);
  }
  arm_timers(outbox);
  if (actions->stopped && !uv_is_closing((uv_handle_t *)&outbox->tick)) {
    uv_close((uv_handle_t *)&outbox->tick, tick_closed);
  }
}

static void add_metrics(struct outbox *outbox) {
  static const char *const labels[] = {
      [OUTCOME_SENT] = "end=\"sent\"",      [OUTCOME_AWAITED] = "end=\"awaited\"", [OUTCOME_RETRY] = "end=\"retry\"",
      [OUTCOME_WAIT] = "end=\"wait\"",      [OUTCOME_NEXT] = "end=\"next\"",       [OUTCOME_DEAD] = "end=\"dead\"",
      [OUTCOME_DROPPED] = "end=\"dropped\""};
  static const char *const channel_labels[] = {[CHANNEL_EMAIL] = "channel=\"email\"",
                                               [CHANNEL_WHATSAPP] = "channel=\"whatsapp\"",
                                               [CHANNEL_SMS] = "channel=\"sms\""};
  struct metrics *metrics = service_metrics(outbox->service);
  for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
    outbox->ended[i] = (struct metric){.name = "pulih_notifications_attempts_total",
                                       .labels = labels[i],
                                       .help = "attempts to send, by what came of them",
                                       .kind = METRIC_COUNTER};
    metrics_add(metrics, &outbox->ended[i]);
  }
  const struct {
    struct metric *metric;
    const char *labels;
  } sheets[] = {{&outbox->sheets_drawn, "end=\"drawn\""},
                {&outbox->sheets_failed, "end=\"failed\""},
                {&outbox->sheets_reused, "end=\"reused\""}};
  for (size_t i = 0; i < sizeof sheets / sizeof sheets[0]; i++) {
    *sheets[i].metric = (struct metric){.name = "pulih_notifications_call_sheets_total",
                                        .labels = sheets[i].labels,
                                        .help = "call sheets drawn, and had without drawing them again",
                                        .kind = METRIC_COUNTER};
    metrics_add(metrics, sheets[i].metric);
  }
  outbox->in_hand = (struct metric){
      .name = "pulih_notifications_in_hand", .help = "deliveries being sent or recorded", .kind = METRIC_GAUGE};
  metrics_add(metrics, &outbox->in_hand);
  outbox->destinations_failing = (struct metric){.name = "pulih_notifications_destinations_failing",
                                                 .help = "recipients' domains that aren't sent to for a while",
                                                 .kind = METRIC_GAUGE};
  metrics_add(metrics, &outbox->destinations_failing);
  for (int i = 0; i < CHANNEL_COUNT; i++) {
    outbox->channels_failing[i] = (struct metric){.name = "pulih_notifications_channel_failing",
                                                  .labels = channel_labels[i],
                                                  .help = "1 while a channel's server can't be reached",
                                                  .kind = METRIC_GAUGE};
    metrics_add(metrics, &outbox->channels_failing[i]);
  }
}

uint32_t outbox_send_ms(const struct outbox_settings *settings) {
  uint32_t mail_ms = 2 * settings->smtp.send_timeout_ms, webhook_ms = settings->webhook.timeout_ms;
  return mail_ms > webhook_ms ? mail_ms : webhook_ms;
}

struct outbox *outbox_create(struct service *service, const struct outbox_settings *settings) {
  uv_loop_t *loop = &service_loop(service)->uv;
  struct outbox *outbox = calloc(1, sizeof *outbox);
  struct smtp *smtp = smtp_create(loop, &settings->smtp);
  struct webhook *webhook = smtp ? webhook_create(loop, &settings->webhook) : NULL;
  // What a lease leaves: half of it to make a mail ready, half to spare.
  uint32_t prepare_ms = (settings->lease_ms - outbox_send_ms(settings)) / 2;
  if (!outbox || !webhook || call_sheet_drawer_init(&outbox->drawer, loop, prepare_ms / 2)) {
    free(outbox);
    return NULL;
  }
  drawings_init(&outbox->drawings, &outbox->drawer);
  outbox->service = service;
  outbox->settings = settings;
  outbox->senders = (struct senders){.service = service,
                                     .smtp = smtp,
                                     .webhook = webhook,
                                     .keyring = settings->keyring,
                                     .from_address = settings->from_address,
                                     .from_name = settings->from_name,
                                     .bounce_address = settings->bounce_address,
                                     .notices_url = settings->notices_url,
                                     .house = &settings->house,
                                     .drawings = &outbox->drawings,
                                     .prepare_ms = prepare_ms,
                                     .ended = sending_ended};
  for (int i = 0; i < settings->slots; i++) sending_init(&outbox->sending[i], &outbox->senders, outbox);
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
                                            .send_ms = outbox_send_ms(settings) + prepare_ms,
                                            .backoff_first_ms = settings->backoff_first_ms,
                                            .backoff_most_ms = settings->backoff_most_ms,
                                            .pause_first_ms = PAUSE_FIRST_MS,
                                            .pause_most_ms = PAUSE_MOST_MS,
                                            .failures_limit = FAILURES_LIMIT,
                                            .slow_ms = SLOW_MS,
                                            .rates_per_second = {[CHANNEL_EMAIL] = settings->domain_rate,
                                                                 [CHANNEL_WHATSAPP] = settings->webhook_rate,
                                                                 [CHANNEL_SMS] = settings->webhook_rate}},
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
