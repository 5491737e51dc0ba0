// AskKeyDestruction, and ConfirmKeyDestruction: confirmed → in the audit log → destroyed. From the confirmation on
// nobody reads or writes with the key, whichever instance still has it in memory; a confirmation whose answer was lost
// is repeated until the key store has done its part.
#include "notes.h"
#include "person_key.h"

typedef Pulih__Notes__V1__KeyDestruction KeyDestruction;

static void key_destruction_done(struct call *call) {
  call_reply(call, call->step);
}

static void audit_key_destruction(struct call *call, struct db_result *result, const char *action,
                                  void (*done)(struct call *call)) {
  KeyDestruction *destruction = call_one_row(call, result);
  if (!destruction) return;
  call->step = destruction;
  Pulih__Notes__Internal__V1__AuditEntry entry = PULIH__NOTES__INTERNAL__V1__AUDIT_ENTRY__INIT;
  entry.action = (char *)action;
  entry.prison_id = destruction->prison_id;
  entry.participant_id = destruction->participant_id;
  audit_write(&notes_of(call)->audit, call, &entry, done);
}

static void ask_key_destruction_written(struct call *call, struct db_result *result) {
  audit_key_destruction(call, result, "KEY_DESTRUCTION_ASKED", key_destruction_done);
}

void notes_ask_key_destruction(struct call *call) {
  call_query(call, &notes_write_key_destruction_statement, call->request, ask_key_destruction_written);
}

static void confirm_key_destruction_audited(struct call *call) {
  const KeyDestruction *destruction = call->step;
  person_key_destroy(call, destruction->participant_id, key_destruction_done);
}

static void confirm_key_destruction_written(struct call *call, struct db_result *result) {
  audit_key_destruction(call, result, "KEY_DESTRUCTION_CONFIRMED", confirm_key_destruction_audited);
}

void notes_confirm_key_destruction(struct call *call) {
  call_query(call, &notes_confirm_key_destruction_statement, call->request, confirm_key_destruction_written);
}
