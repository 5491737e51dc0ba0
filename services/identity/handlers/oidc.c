// StartOidc and FinishOidc: signing in by the OpenID provider of the settings.
//
//   start:   discovered                          → the browser's way there
//   finish:  discovered → exchanged → keys come  → the session is there
//
// Nothing is kept between the two, nor between sign-ins: the provider's addresses and keys are read each time, so that
// a key that it has withdrawn is withdrawn here too. A few at once, since strangers can begin this.
#include <sodium.h>
#include <string.h>

#include "base/log.h"
#include "crypto/token.h"
#include "db/db.h"
#include "http_fetch.h"
#include "identity.h"
#include "identity_methods.h"
#include "loop/loop.h"
#include "service/service.h"

enum { ASKING_MAX = 8, SOURCE_MAX = 64 };

struct oidc_sign_in {
  struct http_fetch fetch;
  struct oidc_secrets secrets;
  struct oidc_provider provider;
  void (*discovered)(struct call *call);
  const char *id_token;
  uint8_t browser_secret[OIDC_SECRET_BYTES];  // of StartOidc
  Pulih__Identity__Internal__V1__StartOidcSession start;
  uint8_t token[TOKEN_SIZE], token_hash[TOKEN_HASH_SIZE];
};

static void discover(struct call *call, void (*discovered)(struct call *call));
static void discover_done(struct http_fetch *fetch, int error);
static void start_discovered(struct call *call);
static void finish_discovered(struct call *call);
static void exchange_done(struct http_fetch *fetch, int error);
static void keys_done(struct http_fetch *fetch, int error);
static void start_oidc_session(struct call *call, const struct oidc_person *person);
static void oidc_session_started(struct call *call, struct db_result *result);

static const struct oidc_settings *settings_of(struct call *call) {
  const struct identity *identity = service_state(call->service);
  return &identity->settings->oidc;
}

// The next question to the provider; `fetch` has its address and form.
static void ask(struct call *call, const char *url, const char *form,
                void (*done)(struct http_fetch *fetch, int error)) {
  struct identity *identity = service_state(call->service);
  struct oidc_sign_in *step = call->step;
  step->fetch = (struct http_fetch){.url = url,
                                    .form = form,
                                    .ca_file = settings_of(call)->ca_file,
                                    .done = done,
                                    .owner = call,
                                    .arena = &call->arena};
  if (form && *settings_of(call)->client_secret) {
    step->fetch.user = oidc_escape(settings_of(call)->client_id, &call->arena);
    step->fetch.password = oidc_escape(settings_of(call)->client_secret, &call->arena);
  }
  if (!url || http_fetch_start(identity->curl, &step->fetch)) {
    call_fail_with(call, REASON_MESSAGE_TOO_LARGE);
    return;
  }
  identity->asking++;
}

// Whether the provider answered with 200; else the call has been answered.
static bool answered(struct http_fetch *fetch, int error, enum reason refusal) {
  struct call *call = fetch->owner;
  struct identity *identity = service_state(call->service);
  identity->asking--;
  if (!error && fetch->status == 200) return true;
  LOG_TRACED(WARNING, "OIDC_PROVIDER_ANSWERED_BADLY", call->traceparent, log_number("status", fetch->status),
             log_text("reason", fetch->problem ? fetch->problem : ""));
  call_fail_with(call, error || fetch->status >= 500 ? REASON_OIDC_PROVIDER_UNAVAILABLE : refusal);
  return false;
}

static void refuse(struct call *call, const char *problem, enum reason reason) {
  LOG_TRACED(WARNING, "OIDC_NOT_BELIEVED", call->traceparent, log_text("reason", problem));
  call_fail_with(call, reason);
}

void identity_start_oidc(struct call *call) {
  const struct identity *identity = service_state(call->service);
  struct oidc_sign_in *step = call->step = ARENA_NEW(&call->arena, struct oidc_sign_in);
  if (step) {
    identity->random->fill(identity->random, step->browser_secret, sizeof step->browser_secret);
    oidc_derive(step->browser_secret, &step->secrets);
  }
  discover(call, start_discovered);
}

void identity_finish_oidc(struct call *call) {
  const Pulih__Identity__V1__FinishOidcRequest *request = (const void *)call->request;
  struct oidc_sign_in *step = call->step = ARENA_NEW(&call->arena, struct oidc_sign_in);
  if (strlen(request->source) > SOURCE_MAX) {
    status_add_violation(&call->status, &call->arena, "source", "is longer than %d bytes", SOURCE_MAX);
    call_fail(call);
    return;
  }
  bool fits = step && request->browser_secret.len == OIDC_SECRET_BYTES && *request->code;
  if (fits) oidc_derive(request->browser_secret.data, &step->secrets);
  // A sign-in that was begun in another browser, or by a stranger for this one.
  if (!fits || strlen(request->state) != OIDC_TEXT - 1 ||
      sodium_memcmp(request->state, step->secrets.state, OIDC_TEXT - 1) != 0)
    call_fail_with(call, *settings_of(call)->issuer ? REASON_OIDC_REFUSED : REASON_OIDC_NOT_SET_UP);
  else
    discover(call, finish_discovered);
}

static void discover(struct call *call, void (*discovered)(struct call *call)) {
  const struct identity *identity = service_state(call->service);
  const char *issuer = settings_of(call)->issuer;
  struct oidc_sign_in *step = call->step;
  if (!*issuer) {
    call_fail_with(call, REASON_OIDC_NOT_SET_UP);
  } else if (!step) {
    call_fail_with(call, REASON_MESSAGE_TOO_LARGE);
  } else if (identity->asking >= ASKING_MAX) {
    call_fail_with(call, REASON_TOO_BUSY);
  } else {
    step->discovered = discovered;
    // OpenID Connect Discovery 1.0, 4: behind the issuer's own path, without its last "/".
    const int size = (int)strlen(issuer) - (issuer[strlen(issuer) - 1] == '/');
    ask(call, arena_printf(&call->arena, "%.*s/.well-known/openid-configuration", size, issuer), NULL, discover_done);
  }
}

static void discover_done(struct http_fetch *fetch, int error) {
  struct call *call = fetch->owner;
  struct oidc_sign_in *step = call->step;
  if (!answered(fetch, error, REASON_OIDC_PROVIDER_UNAVAILABLE)) return;
  const char *problem = oidc_read_provider(settings_of(call), fetch->body, fetch->size, &call->arena, &step->provider);
  if (problem)
    refuse(call, problem, REASON_OIDC_PROVIDER_UNAVAILABLE);
  else
    step->discovered(call);
}

static void start_discovered(struct call *call) {
  struct oidc_sign_in *step = call->step;
  Pulih__Identity__V1__StartedOidc started = PULIH__IDENTITY__V1__STARTED_OIDC__INIT;
  started.authorization_url = oidc_authorization_url(settings_of(call), &step->provider, &step->secrets, &call->arena);
  started.browser_secret = (ProtobufCBinaryData){sizeof step->browser_secret, step->browser_secret};
  if (started.authorization_url)
    call_reply(call, &started.base);
  else
    call_fail_with(call, REASON_MESSAGE_TOO_LARGE);
}

static void finish_discovered(struct call *call) {
  const Pulih__Identity__V1__FinishOidcRequest *request = (const void *)call->request;
  struct oidc_sign_in *step = call->step;
  const char *form = oidc_token_form(settings_of(call), request->code, &step->secrets, &call->arena);
  ask(call, form ? step->provider.token_endpoint : NULL, form, exchange_done);
}

static void exchange_done(struct http_fetch *fetch, int error) {
  struct call *call = fetch->owner;
  struct oidc_sign_in *step = call->step;
  // 400: the code is false, was used, or isn't this browser's.
  if (!answered(fetch, error, REASON_OIDC_REFUSED)) return;
  const char *problem = oidc_read_token(fetch->body, fetch->size, &call->arena, &step->id_token);
  if (problem)
    refuse(call, problem, REASON_OIDC_REFUSED);
  else
    ask(call, step->provider.jwks_uri, NULL, keys_done);
}

static void keys_done(struct http_fetch *fetch, int error) {
  struct call *call = fetch->owner;
  struct oidc_sign_in *step = call->step;
  struct oidc_person person;
  if (!answered(fetch, error, REASON_OIDC_PROVIDER_UNAVAILABLE)) return;
  const char *problem =
      oidc_check_token(settings_of(call), step->id_token, fetch->body, fetch->size, step->secrets.nonce,
                       loop_wall_us(service_loop(call->service)), &call->arena, &person);
  if (problem)
    refuse(call, problem, REASON_OIDC_REFUSED);
  else
    start_oidc_session(call, &person);
}

static void start_oidc_session(struct call *call, const struct oidc_person *person) {
  const Pulih__Identity__V1__FinishOidcRequest *request = (const void *)call->request;
  const struct identity *identity = service_state(call->service);
  struct oidc_sign_in *step = call->step;
  token_make(step->token);
  token_hash(step->token, step->token_hash);
  pulih__identity__internal__v1__start_oidc_session__init(&step->start);
  step->start.email = (char *)person->email;
  step->start.second_factor = person->second_factor || !identity->totp_required;
  step->start.source = arena_printf(&call->arena, "%s %s", call->caller.key_name, request->source);
  step->start.token_hash = (ProtobufCBinaryData){sizeof step->token_hash, step->token_hash};
  step->start.idle_s = (int32_t)(identity->settings->idle_ms / 1000);
  step->start.lasts_s = (int32_t)(identity->settings->lasts_ms / 1000);
  if (step->start.source)
    call_query(call, &identity_start_oidc_session_statement, &step->start.base, oidc_session_started);
  else
    call_fail_with(call, REASON_MESSAGE_TOO_LARGE);
}

static void oidc_session_started(struct call *call, struct db_result *result) {
  struct oidc_sign_in *step = call->step;
  Pulih__Identity__V1__StartedSession *started = (void *)db_result_row(result, 0, &call->arena);
  if (!started) {
    call_fail_with(call, REASON_MESSAGE_TOO_LARGE);
  } else if (!started->person || !*started->person->id) {
    call_fail_with(call, REASON_OIDC_NOBODY_HERE);
  } else if (!started->expires_at) {
    call_fail_with(call, REASON_OIDC_SECOND_FACTOR_MISSING);
  } else {
    started->token = (ProtobufCBinaryData){sizeof step->token, step->token};
    call_reply(call, &started->base);
  }
}
