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
// One that is down holds up nobody else. Each channel has a circuit: when its server can't be reached, what waits for
// it is left where it lies for a growing while, and then one delivery is tried alone, so that an outage uses up
// nobody's attempts. Each destination behind it (for mail the recipient's domain) has one, too, and a rate; what those
// don't let through was claimed by then, and is put off without using up an attempt. Of what has been under way for
// long, a destination holds at most a quarter of the slots and a channel half of them.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "circuit.h"
#include "destination.h"

enum { DISPATCH_SLOTS_MAX = 256, DISPATCH_ID_SIZE = 37 };

enum dispatch_channel { CHANNEL_EMAIL, CHANNEL_WHATSAPP, CHANNEL_SMS, CHANNEL_COUNT };

struct dispatch_settings {
  int slots;                  // deliveries in hand at once, 1 to DISPATCH_SLOTS_MAX
  int attempts_limit;         // after so many a delivery is a dead letter
  uint32_t lease_ms;          // of a claim; more than send_ms
  uint32_t send_ms;           // longest that a send can take
  uint32_t backoff_first_ms;  // wait after a delivery's first failure; doubles up to:
  uint32_t backoff_most_ms;
  uint32_t pause_first_ms;  // the same for when the database, a channel's server or a destination fails
  uint32_t pause_most_ms;
  int failures_limit;                        // so many in a row open a destination's circuit
  uint32_t slow_ms;                          // a send that is under way for longer is slow
  uint32_t rates_per_second[CHANNEL_COUNT];  // to one destination; 0: any number
};

enum dispatch_result {
  DISPATCH_SENT,
  DISPATCH_PUT_OFF,     // this one failed, but may not the next time (SMTP 4xx, connection lost)
  DISPATCH_REFUSED,     // this one will never be taken by this channel (SMTP 5xx)
  DISPATCH_UNUSABLE,    // the same, seen without asking the server (no usable address)
  DISPATCH_NO_SERVER,   // nothing can be sent by this channel just now
  DISPATCH_NOT_WANTED,  // it was superseded, or there is nothing to say
  DISPATCH_NOT_YET,     // its time hasn't come
};

enum dispatch_outcome {
  OUTCOME_SENT,
  OUTCOME_AWAITED,  // sent; the next channel's turn comes unless it turns out delivered
  OUTCOME_RETRY,
  OUTCOME_WAIT,  // put off without using up an attempt
  OUTCOME_NEXT,  // the next channel's turn comes at once
  OUTCOME_DEAD,
  OUTCOME_DROPPED
};

enum dispatch_slot_state { SLOT_FREE, SLOT_SENDING, SLOT_ENDED, SLOT_MARKING };

struct dispatch_claim {
  uint64_t destination;  // a hash of its name
  int attempt;           // fencing token
  int tries;             // attempts by this channel since it was planned or resent, this one included
  enum dispatch_channel channel;
  uint32_t await_ms;  // unless it is the last: how long a receipt may take, once it is sent; 0: none will come
  char delivery_id[DISPATCH_ID_SIZE];
  bool last;  // no other channel follows this one
};

// How a send ended.
struct dispatch_end {
  enum dispatch_result result;
  uint32_t wait_ms;         // NOT_YET: how long; PUT_OFF, NO_SERVER: at least so long, when the server said so
  bool destination_failed;  // PUT_OFF: not for a reason of this delivery's own
};

struct dispatch_slot {
  enum dispatch_slot_state state;
  struct dispatch_claim claim;
  struct destination *destination;  // NULL: there are more than can be known
  uint64_t began_ms;
  enum dispatch_outcome outcome;  // from ENDED on
  uint32_t retry_ms;              // AWAITED, RETRY, WAIT: how long from the recording
  bool tried_out;                 // DEAD and NEXT: for its attempts were used up, and not at once
};

// What to do now, in this order.
struct dispatch_actions {
  int mark[DISPATCH_SLOTS_MAX];  // record these slots' outcomes in one statement → dispatch_marked or …_failed
  int mark_count;
  int send[DISPATCH_SLOTS_MAX];  // send these slots' deliveries → dispatch_ended for each
  int send_count;
  int claim;                     // claim at most so many → dispatch_claimed or …_failed; 0: don't
  bool look;                     // ask when the next is due → dispatch_looked or …_failed
  bool channels[CHANNEL_COUNT];  // of which to claim, for which to look
  bool late;                     // what was claimed is let go: a send might not end within the lease
  bool stopped;                  // nothing is in hand any more; only after dispatch_stop
};

struct dispatch {
  struct dispatch_settings settings;
  struct dispatch_slot slots[DISPATCH_SLOTS_MAX];
  struct circuit channels[CHANNEL_COUNT];
  struct destinations destinations;
  uint64_t random;
  bool wanted;       // something may be due
  bool look_wanted;  // what the database has waiting may have changed
  bool claiming, looking, marking, stopping;
  int asked;                                         // of the claim in flight
  int trying;                                        // the channel that it tries; CHANNEL_COUNT: none
  uint64_t asked_ms;                                 // when
  int claim_failures, mark_failures, look_failures;  // in a row
  uint64_t claim_at_ms, mark_at_ms, look_at_ms;      // not before
  uint64_t lease_end_ms;  // a delivery that somebody holds may be free again then; 0: none is held
  int64_t due_us;         // wall time of the next delivery; 0: none is waiting
};

void dispatch_init(struct dispatch *dispatch, const struct dispatch_settings *settings, uint64_t seed);

// Something may have become due: a plan was made, an event applied, wall time has come to due_us, the process started.
void dispatch_wake(struct dispatch *dispatch, uint64_t now_ms, struct dispatch_actions *ret_actions);
// `found` is how many due deliveries the database looked at, those counted whose attempts were used up; `claims` are
// the ones that are ours now. Those that aren't let through have ended, and aren't among what to send.
void dispatch_claimed(struct dispatch *dispatch, const struct dispatch_claim *claims, int count, int found,
                      uint64_t now_ms, struct dispatch_actions *ret_actions);
void dispatch_claim_failed(struct dispatch *dispatch, uint64_t now_ms, struct dispatch_actions *ret_actions);
void dispatch_ended(struct dispatch *dispatch, int slot, const struct dispatch_end *end, uint64_t now_ms,
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
// Destinations that aren't sent to just now because they fail.
int dispatch_destinations_open(const struct dispatch *dispatch);
