#include "calendar_text.h"

#include <libical/ical.h>
#include <string.h>

#include "base/status.h"

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

enum { REFRESH_HOURS = 1 };

static void add(icalcomponent *component, icalproperty *property) {
  icalcomponent_add_property(component, property);
}

static void add_extension(icalcomponent *component, const char *name, const char *value) {
  icalproperty *property = icalproperty_new_x(value);
  icalproperty_set_x_name(property, name);
  add(component, property);
}

static struct icaltimetype utc(const Google__Protobuf__Timestamp *timestamp) {
  return icaltime_from_timet_with_zone(timestamp ? timestamp->seconds : 0, 0, icaltimezone_get_utc_timezone());
}

static icalcomponent *make_event(const Pulih__Scheduling__V1__CalendarFeedSession *session, enum language language,
                                 struct arena *arena) {
  bool off = session->status == PULIH__SCHEDULING__V1__SESSION_STATUS__SESSION_STATUS_CANCELLED;
  const char *what = names[session->component][language];
  const char *summary = arena_printf(arena, "%s%s", off ? cancelled[language] : "", what);
  const char *location = arena_printf(arena, "%s, %s", session->room_name, session->prison_name);
  icalcomponent *event = summary && location ? icalcomponent_new_vevent() : NULL;
  if (!event) return NULL;
  add(event, icalproperty_new_uid(session->id));
  add(event, icalproperty_new_sequence(session->version));
  add(event, icalproperty_new_dtstamp(utc(session->changed_at)));
  add(event, icalproperty_new_lastmodified(utc(session->changed_at)));
  add(event, icalproperty_new_dtstart(utc(session->starts_at)));
  add(event, icalproperty_new_dtend(utc(session->ends_at)));
  add(event, icalproperty_new_summary(summary));
  add(event, icalproperty_new_location(location));
  add(event, icalproperty_new_status(off ? ICAL_STATUS_CANCELLED : ICAL_STATUS_CONFIRMED));
  add(event, icalproperty_new_transp(off ? ICAL_TRANSP_TRANSPARENT : ICAL_TRANSP_OPAQUE));
  add(event, icalproperty_new_class(ICAL_CLASS_PRIVATE));
  return event;
}

static icalcomponent *make_calendar(enum language language) {
  icalcomponent *calendar = icalcomponent_new_vcalendar();
  if (!calendar) return NULL;
  add(calendar, icalproperty_new_version("2.0"));
  add(calendar, icalproperty_new_prodid("-//Pulih//Calendar//ID"));
  add(calendar, icalproperty_new_calscale("GREGORIAN"));
  add(calendar, icalproperty_new_name(calendar_names[language]));
  add(calendar, icalproperty_new_refreshinterval((struct icaldurationtype){.hours = REFRESH_HOURS}));
  // What programs knew before RFC 7986 gave the two above names.
  add_extension(calendar, "X-WR-CALNAME", calendar_names[language]);
  add_extension(calendar, "X-PUBLISHED-TTL", "PT1H");
  return calendar;
}

const char *calendar_text(const Pulih__Scheduling__V1__CalendarFeedContent *content, struct arena *arena,
                          size_t *ret_size) {
  enum language language = strcmp(content->language, "en") ? LANGUAGE_INDONESIAN : LANGUAGE_ENGLISH;
  icalcomponent *calendar = make_calendar(language);
  bool whole = calendar;
  for (size_t i = 0; whole && i < content->n_sessions; i++) {
    icalcomponent *event = make_event(content->sessions[i], language, arena);
    whole = event;
    if (event) icalcomponent_add_component(calendar, event);
  }
  char *made = whole ? icalcomponent_as_ical_string_r(calendar) : NULL;
  char *text = made ? arena_copy_text(arena, made, strlen(made)) : NULL;
  if (text) *ret_size = strlen(text);
  icalmemory_free_buffer(made);
  if (calendar) icalcomponent_free(calendar);
  return text;
}
