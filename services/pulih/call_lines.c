#include "call_lines.h"

#include <stdlib.h>
#include <string.h>

#include "catalogue.h"
#include "hub.h"
#include "json/json.h"
#include "json/scan.h"
#include "line_input.h"
#include "message/message.h"
#include "method_name.h"
#include "outcome.h"
#include "rpc/envelope.h"

enum { CALL_MEMORY_BYTES = 16 << 20, REQUEST_DEPTH = 64 };

// A call on its way. Slots are a ring, so that answers are written in the order of their lines.
struct slot {
  struct rpc_call call;
  struct arena arena;
  const struct method *method;
  size_t line;
  bool done;
  enum outcome outcome;
  const char *kind;    // "response" or "error"
  const char *answer;  // JSON
};

struct calls {
  struct invocation *invocation;
  struct slot *slots;
  size_t room, first, count;
  size_t lines;
  enum outcome outcome;  // the first that isn't OK
};

static void finish(struct slot *slot, const char *kind, const ProtobufCMessage *message, enum outcome outcome) {
  size_t size;
  char *text;
  slot->done = true;
  slot->kind = kind;
  slot->outcome = outcome;
  if (!json_encode(message, &(struct json_options){0}, &slot->arena, &text, &size)) slot->answer = text;
}

static void finish_refused(struct slot *slot, const struct status *status) {
  const Pulih__Rpc__V1__Status *message = status_to_message(status, &slot->arena);
  if (message)
    finish(slot, "error", &message->base, outcome_of_code(message->code));
  else
    slot->done = true, slot->outcome = OUTCOME_FAILED;
}

static void answered(struct rpc_call *call, const struct rpc_answer *answer) {
  struct slot *slot = call->owner;
  if (answer->status) {
    finish(slot, "error", &answer->status->base, outcome_of_code(answer->status->code));
    return;
  }
  struct status status = {0};
  const ProtobufCMessage *message =
      message_unpack(slot->method->output, answer->body, answer->size, &slot->arena, &status);
  if (message)
    finish(slot, "response", message, OUTCOME_OK);
  else
    finish_refused(slot, &status);
}

// Finds the values of "method" and "request" without a tree.
static bool split_line(struct json_scan *scan, const char **ret_method, const char **ret_request, size_t *ret_size) {
  if (!json_expect(scan, '{', "{\"method\": …, \"request\": {…}}")) return false;
  while (json_peek(scan) == '"') {
    const char *name, *method;
    size_t name_size, method_size;
    if (!json_string(scan, &name, &name_size) || !json_expect(scan, ':', "\":\"")) return false;
    json_peek(scan);
    const char *start = scan->at;
    if (name_size == 6 && !memcmp(name, "method", 6)) {
      if (!json_string(scan, &method, &method_size)) return false;
      *ret_method = arena_copy_text(scan->arena, method, method_size);
    } else if (name_size == 7 && !memcmp(name, "request", 7)) {
      if (!json_skip(scan, REQUEST_DEPTH)) return false;
      *ret_request = start;
      *ret_size = (size_t)(scan->at - start);
    } else {
      return json_refuse(scan, "\"method\" or \"request\"");
    }
    if (!json_take(scan, ',')) break;
  }
  return json_expect(scan, '}', "\"}\"") && json_expect_end(scan) && (*ret_method || json_refuse(scan, "\"method\""));
}

static void start_call(struct calls *calls, const char *line, size_t size) {
  calls->lines++;
  if (!size) return;
  struct slot *slot = &calls->slots[(calls->first + calls->count++) % calls->room];
  *slot = (struct slot){.line = calls->lines};
  arena_init(&slot->arena, CALL_MEMORY_BYTES);
  struct status status = {0};
  struct json_scan scan;
  const char *name = NULL, *text = "{}";
  size_t text_size = 2;
  json_scan_init(&scan, line, size, &slot->arena);
  if (!split_line(&scan, &name, &text, &text_size)) {
    status.reason = REASON_MESSAGE_MALFORMED;
    const char *what = arena_printf(&slot->arena, "expected %s", scan.expected ? scan.expected : "a call");
    if (what) status_add_detail(&status, &slot->arena, "what", what);
    finish_refused(slot, &status);
    return;
  }
  if (method_fitting(&catalogue, name, &slot->method) != 1) {
    status.reason = REASON_METHOD_UNKNOWN;
    status_add_detail(&status, &slot->arena, "method", name);
    finish_refused(slot, &status);
    return;
  }
  const ProtobufCMessage *request =
      json_decode(slot->method->input, text, text_size, &(struct json_options){0}, &slot->arena, &status);
  slot->call = (struct rpc_call){.method = slot->method->name,
                                 .timeout_ms = hub_timeout_ms(calls->invocation),
                                 .token = hub_token(calls->invocation->hub),
                                 .done = answered,
                                 .owner = slot};
  if (request && message_pack(request, &slot->arena, &slot->call.body, &slot->call.size))
    status.reason = REASON_MESSAGE_TOO_LARGE;
  if (status.reason != REASON_OK)
    finish_refused(slot, &status);
  else
    rpc_client_call(hub_client(calls->invocation->hub), &slot->call);
}

static void write_answers(struct calls *calls) {
  while (calls->count && calls->slots[calls->first].done) {
    struct slot *slot = &calls->slots[calls->first];
    printf("{\"line\":%zu,\"%s\":%s}\n", slot->line, slot->answer ? slot->kind : "error",
           slot->answer ? slot->answer : "{}");
    if (!calls->outcome) calls->outcome = slot->outcome;
    arena_finish(&slot->arena);
    calls->first = (calls->first + 1) % calls->room;
    calls->count--;
  }
  fflush(stdout);
}

enum outcome call_lines(struct invocation *invocation, size_t in_flight) {
  struct loop *loop = hub_loop(invocation->hub);
  struct line_input input;
  struct calls calls = {
      .invocation = invocation, .slots = ARENA_ARRAY(&invocation->arena, struct slot, in_flight), .room = in_flight};
  if (!calls.slots) return OUTCOME_FAILED;
  line_input_init(&input, &loop->uv, 0, JSON_SIZE_MAX);
  const char *line;
  size_t size;
  while (calls.count || !line_input_at_end(&input)) {
    write_answers(&calls);
    while (calls.count < calls.room && line_input_take(&input, &line, &size)) start_call(&calls, line, size);
    // Waits for an answer or for input, unless the next answer was made here.
    bool answer_ready = calls.count && calls.slots[calls.first].done;
    if (!answer_ready && (calls.count || !line_input_at_end(&input))) uv_run(&loop->uv, UV_RUN_ONCE);
  }
  int error = input.error;
  line_input_finish(&input);
  if (error) return outcome_say(invocation, OUTCOME_USAGE, "line %zu: %s", calls.lines + 1, strerror(-error));
  return calls.outcome;
}
