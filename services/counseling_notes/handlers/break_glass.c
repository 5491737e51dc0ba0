// RequestBreakGlass and ReviewBreakGlass: written, then in the audit log, then answered. Whoever gets no answer asks
// again: the rows are made once, and the log may have it twice.
#include "notes.h"

typedef Pulih__Notes__V1__BreakGlass BreakGlass;

static void break_glass_audited(struct call *call) {
  call_reply(call, call->step);
}

static void audit_break_glass(struct call *call, struct db_result *result, const char *action) {
  BreakGlass *break_glass = call_one_row(call, result);
  if (!break_glass) return;
  call->step = break_glass;
  Pulih__Notes__Internal__V1__AuditEntry entry = PULIH__NOTES__INTERNAL__V1__AUDIT_ENTRY__INIT;
  entry.action = (char *)action;
  entry.prison_id = break_glass->prison_id;
  entry.participant_id = break_glass->participant_id;
  entry.subject_id = break_glass->id;
  audit_write(&notes_of(call)->audit, call, &entry, break_glass_audited);
}

static void request_break_glass_written(struct call *call, struct db_result *result) {
  audit_break_glass(call, result, "BREAK_GLASS_REQUESTED");
}

void notes_request_break_glass(struct call *call) {
  call_query(call, &notes_write_break_glass_statement, call->request, request_break_glass_written);
}

static void review_break_glass_written(struct call *call, struct db_result *result) {
  audit_break_glass(call, result, "BREAK_GLASS_REVIEWED");
}

void notes_review_break_glass(struct call *call) {
  const Pulih__Notes__V1__ReviewBreakGlassRequest *request = (const void *)call->request;
  if (request->verdict == PULIH__NOTES__V1__BREAK_GLASS_VERDICT__BREAK_GLASS_VERDICT_UNSPECIFIED) {
    status_add_violation(&call->status, &call->arena, "verdict", "is required");
    call_fail(call);
    return;
  }
  call_query(call, &notes_write_verdict_statement, call->request, review_break_glass_written);
}
