// Signing out, and what waits to be sent: pages that every role has.
import '../shared'
import { useState } from 'preact/hooks'
import { Button, Page, Table, Tag, Warning, LinkButton } from '../components/page'
import { errorText } from '../components/loaded'
import { ErrorSummary } from '../components/form'
import { drop, sendWaiting, spool } from '../offline/spool'
import { Link } from '../router'
import { ownPrisonId, zoneOf } from '../prisons'
import { signOut } from '../session'
import { useStore } from '../store'
import { momentText } from '../time'
import { say } from '../words'

export function SignOut() {
  const unsent = useStore(spool).length
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const leave = (everywhere: boolean) => {
    if (busy) return
    setBusy(true)
    signOut(everywhere).catch((problem: unknown) => { setError(problem); setBusy(false) })
  }
  return (
    <Page title={say('sign_out.title')} back="/">
      <ErrorSummary wrong={error ? [{ field: '', text: errorText(error) }] : []} />
      {unsent > 0 && <Warning>{say('sign_out.unsent', { count: unsent })}</Warning>}
      <p class="govuk-body">{say('sign_out.text')}</p>
      <div class="govuk-button-group">
        <Button {...(unsent > 0 ? { kind: 'warning' as const } : {})} busy={busy} onClick={() => leave(false)}>{say('sign_out.here')}</Button>
        <LinkButton onClick={() => leave(true)}>{say('sign_out.everywhere')}</LinkButton>
      </div>
    </Page>
  )
}

/** What was entered and hasn't been sent, and what was refused. */
export function Waiting() {
  const items = useStore(spool)
  const zone = zoneOf(ownPrisonId())
  return (
    <Page title={say('waiting.title')} back="/">
      {items.length === 0
        ? <p class="govuk-body">{say('waiting.none')}</p>
        : (
          <>
            <Table hideCaption caption={say('waiting.title')} head={[{ text: say('waiting.what') }, { text: say('waiting.state') }]}
              rows={items.map((item) => [
                <>
                  <Link to={item.path}>{say(/Attendance/.test(item.method) ? 'waiting.attendance' : 'waiting.other')}</Link>
                  <span class="page-small">{say('waiting.saved_at', { when: momentText(new Date(item.savedAt).toISOString(), zone) })}</span>
                </>,
                item.refused
                  ? (
                    <>
                      <Tag tone="red">{say('waiting.refused')}</Tag>
                      <p class="govuk-body-s">{item.refused.message}</p>
                      <LinkButton onClick={() => void drop(item.number!)}>{say('waiting.drop')}</LinkButton>
                    </>
                  )
                  : <Tag tone="yellow">{say('line.saved_here')}</Tag>,
              ])} />
            <Button kind="secondary" onClick={() => void sendWaiting()}>{say('waiting.send')}</Button>
          </>
        )}
    </Page>
  )
}
