// The page: who is signed in, then the pages of their roles.
import './shared'
import { Component, render, type ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { later } from './components/later'
import { EndWarning, SignIn, SignInAgain, useEnded } from './components/session_end'
import { Shell } from './components/shell'
import { Page } from './components/page'
import { startLive, stopLive } from './live'
import { installWorker } from './offline/install'
import { startSpool } from './offline/spool'
import { Missing } from './pages/missing'
import { sectionsOf } from './pages/roles'
import { loadSection, type Section } from './pages/sections'
import { loadPrisons } from './prisons'
import { address, go, match, type Route } from './router'
import { hasRole, openSession, session, type Session } from './session'
import { useStore } from './store'
import { language, loadWords, say } from './words'

// What everybody has isn't where anybody starts; on a slow line it needn't come before it is visited.
const inbox = async () => (await Promise.all([import('./pages/inbox'), loadWords('inbox')]))[0]

const COMMON: Route[] = [
  { path: '/sign-out', page: later(async () => (await import('./pages/common')).SignOut) },
  { path: '/waiting', page: later(async () => (await import('./pages/common')).Waiting) },
  { path: '/notices', page: later(async () => (await inbox()).Inbox) },
  { path: '/notices/preferences', page: later(async () => (await inbox()).Preferences) },
]

/** One page that fails says so; the rest goes on. */
class Guard extends Component<{ children: ComponentChildren }, { failed: boolean }> {
  override state = { failed: false }
  static override getDerivedStateFromError = () => ({ failed: true })
  render() {
    return this.state.failed
      ? <Page title={say('error.title')}><p class="govuk-body">{say('error.unknown')}</p><p><a class="govuk-link" href="/">{say('missing.start')}</a></p></Page>
      : this.props.children
  }
}

function SignedIn({ now }: { now: Session }) {
  const [sections, setSections] = useState<Section[]>()
  const [failed, setFailed] = useState(false)
  const over = useEnded()
  const here = useStore(address)
  useStore(language)

  useEffect(() => {
    const open = async () => {
      const [own] = await Promise.all([Promise.all(sectionsOf(now.person.roles).map(loadSection)), loadPrisons()])
      setSections(own)
    }
    open().catch(() => setFailed(true))
    startSpool()
    startLive()
    return stopLive
  }, [now.person.id])
  // Who signs in again in front of the page goes on where they were.
  const left = useRef<Element | null>(null)
  useLayoutEffect(() => {
    if (over) left.current = document.activeElement
    else if (left.current instanceof HTMLElement) left.current.focus()
  }, [over])
  useEffect(() => {
    if (sections && here.split('?')[0] === '/') go(sections[0]?.start ?? '/notices', 'replace')
  }, [sections, here])

  if (failed) return <Shell navigation={[]}><Page title={say('error.title')}><p class="govuk-body">{say('error.line')}</p></Page></Shell>
  if (!sections) return <p class="page-opening" role="status">{say('state.loading')}</p>
  const found = match([...COMMON, ...sections.flatMap(({ routes }) => routes)], here)
  const Shown = found && (!found[0].only || hasRole(found[0].only)) ? found[0].page : undefined
  return (
    <>
      {over && <SignInAgain />}
      <div hidden={over}>
        <Shell navigation={sections.flatMap(({ navigation }) => navigation)}>
          <Guard key={here.split('?')[0]!}>{here === '/' ? null : Shown ? <Shown {...found![1]} /> : <Missing />}</Guard>
        </Shell>
        {!over && <EndWarning />}
      </div>
    </>
  )
}

function App() {
  const now = useStore(session)
  useStore(language)
  // The worker fetches the whole page, so it comes when the line is idle: while somebody types, or has the day before them.
  useEffect(() => {
    if (now === undefined) return
    const timer = setTimeout(() => void installWorker().catch(() => {}), now ? 5000 : 0)
    return () => clearTimeout(timer)
  }, [now === undefined, now === null])
  if (now === undefined) return <p class="page-opening" role="status">{say('state.loading')}</p>
  if (now === null) return <Shell navigation={[]}><SignIn /></Shell>
  return <SignedIn now={now} key={now.person.id} />
}

async function start() {
  document.documentElement.lang = language.get()
  await Promise.all([loadWords('common'), openSession()])
  const root = document.getElementById('page')!
  root.textContent = ''
  render(<App />, root)
}
void start()
