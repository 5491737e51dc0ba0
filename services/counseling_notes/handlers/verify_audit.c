// VerifyAudit: the chains' heads → each chain from its first entry to its head, page by page, until something is wrong.
#include <string.h>

#include "crypto/audit_chain.h"
#include "notes.h"

typedef Pulih__Notes__Internal__V1__AuditEntry AuditEntry;
typedef Pulih__Notes__Internal__V1__ReadAuditRequest ReadAuditRequest;
typedef Pulih__Notes__V1__AuditHead AuditHead;
typedef Pulih__Notes__V1__AuditFault AuditFault;

enum { PAGE_MEMORY_BYTES = 64 * 1024 };

struct verify_step {
  AuditHead *heads[AUDIT_CHAINS];
  size_t head_count, chain;  // index of the chain that is being walked; its number is one more
  int64_t sequence;          // of the last entry that was right
  uint8_t hash[HASH_BYTES];  // its hash
  int64_t entries;
  ReadAuditRequest read;
  Pulih__Notes__V1__AuditBreak first_break;
};

static void verify_audit_heads(struct call *call, struct db_result *result);
static void verify_audit_page(struct call *call, struct db_result *result);

void notes_verify_audit(struct call *call) {
  call->step = ARENA_NEW(&call->arena, struct verify_step);
  if (!call->step) {
    call_fail_with(call, REASON_MESSAGE_TOO_LARGE);
    return;
  }
  call_query(call, &notes_list_audit_heads_statement, NULL, verify_audit_heads);
}

static void reply(struct call *call, AuditFault fault) {
  struct verify_step *step = call->step;
  Pulih__Notes__V1__VerifyAuditResponse response = PULIH__NOTES__V1__VERIFY_AUDIT_RESPONSE__INIT;
  response.intact = fault == PULIH__NOTES__V1__AUDIT_FAULT__AUDIT_FAULT_UNSPECIFIED;
  response.entries = step->entries;
  response.heads = step->heads;
  response.n_heads = step->head_count;
  if (!response.intact) {
    pulih__notes__v1__audit_break__init(&step->first_break);
    step->first_break.chain = (int32_t)step->chain + 1;
    step->first_break.sequence = step->sequence + 1;
    step->first_break.fault = fault;
    response.first_break = &step->first_break;
  }
  call_reply(call, &response.base);
}

static void read_page(struct call *call) {
  struct verify_step *step = call->step;
  const AuditHead *head = step->heads[step->chain];
  pulih__notes__internal__v1__read_audit_request__init(&step->read);
  step->read.chain = head->chain;
  step->read.after = step->sequence;
  step->read.until = head->sequence;
  call_query(call, &notes_read_audit_statement, &step->read.base, verify_audit_page);
}

// From the chain's beginning, or from where it was last found right.
static void walk_chain(struct call *call) {
  struct verify_step *step = call->step;
  const Pulih__Notes__V1__VerifyAuditRequest *request = (const void *)call->request;
  step->sequence = 0;
  memcpy(step->hash, audit_chain_start, HASH_BYTES);
  const AuditHead *head = step->chain < step->head_count ? step->heads[step->chain] : NULL;
  if (!head || head->chain != (int32_t)step->chain + 1) {
    reply(call, PULIH__NOTES__V1__AUDIT_FAULT__AUDIT_FAULT_HEAD_DIFFERS);
    return;
  }
  for (size_t i = 0; i < request->n_from; i++) {
    const AuditHead *from = request->from[i];
    if (from->chain != head->chain || from->hash.len != HASH_BYTES) continue;
    step->sequence = from->sequence;
    memcpy(step->hash, from->hash.data, HASH_BYTES);
  }
  if (step->sequence > head->sequence)
    reply(call, PULIH__NOTES__V1__AUDIT_FAULT__AUDIT_FAULT_HEAD_DIFFERS);
  else
    read_page(call);
}

static void verify_audit_heads(struct call *call, struct db_result *result) {
  struct verify_step *step = call->step;
  size_t count = db_result_rows(result);
  for (; step->head_count < count && step->head_count < AUDIT_CHAINS; step->head_count++) {
    step->heads[step->head_count] = (AuditHead *)db_result_row(result, step->head_count, &call->arena);
    if (!step->heads[step->head_count]) {
      call_fail_with(call, REASON_MESSAGE_TOO_LARGE);
      return;
    }
  }
  walk_chain(call);
}

static AuditFault check_entry(struct call *call, const AuditEntry *entry) {
  struct verify_step *step = call->step;
  if (entry->sequence != step->sequence + 1) return PULIH__NOTES__V1__AUDIT_FAULT__AUDIT_FAULT_MISSING;
  const struct master_key *key = keyring_find(notes_of(call)->keyring, entry->key_id);
  if (!key) return PULIH__NOTES__V1__AUDIT_FAULT__AUDIT_FAULT_KEY_UNKNOWN;
  uint8_t hash[HASH_BYTES];
  audit_entry_hash(entry, key, step->hash, hash);
  if (entry->hash.len != HASH_BYTES || memcmp(hash, entry->hash.data, HASH_BYTES))
    return PULIH__NOTES__V1__AUDIT_FAULT__AUDIT_FAULT_CHANGED;
  memcpy(step->hash, hash, HASH_BYTES);
  step->sequence++;
  step->entries++;
  return PULIH__NOTES__V1__AUDIT_FAULT__AUDIT_FAULT_UNSPECIFIED;
}

// Rows of a page, each unpacked in memory that is used again for the next: a log of any length fits in a call.
static bool check_page(struct call *call, struct db_result *result, AuditFault *ret_fault) {
  struct arena page;
  arena_init(&page, PAGE_MEMORY_BYTES);
  bool fits = true;
  *ret_fault = PULIH__NOTES__V1__AUDIT_FAULT__AUDIT_FAULT_UNSPECIFIED;
  for (size_t i = 0; fits && !*ret_fault && i < db_result_rows(result); i++) {
    arena_reset(&page);
    const AuditEntry *entry = (const AuditEntry *)db_result_row(result, i, &page);
    fits = entry;
    if (fits) *ret_fault = check_entry(call, entry);
  }
  arena_finish(&page);
  return fits;
}

static void verify_audit_page(struct call *call, struct db_result *result) {
  struct verify_step *step = call->step;
  const AuditHead *head = step->heads[step->chain];
  AuditFault fault;
  if (!check_page(call, result, &fault)) {
    call_fail_with(call, REASON_MESSAGE_TOO_LARGE);
    return;
  }
  if (!fault && !db_result_rows(result) && step->sequence < head->sequence)
    fault = PULIH__NOTES__V1__AUDIT_FAULT__AUDIT_FAULT_MISSING;
  bool at_end = step->sequence == head->sequence;
  if (!fault && at_end && (head->hash.len != HASH_BYTES || memcmp(step->hash, head->hash.data, HASH_BYTES)))
    fault = PULIH__NOTES__V1__AUDIT_FAULT__AUDIT_FAULT_HEAD_DIFFERS;
  if (!fault && !at_end)
    read_page(call);
  else if (!fault && ++step->chain < AUDIT_CHAINS)
    walk_chain(call);
  else
    reply(call, fault);
}
