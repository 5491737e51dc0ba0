#include "person_key.h"

#include <sodium.h>
#include <string.h>

#include "base/log.h"
#include "loop/loop.h"
#include "message/time.h"
#include "notes.h"

typedef Pulih__Notes__Internal__V1__PersonKey PersonKey;

// A question to the key store, for a call.
struct key_step {
  struct db_request request;
  struct call *call;
  const char *person_id;
  person_key_done *done;
  void (*destroyed)(struct call *call);
  union {
    Pulih__Notes__Internal__V1__PersonId find;
    Pulih__Notes__Internal__V1__MakePersonKeyRequest make;
    Pulih__Notes__Internal__V1__DestroyPersonKeyRequest destroy;
  } in;
  Google__Protobuf__Timestamp now;
  uint8_t sealed_key[SEALED_KEY_BYTES];
};

// A key belongs to its person and to nothing else.
static struct seal_place key_place(const char *person_id) {
  return (struct seal_place){"keystore.person_key", "sealed_key", person_id, person_id, NULL, 1};
}

static enum reason open_key(struct notes *notes, const char *person_id, const PersonKey *kept, uint8_t *key) {
  if (!kept->sealed_key.len) return REASON_PERSON_KEY_DESTROYED;
  const struct master_key *master = keyring_find(notes->keyring, kept->master_key_id);
  if (!master) return REASON_NOTE_KEY_UNKNOWN;
  const struct seal_place place = key_place(person_id);
  if (kept->sealed_key.len != SEALED_KEY_BYTES ||
      seal_open(master->sealing, &place, kept->sealed_key.data, kept->sealed_key.len, key))
    return REASON_NOTE_BODY_DAMAGED;
  return REASON_OK;
}

static void use_key(struct key_step *step, const PersonKey *kept) {
  struct call *call = step->call;
  struct notes *notes = notes_of(call);
  uint8_t key[SEAL_KEY_BYTES];
  enum reason reason = kept ? open_key(notes, step->person_id, kept, key) : REASON_MESSAGE_TOO_LARGE;
  if (reason != REASON_OK) {
    if (kept && reason != REASON_PERSON_KEY_DESTROYED)
      LOG_TRACED(ERROR, "PERSON_KEY_NOT_OPENED", call->traceparent, log_text("reason", reason_info(reason)->name),
                 log_text("master_key", kept->master_key_id));
    call_fail_with(call, reason);
    return;
  }
  key_cache_put(notes->keys, step->person_id, key, loop_now_ms(service_loop(call->service)));
  step->done(call, key);
  sodium_memzero(key, sizeof key);
}

static void ask_done(struct db_request *request, struct db_result *result, const struct status *status) {
  struct key_step *step = request->owner;
  struct call *call = step->call;
  if (!result) {
    call->status = *status;
    call_fail(call);
  } else if (step->destroyed) {
    step->destroyed(call);
  } else if (!db_result_rows(result)) {
    // A note without the key that it was sealed with: the key store isn't the one that it was.
    LOG_TRACED(ERROR, "PERSON_KEY_MISSING", call->traceparent, log_text("statement", request->statement->name));
    call_fail_with(call, REASON_NOTE_KEY_UNKNOWN);
  } else {
    use_key(step, (const PersonKey *)db_result_row(result, 0, &call->arena));
  }
}

static struct key_step *new_step(struct call *call, const char *person_id, person_key_done *done) {
  struct key_step *step = ARENA_NEW(&call->arena, struct key_step);
  if (!step) {
    call_fail_with(call, REASON_MESSAGE_TOO_LARGE);
    return NULL;
  }
  step->call = call;
  step->person_id = person_id;
  step->done = done;
  google__protobuf__timestamp__init(&step->now);
  timestamp_from_us(loop_wall_us(service_loop(call->service)), &step->now);
  return step;
}

static void ask(struct key_step *step, const struct db_statement *statement, const ProtobufCMessage *in) {
  step->request = (struct db_request){.statement = statement,
                                      .in = in,
                                      .context = {"", "SERVICE", "*", ""},
                                      .deadline_ms = step->call->deadline_ms,
                                      .arena = &step->call->arena,
                                      .done = ask_done,
                                      .owner = step};
  db_submit(notes_of(step->call)->keystore, &step->request);
}

// True when it was: `done` has been called.
static bool give_cached(struct call *call, const char *person_id, person_key_done *done) {
  const uint8_t *cached = key_cache_find(notes_of(call)->keys, person_id, loop_now_ms(service_loop(call->service)));
  if (!cached) return false;
  uint8_t key[SEAL_KEY_BYTES];
  memcpy(key, cached, sizeof key);
  done(call, key);
  sodium_memzero(key, sizeof key);
  return true;
}

void person_key_find(struct call *call, const char *person_id, person_key_done *done) {
  if (give_cached(call, person_id, done)) return;
  struct key_step *step = new_step(call, person_id, done);
  if (!step) return;
  pulih__notes__internal__v1__person_id__init(&step->in.find);
  step->in.find.person_id = (char *)person_id;
  ask(step, &notes_keystore_find_person_key_statement, &step->in.find.base);
}

void person_key_obtain(struct call *call, const char *person_id, person_key_done *done) {
  if (give_cached(call, person_id, done)) return;
  struct key_step *step = new_step(call, person_id, done);
  if (!step) return;
  struct notes *notes = notes_of(call);
  const struct master_key *master = keyring_newest(notes->keyring);
  const struct seal_place place = key_place(person_id);
  uint8_t key[SEAL_KEY_BYTES], nonce[SEAL_NONCE_BYTES];
  notes->random->fill(notes->random, key, sizeof key);
  notes->random->fill(notes->random, nonce, sizeof nonce);
  seal(master->sealing, &place, nonce, key, sizeof key, step->sealed_key);
  sodium_memzero(key, sizeof key);
  // The answer is the key that is kept from now on: this one, or one that was there already.
  pulih__notes__internal__v1__make_person_key_request__init(&step->in.make);
  step->in.make.person_id = (char *)person_id;
  step->in.make.sealed_key = (ProtobufCBinaryData){sizeof step->sealed_key, step->sealed_key};
  step->in.make.master_key_id = (char *)master->id;
  step->in.make.created_at = &step->now;
  ask(step, &notes_keystore_make_person_key_statement, &step->in.make.base);
}

void person_key_destroy(struct call *call, const char *person_id, void (*done)(struct call *call)) {
  key_cache_forget(notes_of(call)->keys, person_id);
  struct key_step *step = new_step(call, person_id, NULL);
  if (!step) return;
  step->destroyed = done;
  pulih__notes__internal__v1__destroy_person_key_request__init(&step->in.destroy);
  step->in.destroy.person_id = (char *)person_id;
  step->in.destroy.destroyed_at = &step->now;
  ask(step, &notes_keystore_destroy_person_key_statement, &step->in.destroy.base);
}
