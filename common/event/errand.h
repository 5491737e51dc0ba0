// One statement at a time, run by the service itself (role SERVICE, every prison). Private to common/event.
#pragma once

#include "db/db.h"
#include "event/position.h"
#include "loop/loop.h"

typedef void errand_done(void *owner, struct db_result *result, const struct status *status);

struct errand {
  struct loop *loop;
  struct db *db;
  struct arena arena;  // for what goes in and comes out; reset by the owner when nothing runs
  struct db_request request;
  char now[CLOCK_TEXT_MAX];
  bool running;
  errand_done *done;
  void *owner;
};

void errand_init(struct errand *errand, struct loop *loop, struct db *db, void *owner);
// `done` is called exactly once, later; `result` is NULL when `status` isn't OK. `in` is of the errand's arena.
void errand_run(struct errand *errand, const struct db_statement *statement, const ProtobufCMessage *in,
                errand_done *done);

// Runs list_events: at most `limit` of the producer's events after a position.
void errand_list_events(struct errand *errand, const struct db_statement *statement, const char *producer,
                        struct event_position after, int32_t limit, errand_done *done);
// Its result, in the errand's arena. NULL when `result` is or the arena is full.
Pulih__Event__V1__Event **errand_events(struct errand *errand, const struct db_result *result, size_t *ret_count);
