// Makes the call sheet that goes with one roster: reads it, then has it drawn by pulih-call-sheet.
#pragma once

#include "base/arena.h"
#include "drawings.h"
#include "notifications_internal.pb-c.h"
#include "service/service.h"

// Whose sheet it is.
struct call_sheet_house {
  const char *foundation;  // or ""
  bool training;           // marked on every page
};

enum call_sheet_end {
  CALL_SHEET_MADE,
  CALL_SHEET_NONE,    // there is to be none for this recipient, or it can't be drawn
  CALL_SHEET_FAILED,  // it couldn't be read now
};

// One at a time, forgotten before the next. Zeroed at first, finished when none is being made.
struct call_sheet_job {
  struct service *service;
  const struct call_sheet_house *house;
  struct drawings *drawings;
  void (*done)(struct call_sheet_job *job, enum call_sheet_end end);
  void *owner;
  // When it is made; until it is forgotten.
  struct drawing_wanted drawing;
  char file_name[40];  // "daftar-panggil-2026-11-24.pdf"
  // the job's own
  struct arena arena;
  struct service_query query;
  size_t lines;
};

// The program that draws for all jobs, for at most `limit_ms` each. A negative libuv error.
int call_sheet_drawer_init(struct program *drawer, uv_loop_t *loop, uint32_t limit_ms);
void call_sheet_job_init(struct call_sheet_job *job, struct service *service, const struct call_sheet_house *house,
                         struct drawings *drawings);
// Calls `done` once, perhaps from within.
void call_sheet_job_start(struct call_sheet_job *job, const char *delivery_id,
                          void (*done)(struct call_sheet_job *job, enum call_sheet_end end), void *owner);
// What it made, once it has been sent; harmless where there is nothing.
void call_sheet_job_forget(struct call_sheet_job *job);
void call_sheet_job_finish(struct call_sheet_job *job);
