// What a rule or a text would say with what is really there, and who would get it: shown while it is being changed.
import type { PreviewRuleRequestJson, PreviewRuleResponseJson } from '@contracts/notifications/v1/rules_pb'
import { useEffect, useState } from 'preact/hooks'
import { Loaded, useCall } from '../../components/loaded'
import { Inset } from '../../components/page'
import { prisonOf } from '../../prisons'
import { say } from '../../words'
import { channelName } from './rules'

const SETTLE_MS = 500

/** A value, once it hasn't changed for a moment. */
function useSettled<T>(value: T): T {
  const [settled, setSettled] = useState(value)
  const text = JSON.stringify(value)
  useEffect(() => {
    const soon = setTimeout(() => setSettled(value), SETTLE_MS)
    return () => clearTimeout(soon)
  }, [text])
  return settled
}

const Recipients = ({ recipients = [], recipientCount = 0, isExample }: PreviewRuleResponseJson) => (
  <>
    <h3 class="govuk-heading-s">{say('preview.recipients', { count: recipientCount })}</h3>
    {recipientCount === 0 ? <p class="govuk-body">{say(isExample ? 'preview.nobody_yet' : 'preview.nobody')}</p> : (
      <ul class="govuk-list govuk-list--bullet">
        {recipients.map((one) => (
          <li key={one.id}>{one.name} <span class="page-small">{[one.language === 'en' ? 'English' : 'Bahasa Indonesia',
            one.channels?.map(channelName).join(', ') || say('preview.no_way')].join(' · ')}</span></li>
        ))}
        {recipientCount > recipients.length && <li>{say('preview.more', { count: recipientCount - recipients.length })}</li>}
      </ul>
    )}
  </>
)

/** `recipients`: also who would get it. */
export function Preview({ request, recipients }: { request: PreviewRuleRequestJson; recipients?: boolean }) {
  const preview = useCall('notifications.v1.RulesService/PreviewRule', useSettled(request))
  return (
    <section class="rule-preview" aria-labelledby={`preview-${request.language ?? ''}`} aria-live="polite">
      <h2 class="govuk-heading-m" id={`preview-${request.language ?? ''}`}>{say('preview.title')}</h2>
      <Loaded of={preview}>
        {(shown) => (
          <>
            <p class="page-small">{shown.isExample ? say('preview.example') : say('preview.real', { where: prisonOf(shown.prisonId)?.name ?? say('preview.foundation') })}</p>
            <Inset>
              <p class="govuk-body"><strong>{shown.subject}</strong></p>
              <p class="govuk-body notice__body">{shown.body?.trim()}</p>
            </Inset>
            {recipients && <Recipients {...shown} />}
          </>
        )}
      </Loaded>
    </section>
  )
}
