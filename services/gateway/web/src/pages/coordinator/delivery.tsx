// The proof of one notice: to whom, in which words, when it was due, each attempt and what came back.
import type { NoticeJson } from '@contracts/notifications/v1/inbox_pb'
import type { AttemptJson, DeliveryJson } from '@contracts/notifications/v1/notifications_pb'
import { zonedText } from '../../ago'
import { call } from '../../api'
import { Action } from '../../components/action'
import { Loaded, useCall, useLoading } from '../../components/loaded'
import { Inset, Page, SummaryList, Table } from '../../components/page'
import { CallError } from '../../errors'
import { prisonOf } from '../../prisons'
import { Link } from '../../router'
import { say, type Key } from '../../words'
import { answerText, causeName, DeliveryState, mendText, zoneOfDelivery } from './notices'
import { channelName, useRuleNames } from './rules'

async function readProof(deliveryId: string): Promise<{ delivery: DeliveryJson; said?: NoticeJson | undefined }> {
  const [delivery, said] = await Promise.all([
    call('notifications.v1.NotificationsService/GetDelivery', { deliveryId }),
    call('notifications.v1.InboxService/GetNotice', { deliveryId }).catch((error: unknown) => {
      // It hasn't said anything yet.
      if (error instanceof CallError && error.code === 'not_found') return undefined
      throw error
    }),
  ])
  return { delivery, said }
}

export function DeliveryPage({ delivery: id = '' }: Record<string, string>) {
  const proof = useLoading(`proof ${id}`, () => readProof(id), { live: ['notifications.'] })
  return <Loaded of={proof}>{({ delivery, said }) => <Proof delivery={delivery} said={said} reload={proof.reload} />}</Loaded>
}

function Proof({ delivery, said, reload }: { delivery: DeliveryJson; said: NoticeJson | undefined; reload: () => void }) {
  const when = (instant: string | undefined) => (instant ? zonedText(instant, zoneOfDelivery(delivery)) : '–')
  return (
    <Page title={say('proof.title')} heading={useRuleNames()(delivery.rule)} caption={prisonOf(delivery.prisonId)?.name} back="/coordinator/notices?tab=all" wide>
      <SummaryList rows={[
        { key: say('notices.state'), value: <><DeliveryState delivery={delivery} /> {causeName(delivery)}<span class="page-small">{mendText(delivery)}</span></> },
        { key: say('notices.to'), value: <Link to={`/coordinator/notices?tab=all&to=${delivery.recipientId}`}>{delivery.recipientName}</Link> },
        { key: say('proof.planned'), value: when(delivery.plannedAt) },
        { key: say('notices.due'), value: when(delivery.dueAt) },
        ...(delivery.nextAt ? [{ key: say('proof.next'), value: when(delivery.nextAt) }] : []),
        ...(delivery.settledAt ? [{ key: say('proof.settled'), value: when(delivery.settledAt) }] : []),
        ...(delivery.receipt ? [{ key: say('proof.receipt'), value: `${say(`receipt.${delivery.receipt.slice('RECEIPT_'.length)}` as Key)}, ${when(delivery.receiptAt)}` }] : []),
        ...(said ? [{ key: say('proof.read'), value: said.readAt ? when(said.readAt) : say('proof.not_read') }] : []),
      ]} />
      {delivery.state === 'DELIVERY_STATE_DEAD' && <Action text={say('notices.resend')}
        act={() => call('notifications.v1.NotificationsService/ResendDelivery', { deliveryId: delivery.id! }).then(reload)} />}
      <h2 class="govuk-heading-m">{say('proof.said')}</h2>
      {said ? <Inset><p class="govuk-body"><strong>{said.subject}</strong></p><p class="govuk-body notice__body">{said.body?.trim()}</p></Inset> : <p class="govuk-body">{say('proof.nothing_said')}</p>}
      <Attempts attempts={delivery.attempts ?? []} when={when} />
    </Page>
  )
}

const Attempts = ({ attempts, when }: { attempts: AttemptJson[]; when: (instant: string | undefined) => string }) => (attempts.length === 0
  ? <><h2 class="govuk-heading-m">{say('proof.attempts')}</h2><p class="govuk-body">{say('proof.no_attempts')}</p></>
  : (
    <Table caption={say('proof.attempts')} head={[{ text: say('proof.number') }, { text: say('proof.when') }, { text: say('proof.channel') }, { text: say('proof.outcome') }, { text: say('proof.answer') }]}
      rows={attempts.map((one) => [`${one.number}`, when(one.recordedAt), channelName(one.channel),
        say(`attempt.${(one.outcome ?? '').slice('ATTEMPT_OUTCOME_'.length)}` as Key), answerText(one)])} />
  ))

/** What was told of a session, beside it. */
export function SubjectDeliveries({ subjectId }: { subjectId: string }) {
  const list = useCall('notifications.v1.NotificationsService/ListDeliveries', { subjectId, pageSize: 100 }, { live: ['notifications.'] })
  const nameOf = useRuleNames()
  return (
    <Loaded of={list}>
      {({ deliveries = [] }) => (deliveries.length === 0 ? <><h2 class="govuk-heading-m">{say('proof.of_session')}</h2><p class="govuk-body">{say('notices.none')}</p></> : (
        <Table caption={say('proof.of_session')} head={[{ text: say('notices.to') }, { text: say('notices.what') }, { text: say('notices.due') }, { text: say('notices.state') }]}
          rows={deliveries.map((one) => [
            one.recipientName, <Link to={`/coordinator/notices/deliveries/${one.id}`}>{nameOf(one.rule)}</Link>, zonedText(one.dueAt, zoneOfDelivery(one)),
            <><DeliveryState delivery={one} /><span class="page-small">{[causeName(one), channelName(one.channel)].filter(Boolean).join(' · ')}</span></>,
          ])} />
      ))}
    </Loaded>
  )
}
