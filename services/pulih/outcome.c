#include "outcome.h"

#include <stdio.h>

#include "output.h"
#include "rpc/envelope.h"

static const enum outcome outcomes[] = {
    [STATUS_OK] = OUTCOME_OK,
    [STATUS_CANCELLED] = OUTCOME_FAILED,
    [STATUS_UNKNOWN] = OUTCOME_FAILED,
    [STATUS_INVALID_ARGUMENT] = OUTCOME_USAGE,
    [STATUS_DEADLINE_EXCEEDED] = OUTCOME_TRY_AGAIN,
    [STATUS_NOT_FOUND] = OUTCOME_NOT_FOUND,
    [STATUS_ALREADY_EXISTS] = OUTCOME_CONFLICT,
    [STATUS_PERMISSION_DENIED] = OUTCOME_NOT_ALLOWED,
    [STATUS_RESOURCE_EXHAUSTED] = OUTCOME_TRY_AGAIN,
    [STATUS_FAILED_PRECONDITION] = OUTCOME_CONFLICT,
    [STATUS_ABORTED] = OUTCOME_CONFLICT,
    [STATUS_OUT_OF_RANGE] = OUTCOME_USAGE,
    [STATUS_UNIMPLEMENTED] = OUTCOME_FAILED,
    [STATUS_INTERNAL] = OUTCOME_FAILED,
    [STATUS_UNAVAILABLE] = OUTCOME_TRY_AGAIN,
    [STATUS_DATA_LOSS] = OUTCOME_FAILED,
    [STATUS_UNAUTHENTICATED] = OUTCOME_NOT_ALLOWED,
};

enum outcome outcome_of_code(int code) {
  if (code < 0 || (size_t)code >= sizeof outcomes / sizeof outcomes[0]) return OUTCOME_FAILED;
  return outcomes[code];
}

enum outcome outcome_report(const Pulih__Rpc__V1__Status *status, bool json) {
  if (json) {
    output_json(&status->base, stderr, false);
  } else {
    fprintf(stderr, "%s (%s)\n", status->message, status->reason);
    for (size_t i = 0; i < status->n_violations; i++)
      fprintf(stderr, "  %s: %s\n", status->violations[i]->field, status->violations[i]->description);
    if (status->code == STATUS_UNAVAILABLE) fputs("  pulih doctor looks for the cause.\n", stderr);
  }
  return outcome_of_code(status->code);
}

enum outcome outcome_report_local(const struct status *status, struct arena *arena, bool json) {
  const Pulih__Rpc__V1__Status *message = status_to_message(status, arena);
  return message ? outcome_report(message, json) : OUTCOME_FAILED;
}

enum outcome outcome_say(const struct invocation *invocation, enum outcome outcome, const char *format, ...) {
  va_list values;
  va_start(values, format);
  fprintf(stderr, "pulih %s: ", invocation->command->name);
  vfprintf(stderr, format, values);
  fputc('\n', stderr);
  va_end(values);
  return outcome;
}
