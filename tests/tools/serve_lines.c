// A service without a hub: linked in place of common/service/service.c and common/rpc, it takes calls as lines of JSON
// on stdin and writes their answers as lines on stdout, in the order in which they are ready. Many may be in flight.
//
//   {"call": 1, "method": "SaveDraft", "user": "<uuid>", "roles": "COUNSELLOR", "prison": "*", "message": {…}}
//   {"call": 1, "reason": "OK", "response": {…}}
//
// {"applied": "scheduling"} tells the service that the test has applied that producer's events.
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "json/json.h"
#include "message/field.h"
#include "message/message.h"
#include "options.pb-c.h"
#include "service/service_private.h"

enum { ARENA_BYTES = 8 << 20, LINE_BYTES = 1 << 20, DEADLINE_MS = 30000 };

struct line_call {
  struct call call;
  json_t *line;
};

static uv_pipe_t input;
static char *received;
static size_t received_size, in_flight;
static bool at_end;

void *service_state(struct service *service) {
  return service->state;
}
const void *service_settings(struct service *service) {
  return service->own_settings;
}
struct loop *service_loop(struct service *service) {
  return &service->loop;
}
struct db *service_db(struct service *service) {
  return service->db;
}
struct metrics *service_metrics(struct service *service) {
  return &service->metrics;
}
void service_written(struct service *service) {
  // Nobody here takes events.
}
void service_stopped(struct service *service) {
  loop_stopped(&service->stop_own);
}

static void answer(struct call *call, const char *response) {
  struct line_call *line = container_of(call, struct line_call, call);
  struct service *service = call->service;
  const struct named_text *wrong = call->status.violations;
  printf("{\"call\": %lld, \"reason\": \"%s\", \"field\": \"%s\", \"response\": %s}\n",
         (long long)json_integer_value(json_object_get(line->line, "call")), reason_info(call->status.reason)->name,
         wrong ? wrong->name : "", response);
  fflush(stdout);
  json_decref(line->line);
  arena_finish(&call->arena);
  free(line);
  in_flight--;
  if (at_end && !in_flight) loop_stop(&service->loop);
}

void call_reply(struct call *call, const ProtobufCMessage *response) {
  const struct json_options options = {.proto_names = true};
  char *text = "null";
  size_t size;
  call->status = (struct status){.reason = REASON_OK};
  if (json_encode(response, &options, &call->arena, &text, &size)) call->status.reason = REASON_INTERNAL;
  answer(call, text);
}

void call_reply_packed(struct call *call, const void *data, size_t size) {
  ProtobufCMessage *response = message_unpack(call->method->output, data, size, &call->arena, &call->status);
  if (response)
    call_reply(call, response);
  else
    call_fail(call);
}

void call_fail(struct call *call) {
  answer(call, "null");
}

void call_fail_with(struct call *call, enum reason reason) {
  call->status = (struct status){.reason = reason};
  call_fail(call);
}

static uint32_t roles_of(const char *text) {
  uint32_t roles = 0;
  for (const char *name = text; *name; name += *name == ',') {
    size_t size = strcspn(name, ",");
    int role;
    if (!enum_by_short_name(&pulih__role__descriptor, name, size, &role)) roles |= 1u << role;
    name += size;
  }
  return roles;
}

static const struct method *method_of(const struct method_table *table, const char *name) {
  for (size_t i = 0; i < table->count; i++)
    if (!strcmp(strchr(table->methods[i].name, '/') + 1, name)) return &table->methods[i];
  return NULL;
}

static void begin(struct service *service, json_t *line) {
  const char *method, *user, *roles, *prison, *producer = json_string_value(json_object_get(line, "applied"));
  json_t *message;
  if (producer) {
    service->definition->applied(service, producer);
    json_decref(line);
    return;
  }
  if (json_unpack(line, "{s:s, s:s, s:s, s:s, s:o}", "method", &method, "user", &user, "roles", &roles, "prison",
                  &prison, "message", &message)) {
    fprintf(stderr, "not a call\n");
    exit(1);
  }
  struct line_call *one = calloc(1, sizeof *one);
  struct call *call = &one->call;
  one->line = line;
  in_flight++;
  arena_init(&call->arena, ARENA_BYTES);
  call->service = service;
  call->deadline_ms = loop_now_ms(&service->loop) + DEADLINE_MS;
  call->traceparent = "";
  bool every_prison = !strcmp(prison, "*");
  call->caller = (struct caller){user, roles_of(roles), every_prison ? "" : prison, every_prison, "lines"};
  call->method = method_of(service->definition->methods, method);
  if (!call->method || (!call->method->anyone && !(call->method->roles & call->caller.roles))) {
    call_fail_with(call, call->method ? REASON_NOT_ALLOWED : REASON_METHOD_UNKNOWN);
    return;
  }
  char *text = json_dumps(message, 0);
  call->request =
      json_decode(call->method->input, text, strlen(text), &(struct json_options){0}, &call->arena, &call->status);
  free(text);
  if (!call->request)
    call_fail(call);
  else if (call->method->statement)
    service_run_statement(call);
  else
    call->method->handle(call);
}

static void give_room(uv_handle_t *handle, size_t wanted, uv_buf_t *buffer) {
  *buffer = uv_buf_init(received + received_size, (unsigned)(LINE_BYTES - received_size));
}

static void take(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer) {
  struct service *service = stream->data;
  if (size < 0) {
    at_end = true;
    uv_close((uv_handle_t *)stream, NULL);
    if (!in_flight) loop_stop(&service->loop);
    return;
  }
  received_size += (size_t)size;
  char *newline;
  while ((newline = memchr(received, '\n', received_size))) {
    size_t line_size = (size_t)(newline - received);
    json_t *line = json_loadb(received, line_size, 0, NULL);
    received_size -= line_size + 1;
    memmove(received, newline + 1, received_size);
    begin(service, line);
  }
}

static void db_changed(void *data, bool ready, bool mismatch) {
  struct service *service = data;
  if (mismatch) exit(1);
  if (!ready || service->started) return;
  service->started = true;
  if (service->definition->ready) service->definition->ready(service);
  uv_read_start((uv_stream_t *)&input, give_room, take);
}

static void stop_own(struct loop_stopper *stopper) {
  struct service *service = container_of(stopper, struct service, stop_own);
  if (service->definition->stop)
    service->definition->stop(service);
  else
    service_stopped(service);
}

int service_main(int argc, char **argv, const struct service_definition *definition) {
  struct service *service = calloc(1, sizeof *service);
  signal(SIGPIPE, SIG_IGN);
  service->definition = definition;
  arena_init(&service->process.arena, ARENA_BYTES);
  log_start(definition->name, "lines", LOG_INFO);
  received = malloc(LINE_BYTES);
  service->own_settings = calloc(1, definition->settings_size + 1);
  if (definition->settings && config_read(definition->settings, service->own_settings, &service->process.arena, stderr))
    return 1;
  const struct db_settings database = {.url = getenv("PULIH_DATABASE_URL"),
                                       .connections = 3,
                                       .queue_limit = 2048,
                                       .statement_timeout_ms = DEADLINE_MS,
                                       .connect_timeout_ms = 5000,
                                       .application_name = "lines"};
  if (loop_init(&service->loop, getenv("PULIH_CLOCK_FILE"))) {
    fprintf(stderr, "no loop: is there a time in PULIH_CLOCK_FILE?\n");
    return 1;
  }
  service->db = db_create(&service->loop, &database, definition->statements, definition->statement_count);
  if (definition->start && definition->start(service, &service->state)) return 1;
  service->stop_own.stop = stop_own;
  loop_add_stopper(&service->loop, &service->stop_own);
  uv_pipe_init(&service->loop.uv, &input, 0);
  uv_pipe_open(&input, 0);
  input.data = service;
  db_watch(service->db, db_changed, service);
  int error = loop_run(&service->loop);
  db_destroy(service->db);
  error |= loop_finish(&service->loop);
  arena_finish(&service->process.arena);
  free(service->own_settings);
  free(received);
  free(service);
  return error != 0;
}
