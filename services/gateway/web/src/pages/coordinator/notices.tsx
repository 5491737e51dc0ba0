// Notifikasi: what waits for somebody, what was sent, and by which rules.
import type { AttemptJson, DeliveryJson } from '@contracts/notifications/v1/notifications_pb'
import { ownZone, zonedText } from '../../ago'
import { call } from '../../api'
import { Action } from '../../components/action'
import { Loaded } from '../../components/loaded'
import { FilterPick, Tabs, useFilter, usePaged } from '../../components/paged'
import { Page, Table, Tag, type Tone } from '../../components/page'
import { prisonOf, prisons, zoneOf } from '../../prisons'
import { Link } from '../../router'
import { hasRole } from '../../session'
import { say, type Key } from '../../words'
import { Rules, useRuleNames } from './rules'
import { Templates } from './templates'

const TABS = ['dead', 'all', 'rules', 'templates'] as const
const STATES = ['PENDING', 'SENT', 'SUPERSEDED', 'DEAD'] as const
const TONES: Record<string, Tone> = { PENDING: 'blue', SENT: 'green', SUPERSEDED: 'grey', DEAD: 'red' }

export const DeliveryState = ({ delivery }: { delivery: DeliveryJson }) => {
  const state = (delivery.state ?? 'DELIVERY_STATE_PENDING').slice('DELIVERY_STATE_'.length)
  return <Tag tone={TONES[state]!}>{say(`delivery.${state}` as Key)}</Tag>
}
/** What the server said; most servers say the code themselves. */
export const answerText = ({ code, answer = '' }: AttemptJson): string => (!code || answer.startsWith(`${code}`) ? answer : `${code} ${answer}`)
export const causeName = ({ cause }: DeliveryJson): string => (cause ? say(`cause.${cause.slice('DELIVERY_CAUSE_'.length)}` as Key) : '')
/** What somebody can do about a dead letter. */
export const mendText = ({ cause, state }: DeliveryJson): string =>
  (state === 'DELIVERY_STATE_DEAD' && cause ? say(`mend.${cause.slice('DELIVERY_CAUSE_'.length)}` as Key) : '')
const DeliveryLink = ({ delivery, name }: { delivery: DeliveryJson; name: string }) =>
  (hasRole('ROLE_COORDINATOR') ? <Link to={`/coordinator/notices/deliveries/${delivery.id}`}>{name}</Link> : <>{name}</>)
export const zoneOfDelivery = (delivery: DeliveryJson) => (delivery.prisonId ? zoneOf(delivery.prisonId) : ownZone())

/** All of them, a thousand at a time; those that fail again meanwhile wait for the next click. */
async function resendAll(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) {
    const { resentCount = 0 } = await call('notifications.v1.DeadLettersService/ResendDeadLetters', {})
    if (resentCount < 1000) return
  }
}

/** What a dead letter is, why, and the button that sends it again. */
export function DeadLetters() {
  const list = usePaged('notifications.v1.NotificationsService/ListDeadLetters', {}, ['notifications.'])
  const nameOf = useRuleNames()
  const maySend = hasRole('ROLE_COORDINATOR', 'ROLE_ADMIN')
  return (
    <>
      <Loaded of={list}>
        {({ deliveries = [] }) => (deliveries.length === 0 ? <p class="govuk-body">{say('notices.none_dead')}</p> : <>
          {maySend && deliveries.length > 1 && <Action kind="secondary" text={say('notices.resend_all')} act={() => resendAll().then(list.reload)} />}
          <Table caption={say('notices.dead')} hideCaption head={[{ text: say('notices.what') }, { text: say('notices.to') }, { text: say('notices.due') }, { text: say('notices.why') }, ...(maySend ? [{ text: say('notices.again') }] : [])]}
            rows={deliveries.map((one) => {
              const last = one.attempts?.[one.attempts.length - 1]
              return [
                <><DeliveryLink delivery={one} name={nameOf(one.rule)} /><span class="page-small">{prisonOf(one.prisonId)?.name}</span></>, one.recipientName, zonedText(one.dueAt, zoneOfDelivery(one)),
                <>{causeName(one)}<span class="page-small">{mendText(one)}</span>
                  <span class="page-small">{say('notices.attempts', { count: one.attemptCount ?? 0 })}{last?.answer && `: ${answerText(last)}`}</span></>,
                ...(maySend ? [<Action kind="secondary" key={one.id} text={say('notices.resend')} act={() => call('notifications.v1.NotificationsService/ResendDelivery', { deliveryId: one.id! }).then(list.reload)} />] : []),
              ]
            })} />
        </>)}
      </Loaded>
      {list.paging}
    </>
  )
}

function Deliveries() {
  const [filter, having] = useFilter()
  const state = STATES.find((name) => name === filter.get('state'))
  const list = usePaged('notifications.v1.NotificationsService/ListDeliveries', {
    ...(state ? { state: `DELIVERY_STATE_${state}` as const } : {}), prisonId: filter.get('prison') ?? '', rule: filter.get('rule') ?? '', recipientId: filter.get('to') ?? '',
  }, ['notifications.'])
  const nameOf = useRuleNames()
  return (
    <>
      <div class="page-filters">
        <FilterPick name="state" label={say('notices.state')} all={say('filter.all')} options={STATES.map((name) => [name, say(`delivery.${name}`)])} />
        <FilterPick name="prison" label={say('notices.prison')} all={say('filter.all')} options={prisons.get().map(({ id, name }) => [id!, name!])} />
      </div>
      {filter.get('to') && <p class="govuk-body">{say('notices.one_person')} <Link to={having('to', '')}>{say('notices.everybody')}</Link></p>}
      {filter.get('rule') && <p class="govuk-body">{say('notices.one_rule', { rule: nameOf(filter.get('rule') ?? '') })} <Link to={having('rule', '')}>{say('notices.everybody')}</Link></p>}
      <Loaded of={list}>
        {({ deliveries = [] }) => (deliveries.length === 0 ? <p class="govuk-body">{say('notices.none')}</p> : (
          <Table caption={say('notices.all')} hideCaption head={[{ text: say('notices.what') }, { text: say('notices.to') }, { text: say('notices.due') }, { text: say('notices.state') }]}
            rows={deliveries.map((one) => [
              <><DeliveryLink delivery={one} name={nameOf(one.rule)} /><span class="page-small">{prisonOf(one.prisonId)?.name}</span></>, one.recipientName, zonedText(one.dueAt, zoneOfDelivery(one)),
              <><DeliveryState delivery={one} />{one.cause && <span class="page-small">{causeName(one)}</span>}</>,
            ])} />
        ))}
      </Loaded>
      {list.paging}
    </>
  )
}

export function Notices() {
  const [filter, having] = useFilter()
  const tab = TABS.find((name) => name === filter.get('tab')) ?? 'dead'
  return (
    <Page title={say('notices.title')} wide>
      <Tabs label={say('notices.title')} tabs={TABS.map((name) => ({ to: having('tab', name), text: say(`notices.${name}`), current: name === tab }))} />
      {tab === 'dead' ? <DeadLetters /> : tab === 'all' ? <Deliveries /> : tab === 'rules' ? <Rules /> : <Templates />}
    </Page>
  )
}
