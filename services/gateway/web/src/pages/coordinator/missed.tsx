// Sesi yang terlewat: what nothing makes up for yet; each row leads to the form of its make-up.
import { zonedText } from '../../ago'
import { Loaded } from '../../components/loaded'
import { FilterPick, useFilter, usePaged } from '../../components/paged'
import { Page, Table } from '../../components/page'
import { componentName, markName } from '../../names'
import { prisonOf, prisons, zoneOf } from '../../prisons'
import { Link } from '../../router'
import { useStore } from '../../store'
import { say } from '../../words'

export function Missed() {
  const [filter] = useFilter()
  const places = useStore(prisons)
  const list = usePaged('scheduling.v1.AttendanceService/ListMissedSessions', { prisonId: filter.get('prison') ?? '' }, ['scheduling.'])
  return (
    <Page title={say('missed.title')} back="/coordinator/board" wide>
      <p class="govuk-body">{say('missed.about')}</p>
      <FilterPick name="prison" label={say('prison.title')} all={say('filter.all')} options={places.map(({ id, name }) => [id!, name!])} />
      <Loaded of={list}>
        {({ sessions = [] }) => (sessions.length === 0 ? <p class="govuk-body">{say('missed.none')}</p> : (
          <Table caption={say('missed.title')} hideCaption
            head={[{ text: say('case.person') }, { text: say('session.title') }, { text: say('missed.why') }, { text: say('missed.step') }]}
            rows={sessions.map((row) => [
              <Link to={`/coordinator/cases/${row.enrollmentId}`}>{row.participantName}</Link>,
              <>
                <Link to={`/coordinator/sessions/${row.sessionId}`}>{componentName(row.component)}</Link>
                <span class="page-small">{zonedText(row.startsAt, zoneOf(row.prisonId))}, {prisonOf(row.prisonId)?.name}</span>
              </>,
              markName(row.mark),
              <Link to={`/coordinator/sessions/new?prison=${row.prisonId}&makes_up=${row.sessionId}&case=${row.enrollmentId}`}>
                {say('missed.make_up')}<span class="govuk-visually-hidden"> {row.participantName}</span>
              </Link>,
            ])} />
        ))}
      </Loaded>
      {list.paging}
    </Page>
  )
}
