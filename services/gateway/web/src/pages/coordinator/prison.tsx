// Penjara: one prison, or a place where people in aftercare are met, as the coordinator needs to see it.
import { agoText, zonedText } from '../../ago'
import { callAll } from '../../api'
import { Loaded, useCall, useLoading } from '../../components/loaded'
import { ButtonLink, Page, SummaryList, Table } from '../../components/page'
import { sessionNames, statusName } from '../../names'
import { prisonOf, zoneNameOf, zoneOf } from '../../prisons'
import { Link } from '../../router'
import { addDays, dayAt, instantOf } from '../../time'
import { say } from '../../words'
import { ClosedHours } from './closed_hours'
import { CohortsOf } from './cohorts'
import { AgreementLeft, useOverviews } from './overview'
import { Rooms } from './rooms'
import { shareText } from './texts'

export function PrisonPage({ prison: prisonId = '' }: Record<string, string>) {
  const place = prisonOf(prisonId)
  const kind = say(place?.aftercare ? 'place.aftercare' : 'prison.title')
  return (
    <Page title={kind} heading={place?.name ?? kind} caption={zoneNameOf(prisonId)} back="/coordinator" wide>
      {place?.aftercare ? <p class="govuk-body"><Link to={`/coordinator/board?prison=${prisonId}`}>{say('board.title')}</Link></p> : <Figures prisonId={prisonId} />}
      <Unmarked prisonId={prisonId} />
      {!place?.aftercare && <><Cases prisonId={prisonId} /><CohortsOf prisonId={prisonId} /></>}
      <Rooms prisonId={prisonId} />
      <ClosedHours prisonId={prisonId} />
    </Page>
  )
}

function Figures({ prisonId }: { prisonId: string }) {
  const overview = useOverviews(30, prisonId)
  return (
    <Loaded of={overview}>
      {({ rows: [row], at }) => (row ? (
        <>
          <SummaryList rows={[
            { key: say('overview.contact'), value: `${agoText(row.lastContactAt)}${row.lastContactAt ? ` (${zonedText(row.lastContactAt, row.timeZone)})` : ''}` },
            { key: say('overview.sessions'), value: say('prison.sessions', { held: row.sessionCount ?? 0, cancelled: row.cancelledCount ?? 0 }) },
            { key: say('overview.attended'), value: shareText(row.attended) },
            { key: say('overview.unmarked'), value: `${row.unmarkedCount ?? 0}` },
            { key: say('overview.seats'), value: row.seats ? `${row.seatsTaken ?? 0}/${row.seats}` : '–' },
            { key: say('overview.agreement'), value: <AgreementLeft row={row} /> },
          ]} />
          <p class="govuk-body-s">{say('overview.caption', { count: 30 })}. {say('state.as_of', { when: zonedText(at) })}. {say('figure.note')}</p>
          <div class="govuk-button-group">
            <ButtonLink to={`/coordinator/reports/${prisonId}`}>{say('report.title')}</ButtonLink>
            <ButtonLink kind="secondary" to={`/coordinator/board?prison=${prisonId}`}>{say('board.title')}</ButtonLink>
            <ButtonLink kind="secondary" to={`/coordinator/agreements?prison=${prisonId}`}>{say('agreements.title')}</ButtonLink>
          </div>
        </>
      ) : <p class="govuk-body">{say('missing.text')}</p>)}
    </Loaded>
  )
}

/** Sessions of the last week with attendance that nobody has recorded. */
function Unmarked({ prisonId }: { prisonId: string }) {
  const zone = zoneOf(prisonId)
  const today = dayAt(Date.now(), zone)
  const sessions = useLoading(`board ${prisonId} ${today}`, () => callAll('scheduling.v1.BoardService/ListBoard',
    { prisonId, fromTime: instantOf(addDays(today, -7), zone), untilTime: instantOf(addDays(today, 1), zone) }, 'sessions'), { live: ['scheduling.'] })
  return (
    <Loaded of={sessions}>
      {(rows) => {
        const open = rows.filter((session) => session.unmarkedCount)
        return open.length === 0
          ? <><h2 class="govuk-heading-m">{say('prison.unmarked')}</h2><p class="govuk-body">{say('prison.unmarked_none')}</p></>
          : (
            <Table caption={say('prison.unmarked')} head={[{ text: say('board.when') }, { text: say('board.what') }, { text: say('board.room') }, { text: say('overview.unmarked'), numeric: true }]}
              rows={open.map((session) => [
                <Link to={`/coordinator/sessions/${session.sessionId}`}>{zonedText(session.startsAt, zone)}</Link>,
                <>{sessionNames(session).join(' · ')}<span class="page-small">{session.counsellorNames?.join(', ')}</span></>,
                session.roomName, `${session.unmarkedCount}/${session.participantCount}`,
              ])} />
          )
      }}
    </Loaded>
  )
}

function Cases({ prisonId }: { prisonId: string }) {
  const counts = useCall('enrollment.v1.EnrollmentService/CountEnrollments', { prisonId }, { live: ['enrollment.case'] })
  return (
    <Loaded of={counts}>
      {({ counts: rows = [] }) => (
        <>
          <h2 class="govuk-heading-m">{say('cases.title')}</h2>
          {rows.length === 0
            ? <p class="govuk-body">{say('cases.none')}</p>
            : <SummaryList rows={rows.map((row) => ({ key: statusName(row.status), value: `${row.count}` }))} />}
          <p class="govuk-body"><Link to={`/coordinator/cases?group=OPEN&prison=${prisonId}`}>{say('cases.show')}</Link></p>
        </>
      )}
    </Loaded>
  )
}
