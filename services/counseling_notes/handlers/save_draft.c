// SaveDraft: where does the draft belong → the person's key → seal → write.
#include "body.h"
#include "notes.h"
#include "person_key.h"

typedef Pulih__Notes__V1__SaveDraftRequest SaveDraftRequest;
typedef Pulih__Notes__Internal__V1__WriteDraftRequest WriteDraftRequest;
typedef Pulih__Notes__Internal__V1__DraftPlace DraftPlace;

struct draft_step {
  const DraftPlace *place;
  const char *id, *key_of;
  WriteDraftRequest write;
};

static void save_draft_placed(struct call *call, struct db_result *result);
static void save_draft_keyed(struct call *call, const uint8_t key[SEAL_KEY_BYTES]);
static void save_draft_written(struct call *call, struct db_result *result);

static bool check(struct call *call, const SaveDraftRequest *request) {
  if (!*request->id) status_add_violation(&call->status, &call->arena, "id", "is required");
  if (request->revision < 1)
    status_add_violation(&call->status, &call->arena, "revision", "is 1 for the first save and one more each time");
  body_check(request->body, &call->arena, &call->status);
  if (call->status.reason != REASON_OK) {
    call_fail(call);
    return false;
  }
  if (!*request->enrollment_id && request->type != PULIH__NOTES__V1__NOTE_TYPE__NOTE_TYPE_GROUP_SESSION) {
    call_fail_with(call, REASON_NOTE_NEEDS_CASE);
    return false;
  }
  return true;
}

void notes_save_draft(struct call *call) {
  const SaveDraftRequest *request = (const SaveDraftRequest *)call->request;
  if (!check(call, request)) return;
  struct draft_step *step = call->step = ARENA_NEW(&call->arena, struct draft_step);
  if (!step || !(step->id = uuid_text(request->id, &call->arena))) {
    call_fail_with(call, REASON_MESSAGE_TOO_LARGE);
    return;
  }
  call_query(call, &notes_find_draft_place_statement, call->request, save_draft_placed);
}

static void save_draft_placed(struct call *call, struct db_result *result) {
  struct draft_step *step = call->step;
  const DraftPlace *place = call_one_row(call, result);
  if (!place) return;
  if (place->key_destroyed) {
    call_fail_with(call, REASON_PERSON_KEY_DESTROYED);
    return;
  }
  step->place = place;
  step->key_of = *place->participant_id ? place->participant_id : step->id;
  person_key_obtain(call, step->key_of, save_draft_keyed);
}

static void save_draft_keyed(struct call *call, const uint8_t key[SEAL_KEY_BYTES]) {
  const SaveDraftRequest *request = (const SaveDraftRequest *)call->request;
  struct draft_step *step = call->step;
  const struct seal_place place = note_place(step->id, step->key_of, call->caller.user_id, request->revision);
  struct sealed_body *body = ARENA_NEW(&call->arena, struct sealed_body);
  if (!body || body_seal(request->body, &place, key, notes_of(call)->random, &call->arena, body)) {
    call_fail_with(call, REASON_MESSAGE_TOO_LARGE);
    return;
  }
  WriteDraftRequest *write = &step->write;
  pulih__notes__internal__v1__write_draft_request__init(write);
  write->id = request->id;
  write->prison_id = step->place->prison_id;
  write->type = request->type;
  write->participant_id = step->place->participant_id;
  write->enrollment_id = request->enrollment_id;
  write->group_note_id = request->group_note_id;
  write->session_id = request->session_id;
  write->occurred_at = request->occurred_at;
  write->review_on = request->review_on;
  write->revision = request->revision;
  write->sealed = (ProtobufCBinaryData){body->sealed_size, body->sealed};
  write->sealed_key = (ProtobufCBinaryData){sizeof body->sealed_key, body->sealed_key};
  write->body_mac = (ProtobufCBinaryData){sizeof body->mac, body->mac};
  call_query(call, &notes_write_draft_statement, &write->base, save_draft_written);
}

static void save_draft_written(struct call *call, struct db_result *result) {
  const ProtobufCMessage *note = call_one_row(call, result);
  if (note) call_reply(call, note);
}
