// Kanal: whether messages arrive and by which gateways, addresses that don't exist, what failed, and sending it again.
import type { DeliveryJson } from '@contracts/notifications/v1/notifications_pb'
import { useEffect, useState } from 'preact/hooks'
import { zonedText } from '../../ago'
import { call } from '../../api'
import { Action } from '../../components/action'
import { Loaded } from '../../components/loaded'
import { usePaged } from '../../components/paged'
import { Inset, Page, Table } from '../../components/page'
import { hasRole, session } from '../../session'
import { newId } from '../../uuid'
import { say } from '../../words'
import { answerText, causeName, DeadLetters, DeliveryState } from '../coordinator/notices'
import { Endpoints } from './endpoint'

const LOOK_MS = 2000

interface TestProps {
  about: string
  text: string
  // Of a new id each time; one click, however often repeated on the way, sends one.
  send: () => Promise<DeliveryJson>
}
/** Sends a message to oneself and follows it until it is settled. */
export function Test({ about, text, send }: TestProps) {
  const [sent, setSent] = useState<DeliveryJson>()
  const waiting = sent?.state === 'DELIVERY_STATE_PENDING'
  useEffect(() => {
    if (!waiting) return
    const look = setInterval(() => { call('notifications.v1.NotificationsService/GetDelivery', { deliveryId: sent.id! }).then(setSent, () => {}) }, LOOK_MS)
    return () => clearInterval(look)
  }, [waiting, sent?.id])
  const last = sent?.attempts?.[sent.attempts.length - 1]
  return (
    <>
      <p class="govuk-body">{about}</p>
      <Action text={text} act={async () => { setSent(await send()) }} />
      <div role="status">
        {sent && (
          <Inset>
            <p class="govuk-body"><DeliveryState delivery={sent} /> {say(waiting ? 'channel.waiting' : sent.state === 'DELIVERY_STATE_SENT' ? 'channel.sent' : 'channel.failed')} {causeName(sent)}</p>
            {last && <p class="page-small">{answerText(last)}</p>}
          </Inset>
        )}
      </div>
    </>
  )
}

/** Addresses that were found not to exist: nothing is sent there until somebody takes them off. */
function Suppressions() {
  const list = usePaged('notifications.v1.ReceiptsService/ListSuppressions', {})
  return (
    <>
      <p class="govuk-body">{say('suppression.about')}</p>
      <Loaded of={list}>
        {({ suppressions = [] }) => (suppressions.length === 0 ? <p class="govuk-body">{say('suppression.none')}</p> : (
          <Table caption={say('suppression.title')} hideCaption head={[{ text: say('suppression.address') }, { text: say('suppression.why') }, { text: say('suppression.since') }, { text: say('suppression.remove') }]}
            rows={suppressions.map((one) => [
              one.address, one.answer, zonedText(one.since),
              <Action kind="secondary" key={one.address} text={say('suppression.remove')} act={() => call('notifications.v1.ReceiptsService/RemoveSuppression', { address: one.address! }).then(list.reload)} />,
            ])} />
        ))}
      </Loaded>
      {list.paging}
    </>
  )
}

export const ChannelPage = () => (
  <Page title={say('channel.title')} wide>
    {hasRole('ROLE_ADMIN') && (
      <>
        <h2 class="govuk-heading-m">{say('channel.mail')}</h2>
        <Test about={say('channel.test_about', { email: session.get()?.person.email ?? '' })} text={say('channel.test')}
          send={() => call('notifications.v1.NotificationsService/SendTestMail', { id: newId() })} />
        <h2 class="govuk-heading-m">{say('endpoint.title')}</h2>
        <Endpoints />
        <h2 class="govuk-heading-m">{say('suppression.title')}</h2>
        <Suppressions />
      </>
    )}
    <h2 class="govuk-heading-m">{say('channel.failures')}</h2>
    <DeadLetters />
  </Page>
)
