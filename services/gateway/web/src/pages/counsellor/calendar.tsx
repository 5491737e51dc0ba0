// Kalender di ponsel: a link for the phone's own calendar, as text and as a QR code. It shows no names, and can be ended.
import { useRef, useState } from 'preact/hooks'
import { call } from '../../api'
import { ErrorSummary } from '../../components/form'
import { errorText, Loaded, useCall } from '../../components/loaded'
import { Banner, Button, LinkButton, Page } from '../../components/page'
import { QrCode } from '../../components/qr_code'
import { session } from '../../session'
import { dateText, dayAt } from '../../time'
import { newId } from '../../uuid'
import { say } from '../../words'

const OWN_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone

export function Calendar() {
  const me = session.get()!.person.id!
  const feeds = useCall('scheduling.v1.CalendarFeedService/ListCalendarFeeds', { counsellorId: me })
  const [made, setMade] = useState('')
  const [copied, setCopied] = useState(false)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const running = useRef(false)
  const run = (what: () => Promise<void>) => {
    if (running.current) return
    running.current = true
    setBusy(true)
    setError(undefined)
    what().catch(setError).finally(() => { running.current = false; setBusy(false) })
  }
  const make = () => run(async () => {
    const { path } = await call('scheduling.v1.CalendarFeedService/CreateCalendarFeed', { id: newId(), counsellorId: me })
    setMade(new URL(path!, location.origin).href)
    await feeds.reload()
  })
  const end = (feedId: string) => run(async () => {
    await call('scheduling.v1.CalendarFeedService/RevokeCalendarFeed', { feedId })
    setMade('')
    await feeds.reload()
  })
  const copy = () => void navigator.clipboard.writeText(made).then(() => setCopied(true), () => {})
  return (
    <Page title={say('calendar.title')} back="/counsellor/schedule">
      <ErrorSummary wrong={error ? [{ field: '', text: errorText(error) }] : []} />
      <p class="govuk-body">{say('calendar.text')}</p>
      {made
        ? (
          <section aria-labelledby="made">
            <Banner kind="success" heading={say('calendar.made')}><p class="govuk-body">{say('calendar.once')}</p></Banner>
            <h2 class="govuk-heading-m" id="made">{say('calendar.this_phone')}</h2>
            <p class="govuk-body"><a class="govuk-link" href={made.replace(/^https?:/, 'webcal:')}>{say('calendar.subscribe')}</a></p>
            <div class="govuk-form-group">
              <label class="govuk-label" for="link">{say('calendar.link')}</label>
              <input class="govuk-input" id="link" readOnly value={made} onFocus={(event) => event.currentTarget.select()} />
            </div>
            <p class="govuk-body"><LinkButton onClick={copy}>{say('calendar.copy')}</LinkButton> <span role="status">{copied && say('calendar.copied')}</span></p>
            <h2 class="govuk-heading-m">{say('calendar.other_phone')}</h2>
            <p class="govuk-body">{say('calendar.scan')}</p>
            <QrCode text={made} label={say('calendar.code')} />
          </section>
        )
        : <Button busy={busy} onClick={make}>{say('calendar.make')}</Button>}
      <Loaded of={feeds}>
        {({ feeds: rows = [] }) => (rows.length === 0 ? null : (
          <>
            <h2 class="govuk-heading-m">{say('calendar.links')}</h2>
            <ul class="govuk-list">
              {rows.map((feed) => {
                const day = dateText(dayAt(feed.createdAt!, OWN_ZONE))
                return (
                  <li key={feed.id}>
                    {say('calendar.made_on', { day })}{' '}
                    <LinkButton onClick={() => end(feed.id!)}>{say('calendar.end')}<span class="govuk-visually-hidden"> {say('calendar.made_on', { day })}</span></LinkButton>
                  </li>
                )
              })}
            </ul>
          </>
        ))}
      </Loaded>
    </Page>
  )
}
