// Who is signed in, and for how long. The token itself is in a cookie that the page can't read.
import type { PersonJson } from '@contracts/identity/v1/identity_pb'
import type { RoleJson } from '@contracts/options_pb'
import { call, onSignedOut } from './api'
import { CallError, lineError, readError } from './errors'
import { lineIsDown, lineIsUp } from './line'
import { forget, forgetAll, forgetKept, keep, kept } from './offline/store'
import { createStore } from './store'
import { language, setLanguage } from './words'

export interface Session {
  person: PersonJson
  // Ends then, whatever happens; by this machine's clock, in milliseconds.
  endsAt: number
  // Ends when it isn't used for so long.
  idleMs: number
}

// What GET /session answers; without a person nobody is signed in.
interface SessionAnswer {
  person?: PersonJson
  expiresAt?: string
  idleEndsAt?: string
  serverTime?: string
  foundation?: string
  training?: boolean
  oidc?: string
}

declare global {
  interface Window {
    // What opening.ts asked; each is taken once, and none after somebody has signed in: the answers were for before.
    opening?: { session?: Promise<globalThis.Response>; prisons?: Promise<globalThis.Response> }
  }
}

// Too late now for opening.ts.
window.opening ??= {}

// Whose Pulih this is, whether it is for training, and the OpenID provider's name if there is one: shown before anybody has
// signed in.
export const installation = createStore({ foundation: '', training: false, oidc: '' })

export interface Credentials {
  email: string
  password: string
  newPassword?: string
  code?: string
}

// `null`: nobody. `undefined`: not known yet.
export const session = createStore<Session | null | undefined>(undefined)
// The session has ended while a page was open: the page is kept behind a sign-in.
export const ended = createStore(false)
// Milliseconds until the session ends, once it is two minutes or less.
export const endsInMs = createStore<number | undefined>(undefined)

export const hasRole = (...roles: RoleJson[]): boolean => roles.some((role) => session.get()?.person.roles?.includes(role))

const WARNING_MS = 120_000
let lastUsed = Date.now()
let lastCalled = Date.now()

function fromAnswer(person: PersonJson, answer: SessionAnswer): Session {
  // Ends are told by the server's clock, which needn't be this machine's.
  const ahead = answer.serverTime ? Date.parse(answer.serverTime) - Date.now() : 0
  const at = (instant?: string) => (instant ? Date.parse(instant) - ahead : Date.now() + 3_600_000)
  return { person, endsAt: at(answer.expiresAt), idleMs: Math.max(at(answer.idleEndsAt) - Date.now(), 60_000) }
}

/** Asks who is signed in. Without a line, whoever was, as long as the session would last. */
export async function openSession(): Promise<void> {
  try {
    const early = window.opening?.session
    delete window.opening?.session
    const reply = await (early ?? fetch('/session', { cache: 'no-store' }))
    if (reply.ok) {
      const answer = (await reply.json()) as SessionAnswer
      const { foundation = '', training = false, oidc = '', person } = answer
      installation.set({ foundation, training, oidc })
      void keep('installation', installation.get())
      if (person) return await begin(fromAnswer(person, answer))
      await forget('session')
      return session.set(null)
    }
  } catch { /* No line: below. */ }
  lineIsDown()
  installation.set((await kept<ReturnType<typeof installation.get>>('installation')) ?? installation.get())
  const last = await kept<{ session: Session; usedAt: number }>('session')
  const lasts = last && Date.now() < Math.min(last.session.endsAt, last.usedAt + last.session.idleMs)
  session.set(lasts ? last.session : null)
}

async function begin(opened: Session): Promise<void> {
  // What another person left here, who didn't sign out, is nobody else's; what they wrote waits in the spool for them.
  if ((await kept<string>('owner')) !== opened.person.id) await forgetKept()
  await keep('owner', opened.person.id)
  lastUsed = lastCalled = Date.now()
  await keep('session', { session: opened, usedAt: lastUsed })
  ended.set(false)
  session.set(opened)
}

/** Signs in; gives what is shown once (recovery codes), or throws a CallError with one of SignIn's reasons. */
export async function signIn(credentials: Credentials): Promise<{ recoveryCodes: string[] }> {
  let answer: globalThis.Response
  try {
    answer = await fetch('/session', {
      method: 'POST', cache: 'no-store', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(credentials),
    })
  } catch {
    lineIsDown()
    throw lineError()
  }
  if (!answer.ok) throw await readError(answer)
  lineIsUp()
  const started = (await answer.json()) as { recoveryCodes?: string[]; person?: PersonJson }
  const wanted = started.person?.language === 'en' ? 'en' : 'id'
  if (wanted !== language.get() && localStorage.getItem('language') === null) await setLanguage(wanted)
  window.opening = {}
  const recoveryCodes = started.recoveryCodes ?? []
  // Codes that are shown once stay on the screen until they have been written down.
  if (recoveryCodes.length === 0) await openSession()
  return { recoveryCodes }
}

/** Ends this session, or all of this person's; nothing of it stays on this machine. */
export async function signOut(everywhere = false): Promise<void> {
  try {
    if (everywhere) await call('identity.v1.IdentityService/SignOutEverywhere', {})
    await fetch('/session', { method: 'DELETE', cache: 'no-store' })
  } catch (error) {
    // Without a line the cookie stays until the line is back or it ends; what is on this machine goes at once.
    if (error instanceof CallError && !error.passing) throw error
  }
  await leave()
}

async function leave(): Promise<void> {
  await forgetAll()
  session.set(null)
  ended.set(false)
  history.replaceState({ position: 0 }, '', '/')
  location.replace('/')
}

/** Uses the session, so that it goes on. */
export async function stay(): Promise<void> {
  lastUsed = Date.now()
  await call('identity.v1.IdentityService/GetMyself', {})
  lastCalled = Date.now()
  endsInMs.set(undefined)
}

onSignedOut(() => {
  if (session.get()) ended.set(true)
})

for (const sign of ['keydown', 'pointerdown']) {
  addEventListener(sign, () => {
    // Once the warning stands, only its button counts: a touch by chance doesn't answer it.
    if (endsInMs.get() === undefined) lastUsed = Date.now()
  }, { capture: true, passive: true })
}

setInterval(() => {
  const now = session.get()
  if (!now || ended.get()) return endsInMs.set(undefined)
  const left = Math.min(now.endsAt, lastUsed + now.idleMs) - Date.now()
  if (left <= 0) {
    endsInMs.set(undefined)
    ended.set(true)
    return
  }
  endsInMs.set(left <= WARNING_MS ? left : undefined)
  // Someone who types for long calls nothing; the gateway must know that they are there.
  if (lastUsed > lastCalled && Date.now() - lastCalled > now.idleMs / 4) {
    lastCalled = Date.now()
    void keep('session', { session: now, usedAt: lastUsed })
    call('identity.v1.IdentityService/GetMyself', {}).catch(() => {})
  }
}, 1000)

/** Whether the session can go on by being used, or ends whatever happens. */
export const canStay = (): boolean => (session.get()?.endsAt ?? 0) - Date.now() > WARNING_MS
