// Plans what goes by the local day: once at the start, then whenever a day begins in one of the zones. Every instance
// does; the database keeps each plan once.
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
  bool running, stopping;
  // Called when something new was planned.
  void (*planned)(void *owner);
  void (*stopped)(void *owner);
  void *owner;
};

void planner_init(struct planner *planner, struct service *service, void (*planned)(void *owner), void *owner);
void planner_start(struct planner *planner);
void planner_stop(struct planner *planner, void (*stopped)(void *owner));
