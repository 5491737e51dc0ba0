// GetNote: may the caller → say so in the audit log, durably → only then the sealed bodies, the person's key, and open.
#include "base/log.h"
#include "body.h"
#include "message/field.h"
#include "notes.h"
#include "person_key.h"

typedef Pulih__Notes__V1__GetNoteRequest GetNoteRequest;
typedef Pulih__Notes__V1__NoteWithBody NoteWithBody;
typedef Pulih__Notes__V1__Amendment Amendment;
typedef Pulih__Notes__Internal__V1__FoundNote FoundNote;
typedef Pulih__Notes__Internal__V1__SealedBody SealedBody;

struct read_step {
  Pulih__Notes__Internal__V1__NoteId id;
  const FoundNote *found;
  const SealedBody **bodies;  // the note's own first
  size_t body_count;
};

static void get_note_found(struct call *call, struct db_result *result);
static void get_note_audited(struct call *call);
static void get_note_read(struct call *call, struct db_result *result);
static void get_note_keyed(struct call *call, const uint8_t key[SEAL_KEY_BYTES]);

void notes_get_note(struct call *call) {
  struct read_step *step = call->step = ARENA_NEW(&call->arena, struct read_step);
  if (!step) {
    call_fail_with(call, REASON_MESSAGE_TOO_LARGE);
    return;
  }
  pulih__notes__internal__v1__note_id__init(&step->id);
  step->id.note_id = ((const GetNoteRequest *)call->request)->note_id;
  call_query(call, &notes_find_note_statement, &step->id.base, get_note_found);
}

static void get_note_found(struct call *call, struct db_result *result) {
  struct read_step *step = call->step;
  const FoundNote *found = call_one_row(call, result);
  if (!found) return;
  step->found = found;
  if (found->basis == PULIH__NOTES__V1__READING_BASIS__READING_BASIS_UNSPECIFIED) {
    call_fail_with(call, REASON_NOTE_BODY_NOT_YOURS);
  } else if (found->key_destroyed) {
    call_fail_with(call, REASON_PERSON_KEY_DESTROYED);
  } else {
    Pulih__Notes__Internal__V1__AuditEntry entry = PULIH__NOTES__INTERNAL__V1__AUDIT_ENTRY__INIT;
    entry.action = "NOTE_READ";
    entry.basis = (char *)enum_short_name(&pulih__notes__v1__reading_basis__descriptor, found->basis);
    entry.prison_id = found->note->prison_id;
    entry.participant_id = found->note->participant_id;
    entry.subject_id = found->note->id;
    audit_write(&notes_of(call)->audit, call, &entry, get_note_audited);
  }
}

static void get_note_audited(struct call *call) {
  struct read_step *step = call->step;
  call_query(call, &notes_read_bodies_statement, &step->id.base, get_note_read);
}

static void get_note_read(struct call *call, struct db_result *result) {
  struct read_step *step = call->step;
  step->body_count = db_result_rows(result);
  step->bodies = ARENA_ARRAY(&call->arena, const SealedBody *, step->body_count + 1);
  bool fits = step->bodies;
  for (size_t i = 0; fits && i < step->body_count; i++) {
    step->bodies[i] = (const SealedBody *)db_result_row(result, i, &call->arena);
    fits = step->bodies[i];
  }
  if (!fits) {
    call_fail_with(call, REASON_MESSAGE_TOO_LARGE);
  } else if (!step->body_count) {
    // The right to it ended between the two questions.
    call_fail_with(call, REASON_NOTE_BODY_NOT_YOURS);
  } else {
    person_key_find(call, note_key_of(step->found->note), get_note_keyed);
  }
}

static Pulih__Notes__V1__NoteBody *open_body(struct call *call, const SealedBody *sealed,
                                             const uint8_t key[SEAL_KEY_BYTES]) {
  struct read_step *step = call->step;
  const Pulih__Notes__V1__Note *note = step->found->note;
  const char *key_of = note_key_of(note);
  const struct seal_place place = *sealed->amendment_id
                                      ? amendment_place(sealed->amendment_id, key_of, sealed->author_id)
                                      : note_place(note->id, key_of, sealed->author_id, sealed->revision);
  return body_open(&sealed->sealed, &sealed->sealed_key, &place, key, &call->arena, &call->status);
}

static bool open_amendment(struct call *call, const SealedBody *sealed, const uint8_t key[SEAL_KEY_BYTES],
                           Amendment *amendment) {
  struct read_step *step = call->step;
  pulih__notes__v1__amendment__init(amendment);
  amendment->id = sealed->amendment_id;
  amendment->note_id = step->found->note->id;
  amendment->author_id = sealed->author_id;
  amendment->created_at = sealed->created_at;
  amendment->author_name = sealed->author_name;
  amendment->body = open_body(call, sealed, key);
  return amendment->body;
}

static void get_note_keyed(struct call *call, const uint8_t key[SEAL_KEY_BYTES]) {
  struct read_step *step = call->step;
  NoteWithBody reply = PULIH__NOTES__V1__NOTE_WITH_BODY__INIT;
  Amendment *amendments = ARENA_ARRAY(&call->arena, Amendment, step->body_count);
  reply.amendments = ARENA_ARRAY(&call->arena, Amendment *, step->body_count);
  if (!amendments || !reply.amendments) {
    call_fail_with(call, REASON_MESSAGE_TOO_LARGE);
    return;
  }
  bool opened = (reply.body = open_body(call, step->bodies[0], key));
  for (size_t i = 1; opened && i < step->body_count; i++) {
    reply.amendments[reply.n_amendments++] = &amendments[i];
    opened = open_amendment(call, step->bodies[i], key, &amendments[i]);
  }
  if (!opened) {
    LOG_TRACED(ERROR, "NOTE_NOT_OPENED", call->traceparent, log_text("note", step->found->note->id),
               log_text("reason", reason_info(call->status.reason)->name));
    call_fail(call);
    return;
  }
  reply.note = step->found->note;
  reply.revision = step->bodies[0]->revision;
  reply.basis = step->found->basis;
  reply.place = step->found->place;
  call_reply(call, &reply.base);
}
