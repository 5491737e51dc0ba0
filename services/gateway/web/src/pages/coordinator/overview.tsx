// Ikhtisar: every prison in a row, and which of them have told nothing.
import type { PrisonOverviewJson } from '@contracts/enrollment/v1/report_pb'
import { agoText, zonedText } from '../../ago'
import { callAll } from '../../api'
import { Loaded, useLoading } from '../../components/loaded'
import { FilterPick, useFilter } from '../../components/paged'
import { Banner, Page, Table, Tag } from '../../components/page'
import { prisons } from '../../prisons'
import { useStore } from '../../store'
import { zoneName } from '../../time'
import { Link } from '../../router'
import { say } from '../../words'
import { CorrectionsWaiting } from '../joint/corrections'
import { shareText } from './texts'

const SOON_DAYS = 30
const WARN_DAYS = 90

export function AgreementLeft({ row }: { row: PrisonOverviewJson }) {
  if (!row.agreementId) return <Tag tone="red">{say('overview.no_agreement')}</Tag>
  const days = row.agreementDaysLeft ?? 0
  const text = days < 0 ? say('overview.agreement_over', { count: -days }) : say('ago.days', { count: days })
  return (
    <Link to={`/coordinator/agreements/${row.agreementId}`}>
      {days > WARN_DAYS ? text : <><Tag tone={days > SOON_DAYS ? 'yellow' : 'red'}>⚠ {text}</Tag><span class="govuk-visually-hidden">{say('overview.ends_soon')}</span></>}
    </Link>
  )
}

export function useOverviews(days: number, prisonId = '') {
  return useLoading(`overviews ${days} ${prisonId}`,
    () => callAll('enrollment.v1.ReportService/ListPrisonOverviews', { days, prisonId }, 'overviews')
      .then((rows) => ({ rows, at: new Date().toISOString() })),
    { live: ['scheduling.', 'enrollment.agreement'] })
}

export function Overview() {
  const [filter] = useFilter()
  const days = Number(filter.get('days')) || 30
  const loading = useOverviews(days)
  const outside = useStore(prisons).filter(({ aftercare }) => aftercare)
  return (
    <Page title={say('overview.title')} wide>
      <FilterPick name="days" label={say('overview.period')} all={say('overview.days', { count: 30 })}
        options={['7', '90', '365'].map((count) => [count, say('overview.days', { count })])} />
      <CorrectionsWaiting to="/coordinator/corrections" />
      <Loaded of={loading}>
        {({ rows, at }) => {
          const silent = rows.filter((row) => row.hasNotReported)
          return rows.length === 0 ? <p class="govuk-body">{say('overview.none')}</p> : (
            <>
              {silent.length > 0 && (
                <Banner heading={say('overview.silent', { count: silent.length })}>
                  <ul class="govuk-list govuk-list--bullet">
                    {silent.map((row) => (
                      <li key={row.prisonId}>
                        <Link to={`/coordinator/prisons/${row.prisonId}`}>{row.name}</Link>{' '}
                        {say('overview.silent_one', { sessions: row.sessionCount ?? 0, contact: agoText(row.lastContactAt) })}
                      </li>
                    ))}
                  </ul>
                </Banner>
              )}
              <Table caption={say('overview.caption', { count: days })} head={[
                { text: say('prison.title') }, { text: say('overview.contact') }, { text: say('overview.sessions'), numeric: true },
                { text: say('overview.attended'), numeric: true }, { text: say('overview.unmarked'), numeric: true },
                { text: say('overview.seats'), numeric: true }, { text: say('overview.waiting'), numeric: true }, { text: say('overview.agreement') },
              ]}
              rows={rows.map((row) => [
                <><Link to={`/coordinator/prisons/${row.prisonId}`}>{row.name}</Link><span class="page-small">{row.code} · {zoneName(row.timeZone!)}</span></>,
                agoText(row.lastContactAt), row.sessionCount || '–', shareText(row.attended),
                row.expectedCount ? row.unmarkedCount ?? 0 : '–',
                row.seats ? `${row.seatsTaken ?? 0}/${row.seats}` : '–', row.waitingCount ?? 0, <AgreementLeft row={row} />,
              ])} />
              <p class="govuk-body-s">{say('state.as_of', { when: zonedText(at) })}. {say('figure.note')}</p>
            </>
          )
        }}
      </Loaded>
      {outside.length > 0 && (
        <>
          <h2 class="govuk-heading-m">{say('place.aftercare')}</h2>
          <ul class="govuk-list">{outside.map(({ id, name }) => <li key={id}><Link to={`/coordinator/prisons/${id}`}>{name}</Link></li>)}</ul>
        </>
      )}
    </Page>
  )
}
