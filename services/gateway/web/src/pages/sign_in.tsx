// The door: e-mail and password, then whatever else SignIn asks for — a password of one's own, a code, a second factor.
import '../shared'
import { useEffect, useState } from 'preact/hooks'
import { call } from '../api'
import { Form, useForm, type Wrong } from '../components/form'
import { TextField } from '../components/fields'
import { later } from '../components/later'
import { Banner, Button, Page } from '../components/page'
import { CallError, textOfReason } from '../errors'
import { go } from '../router'
import { installation, openSession, signIn } from '../session'
import { useStore } from '../store'
import { say } from '../words'

const QrCode = later(async () => (await import('../components/qr_code')).QrCode)

type Step = 'credentials' | 'new password' | 'code' | 'set up'

export function SignIn({ again }: { again?: string }) {
  const [step, setStep] = useState<Step>('credentials')
  const [setup, setSetup] = useState<{ uri: string; secret: string }>()
  const [recoveryCodes, setRecoveryCodes] = useState<string[]>([])

  const { oidc } = useStore(installation)
  const [refusal, setRefusal] = useState('')
  useEffect(() => {
    // Where the gateway sends a browser whose way by the provider ended in a refusal.
    const reason = new URLSearchParams(location.search).get('oidc')
    if (!reason) return
    void textOfReason(reason).then(setRefusal)
    go('/', 'replace')
  }, [])

  const form = useForm({ email: again ?? '', password: '', newPassword: '', code: '' }, {
    check: (values) => {
      const wrong: Wrong[] = []
      if (!values.email.trim()) wrong.push({ field: 'email', text: say('error.required', { what: say('sign_in.email').toLowerCase() }) })
      if (!values.password) wrong.push({ field: 'password', text: say('error.required', { what: say('sign_in.password').toLowerCase() }) })
      if (step === 'new password' && values.newPassword.length < 10) wrong.push({ field: 'newPassword', text: say('sign_in.new.short') })
      if ((step === 'code' || step === 'set up') && !values.code.trim()) wrong.push({ field: 'code', text: say('error.required', { what: say('sign_in.code').toLowerCase() }) })
      return wrong
    },
    send: async ({ email, password, newPassword, code }) => {
      const typed = { email: email.trim(), password }
      try {
        const extra = { ...(newPassword ? { newPassword } : {}), ...(code ? { code: code.replace(/\s/g, '') } : {}) }
        const { recoveryCodes: codes } = await signIn({ ...typed, ...extra })
        setRecoveryCodes(codes)
      } catch (error) {
        const reason = error instanceof CallError ? error.reason : ''
        if (reason === 'PASSWORD_CHANGE_REQUIRED' && step !== 'new password') return setStep('new password')
        if (reason === 'TOTP_CODE_REQUIRED' && !code) return setStep('code')
        if (reason === 'TOTP_SET_UP_REQUIRED') {
          const made = await call('identity.v1.SignInService/SetUpTotp', typed)
          setSetup({ uri: made.otpauthUri ?? '', secret: made.secret ?? '' })
          return setStep('set up')
        }
        throw error
      }
    },
  })

  if (recoveryCodes.length > 0) {
    return (
      <Page title={say('sign_in.recovery.title')} key="recovery">
        <p class="govuk-body">{say('sign_in.recovery.text')}</p>
        <ul class="page-codes">{recoveryCodes.map((code) => <li key={code}>{code}</li>)}</ul>
        <Button onClick={() => void openSession()}>{say('sign_in.recovery.done')}</Button>
      </Page>
    )
  }
  const titles = { 'credentials': say('sign_in.title'), 'new password': say('sign_in.new.title'), 'code': say('sign_in.code.title'), 'set up': say('sign_in.setup.title') }
  return (
    <Page title={titles[step]} key={step}>
      {again !== undefined && step === 'credentials' && <Banner heading={say('sign_in.ended')}><p class="govuk-body">{say('sign_in.ended.text')}</p></Banner>}
      {refusal && <Banner heading={say('sign_in.refused')}><p class="govuk-body">{refusal}</p></Banner>}
      <Form form={form} submit={say(step === 'credentials' ? 'sign_in.submit' : 'action.continue')}>
        {step === 'credentials' && (
          <>
            <TextField form={form} name="email" type="email" label={say('sign_in.email')} autoComplete="username" />
            <TextField form={form} name="password" type="password" label={say('sign_in.password')} autoComplete="current-password" />
          </>
        )}
        {step === 'new password' && (
          <>
            <p class="govuk-body">{say('sign_in.new.text')}</p>
            <TextField form={form} name="newPassword" type="password" label={say('sign_in.new.password')} hint={say('sign_in.new.hint')} autoComplete="new-password" />
          </>
        )}
        {step === 'set up' && setup && (
          <>
            <p class="govuk-body">{say('sign_in.setup.text')}</p>
            <QrCode text={setup.uri} label={say('sign_in.setup.code')} />
            <p class="govuk-body">{say('sign_in.setup.secret')}: <strong class="page-secret">{setup.secret.replace(/(.{4})/g, '$1 ').trim()}</strong></p>
            <p class="govuk-body"><a class="govuk-link" href={setup.uri}>{say('sign_in.setup.link')}</a></p>
          </>
        )}
        {(step === 'code' || step === 'set up') && (
          <TextField form={form} name="code" label={say('sign_in.code')} hint={say('sign_in.code.hint')} width={10} autoComplete="one-time-code" />
        )}
      </Form>
      {oidc && step === 'credentials' && (
        <a class="govuk-button govuk-button--secondary" href="/oidc/start">{say('sign_in.oidc', { provider: oidc })}</a>
      )}
    </Page>
  )
}
