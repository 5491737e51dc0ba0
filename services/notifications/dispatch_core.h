// Which deliveries are taken, sent, recorded, tried again or given up, and when to look again. Pure: it is told what
// happened and when, and says what to do; it has no clock, no random source and no I/O of its own.
//
// A delivery's way through a slot:
//
//   FREE → SENDING → ENDED → MARKING → FREE
//
// A claim leases deliveries in the database, each with a new attempt number, which is the fencing token of its outcome.
// The lease counts from when the claim was asked for, so here it ends no later than there: a send is begun only if it
// must be over before. What comes back too late, or whose claim's answer was lost, is dropped without a word; the
// database offers it again when the lease is over. Nothing here must be kept: a restart loses only leases.
//
// Outcomes are recorded together: while one statement runs, those that end gather for the next. One that failed is said
// again until it is taken; the attempt number makes that harmless.
//
// When the server as a whole can't be reached, claims pause with a growing wait and then try one delivery alone, so
// that an outage uses up nobody's attempts.
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { DISPATCH_SLOTS_MAX = 256, DISPATCH_ID_SIZE = 37 };

struct dispatch_settings {
  int slots;                  // deliveries in hand at once, 1 to DISPATCH_SLOTS_MAX
  int attempts_limit;         // after so many a delivery is a dead letter
  uint32_t lease_ms;          // of a claim; more than send_ms
  uint32_t send_ms;           // longest that a send can take
  uint32_t backoff_first_ms;  // wait after a delivery's first failure; doubles up to:
  uint32_t backoff_most_ms;
  uint32_t pause_first_ms;  // the same for when the database or the mail server as a whole fails
  uint32_t pause_most_ms;
};

enum dispatch_result {
  DISPATCH_SENT,
  DISPATCH_PUT_OFF,     // this one failed, but may not the next time (SMTP 4xx, connection lost)
  DISPATCH_REFUSED,     // this one will never be taken (SMTP 5xx, no usable address)
  DISPATCH_NO_SERVER,   // nothing can be sent just now
  DISPATCH_NOT_WANTED,  // it was superseded, or there is nothing to say
};

enum dispatch_outcome { OUTCOME_SENT, OUTCOME_RETRY, OUTCOME_DEAD, OUTCOME_DROPPED };

enum dispatch_slot_state { SLOT_FREE, SLOT_SENDING, SLOT_ENDED, SLOT_MARKING };

struct dispatch_claim {
  char delivery_id[DISPATCH_ID_SIZE];
  int attempt;  // fencing token
  int tries;    // attempts since it was planned or resent, this one included
};

struct dispatch_slot {
  enum dispatch_slot_state state;
  struct dispatch_claim claim;
  enum dispatch_outcome outcome;  // from ENDED on
  uint32_t retry_ms;              // OUTCOME_RETRY: how long from the recording
};

// What to do now, in this order.
struct dispatch_actions {
  int mark[DISPATCH_SLOTS_MAX];  // record these slots' outcomes in one statement → dispatch_marked or …_failed
  int mark_count;
  int send[DISPATCH_SLOTS_MAX];  // send these slots' deliveries → dispatch_ended for each
  int send_count;
  int claim;     // claim at most so many → dispatch_claimed or …_failed; 0: don't
  bool look;     // ask when the next is due → dispatch_looked or …_failed
  bool stopped;  // nothing is in hand any more; only after dispatch_stop
};

struct dispatch {
  struct dispatch_settings settings;
  struct dispatch_slot slots[DISPATCH_SLOTS_MAX];
  uint64_t random;
  bool wanted;       // something may be due
  bool look_wanted;  // what the database has waiting may have changed
  bool claiming, looking, marking, stopping;
  int asked;                                                          // of the claim in flight
  uint64_t asked_ms;                                                  // when
  int claim_failures, mark_failures, look_failures, server_failures;  // in a row
  uint64_t claim_at_ms, mark_at_ms, look_at_ms;                       // not before
  uint64_t lease_end_ms;  // a delivery that somebody holds may be free again then; 0: none is held
  int64_t due_us;         // wall time of the next delivery; 0: none is waiting
};

void dispatch_init(struct dispatch *dispatch, const struct dispatch_settings *settings, uint64_t seed);

// Something may have become due: a plan was made, an event applied, wall time has come to due_us, the process started.
void dispatch_wake(struct dispatch *dispatch, uint64_t now_ms, struct dispatch_actions *ret_actions);
// `found` is how many due deliveries the database looked at, those counted whose attempts were used up; `claims` are
// the ones that are ours now.
void dispatch_claimed(struct dispatch *dispatch, const struct dispatch_claim *claims, int count, int found,
                      uint64_t now_ms, struct dispatch_actions *ret_actions);
void dispatch_claim_failed(struct dispatch *dispatch, uint64_t now_ms, struct dispatch_actions *ret_actions);
void dispatch_ended(struct dispatch *dispatch, int slot, enum dispatch_result result, uint64_t now_ms,
                    struct dispatch_actions *ret_actions);
void dispatch_marked(struct dispatch *dispatch, uint64_t now_ms, struct dispatch_actions *ret_actions);
void dispatch_mark_failed(struct dispatch *dispatch, uint64_t now_ms, struct dispatch_actions *ret_actions);
// `due_us` is the wall time of the next delivery that nobody holds, 0 if there is none; `lease_ms` is how long until
// the next lease ends, 0 if there is none.
void dispatch_looked(struct dispatch *dispatch, int64_t due_us, uint32_t lease_ms, uint64_t now_ms,
                     struct dispatch_actions *ret_actions);
void dispatch_look_failed(struct dispatch *dispatch, uint64_t now_ms, struct dispatch_actions *ret_actions);
// Takes no more; what is in hand is still ended and recorded.
void dispatch_stop(struct dispatch *dispatch, uint64_t now_ms, struct dispatch_actions *ret_actions);

// The loop time of dispatch_tick_at_ms() has come.
void dispatch_tick(struct dispatch *dispatch, uint64_t now_ms, struct dispatch_actions *ret_actions);
// When to call dispatch_tick; 0: no need.
uint64_t dispatch_tick_at_ms(const struct dispatch *dispatch, uint64_t now_ms);
// Slots that aren't free.
int dispatch_in_hand(const struct dispatch *dispatch);
