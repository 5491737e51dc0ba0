// What can be called, from proto/. Types alone: nothing of the contracts is in the bundle.
import type { GenService, GenServiceMethods } from '@bufbuild/protobuf/codegenv1'
import type { DescMessage, MessageJsonType } from '@bufbuild/protobuf'
import type { AftercareService } from '@contracts/enrollment/v1/aftercare_pb'
import type { AgreementService } from '@contracts/enrollment/v1/agreement_pb'
import type { CohortService } from '@contracts/enrollment/v1/cohort_pb'
import type { EnrollmentService } from '@contracts/enrollment/v1/enrollment_pb'
import type { ParticipantService } from '@contracts/enrollment/v1/participant_pb'
import type { ProgrammeService } from '@contracts/enrollment/v1/programme_pb'
import type { ReferralService } from '@contracts/enrollment/v1/referral_pb'
import type { HubService } from '@contracts/hub/v1/hub_pb'
import type { IdentityService } from '@contracts/identity/v1/identity_pb'
import type { MyselfService } from '@contracts/identity/v1/myself_pb'
import type { SignInService } from '@contracts/identity/v1/sign_in_pb'
import type { UpkeepService } from '@contracts/identity/v1/upkeep_pb'
import type { CounsellorService } from '@contracts/notes/v1/counsellor_pb'
import type { NotesService } from '@contracts/notes/v1/notes_pb'
import type { InboxService } from '@contracts/notifications/v1/inbox_pb'
import type { PreferencesService } from '@contracts/notifications/v1/preferences_pb'
import type { RulesService } from '@contracts/notifications/v1/rules_pb'
import type { TemplatesService } from '@contracts/notifications/v1/templates_pb'
import type { DeadLettersService } from '@contracts/notifications/v1/dead_letters_pb'
import type { EndpointsService } from '@contracts/notifications/v1/endpoints_pb'
import type { ReceiptsService } from '@contracts/notifications/v1/receipts_pb'
import type { NotificationsService } from '@contracts/notifications/v1/notifications_pb'
import type { ReportService } from '@contracts/enrollment/v1/report_pb'
import type { AttendanceService } from '@contracts/scheduling/v1/attendance_pb'
import type { BoardService } from '@contracts/scheduling/v1/board_pb'
import type { CalendarFeedService } from '@contracts/scheduling/v1/calendar_feed_pb'
import type { CalendarService } from '@contracts/scheduling/v1/calendar_pb'
import type { ClosedHoursService } from '@contracts/scheduling/v1/closed_hours_pb'
import type { DayService } from '@contracts/scheduling/v1/day_pb'
import type { SchedulingService } from '@contracts/scheduling/v1/scheduling_pb'

interface Services {
  'enrollment.v1.AftercareService': typeof AftercareService
  'enrollment.v1.AgreementService': typeof AgreementService
  'enrollment.v1.CohortService': typeof CohortService
  'enrollment.v1.EnrollmentService': typeof EnrollmentService
  'enrollment.v1.ParticipantService': typeof ParticipantService
  'enrollment.v1.ProgrammeService': typeof ProgrammeService
  'enrollment.v1.ReferralService': typeof ReferralService
  'hub.v1.HubService': typeof HubService
  'identity.v1.IdentityService': typeof IdentityService
  'identity.v1.MyselfService': typeof MyselfService
  'identity.v1.SignInService': typeof SignInService
  'identity.v1.UpkeepService': typeof UpkeepService
  'notes.v1.CounsellorService': typeof CounsellorService
  'notes.v1.NotesService': typeof NotesService
  'notifications.v1.DeadLettersService': typeof DeadLettersService
  'notifications.v1.EndpointsService': typeof EndpointsService
  'notifications.v1.InboxService': typeof InboxService
  'notifications.v1.NotificationsService': typeof NotificationsService
  'notifications.v1.PreferencesService': typeof PreferencesService
  'notifications.v1.ReceiptsService': typeof ReceiptsService
  'notifications.v1.RulesService': typeof RulesService
  'notifications.v1.TemplatesService': typeof TemplatesService
  'enrollment.v1.ReportService': typeof ReportService
  'scheduling.v1.AttendanceService': typeof AttendanceService
  'scheduling.v1.BoardService': typeof BoardService
  'scheduling.v1.CalendarFeedService': typeof CalendarFeedService
  'scheduling.v1.CalendarService': typeof CalendarService
  'scheduling.v1.ClosedHoursService': typeof ClosedHoursService
  'scheduling.v1.DayService': typeof DayService
  'scheduling.v1.SchedulingService': typeof SchedulingService
}

type MethodsOf<S> = S extends GenService<infer M extends GenServiceMethods> ? M : never
type Json<M> = M extends DescMessage ? MessageJsonType<M> : never

// "scheduling.v1.AttendanceService/GetCallSheet"
export type Method = { [S in keyof Services]: `${S}/${Capitalize<keyof MethodsOf<Services[S]> & string>}` }[keyof Services]

type Shape<M extends Method> = M extends `${infer S extends keyof Services}/${infer N}`
  ? MethodsOf<Services[S]> extends Record<Uncapitalize<N>, { input: infer I; output: infer O }> ? [Json<I>, Json<O>] : never
  : never
export type Request<M extends Method> = Shape<M>[0]
export type Response<M extends Method> = Shape<M>[1]
