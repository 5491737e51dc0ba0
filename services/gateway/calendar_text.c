#include "calendar_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "calendar/content_line.h"

// Neutral: a lock screen shows them to strangers.
static const char *const names[][2] = {
    [PULIH__ENROLLMENT__V1__COMPONENT__COMPONENT_UNSPECIFIED] = {"Sesi", "Session"},
    [PULIH__ENROLLMENT__V1__COMPONENT__COMPONENT_INDIVIDUAL_COUNSELLING] = {"Sesi perorangan", "Individual session"},
    [PULIH__ENROLLMENT__V1__COMPONENT__COMPONENT_GROUP_COUNSELLING] = {"Sesi kelompok", "Group session"},
    [PULIH__ENROLLMENT__V1__COMPONENT__COMPONENT_VOCATIONAL] = {"Pelatihan keterampilan", "Skills training"},
    [PULIH__ENROLLMENT__V1__COMPONENT__COMPONENT_MENTAL] = {"Pembinaan mental", "Mental mentoring"},
    [PULIH__ENROLLMENT__V1__COMPONENT__COMPONENT_SPIRITUAL] = {"Pembinaan rohani", "Spiritual mentoring"},
    [PULIH__ENROLLMENT__V1__COMPONENT__COMPONENT_FAMILY] = {"Sesi keluarga", "Family session"},
};
static const char *const calendar_names[] = {"Jadwal", "Schedule"};
static const char *const cancelled[] = {"Batal: ", "Cancelled: "};

static int64_t seconds(const Google__Protobuf__Timestamp *timestamp) {
  return timestamp ? timestamp->seconds : 0;
}

static void write_event(FILE *out, const Pulih__Scheduling__V1__CalendarFeedSession *session, enum language language) {
  bool off = session->status == PULIH__SCHEDULING__V1__SESSION_STATUS__SESSION_STATUS_CANCELLED;
  char summary[64], location[1024];
  snprintf(summary, sizeof summary, "%s%s", off ? cancelled[language] : "", names[session->component][language]);
  snprintf(location, sizeof location, "%s, %s", session->room_name, session->prison_name);
  content_line(out, "BEGIN", "VEVENT");
  content_line_text(out, "UID", session->id);
  content_line_number(out, "SEQUENCE", session->version);
  content_line_time(out, "DTSTAMP", seconds(session->changed_at));
  content_line_time(out, "LAST-MODIFIED", seconds(session->changed_at));
  content_line_time(out, "DTSTART", seconds(session->starts_at));
  content_line_time(out, "DTEND", seconds(session->ends_at));
  content_line_text(out, "SUMMARY", summary);
  content_line_text(out, "LOCATION", location);
  content_line(out, "STATUS", off ? "CANCELLED" : "CONFIRMED");
  content_line(out, "TRANSP", off ? "TRANSPARENT" : "OPAQUE");
  content_line(out, "CLASS", "PRIVATE");
  content_line(out, "END", "VEVENT");
}

static void write_calendar(FILE *out, const Pulih__Scheduling__V1__CalendarFeedContent *content) {
  enum language language = strcmp(content->language, "en") ? LANGUAGE_INDONESIAN : LANGUAGE_ENGLISH;
  content_line(out, "BEGIN", "VCALENDAR");
  content_line(out, "VERSION", "2.0");
  content_line(out, "PRODID", "-//Pulih//Calendar//ID");
  content_line(out, "CALSCALE", "GREGORIAN");
  content_line_text(out, "NAME", calendar_names[language]);
  content_line(out, "REFRESH-INTERVAL;VALUE=DURATION", "PT1H");
  // What programs knew before RFC 7986 gave the two above names.
  content_line_text(out, "X-WR-CALNAME", calendar_names[language]);
  content_line(out, "X-PUBLISHED-TTL", "PT1H");
  for (size_t i = 0; i < content->n_sessions; i++) write_event(out, content->sessions[i], language);
  content_line(out, "END", "VCALENDAR");
}

const char *calendar_text(const Pulih__Scheduling__V1__CalendarFeedContent *content, struct arena *arena,
                          size_t *ret_size) {
  char *made = NULL, *text = NULL;
  size_t size;
  FILE *out = open_memstream(&made, &size);
  if (!out) return NULL;
  write_calendar(out, content);
  if (!fclose(out)) text = arena_copy_text(arena, made, size);
  if (text) *ret_size = size;
  free(made);
  return text;
}
