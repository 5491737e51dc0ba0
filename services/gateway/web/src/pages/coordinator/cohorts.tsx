// A prison's cohorts, as its page lists them.
import type { CohortJson } from '@contracts/enrollment/v1/cohort_pb'
import { callAll } from '../../api'
import { Loaded, useLoading } from '../../components/loaded'
import { ButtonLink, Table, Tag } from '../../components/page'
import { zoneOf } from '../../prisons'
import { Link } from '../../router'
import { dateText, dayAt, dayOf } from '../../time'
import { say } from '../../words'

export const daysOf = ({ startsOn, endsOn }: CohortJson): string => `${dateText(dayOf(startsOn))} – ${dateText(dayOf(endsOn))}`
export const isOver = ({ endsOn, prisonId }: CohortJson): boolean => dayOf(endsOn) < dayAt(Date.now(), zoneOf(prisonId))

export const CohortTable = ({ cohorts, withPrison }: { cohorts: CohortJson[]; withPrison?: boolean }) => (
  <Table caption={say('cohorts.title')} hideCaption={withPrison ?? false}
    head={[{ text: say('cohort.title') }, { text: say('case.programme') }, { text: say('cohort.days') }, { text: say('cohort.members'), numeric: true }, { text: say('cohort.active'), numeric: true }]}
    rows={cohorts.map((cohort) => [
      <><Link to={`/coordinator/cohorts/${cohort.id}`}>{cohort.name}</Link>{withPrison && <span class="page-small">{cohort.prisonName}</span>}</>,
      cohort.programmeName, <>{daysOf(cohort)} {isOver(cohort) && <Tag tone="grey">{say('cohorts.over')}</Tag>}</>, cohort.memberCount ?? 0, cohort.activeCount ?? 0,
    ])} />
)

export function CohortsOf({ prisonId }: { prisonId: string }) {
  const cohorts = useLoading(`cohorts ${prisonId}`, () => callAll('enrollment.v1.CohortService/ListCohorts', { prisonId, currentOnly: true }, 'cohorts'),
    { live: ['enrollment.cohort', 'enrollment.case'] })
  return (
    <>
      <Loaded of={cohorts}>
        {(rows) => (rows.length === 0
          ? <><h2 class="govuk-heading-m">{say('cohorts.title')}</h2><p class="govuk-body">{say('cohorts.none')}</p></>
          : <CohortTable cohorts={rows} />)}
      </Loaded>
      <p class="govuk-body"><Link to={`/coordinator/cohorts?prison=${prisonId}&all=1`}>{say('cohorts.show_all')}</Link></p>
      <ButtonLink kind="secondary" to={`/coordinator/prisons/${prisonId}/cohorts/new`}>{say('cohorts.add')}</ButtonLink>
    </>
  )
}
