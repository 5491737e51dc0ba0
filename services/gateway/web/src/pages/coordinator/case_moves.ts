// What a coordinator can do with a case in each status. The database decides; this says what to offer, and what to ask.
import type { EnrollmentStatusJson } from '@contracts/enrollment/v1/enrollment_pb'
import type { Method } from '../../contracts'

type Status = EnrollmentStatusJson extends `ENROLLMENT_STATUS_${infer S}` ? S : never

export interface Move {
  method: Method & `enrollment.v1.EnrollmentService/${string}`
  from: Status[]
  // Where it leads: whose reasons are offered. Several: the choice is asked.
  to: Status[]
  // A reason can be given, or must be.
  reason?: 'may' | 'must'
  counsellor?: boolean
}

const BEFORE: Status[] = ['REFERRED', 'AWAITING_ASSESSMENT', 'SUITABLE_NOT_READY', 'WAITLISTED']
export const MOVES = {
  accept: { method: 'enrollment.v1.EnrollmentService/AcceptReferral', from: ['REFERRED'], to: ['AWAITING_ASSESSMENT'] },
  decide: {
    method: 'enrollment.v1.EnrollmentService/DecideSuitability', from: ['AWAITING_ASSESSMENT', 'SUITABLE_NOT_READY', 'WAITLISTED'],
    to: ['WAITLISTED', 'SUITABLE_NOT_READY', 'NOT_SUITABLE'], reason: 'may',
  },
  activate: { method: 'enrollment.v1.EnrollmentService/ActivateEnrollment', from: ['WAITLISTED'], to: ['ACTIVE'], counsellor: true },
  assign: { method: 'enrollment.v1.EnrollmentService/AssignCounsellor', from: [...BEFORE, 'ACTIVE', 'ON_HOLD'], to: [], counsellor: true },
  hold: { method: 'enrollment.v1.EnrollmentService/HoldEnrollment', from: ['ACTIVE'], to: ['ON_HOLD'], reason: 'may' },
  resume: { method: 'enrollment.v1.EnrollmentService/ResumeEnrollment', from: ['ON_HOLD'], to: ['ACTIVE'] },
  complete: { method: 'enrollment.v1.EnrollmentService/CompleteEnrollment', from: ['ACTIVE'], to: ['COMPLETED'], reason: 'may' },
  end: { method: 'enrollment.v1.EnrollmentService/EndEnrollmentEarly', from: ['ACTIVE', 'ON_HOLD'], to: ['ENDED_EARLY'], reason: 'must' },
  withdraw: { method: 'enrollment.v1.EnrollmentService/WithdrawEnrollment', from: BEFORE, to: ['WITHDRAWN'], reason: 'must' },
  close: { method: 'enrollment.v1.EnrollmentService/CloseEnrollment', from: ['AFTERCARE'], to: ['CLOSED'], reason: 'may' },
} satisfies Record<string, Move>

export type MoveName = keyof typeof MOVES
export const moveOf = (name: string): Move | undefined => (MOVES as Record<string, Move>)[name]
export const movesFrom = (status: EnrollmentStatusJson | undefined): MoveName[] =>
  (Object.keys(MOVES) as MoveName[]).filter((name) => moveOf(name)!.from.some((from) => status === `ENROLLMENT_STATUS_${from}`))
