// What leaving a prison does to somebody's cases and sessions, said before it is done, and the two steps in which it is done.
import type { EnrollmentRowJson, EnrollmentStatusJson } from '@contracts/enrollment/v1/enrollment_pb'
import type { ParticipantJson } from '@contracts/enrollment/v1/participant_pb'
import { call, callAll } from '../../api'
import { ErrorSummary, type FormState } from '../../components/form'
import { useLoading } from '../../components/loaded'
import { Button, LinkButton, Page, SummaryList, Warning, type SummaryRow } from '../../components/page'
import { statusName } from '../../names'
import { say } from '../../words'

export interface InCustody {
  person: ParticipantJson
  cases: EnrollmentRowJson[]
  sessions: number
}

/** Whose page it is: reached from their case by the coordinator, from themselves by the officer. */
export interface Whose { person?: string; case?: string }
export const homeOf = ({ person, case: id }: Whose) => (id ? `/coordinator/cases/${id}` : `/officer/people/${person}`)

export const useCustody = (id: string) => useLoading<InCustody>(`custody ${id}`, async (signal) => {
  const [person, cases, { length }] = await Promise.all([
    call('enrollment.v1.ParticipantService/GetParticipant', { id }, signal),
    callAll('enrollment.v1.EnrollmentService/ListEnrollments', { participantId: id }, 'rows'),
    callAll('scheduling.v1.SchedulingService/ListSessions',
      { participantId: id, fromTime: new Date().toISOString(), status: 'SESSION_STATUS_SCHEDULED', pageSize: 200 }, 'sessions'),
  ])
  return { person, cases, sessions: length }
})

type Status = EnrollmentStatusJson extends `ENROLLMENT_STATUS_${infer S}` ? S : never
export const isIn = (row: EnrollmentRowJson, ...statuses: Status[]) => statuses.some((status) => row.enrollment!.status === `ENROLLMENT_STATUS_${status}`)
export const ofCase = (row: EnrollmentRowJson) => ({ programme: row.programmeName ?? '', status: statusName(row.enrollment!.status) })

interface CheckProps {
  title: string
  rows: SummaryRow[]
  cases: string[]
  sessions: number
  warning?: string
  form: Pick<FormState<unknown>, 'wrong' | 'busy' | 'submit'>
  submit: string
  change: () => void
}
/** The second step: what was typed, what it does, and the button that does it. */
export const Check = ({ title, rows, cases, sessions, warning, form, submit, change }: CheckProps) => (
  <Page title={title} key="check">
    <ErrorSummary wrong={form.wrong} />
    <SummaryList rows={rows} />
    <h2 class="govuk-heading-m">{say('custody.effects')}</h2>
    <ul class="govuk-list govuk-list--bullet">
      {cases.map((text) => <li key={text}>{text}</li>)}
      {cases.length === 0 && <li>{say('custody.no_case')}</li>}
      {sessions > 0 && <li>{say('custody.sessions', { count: sessions })}</li>}
    </ul>
    {warning && <Warning>{warning}</Warning>}
    <div class="govuk-button-group">
      <Button kind="warning" busy={form.busy} onClick={form.submit}>{submit}</Button>
      <LinkButton onClick={change}>{say('action.change')}</LinkButton>
    </div>
  </Page>
)
