// Plans what goes by the local day: once at the start, then whenever a day begins in one of the zones. And what a
// changed rule calls for at sessions, in slices, at the start and whenever one may have changed. Every instance does;
// the database keeps each plan once.
#pragma once

#include "base/arena.h"
#include "loop/loop.h"
#include "service/service.h"

struct planner {
  struct service *service;
  struct service_query query;
  struct arena arena;
  struct wall_timer next_day;
  uv_timer_t retry;
  bool days_wanted, slices_wanted, running, stopping;
  // Called when something new was planned.
  void (*planned)(void *owner);
  void (*stopped)(void *owner);
  void *owner;
};

void planner_init(struct planner *planner, struct service *service, void (*planned)(void *owner), void *owner);
void planner_start(struct planner *planner);
// A rule may have changed. Not before planner_start().
void planner_plan_slices(struct planner *planner);
void planner_stop(struct planner *planner, void (*stopped)(void *owner));
