// Writing the audit log. Each instance hangs its entries on one of several chains; while one batch is being written the
// entries that come meanwhile wait and go together in the next, so that a chain costs one flush a batch and no call
// waits for more than two. Another instance on the same chain is noticed by the chain's head; whoever comes second
// moves on to the next chain, so that they part.
#pragma once

#include "base/arena.h"
#include "crypto/hash.h"
#include "crypto/keyring.h"
#include "notes_internal.pb-c.h"
#include "rpc/call.h"
#include "service/service.h"

enum { AUDIT_CHAINS = 8, AUDIT_BATCH = 64, AUDIT_WAITING_MAX = 2048 };

struct audit_waiter;

struct audit_log {
  struct service *service;
  const struct keyring *keyring;
  int32_t chain;
  int64_t sequence;          // of the chain's last entry; -1: not known
  uint8_t head[HASH_BYTES];  // its hash
  struct audit_waiter *first, **last;
  size_t waiting, batch_size;
  Pulih__Notes__Internal__V1__AuditEntry *batch[AUDIT_BATCH];  // being written: of the first that wait
  bool writing;
  int conflicts;  // that the batch has met so far
  struct arena arena;
  struct service_query query;
  Pulih__Notes__Internal__V1__AppendAuditRequest request;
};

// `chain` from 1 to AUDIT_CHAINS, best drawn at random.
void audit_log_init(struct audit_log *log, struct service *service, const struct keyring *keyring, int32_t chain);
void audit_log_finish(struct audit_log *log);

// Adds an entry that says what the call's caller did. `done` when it is durable; otherwise the call has been answered.
// Of `entry`, action, basis, prison_id, participant_id and subject_id are given, as the database writes ids, and live
// as long as the call.
void audit_write(struct audit_log *log, struct call *call, const Pulih__Notes__Internal__V1__AuditEntry *entry,
                 void (*done)(struct call *call));

// The hash of an entry whose fields are whole, behind `previous`.
void audit_entry_hash(const Pulih__Notes__Internal__V1__AuditEntry *entry, const struct master_key *key,
                      const uint8_t previous[HASH_BYTES], uint8_t hash[HASH_BYTES]);
