#include "call_sheet_job.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "db/db.h"
#include "message/message.h"
#include "notifications_methods.h"

typedef Pulih__Notifications__Internal__V1__CallSheet CallSheet;
typedef Pulih__Notifications__Internal__V1__CallSheetOrder CallSheetOrder;
typedef Pulih__Notifications__Internal__V1__CallSheetRequest CallSheetRequest;

// A line is half a kilobyte, and 5000 of them 600 KB of PDF within some seconds. One takes 24 MiB, hence two at once.
enum {
  QUERY_TIMEOUT_MS = 30000,
  ARENA_BYTES = 8 * 1024 * 1024,
  DRAW_MOST_MS = 10000,
  PDF_BYTES_MAX = 4 * 1024 * 1024,
  AT_ONCE = 2
};

static void end(struct call_sheet_job *job, enum call_sheet_end how) {
  arena_reset(&job->arena);
  job->done(job, how);
}

static void drawn(struct drawing_wanted *wanted) {
  struct call_sheet_job *job = wanted->owner;
  bool failed = *wanted->problem;
  // Once for all who waited for it.
  if (failed && wanted->first) {
    LOG(ERROR, "CALL_SHEET_NOT_DRAWN", log_text("program", job->drawings->program->path),
        log_text("reason", wanted->problem), log_number("lines", (int64_t)job->lines));
  }
  end(job, failed ? CALL_SHEET_NONE : CALL_SHEET_MADE);
}

static void draw(struct call_sheet_job *job, CallSheet *sheet) {
  CallSheetOrder order;
  pulih__notifications__internal__v1__call_sheet_order__init(&order);
  order.sheet = sheet;
  order.foundation = (char *)job->house->foundation;
  order.training = job->house->training;
  job->lines = sheet->n_lines;
  job->drawing.done = drawn;
  job->drawing.owner = job;
  if (message_pack(&order.base, &job->arena, &job->drawing.input, &job->drawing.input_size)) {
    LOG(ERROR, "CALL_SHEET_TOO_LARGE");
    end(job, CALL_SHEET_NONE);
    return;
  }
  drawings_want(job->drawings, &job->drawing);
}

static void sheet_read(struct service_query *query, struct db_result *result, const struct status *status) {
  struct call_sheet_job *job = query->owner;
  bool any = result && db_result_rows(result) > 0;
  CallSheet *sheet = any ? (CallSheet *)db_result_row(result, 0, &job->arena) : NULL;
  if (!result) {
    LOG(WARNING, "CALL_SHEET_NOT_READ", log_text("reason", reason_info(status->reason)->name));
    end(job, CALL_SHEET_FAILED);
    return;
  }
  if (!sheet) {
    if (any) LOG(ERROR, "CALL_SHEET_TOO_LARGE");
    end(job, CALL_SHEET_NONE);
    return;
  }
  bool english = sheet->language[0] == 'e';
  snprintf(job->file_name, sizeof job->file_name, "%s-%s.pdf", english ? "call-sheet" : "daftar-panggil",
           sheet->iso_day);
  draw(job, sheet);
}

int call_sheet_drawer_init(struct program *drawer, uv_loop_t *loop, uint32_t limit_ms) {
  int error = program_init(drawer, loop, "pulih-call-sheet");
  drawer->limit_ms = limit_ms < DRAW_MOST_MS ? limit_ms : DRAW_MOST_MS;
  drawer->output_limit_bytes = PDF_BYTES_MAX;
  drawer->most = AT_ONCE;
  return error;
}

void call_sheet_job_init(struct call_sheet_job *job, struct service *service, const struct call_sheet_house *house,
                         struct drawings *drawings) {
  *job = (struct call_sheet_job){.service = service, .house = house, .drawings = drawings};
  arena_init(&job->arena, ARENA_BYTES);
}

void call_sheet_job_start(struct call_sheet_job *job, const char *delivery_id,
                          void (*done)(struct call_sheet_job *job, enum call_sheet_end end), void *owner) {
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

void call_sheet_job_forget(struct call_sheet_job *job) {
  drawings_release(&job->drawing);
}

void call_sheet_job_finish(struct call_sheet_job *job) {
  arena_finish(&job->arena);
}
