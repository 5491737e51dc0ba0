// How a failure is told: its text and wrong fields on stderr, and what the process ends with.
#pragma once

#include "base/status.h"
#include "command.h"
#include "rpc.pb-c.h"

// Of a google.rpc.Code.
enum outcome outcome_of_code(int code);
// Message, reason, then each wrong field ("field: what") and nothing else; as one JSON object with `json`.
enum outcome outcome_report(const Pulih__Rpc__V1__Status *status, bool json);
// The same of something that was refused here, before it was sent.
enum outcome outcome_report_local(const struct status *status, struct arena *arena, bool json);
// "pulih call: …" on stderr.
enum outcome outcome_say(const struct invocation *invocation, enum outcome outcome, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
