// Two minutes before the session ends the reader is warned; when it has ended they sign in again in front of the page
// that they were on, which keeps what was typed.
import { useEffect, useRef } from 'preact/hooks'
import { canStay, ended, endsInMs, session, signOut, stay } from '../session'
import { useStore } from '../store'
import { say } from '../words'
import { later } from './later'
import { Button, LinkButton } from './page'

export const SignIn = later<{ again?: string }>(async () => (await import('../pages/sign_in')).SignIn)

export function EndWarning() {
  const left = useStore(endsInMs)
  const dialog = useRef<HTMLDialogElement>(null)
  const open = left !== undefined
  useEffect(() => {
    if (open && !dialog.current?.open) dialog.current?.showModal()
    if (!open && dialog.current?.open) dialog.current.close()
  }, [open])
  const minutes = say((left ?? 0) > 60_000 ? 'ends.minutes' : 'ends.minute')
  const final = !canStay()
  return (
    <dialog class="page-dialog" ref={dialog} aria-labelledby="ends-title" onCancel={(event) => event.preventDefault()}>
      {open && (
        <>
          <h2 class="govuk-heading-m" id="ends-title">{say('ends.title')}</h2>
          <p class="govuk-body" role="status">{say(final ? 'ends.final' : 'ends.idle', { minutes })}</p>
          <div class="govuk-button-group">
            {final
              ? <Button onClick={() => dialog.current?.close()}>{say('action.close')}</Button>
              : <Button onClick={() => void stay().catch(() => {})}>{say('ends.stay')}</Button>}
            <LinkButton onClick={() => void signOut()}>{say('app.sign_out')}</LinkButton>
          </div>
        </>
      )}
    </dialog>
  )
}

/** Instead of the page, which stays as it is but hidden: nobody else shall read it meanwhile. */
export function SignInAgain() {
  const email = session.get()?.person.email ?? ''
  return (
    <main class="page-main">
      <SignIn again={email} />
      <LinkButton onClick={() => void signOut()}>{say('sign_in.other')}</LinkButton>
    </main>
  )
}

export const useEnded = () => useStore(ended)
