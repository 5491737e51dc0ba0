// Statements as the caller of a call, and as the service itself.
#include <string.h>

#include "base/log.h"
#include "db/db.h"
#include "options.pb-c.h"
#include "service/service_private.h"

// "OFFICER,COUNSELLOR"
static const char *roles_text(uint32_t roles, struct arena *arena) {
  const ProtobufCEnumDescriptor *descriptor = &pulih__role__descriptor;
  char *text = arena_alloc(arena, 256), *to = text;
  for (unsigned i = 0; text && i < descriptor->n_values; i++) {
    const ProtobufCEnumValue *role = &descriptor->values[i];
    if (!(roles & 1u << role->value)) continue;
    if (to != text) *to++ = ',';
    to = stpcpy(to, role->name + strlen("ROLE_"));
  }
  return text;
}

bool service_context(struct service *service, const struct caller *caller, struct arena *arena,
                     struct db_context *ret_context) {
  const char *now = "", *roles = roles_text(caller->roles, arena);
  if (clock_is_injected(&service->loop.clock)) {
    char text[CLOCK_TEXT_MAX];
    clock_format(loop_wall_us(&service->loop), text);
    now = arena_copy_text(arena, text, strlen(text));
  }
  if (!roles || !now) return false;
  *ret_context = (struct db_context){caller->user_id, roles, caller->every_prison ? "*" : caller->prison_id, now};
  return true;
}

// A statement on its way, for a call.
struct call_query_step {
  struct db_request request;
  struct call *call;
  call_query_done *done;
  bool takes_failure;
};

static void query_done(struct db_request *request, struct db_result *result, const struct status *status) {
  struct call_query_step *step = request->owner;
  struct call *call = step->call;
  call->status = *status;
  if (result && request->statement->writes) service_written(call->service);
  if (result || step->takes_failure) {
    step->done(call, result);
  } else {
    call_fail(call);
  }
}

static void query(struct call *call, const struct db_statement *statement, const ProtobufCMessage *in,
                  call_query_done *done, bool takes_failure) {
  struct call_query_step *step = ARENA_NEW(&call->arena, struct call_query_step);
  struct db_context context;
  if (!step || !service_context(call->service, &call->caller, &call->arena, &context)) {
    call_fail_with(call, REASON_MESSAGE_TOO_LARGE);
    return;
  }
  *step = (struct call_query_step){.request = {.statement = statement,
                                               .in = in,
                                               .context = context,
                                               .deadline_ms = call->deadline_ms,
                                               .arena = &call->arena,
                                               .done = query_done,
                                               .owner = step},
                                   .call = call,
                                   .done = done,
                                   .takes_failure = takes_failure};
  db_submit(call->service->db, &step->request);
}

void call_query(struct call *call, const struct db_statement *statement, const ProtobufCMessage *in,
                call_query_done *done) {
  query(call, statement, in, done, false);
}

void call_try_query(struct call *call, const struct db_statement *statement, const ProtobufCMessage *in,
                    call_query_done *done) {
  query(call, statement, in, done, true);
}

void *call_one_row(struct call *call, struct db_result *result) {
  if (!db_result_rows(result)) {
    call_fail_with(call, REASON_NOT_FOUND);
    return NULL;
  }
  ProtobufCMessage *row = db_result_row(result, 0, &call->arena);
  if (!row) call_fail_with(call, REASON_MESSAGE_TOO_LARGE);
  return row;
}

static void run_statement_done(struct call *call, struct db_result *result) {
  const void *data;
  size_t size;
  if (db_result_pack(result, &call->arena, &data, &size, &call->status)) {
    if (call->status.reason == REASON_INTERNAL)
      LOG_TRACED(ERROR, "COLUMN_NOT_UNDERSTOOD", call->traceparent,
                 log_text("statement", call->method->statement->name),
                 log_text("column", call->status.details ? call->status.details->text : ""));
    call_fail(call);
    return;
  }
  call_reply_packed(call, data, size);
}

void service_run_statement(struct call *call) {
  call_query(call, call->method->statement, call->request, run_statement_done);
}

static void service_query_done(struct db_request *request, struct db_result *result, const struct status *status) {
  struct service_query *query = request->owner;
  if (result && query->statement->writes) service_written(query->service);
  query->done(query, result, status);
}

void service_query_run(struct service *service, struct service_query *query) {
  const struct caller itself = {.user_id = "",
                                .roles = 1u << PULIH__ROLE__ROLE_SERVICE,
                                .prison_id = "",
                                .every_prison = true,
                                .key_name = service->definition->name};
  query->service = service;
  query->request = ARENA_NEW(query->arena, struct db_request);
  struct db_context context;
  // The arena is the service's own and made large enough for one query; that it isn't is a fault in the program.
  if (!query->request || !service_context(service, &itself, query->arena, &context)) {
    query->done(query, NULL, &(struct status){.reason = REASON_MESSAGE_TOO_LARGE});
    return;
  }
  *query->request = (struct db_request){.statement = query->statement,
                                        .in = query->in,
                                        .context = context,
                                        .deadline_ms = loop_now_ms(&service->loop) + query->timeout_ms,
                                        .arena = query->arena,
                                        .done = service_query_done,
                                        .owner = query};
  db_submit(service->db, query->request);
}
