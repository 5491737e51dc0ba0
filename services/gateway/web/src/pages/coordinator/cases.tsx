// Kasus: one's own, the open ones, those that nobody is responsible for, those that are over.
import type { EnrollmentGroupJson, EnrollmentStatusJson } from '@contracts/enrollment/v1/enrollment_pb'
import { useState } from 'preact/hooks'
import { agoText } from '../../ago'
import { Loaded } from '../../components/loaded'
import { FilterPick, Search, Tabs, useFilter, usePaged } from '../../components/paged'
import { Page, Table, Tag, type Tone } from '../../components/page'
import { statusName } from '../../names'
import { prisons, prisonsOnly } from '../../prisons'
import { Link } from '../../router'
import { useStore } from '../../store'
import { say } from '../../words'

const GROUPS = ['MINE', 'OPEN', 'UNASSIGNED', 'ENDED'] as const
const TONES: { [S in EnrollmentStatusJson]?: Tone } = {
  ENROLLMENT_STATUS_ACTIVE: 'green', ENROLLMENT_STATUS_REFERRED: 'blue', ENROLLMENT_STATUS_AWAITING_ASSESSMENT: 'blue',
  ENROLLMENT_STATUS_WAITLISTED: 'yellow', ENROLLMENT_STATUS_SUITABLE_NOT_READY: 'yellow', ENROLLMENT_STATUS_ON_HOLD: 'orange',
  ENROLLMENT_STATUS_AFTERCARE: 'turquoise',
}
export const StatusTag = ({ status }: { status: EnrollmentStatusJson | undefined }) =>
  <Tag tone={TONES[status!] ?? 'grey'}>{statusName(status)}</Tag>

export function Cases() {
  const [filter, having] = useFilter()
  const [search, setSearch] = useState('')
  const group = GROUPS.find((name) => name === filter.get('group')) ?? 'MINE'
  const prisonId = filter.get('prison') ?? ''
  const list = usePaged('enrollment.v1.EnrollmentService/ListEnrollments',
    { group: `ENROLLMENT_GROUP_${group}` as EnrollmentGroupJson, prisonId, ...(search ? { search } : {}) }, ['enrollment.case'])
  const places = prisonsOnly(useStore(prisons))
  return (
    <Page title={say('cases.title')} wide>
      <Tabs label={say('cases.title')} tabs={GROUPS.map((name) => ({ to: having('group', name), text: say(`cases.group.${name}`), current: name === group }))} />
      <p class="govuk-body-s">{say(`cases.about.${group}`)}</p>
      <div class="page-filters">
        <FilterPick name="prison" label={say('prison.title')} all={say('filter.all')} options={places.map(({ id, name }) => [id!, name!])} />
        <Search label={say('cases.search')} onSearch={setSearch} />
        <Link to={`/coordinator/cohorts${prisonId && `?prison=${prisonId}`}`}>{say('cohorts.title')}</Link>
      </div>
      <Loaded of={list}>
        {({ rows = [] }) => (rows.length === 0 ? <p class="govuk-body">{say('cases.none')}</p> : (
          <Table caption={say(`cases.group.${group}`)} hideCaption head={[
            { text: say('case.person') }, { text: say('prison.title') }, { text: say('case.programme') }, { text: say('case.status') },
            { text: say('case.since'), numeric: true }, { text: say('case.counsellor') },
          ]}
          rows={rows.map((row) => [
            <><Link to={`/coordinator/cases/${row.enrollment!.id}`}>{row.participantName}</Link><span class="page-small">{row.registerNumber}</span></>,
            row.prisonName, <>{row.programmeName}{row.cohortName && <span class="page-small">{row.cohortName}</span>}</>, <StatusTag status={row.enrollment!.status} />, agoText(row.enrollment!.statusSince),
            row.counsellorName || <Tag tone="red">{say('case.nobody')}</Tag>,
          ])} />
        ))}
      </Loaded>
      {list.paging}
    </Page>
  )
}
