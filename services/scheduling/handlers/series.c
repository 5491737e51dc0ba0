// CreateSeries and UpdateSeries: what a rule expands to is found here, the rest is PostgreSQL's.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "db/db.h"
#include "loop/loop.h"
#include "recurrence.h"
#include "scheduling.h"
#include "scheduling_methods.h"
#include "service/service.h"

static void create_series_made(struct call *call, struct db_result *result);
static void update_series_found(struct call *call, struct db_result *result);
static void update_series_changed(struct call *call, struct db_result *result);

// "09:00"; -1 for anything else.
static int minute_of(const char *text) {
  int hour, minute;
  if (strlen(text) != 5 || text[2] != ':' || strspn(text, "0123456789") != 2 || strspn(text + 3, "0123456789") != 2)
    return -1;
  if (sscanf(text, "%2d:%2d", &hour, &minute) != 2 || hour > 23 || minute > 59) return -1;
  return hour * 60 + minute;
}

// Days since 1970-01-01 of "2026-05-21".
static int days_of_text(const char *text, int64_t *ret_days) {
  int year, month, day;
  if (strlen(text) != 10 || text[4] != '-' || text[7] != '-' || sscanf(text, "%4d-%2d-%2d", &year, &month, &day) != 3)
    return -EINVAL;
  return days_from_date(year, month, day, ret_days);
}

static void check_time(struct call *call, const char *text) {
  if (minute_of(text) < 0)
    status_add_violation(&call->status, &call->arena, "start_time", "give a time such as \"09:00\"");
}

static void check_days(struct call *call, const char *field, char **days, size_t count) {
  int64_t ignored;
  for (size_t i = 0; i < count; i++)
    if (days_of_text(days[i], &ignored))
      status_add_violation(&call->status, &call->arena, field, "give days such as \"2026-05-21\"");
}

// Days since 1970-01-01 up to which sessions can be made now, in any zone.
static int32_t horizon_day(struct call *call) {
  return (int32_t)(loop_wall_us(service_loop(call->service)) / 86400000000 + SCHEDULING_HORIZON_DAYS + 1);
}

// Days of the rule from `from_day` to the horizon, in the call's arena. False when the rule is refused, which
// call->status then says.
static bool expand(struct call *call, const char *rrule, int32_t start_day, int start_minute, int32_t from_day,
                   int32_t **ret_days, size_t *ret_count) {
  struct recurrence recurrence;
  struct recurrence_problem problem;
  if (recurrence_parse(rrule, &recurrence, &problem)) {
    call->status.reason = REASON_RRULE_INVALID;
    status_add_detail(&call->status, &call->arena, "part", problem.part);
    status_add_detail(&call->status, &call->arena, "problem", problem.problem);
    status_add_violation(&call->status, &call->arena, "rrule", "%s %s", problem.part, problem.problem);
    return false;
  }
  *ret_days = ARENA_ARRAY(&call->arena, int32_t, SCHEDULING_DAYS_MAX);
  if (!*ret_days) {
    call->status.reason = REASON_TOO_BUSY;
    return false;
  }
  int32_t until_day = horizon_day(call);
  if (from_day < until_day - SCHEDULING_DAYS_MAX + 1) from_day = until_day - SCHEDULING_DAYS_MAX + 1;
  if (!recurrence_expand(&recurrence, start_day, start_minute, from_day, until_day, *ret_days, SCHEDULING_DAYS_MAX,
                         ret_count))
    return true;
  status_add_violation(&call->status, &call->arena, "start_day", "is too long ago");
  return false;
}

static int32_t days_of_date(const Pulih__Type__V1__Date *date) {
  int64_t days = 0;
  if (date) days_from_date(date->year, date->month, date->day, &days);  // checked when the message was read
  return (int32_t)days;
}

void scheduling_create_series(struct call *call) {
  const Pulih__Scheduling__V1__CreateSeriesRequest *request = (const void *)call->request;
  Pulih__Scheduling__Internal__V1__SeriesPlan *plan =
      ARENA_NEW(&call->arena, Pulih__Scheduling__Internal__V1__SeriesPlan);
  if (!plan) {
    call_fail_with(call, REASON_TOO_BUSY);
    return;
  }
  pulih__scheduling__internal__v1__series_plan__init(plan);
  check_time(call, request->start_time);
  check_days(call, "exception_days", request->exception_days, request->n_exception_days);
  if (!request->start_day) status_add_violation(&call->status, &call->arena, "start_day", "give the first day");
  int32_t start_day = days_of_date(request->start_day);
  if (call->status.reason ||
      !expand(call, request->rrule, start_day, minute_of(request->start_time), start_day, &plan->days, &plan->n_days)) {
    call_fail(call);
    return;
  }
  plan->series = (Pulih__Scheduling__V1__CreateSeriesRequest *)request;
  call_try_query(call, &scheduling_create_series_statement, &plan->base, create_series_made);
}

static void reply_with_series(struct call *call, struct db_result *result) {
  ProtobufCMessage *series = db_result_rows(result) ? db_result_row(result, 0, &call->arena) : NULL;
  if (series)
    call_reply(call, series);
  else
    call_fail_with(call, REASON_NOT_FOUND);
}

static void create_series_made(struct call *call, struct db_result *result) {
  static const char inside[] = "series.";
  if (result) {
    reply_with_series(call, result);
    return;
  }
  // The request stands inside the plan: its fields are blamed by the names that the caller knows.
  for (struct named_text *violation = call->status.violations; violation; violation = violation->next)
    if (!strncmp(violation->name, inside, sizeof inside - 1)) violation->name += sizeof inside - 1;
  call_fail(call);
}

void scheduling_update_series(struct call *call) {
  const Pulih__Scheduling__V1__UpdateSeriesRequest *request = (const void *)call->request;
  Pulih__Scheduling__V1__GetSeriesRequest *find = ARENA_NEW(&call->arena, Pulih__Scheduling__V1__GetSeriesRequest);
  bool splits = request->scope == PULIH__SCHEDULING__V1__SERIES_SCOPE__SERIES_SCOPE_THIS_AND_FOLLOWING;
  if (!request->scope || (splits && (!request->from_day || !*request->new_series_id))) {
    call_fail_with(call, REASON_SERIES_SCOPE_INCOMPLETE);
    return;
  }
  if (*request->start_time) check_time(call, request->start_time);
  if (request->exception_days)
    check_days(call, "exception_days.days", request->exception_days->days, request->exception_days->n_days);
  if (call->status.reason || !find) {
    call_fail_with(call, find ? call->status.reason : REASON_TOO_BUSY);
    return;
  }
  pulih__scheduling__v1__get_series_request__init(find);
  find->series_id = request->series_id;
  call_query(call, &scheduling_find_series_statement, &find->base, update_series_found);
}

// The definition as it is, changed where the request says so. Texts stay the messages'.
static void merge(const Pulih__Scheduling__V1__UpdateSeriesRequest *request, const Pulih__Scheduling__V1__Series *old,
                  Pulih__Scheduling__Internal__V1__SeriesChange *ret_change) {
  bool splits = request->scope == PULIH__SCHEDULING__V1__SERIES_SCOPE__SERIES_SCOPE_THIS_AND_FOLLOWING;
  ret_change->series_id = request->series_id;
  ret_change->version = request->version;
  if (splits) ret_change->new_series_id = request->new_series_id;
  ret_change->room_id = *request->room_id ? request->room_id : old->room_id;
  ret_change->duration_minutes = request->duration_minutes ? request->duration_minutes : old->duration_minutes;
  ret_change->rrule = *request->rrule ? request->rrule : old->rrule;
  ret_change->holiday_policy = request->holiday_policy ? request->holiday_policy : old->holiday_policy;
  ret_change->exception_days = request->exception_days ? request->exception_days->days : old->exception_days;
  ret_change->n_exception_days = request->exception_days ? request->exception_days->n_days : old->n_exception_days;
  ret_change->counsellor_ids = request->counsellor_ids;
  ret_change->n_counsellor_ids = request->n_counsellor_ids;
  ret_change->enrollments_given = request->enrollments != NULL;
  if (request->enrollments) {
    ret_change->enrollment_ids = request->enrollments->enrollment_ids;
    ret_change->n_enrollment_ids = request->enrollments->n_enrollment_ids;
  }
}

static void update_series_found(struct call *call, struct db_result *result) {
  const Pulih__Scheduling__V1__UpdateSeriesRequest *request = (const void *)call->request;
  const Pulih__Scheduling__V1__Series *old =
      db_result_rows(result) ? (const void *)db_result_row(result, 0, &call->arena) : NULL;
  Pulih__Scheduling__Internal__V1__SeriesChange *change =
      ARENA_NEW(&call->arena, Pulih__Scheduling__Internal__V1__SeriesChange);
  if (!old || !change) {
    call_fail_with(call, old ? REASON_TOO_BUSY : REASON_NOT_FOUND);
    return;
  }
  pulih__scheduling__internal__v1__series_change__init(change);
  merge(request, old, change);
  const Pulih__Type__V1__Date *start = request->start_day ? request->start_day : old->start_day;
  const char *start_time = *request->start_time ? request->start_time : old->start_time;
  change->local_start =
      arena_printf(&call->arena, "%04d-%02d-%02dT%s", start->year, start->month, start->day, start_time);
  if (*change->new_series_id)
    change->from_day = arena_printf(&call->arena, "%04d-%02d-%02d", request->from_day->year, request->from_day->month,
                                    request->from_day->day);
  if (!change->local_start || !change->from_day) {
    call_fail_with(call, REASON_TOO_BUSY);
    return;
  }
  int32_t start_day = days_of_date(start);
  if (!expand(call, change->rrule, start_day, minute_of(start_time), start_day, &change->days, &change->n_days)) {
    call_fail(call);
    return;
  }
  call_query(call, &scheduling_change_series_statement, &change->base, update_series_changed);
}

static void update_series_changed(struct call *call, struct db_result *result) {
  reply_with_series(call, result);
}
