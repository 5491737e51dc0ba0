// AmendNote: the note → the person's key → seal → write beside it.
#include "body.h"
#include "notes.h"
#include "person_key.h"

typedef Pulih__Notes__V1__AmendNoteRequest AmendNoteRequest;
typedef Pulih__Notes__Internal__V1__FoundNote FoundNote;
typedef Pulih__Notes__Internal__V1__WriteAmendmentRequest WriteAmendmentRequest;

struct amend_step {
  Pulih__Notes__Internal__V1__NoteId find;
  const char *id, *key_of;
  WriteAmendmentRequest write;
};

static void amend_note_found(struct call *call, struct db_result *result);
static void amend_note_keyed(struct call *call, const uint8_t key[SEAL_KEY_BYTES]);
static void amend_note_written(struct call *call, struct db_result *result);

void notes_amend_note(struct call *call) {
  const AmendNoteRequest *request = (const AmendNoteRequest *)call->request;
  if (!*request->id) status_add_violation(&call->status, &call->arena, "id", "is required");
  body_check(request->body, &call->arena, &call->status);
  if (call->status.reason != REASON_OK) {
    call_fail(call);
    return;
  }
  struct amend_step *step = call->step = ARENA_NEW(&call->arena, struct amend_step);
  if (!step || !(step->id = uuid_text(request->id, &call->arena))) {
    call_fail_with(call, REASON_MESSAGE_TOO_LARGE);
    return;
  }
  pulih__notes__internal__v1__note_id__init(&step->find);
  step->find.note_id = request->note_id;
  call_query(call, &notes_find_note_statement, &step->find.base, amend_note_found);
}

static void amend_note_found(struct call *call, struct db_result *result) {
  struct amend_step *step = call->step;
  const FoundNote *found = call_one_row(call, result);
  if (!found) return;
  if (found->key_destroyed) {
    call_fail_with(call, REASON_PERSON_KEY_DESTROYED);
    return;
  }
  // Whether the caller may, and whether the note is signed, is said by the table's policy.
  step->key_of = note_key_of(found->note);
  person_key_find(call, step->key_of, amend_note_keyed);
}

static void amend_note_keyed(struct call *call, const uint8_t key[SEAL_KEY_BYTES]) {
  const AmendNoteRequest *request = (const AmendNoteRequest *)call->request;
  struct amend_step *step = call->step;
  const struct seal_place place = amendment_place(step->id, step->key_of, call->caller.user_id);
  struct sealed_body *body = ARENA_NEW(&call->arena, struct sealed_body);
  if (!body || body_seal(request->body, &place, key, notes_of(call)->random, &call->arena, body)) {
    call_fail_with(call, REASON_MESSAGE_TOO_LARGE);
    return;
  }
  WriteAmendmentRequest *write = &step->write;
  pulih__notes__internal__v1__write_amendment_request__init(write);
  write->id = request->id;
  write->note_id = request->note_id;
  write->sealed = (ProtobufCBinaryData){body->sealed_size, body->sealed};
  write->sealed_key = (ProtobufCBinaryData){sizeof body->sealed_key, body->sealed_key};
  call_query(call, &notes_write_amendment_statement, &write->base, amend_note_written);
}

static void amend_note_written(struct call *call, struct db_result *result) {
  const ProtobufCMessage *amendment = call_one_row(call, result);
  if (amendment) call_reply(call, amendment);
}
