#include "audit.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "crypto/audit_chain.h"
#include "loop/loop.h"
#include "message/time.h"
#include "notes.h"

typedef Pulih__Notes__Internal__V1__AuditEntry AuditEntry;
typedef Pulih__Notes__Internal__V1__AuditStanding AuditStanding;

enum { MEMORY_BYTES = 512 * 1024, TIMEOUT_MS = 10000, CONFLICTS_MAX = 100 };

// An entry on its way, in the arena of its call.
struct audit_waiter {
  AuditEntry entry;
  Google__Protobuf__Timestamp happened_at;
  uint8_t hash[HASH_BYTES];
  struct call *call;
  void (*done)(struct call *call);
  struct audit_waiter *next;
};

void audit_log_init(struct audit_log *log, struct service *service, const struct keyring *keyring, int32_t chain) {
  *log = (struct audit_log){.service = service, .keyring = keyring, .chain = chain, .sequence = -1};
  log->last = &log->first;
  arena_init(&log->arena, MEMORY_BYTES);
}

void audit_log_finish(struct audit_log *log) {
  arena_finish(&log->arena);
}

void audit_entry_hash(const AuditEntry *entry, const struct master_key *key, const uint8_t previous[HASH_BYTES],
                      uint8_t hash[HASH_BYTES]) {
  char chain[16], sequence[24], happened_at[24];
  snprintf(chain, sizeof chain, "%d", entry->chain);
  snprintf(sequence, sizeof sequence, "%lld", (long long)entry->sequence);
  snprintf(happened_at, sizeof happened_at, "%lld", (long long)timestamp_to_us(entry->happened_at));
  const char *const fields[] = {
      chain,        sequence,         happened_at,           entry->actor_id,   entry->action,
      entry->basis, entry->prison_id, entry->participant_id, entry->subject_id, entry->key_id};
  audit_chain_hash(key->audit, previous, fields, sizeof fields / sizeof fields[0], hash);
}

static void batch_done(struct service_query *query, struct db_result *result, const struct status *status);

// Numbers and chains the waiting entries from where the chain stands. Where that isn't known there are none: the
// statement then only tells it.
static void chain_batch(struct audit_log *log) {
  const struct master_key *key = keyring_newest(log->keyring);
  const uint8_t *previous = log->head;
  struct audit_waiter *waiter = log->sequence < 0 ? NULL : log->first;
  log->batch_size = 0;
  for (; waiter && log->batch_size < AUDIT_BATCH; waiter = waiter->next) {
    AuditEntry *entry = log->batch[log->batch_size++] = &waiter->entry;
    entry->chain = log->chain;
    entry->sequence = log->sequence + (int64_t)log->batch_size;
    entry->key_id = (char *)key->id;
    audit_entry_hash(entry, key, previous, waiter->hash);
    entry->hash = (ProtobufCBinaryData){HASH_BYTES, waiter->hash};
    previous = waiter->hash;
  }
}

static void write_batch(struct audit_log *log) {
  log->writing = true;
  arena_reset(&log->arena);
  chain_batch(log);
  pulih__notes__internal__v1__append_audit_request__init(&log->request);
  log->request.chain = log->chain;
  log->request.after = log->sequence;
  log->request.entries = log->batch;
  log->request.n_entries = log->batch_size;
  log->query = (struct service_query){.statement = &notes_append_audit_statement,
                                      .in = &log->request.base,
                                      .arena = &log->arena,
                                      .timeout_ms = TIMEOUT_MS,
                                      .done = batch_done,
                                      .owner = log};
  service_query_run(log->service, &log->query);
}

static struct audit_waiter *take_first(struct audit_log *log) {
  struct audit_waiter *waiter = log->first;
  log->first = waiter->next;
  if (!log->first) log->last = &log->first;
  log->waiting--;
  return waiter;
}

// Ends the first `count` that wait. What they do next may add new ones, behind.
static void end_waiting(struct audit_log *log, size_t count, enum reason reason) {
  while (count--) {
    struct audit_waiter *waiter = take_first(log);
    if (reason == REASON_OK)
      waiter->done(waiter->call);
    else
      call_fail_with(waiter->call, reason);
  }
}

static void batch_failed(struct audit_log *log, enum reason reason) {
  LOG(ERROR, "AUDIT_NOT_WRITTEN", log_text("reason", reason_info(reason)->name), log_number("chain", log->chain),
      log_number("waiting", (int64_t)log->waiting));
  // It may have been written: ask where the chain stands before the next. Whoever repeats the call is in it twice.
  log->sequence = -1;
  log->conflicts = 0;
  end_waiting(log, log->waiting, reason);
}

static void batch_done(struct service_query *query, struct db_result *result, const struct status *status) {
  struct audit_log *log = query->owner;
  const AuditStanding *standing =
      result && db_result_rows(result) ? (AuditStanding *)db_result_row(result, 0, &log->arena) : NULL;
  if (!standing || standing->head.len != HASH_BYTES) {
    batch_failed(log, result ? REASON_INTERNAL : status->reason);
  } else if (standing->appended || !log->batch_size) {
    log->sequence = standing->sequence;
    memcpy(log->head, standing->head.data, HASH_BYTES);
    if (standing->appended) log->conflicts = 0;
    end_waiting(log, log->batch_size, REASON_OK);
  } else if (++log->conflicts == CONFLICTS_MAX) {
    batch_failed(log, REASON_CONFLICT_TRY_AGAIN);
  } else {
    log->chain = log->chain % AUDIT_CHAINS + 1;
    log->sequence = -1;
  }
  log->writing = false;
  if (log->first) write_batch(log);
}

void audit_write(struct audit_log *log, struct call *call, const AuditEntry *entry, void (*done)(struct call *call)) {
  // An entry says who; one that can't would take its whole batch down.
  if (!*call->caller.user_id) {
    call_fail_with(call, REASON_NOT_ALLOWED);
    return;
  }
  struct audit_waiter *waiter = log->waiting < AUDIT_WAITING_MAX ? ARENA_NEW(&call->arena, struct audit_waiter) : NULL;
  if (!waiter) {
    call_fail_with(call, REASON_TOO_BUSY);
    return;
  }
  waiter->entry = *entry;
  waiter->entry.actor_id = (char *)call->caller.user_id;
  waiter->entry.happened_at = &waiter->happened_at;
  google__protobuf__timestamp__init(&waiter->happened_at);
  timestamp_from_us(loop_wall_us(service_loop(log->service)), &waiter->happened_at);
  waiter->call = call;
  waiter->done = done;
  *log->last = waiter;
  log->last = &waiter->next;
  log->waiting++;
  if (!log->writing) write_batch(log);
}
