// Status: what runs, how busy it is, and what is not known yet.
import { zonedText } from '../../ago'
import { call } from '../../api'
import type { Response } from '../../contracts'
import { Loaded, useLoading } from '../../components/loaded'
import { LinkButton, Page, SummaryList, Table, Tag, Warning } from '../../components/page'
import { say } from '../../words'

// Every service that there must be one of.
const SERVICES = ['identity', 'enrollment', 'scheduling', 'counseling_notes', 'notifications']

type Upkeep = NonNullable<Response<'identity.v1.UpkeepService/ListUpkeep'>['upkeep']>

const HOUR = 3_600_000
const PARTS = ['DATABASE', 'KEY_STORE'] as const
const LIMIT = { BACKUP: 49 * HOUR, DRILL: 35 * 24 * HOUR }

const lastOf = (upkeep: Upkeep, kind: keyof typeof LIMIT, part: typeof PARTS[number]) =>
  upkeep.find((one) => one.kind === `UPKEEP_KIND_${kind}` && one.part === `UPKEEP_PART_${part}`)

/** The database and the key store are only as safe as the one that was left out. */
const isLate = (upkeep: Upkeep, kind: keyof typeof LIMIT) =>
  PARTS.some((part) => Date.now() - Date.parse(lastOf(upkeep, kind, part)?.succeededAt ?? '1970-01-01') > LIMIT[kind])

function LastUpkeep({ upkeep, kind }: { upkeep: Upkeep; kind: keyof typeof LIMIT }) {
  return (
    <>
      {PARTS.map((part) => {
        const { succeededAt, failedAt, tookMs } = lastOf(upkeep, kind, part) ?? {}
        const minutes = Math.max(1, Math.round(Number(tookMs) / 60_000))
        const when = zonedText(succeededAt)
        return (
          <div key={part}>
            {!succeededAt ? say('ago.never') : kind === 'DRILL' ? say('hub.restore_took', { when, count: minutes }) : when}
            {part === 'KEY_STORE' && ` (${say('hub.key_store')})`}
            {failedAt && <span class="page-small">{say('hub.upkeep_failed', { when: zonedText(failedAt) })}</span>}
          </div>
        )
      })}
    </>
  )
}

export function HubStatus() {
  const status = useLoading('status', () =>
    Promise.all([call('hub.v1.HubService/GetStatus', {}), call('identity.v1.UpkeepService/ListUpkeep', {}).catch(() => undefined)])
      .then(([answer, kept]) => ({ ...answer, kept, at: new Date().toISOString() })))
  return (
    <Page title={say('hub.title')} wide>
      <Loaded of={status}>
        {({ instances = [], waiting = 0, inFlight = 0, keys = 0, keysFresh, version, kept, at }) => {
          const missing = SERVICES.filter((service) => !instances.some((instance) => instance.service === service))
          const upkeep = kept && (kept.upkeep ?? [])
          return (
            <>
              {missing.length > 0 && <Warning>{say('hub.missing', { services: missing.join(', ') })}</Warning>}
              {upkeep && isLate(upkeep, 'BACKUP') && <Warning>{say('hub.backup_late')}</Warning>}
              {upkeep && isLate(upkeep, 'DRILL') && <Warning>{say('hub.restore_late')}</Warning>}
              <SummaryList rows={[
                { key: say('hub.version'), value: version }, { key: say('hub.waiting'), value: `${waiting}` }, { key: say('hub.in_flight'), value: `${inFlight}` },
                { key: say('hub.keys'), value: `${keys}${keysFresh ? '' : ` (${say('hub.keys_stale')})`}` },
                { key: say('hub.backup'), value: upkeep ? <LastUpkeep upkeep={upkeep} kind="BACKUP" /> : say('state.unknown') },
                { key: say('hub.restore'), value: upkeep ? <LastUpkeep upkeep={upkeep} kind="DRILL" /> : say('state.unknown') },
              ]} />
              <Table caption={say('hub.services')} head={[{ text: say('hub.service') }, { text: say('hub.version') }, { text: say('hub.load'), numeric: true }, { text: say('hub.methods'), numeric: true }, { text: say('people.status') }]}
                rows={instances.map((instance) => [
                  <>{instance.service}<span class="page-small">{instance.name}</span></>, instance.version, `${instance.inFlight ?? 0}/${instance.credit ?? 0}`, instance.methods ?? 0,
                  <Tag tone={instance.draining ? 'orange' : 'green'}>{say(instance.draining ? 'hub.draining' : 'hub.running')}</Tag>,
                ])} />
              <p class="govuk-body-s">{say('state.as_of', { when: zonedText(at) })}. <LinkButton onClick={status.reload}>{say('error.reload')}</LinkButton></p>
            </>
          )
        }}
      </Loaded>
    </Page>
  )
}
