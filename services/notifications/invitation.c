#include "invitation.h"

#include <stdio.h>
#include <stdlib.h>

#include "calendar/content_line.h"

const char *invitation_method(const struct invitation *invitation) {
  return invitation->cancelled ? "CANCEL" : "REQUEST";
}

static void write_address(FILE *out, const char *name, const char *address) {
  char uri[300];
  snprintf(uri, sizeof uri, "mailto:%s", address);
  content_line(out, name, uri);
}

// Nobody is asked whether they come: it is their schedule.
static void write_event(FILE *out, const struct invitation *invitation) {
  content_line(out, "BEGIN", "VEVENT");
  content_line_text(out, "UID", invitation->session_id);
  content_line_number(out, "SEQUENCE", invitation->version);
  content_line_time(out, "DTSTAMP", invitation->stamp_s);
  content_line_time(out, "DTSTART", invitation->starts_s);
  content_line_time(out, "DTEND", invitation->ends_s);
  content_line_text(out, "SUMMARY", invitation->summary);
  content_line_text(out, "LOCATION", invitation->location);
  content_line(out, "STATUS", invitation->cancelled ? "CANCELLED" : "CONFIRMED");
  content_line(out, "CLASS", "PRIVATE");
  write_address(out, "ORGANIZER", invitation->organizer);
  write_address(out, "ATTENDEE;PARTSTAT=ACCEPTED;RSVP=FALSE", invitation->attendee);
  content_line(out, "END", "VEVENT");
}

char *invitation_write(const struct invitation *invitation) {
  char *text = NULL;
  size_t size;
  FILE *out = open_memstream(&text, &size);
  if (!out) return NULL;
  content_line(out, "BEGIN", "VCALENDAR");
  content_line(out, "VERSION", "2.0");
  content_line(out, "PRODID", "-//Pulih//Notifications//ID");
  content_line(out, "METHOD", invitation_method(invitation));
  write_event(out, invitation);
  content_line(out, "END", "VCALENDAR");
  if (!fclose(out)) return text;
  free(text);
  return NULL;
}
