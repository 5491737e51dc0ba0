#include "call_sheet_job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "db/db.h"
#include "notifications_methods.h"

typedef Pulih__Notifications__Internal__V1__CallSheet CallSheet;
typedef Pulih__Notifications__Internal__V1__CallSheetRequest CallSheetRequest;

// A line is half a kilobyte.
enum { QUERY_TIMEOUT_MS = 30000, ARENA_BYTES = 8 * 1024 * 1024 };

static void end(struct call_sheet_job *job, enum call_sheet_end how) {
  job->sheet = NULL;
  arena_reset(&job->arena);
  job->done(job, how);
}

static void drawn(uv_work_t *work, int status) {
  struct call_sheet_job *job = work->data;
  if (job->error) LOG(ERROR, "CALL_SHEET_NOT_DRAWN", log_number("lines", (int64_t)job->sheet->n_lines));
  end(job, job->error ? CALL_SHEET_NONE : CALL_SHEET_MADE);
}

static void draw(uv_work_t *work) {
  struct call_sheet_job *job = work->data;
  job->error = call_sheet_write(job->sheet, job->house, &job->pdf, &job->size);
}

static void sheet_read(struct service_query *query, struct db_result *result, const struct status *status) {
  struct call_sheet_job *job = query->owner;
  bool any = result && db_result_rows(result) > 0;
  job->sheet = any ? (const CallSheet *)db_result_row(result, 0, &job->arena) : NULL;
  if (!result) {
    LOG(WARNING, "CALL_SHEET_NOT_READ", log_text("reason", reason_info(status->reason)->name));
    end(job, CALL_SHEET_FAILED);
    return;
  }
  if (!job->sheet) {
    if (any) LOG(ERROR, "CALL_SHEET_TOO_LARGE");
    end(job, CALL_SHEET_NONE);
    return;
  }
  bool english = job->sheet->language[0] == 'e';
  snprintf(job->file_name, sizeof job->file_name, "%s-%s.pdf", english ? "call-sheet" : "daftar-panggil",
           job->sheet->iso_day);
  uv_queue_work(&service_loop(job->service)->uv, &job->work, draw, drawn);
}

void call_sheet_job_init(struct call_sheet_job *job, struct service *service, const struct call_sheet_house *house) {
  *job = (struct call_sheet_job){.service = service, .house = house};
  arena_init(&job->arena, ARENA_BYTES);
  job->work.data = job;
}

void call_sheet_job_start(struct call_sheet_job *job, const char *delivery_id,
                          void (*done)(struct call_sheet_job *job, enum call_sheet_end end), void *owner) {
  free(job->pdf);
  job->pdf = NULL;
  job->done = done;
  job->owner = owner;
  CallSheetRequest *request = ARENA_NEW(&job->arena, CallSheetRequest);
  pulih__notifications__internal__v1__call_sheet_request__init(request);
  request->delivery_id = arena_copy_text(&job->arena, delivery_id, strlen(delivery_id));
  job->query = (struct service_query){.statement = &notifications_call_sheet_statement,
                                      .in = &request->base,
                                      .arena = &job->arena,
                                      .timeout_ms = QUERY_TIMEOUT_MS,
                                      .done = sheet_read,
                                      .owner = job};
  service_query_run(job->service, &job->query);
}

void call_sheet_job_finish(struct call_sheet_job *job) {
  free(job->pdf);
  job->pdf = NULL;
  arena_finish(&job->arena);
}
