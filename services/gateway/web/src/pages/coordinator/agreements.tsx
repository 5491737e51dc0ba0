// Perjanjian: all of them, the ones that end first on top.
import type { AgreementJson, AgreementStateJson } from '@contracts/enrollment/v1/agreement_pb'
import { callAll } from '../../api'
import { Loaded, useLoading } from '../../components/loaded'
import { FilterPick, useFilter } from '../../components/paged'
import { ButtonLink, Page, Table, Tag, type Tone } from '../../components/page'
import { prisonOf, prisons, prisonsOnly, zoneOf } from '../../prisons'
import { Link } from '../../router'
import { useStore } from '../../store'
import { dateText, dayAt, dayOf } from '../../time'
import { say } from '../../words'

const TONES: Record<string, Tone> = { DRAFT: 'grey', UPCOMING: 'blue', IN_FORCE: 'green', RUN_OFF: 'orange', EXPIRED: 'red' }
const stateOf = (state: AgreementStateJson | undefined) => (state ?? 'AGREEMENT_STATE_DRAFT').slice('AGREEMENT_STATE_'.length) as
  'DRAFT' | 'UPCOMING' | 'IN_FORCE' | 'RUN_OFF' | 'EXPIRED'
export const AgreementTag = ({ state }: { state: AgreementStateJson | undefined }) =>
  <Tag tone={TONES[stateOf(state)]!}>{say(`agreement.state.${stateOf(state)}`)}</Tag>

/** The last day that counts, and how many days are left until then in its prison. */
export const endOf = (agreement: AgreementJson): string => dayOf(agreement.endedOn) || dayOf(agreement.validUntil)
export const daysUntil = (day: string, zone: string): number =>
  Math.round((Date.parse(day) - Date.parse(dayAt(Date.now(), zone))) / 86_400_000)

export function Agreements() {
  const [filter] = useFilter()
  const prisonId = filter.get('prison') ?? ''
  const places = prisonsOnly(useStore(prisons))
  const all = useLoading(`agreements ${prisonId}`, () => callAll('enrollment.v1.AgreementService/ListAgreements', { prisonId }, 'agreements'), { live: ['enrollment.agreement'] })
  return (
    <Page title={say('agreements.title')} wide>
      <div class="page-filters">
        <FilterPick name="prison" label={say('prison.title')} all={say('filter.all')} options={places.map(({ id, name }) => [id!, name!])} />
        <ButtonLink to={`/coordinator/agreements/new${prisonId && `?prison=${prisonId}`}`}>{say('agreement.new')}</ButtonLink>
      </div>
      <Loaded of={all}>
        {(rows) => (rows.length === 0 ? <p class="govuk-body">{say('agreements.none')}</p> : (
          <Table caption={say('agreements.title')} hideCaption head={[
            { text: say('agreement.number') }, { text: say('prison.title') }, { text: say('agreement.state') }, { text: say('agreement.until') },
            { text: say('agreement.left'), numeric: true }, { text: say('overview.seats'), numeric: true },
          ]}
          rows={rows.map((row) => {
            const left = daysUntil(endOf(row), zoneOf(row.prisonId))
            return [
              <Link to={`/coordinator/agreements/${row.id}`}>{row.number}</Link>, prisonOf(row.prisonId)?.name, <AgreementTag state={row.state} />,
              dateText(endOf(row)), row.signedOn && !row.replacedFrom && left >= 0 ? say('ago.days', { count: left }) : '–',
              `${row.seatsTaken ?? 0}/${row.seats}`,
            ]
          })} />
        ))}
      </Loaded>
    </Page>
  )
}
