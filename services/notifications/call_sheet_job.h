// Makes the call sheet that goes with one roster: reads it, then draws it beside the loop.
#pragma once

#include "base/arena.h"
#include "call_sheet.h"
#include "loop/loop.h"
#include "service/service.h"

enum call_sheet_end {
  CALL_SHEET_MADE,
  CALL_SHEET_NONE,    // there is to be none for this recipient, or it is too long
  CALL_SHEET_FAILED,  // it couldn't be read now
};

// One at a time. Zeroed at first, finished when none is being made.
struct call_sheet_job {
  struct service *service;
  const struct call_sheet_house *house;
  void (*done)(struct call_sheet_job *job, enum call_sheet_end end);
  void *owner;
  // When it is made; until the next start or finish.
  char *pdf;
  size_t size;
  char file_name[40];  // "daftar-panggil-2026-11-24.pdf"
  // the job's own
  struct arena arena;
  struct service_query query;
  uv_work_t work;
  const Pulih__Notifications__Internal__V1__CallSheet *sheet;
  int error;
};

void call_sheet_job_init(struct call_sheet_job *job, struct service *service, const struct call_sheet_house *house);
// Calls `done` once, perhaps from within.
void call_sheet_job_start(struct call_sheet_job *job, const char *delivery_id,
                          void (*done)(struct call_sheet_job *job, enum call_sheet_end end), void *owner);
void call_sheet_job_finish(struct call_sheet_job *job);
