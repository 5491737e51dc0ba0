// What stands around every page: who and where one is, the line, the language, training mode.
import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { newer } from '../offline/install'
import { spool } from '../offline/spool'
import { line } from '../line'
import { ownPrisonId, prisonOf, zoneNameOf } from '../prisons'
import { address, Link } from '../router'
import { installation, session } from '../session'
import { useStore } from '../store'
import { language, say, setLanguage, type Key, type Language } from '../words'
import { useCall } from './loaded'
import { LinkButton } from './page'

const LANGUAGES: [Language, string][] = [['id', 'Bahasa Indonesia'], ['en', 'English']]

function LanguageSwitch() {
  const now = useStore(language)
  return (
    <nav class="page-languages" aria-label={say('app.language')}>
      {LANGUAGES.map(([code, name]) => (now === code
        ? <span lang={code} aria-current="true" key={code}>{name}</span>
        : <button type="button" class="page-link-button" lang={code} key={code} onClick={() => void setLanguage(code)}>{name}</button>))}
    </nav>
  )
}

function LineState() {
  const down = useStore(line) === 'down'
  const items = useStore(spool)
  const refused = items.filter((item) => item.refused).length
  const waiting = items.length - refused
  const texts = [waiting > 0 && say('line.waiting', { count: waiting }), refused > 0 && say('line.refused', { count: refused })].filter(Boolean)
  return (
    <div role="status">
      {(down || texts.length > 0) && (
        <div class={`page-line${refused > 0 ? ' page-line--refused' : ''}`}>
          {down && <span>{say('line.down')}</span>}
          {texts.length > 0 && <span><strong>{texts.join(' · ')}</strong> <Link to="/waiting">{say('line.show')}</Link></span>}
        </div>
      )}
    </div>
  )
}

function NewerPage() {
  const load = useStore(newer)
  return load ? <div class="page-line" role="status"><span>{say('app.newer')} <LinkButton onClick={load}>{say('app.newer.load')}</LinkButton></span></div> : null
}

export const TrainingBanner = () => (
  <div class="page-training"><strong>{say('app.training')}</strong> <span>{say('app.training.more')}</span></div>
)

const Count = ({ count, text }: { count: number; text: string }) => (count > 0
  ? <><span class="page-count" aria-hidden="true">{count > 99 ? '99+' : count}</span><span class="govuk-visually-hidden"> {text}</span></>
  : null)

/** The way to what one was told, with how much of it is unread. That there is more now is read out, once. */
function NoticesLink() {
  const { data } = useCall('notifications.v1.InboxService/CountMyUnreadNotices', {}, { live: ['notifications.notice_'] })
  const here = useStore(address).split('?')[0] === '/notices'
  const count = data?.count ?? 0
  const before = useRef<number>()
  const [news, setNews] = useState('')
  useEffect(() => {
    if (!data) return
    if (before.current !== undefined && count > before.current) setNews(say('app.notices_unread', { count }))
    before.current = count
  }, [data])
  return (
    <>
      <Link to="/notices" class="page-header__notices" current={here}>
        {say('app.notices')}
        <Count count={count} text={say('app.notices_unread', { count })} />
      </Link>
      <span class="govuk-visually-hidden" role="status">{news}</span>
    </>
  )
}

export interface NavigationItem {
  to: string
  text: Key
  // A hook: how much of it waits for whoever reads this.
  useWaiting?: () => number
}

const NOTHING_WAITS = () => 0
function NavigationLink({ item: { to, text, useWaiting = NOTHING_WAITS }, current }: { item: NavigationItem; current: boolean }) {
  const count = useWaiting()
  return <Link to={to} class="page-navigation__link" current={current}>{say(text)}<Count count={count} text={say('app.waits_for_you', { count })} /></Link>
}

interface ShellProps {
  navigation: NavigationItem[]
  children: ComponentChildren
}

export function Shell({ navigation, children }: ShellProps) {
  const here = useStore(address).split('?')[0]!
  const now = useStore(session)
  const { foundation, training } = useStore(installation)
  const prison = prisonOf(ownPrisonId())
  // The longest that fits: "/officer/sessions/1" is under "/officer/sessions", not under "/officer".
  const current = navigation.filter(({ to }) => here === to || here.startsWith(`${to}/`)).sort((a, b) => b.to.length - a.to.length)[0]
  return (
    <>
      <a href="#main" class="govuk-skip-link" onClick={(event) => { event.preventDefault(); document.getElementById('main')?.focus() }}>{say('app.skip')}</a>
      {training && <TrainingBanner />}
      <header class="page-header">
        <div class="page-header__row">
          <span class="page-header__name"><Link to="/" class="page-header__home">Pulih</Link></span>
          <span class="page-header__place">
            {now && prison ? <>{prison.name} <span class="page-zone">{zoneNameOf(prison.id)}</span></> : foundation}
          </span>
          {now && <NoticesLink />}
          <LanguageSwitch />
        </div>
        {now && (
          <div class="page-header__row page-header__row--second">
            <nav class="page-navigation" aria-label={say('app.menu')}>
              <ul>
                {navigation.map((item) => (
                  <li key={item.to}><NavigationLink item={item} current={item === current} /></li>
                ))}
              </ul>
            </nav>
            <span class="page-header__person">
              <span class="govuk-visually-hidden">{say('app.signed_in_as', { name: '' })}</span>{now.person.name}
              {' '}<Link to="/sign-out" class="page-header__link">{say('app.sign_out')}</Link>
            </span>
          </div>
        )}
      </header>
      <NewerPage />
      {now && <LineState />}
      <main id="main" class="page-main" tabIndex={-1}>{children}</main>
    </>
  )
}
