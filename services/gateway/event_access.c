#include "event_access.h"

#include <stddef.h>
#include <string.h>

#include "catalogue.h"

static const struct {
  const char *type;  // or how it begins, with a "_" at the end
  const char *method;
  bool own;
} rows[] = {
    {"enrollment.agreement_", "pulih.enrollment.v1.AgreementService/GetAgreement"},
    {"enrollment.case_", "pulih.enrollment.v1.EnrollmentService/GetEnrollment"},
    {"enrollment.cohort_", "pulih.enrollment.v1.CohortService/GetCohort"},
    {"enrollment.consent_", "pulih.enrollment.v1.ParticipantService/ListConsents"},
    {"enrollment.participant_", "pulih.enrollment.v1.ParticipantService/GetParticipant"},
    {"identity.access_changed", "pulih.identity.v1.IdentityService/GetPerson"},
    {"identity.person_changed", "pulih.identity.v1.IdentityService/GetPerson"},
    {"notes.break_glass_", "pulih.notes.v1.NotesService/ListBreakGlass"},
    {"notes.note_signed", "pulih.notes.v1.NotesService/ListNotes"},
    {"notifications.delivery_", "pulih.notifications.v1.NotificationsService/GetDelivery"},
    {"notifications.notice_", "pulih.notifications.v1.InboxService/ListMyNotices", .own = true},
    {"notifications.rule_changed", "pulih.notifications.v1.NotificationsService/ListRules"},
    {"scheduling.attendance_recorded", "pulih.scheduling.v1.SchedulingService/GetSession"},
    {"scheduling.correction_", "pulih.scheduling.v1.DayService/GetRoll"},
    {"scheduling.session_", "pulih.scheduling.v1.SchedulingService/GetSession"},
};

struct event_access event_access_of(const char *type) {
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    size_t size = strlen(rows[i].type);
    bool fits = rows[i].type[size - 1] == '_' ? !strncmp(type, rows[i].type, size) : !strcmp(type, rows[i].type);
    if (!fits) continue;
    const struct method *method = method_find(&catalogue, rows[i].method);
    return (struct event_access){.roles = method ? method->roles : 0, .own = rows[i].own};
  }
  return (struct event_access){0};
}
