// One case: where it stands, how it got there, and what can be done with it.
import type { EnrollmentRowJson, EnrollmentStatusJson } from '@contracts/enrollment/v1/enrollment_pb'
import { zonedText } from '../../ago'
import { call } from '../../api'
import { Loaded, useCall, useLoading } from '../../components/loaded'
import { Banner, ButtonLink, Page, SummaryList, Table, Warning } from '../../components/page'
import { statusName } from '../../names'
import { zoneOf } from '../../prisons'
import { Link, searchOf, address } from '../../router'
import { useStore } from '../../store'
import { dateText, dayOf } from '../../time'
import { say } from '../../words'
import { Contact, ContactForm } from '../aftercare/contact'
import { Agreed, consentsOf } from '../joint/consents'
import { Custody } from './transfer'
import { StatusTag } from './cases'
import { movesFrom } from './case_moves'
import { reasonText } from './texts'

export interface WholeCase {
  row: EnrollmentRowJson
  others: EnrollmentRowJson[]
}

/** The case with the names that stand beside its ids: the row of its person's cases that it is. */
export async function readCase(id: string): Promise<WholeCase> {
  const { participantId = '' } = await call('enrollment.v1.EnrollmentService/GetEnrollment', { id })
  const { rows = [] } = await call('enrollment.v1.EnrollmentService/ListEnrollments', { participantId, pageSize: 200 })
  return { row: rows.find((row) => row.enrollment!.id === id)!, others: rows.filter((row) => row.enrollment!.id !== id) }
}

function History({ id, zone }: { id: string; zone: string }) {
  const moves = useCall('enrollment.v1.EnrollmentService/ListEnrollmentMoves', { enrollmentId: id, pageSize: 200 }, { live: ['enrollment.case'] })
  const reasons = useCall('enrollment.v1.EnrollmentService/ListMoveReasons', {})
  const known = new Map(reasons.data?.reasons?.map((reason) => [reason.code, reason]))
  const step = (from: EnrollmentStatusJson | undefined, to: EnrollmentStatusJson | undefined) =>
    (from && from !== to ? `${statusName(from)} → ${statusName(to)}` : from ? say('case.moved_place') : statusName(to))
  return (
    <Loaded of={moves}>
      {({ moves: rows = [] }) => (
        <Table caption={say('case.history')} head={[{ text: say('case.when') }, { text: say('case.move') }, { text: say('case.reason') }, { text: say('case.by') }]}
          rows={rows.map((row) => [
            zonedText(row.movedAt, zone), step(row.fromStatus, row.toStatus),
            <>{reasonText(known.get(row.reason)) || row.reason || '–'}{row.comment && <span class="page-small">{row.comment}</span>}</>,
            row.movedByName || say('case.by_machine'),
          ])} />
      )}
    </Loaded>
  )
}

export function CasePage({ case: id = '' }: Record<string, string>) {
  const whole = useLoading(`case ${id}`, () => readCase(id), { live: ['enrollment.case'] })
  const done = searchOf(useStore(address)).get('done')
  return (
    <Loaded of={whole}>
      {({ row, others }) => {
        const { status, prisonId, counsellorId, warnings = [] } = row.enrollment!
        const zone = zoneOf(prisonId)
        const moves = movesFrom(status)
        return (
          <Page title={say('case.title')} heading={row.participantName} caption={`${say('case.title')} · ${row.registerNumber}`} back="/coordinator/cases" wide>
            {done && <Banner kind="success" heading={say('case.done')} />}
            {warnings.length > 0 && <Warning>{say('case.finish_after_release')}</Warning>}
            <SummaryList rows={[
              { key: say('case.status'), value: <><StatusTag status={status} /> <span class="page-small">{say('case.since_when', { when: zonedText(row.enrollment!.statusSince, zone) })}</span></> },
              { key: say('case.counsellor'), value: row.counsellorName || say('case.nobody'),
                ...(moves.includes('assign') ? { change: { to: `/coordinator/cases/${id}/assign`, what: say('case.counsellor') } } : {}) },
              { key: say('prison.title'), value: <>{row.prisonName}{row.block && <span class="page-small">{say('case.block', { block: row.block })}</span>}</> },
              { key: say('case.programme'), value: row.programmeName },
              { key: say('cohort.title'), value: row.cohortId ? <Link to={`/coordinator/cohorts/${row.cohortId}`}>{row.cohortName}</Link> : say('cohort.in_none'),
                ...(moves.includes('assign') ? { change: { to: `/coordinator/cases/${id}/cohort`, what: say('cohort.title') } } : {}) },
              { key: say('case.two_thirds'), value: dateText(dayOf(row.twoThirdsOn)) },
              { key: say('consent.title'), value: <Agreed person={row.enrollment!.participantId!} />,
                change: { to: consentsOf({ case: id, person: row.enrollment!.participantId! }), what: say('consent.title') } },
              { key: say('case.started'), value: dateText(dayOf(row.enrollment!.startedOn)) || '–' },
            ]} />
            {moves.length > 0 && (
              <>
                <h2 class="govuk-heading-m">{say('case.next')}</h2>
                <div class="govuk-button-group">
                  {moves.filter((name) => name !== 'assign' || !counsellorId).map((name) => (
                    <ButtonLink kind="secondary" to={`/coordinator/cases/${id}/${name}`} key={name}>{say(`move.${name}`)}</ButtonLink>
                  ))}
                  {status === 'ENROLLMENT_STATUS_AFTERCARE' && <ButtonLink kind="secondary" to={`/coordinator/sessions/new?case=${id}`}>{say('case.appointment')}</ButtonLink>}
                </div>
              </>
            )}
            <Custody id={id} person={row.enrollment!.participantId!} />
            {status === 'ENROLLMENT_STATUS_AFTERCARE' && <Contact participantId={row.enrollment!.participantId!} edit={`/coordinator/cases/${id}/contact`} />}
            <History id={id} zone={zone} />
            {others.length > 0 && (
              <>
                <h2 class="govuk-heading-m">{say('case.others')}</h2>
                <ul class="govuk-list">
                  {others.map((other) => (
                    <li key={other.enrollment!.id}>
                      <Link to={`/coordinator/cases/${other.enrollment!.id}`}>{other.programmeName}, {other.prisonName}</Link> <StatusTag status={other.enrollment!.status} />
                    </li>
                  ))}
                </ul>
              </>
            )}
          </Page>
        )
      }}
    </Loaded>
  )
}

export function CaseContact({ case: id = '' }: Record<string, string>) {
  const whole = useLoading(`case ${id}`, () => readCase(id))
  return <Loaded of={whole}>{({ row }) => <ContactForm participantId={row.enrollment!.participantId!} back={`/coordinator/cases/${id}`} />}</Loaded>
}
