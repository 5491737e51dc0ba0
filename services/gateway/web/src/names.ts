// Words of the contracts' enums: "COMPONENT_FAMILY" → "Sesi keluarga".
import type { ComponentJson } from '@contracts/enrollment/v1/programme_pb'
import type { ConsentPurposeJson } from '@contracts/enrollment/v1/participant_pb'
import type { EnrollmentStatusJson } from '@contracts/enrollment/v1/enrollment_pb'
import type { RollEntryJson } from '@contracts/scheduling/v1/day_pb'
import type { AttendanceMarkJson, CancelReasonJson } from '@contracts/scheduling/v1/scheduling_pb'
import { say, type Key } from './words'

const named = (prefix: string, word: string) => (value: string | undefined) =>
  say(`${word}.${(value ?? `${prefix}UNSPECIFIED`).slice(prefix.length)}` as Key)

export const componentName: (value: ComponentJson | undefined) => string = named('COMPONENT_', 'component')
/** What a session is called, its cohort or else what is done; and what is done where that doesn't say it. */
export const sessionNames = ({ cohortName, component }: { cohortName?: string; component?: ComponentJson }): [string, ...string[]] =>
  (cohortName ? [cohortName, componentName(component)] : [componentName(component)])
export const markName: (value: AttendanceMarkJson | undefined) => string = named('ATTENDANCE_MARK_', 'mark')
/** What is asked to become of a mark, or was refused; empty where nothing is. */
export const correctionText = ({ correction, refusedCorrection, refusedByName, refusal }:
  Pick<RollEntryJson, 'correction' | 'refusedCorrection' | 'refusedByName' | 'refusal'>): string => (
  correction ? say('mark.correction_waits', { mark: markName(correction) })
    : refusedCorrection ? say('mark.correction_refused', { mark: markName(refusedCorrection), name: refusedByName ?? '–', reason: refusal ?? '' }) : '')
export const cancelName: (value: CancelReasonJson | undefined) => string = named('CANCEL_REASON_', 'cancel')
export const statusName: (value: EnrollmentStatusJson | undefined) => string = named('ENROLLMENT_STATUS_', 'status')
export const consentName = (value: ConsentPurposeJson | undefined): string => say(`consent.purpose.${(value ?? '').slice('CONSENT_PURPOSE_'.length)}` as Key)
