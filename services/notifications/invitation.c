#include "invitation.h"

#include <libical/ical.h>
#include <stdio.h>
#include <string.h>

const char *invitation_method(const struct invitation *invitation) {
  return invitation->cancelled ? "CANCEL" : "REQUEST";
}

static struct icaltimetype utc(int64_t seconds) {
  return icaltime_from_timet_with_zone((time_t)seconds, 0, icaltimezone_get_utc_timezone());
}

static void add(icalcomponent *component, icalproperty *property) {
  icalcomponent_add_property(component, property);
}

// Nobody is asked whether they come: it is their schedule.
static void add_people(icalcomponent *event, const struct invitation *invitation) {
  char address[300];
  snprintf(address, sizeof address, "mailto:%s", invitation->organizer);
  add(event, icalproperty_new_organizer(address));
  snprintf(address, sizeof address, "mailto:%s", invitation->attendee);
  icalproperty *attendee = icalproperty_new_attendee(address);
  icalproperty_add_parameter(attendee, icalparameter_new_partstat(ICAL_PARTSTAT_ACCEPTED));
  icalproperty_add_parameter(attendee, icalparameter_new_rsvp(ICAL_RSVP_FALSE));
  add(event, attendee);
}

static icalcomponent *make_event(const struct invitation *invitation) {
  icalcomponent *event = icalcomponent_new_vevent();
  add(event, icalproperty_new_uid(invitation->session_id));
  add(event, icalproperty_new_sequence(invitation->version));
  add(event, icalproperty_new_dtstamp(utc(invitation->stamp_s)));
  add(event, icalproperty_new_dtstart(utc(invitation->starts_s)));
  add(event, icalproperty_new_dtend(utc(invitation->ends_s)));
  add(event, icalproperty_new_summary(invitation->summary));
  add(event, icalproperty_new_location(invitation->location));
  add(event, icalproperty_new_status(invitation->cancelled ? ICAL_STATUS_CANCELLED : ICAL_STATUS_CONFIRMED));
  add(event, icalproperty_new_class(ICAL_CLASS_PRIVATE));
  add_people(event, invitation);
  return event;
}

char *invitation_write(const struct invitation *invitation) {
  icalcomponent *calendar = icalcomponent_new_vcalendar();
  add(calendar, icalproperty_new_version("2.0"));
  add(calendar, icalproperty_new_prodid("-//Pulih//Notifications//ID"));
  add(calendar, icalproperty_new_method(invitation->cancelled ? ICAL_METHOD_CANCEL : ICAL_METHOD_REQUEST));
  icalcomponent_add_component(calendar, make_event(invitation));
  char *text = icalcomponent_as_ical_string_r(calendar);
  icalcomponent_free(calendar);
  return text;
}
