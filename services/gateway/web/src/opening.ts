// Runs before the page's own script is here: asks who is signed in, then which prisons they may see, and has the files of their
// section fetched, so that a slow line is never idle. A bundle of its own, which knows no page; session.ts and prisons.ts take
// the answers.
import type { PersonJson } from '@contracts/identity/v1/identity_pb'
import { SECTION_ROLES, sectionsOf, type SectionName } from './pages/roles'

// Made by build.mjs.
declare const SECTION_SCRIPTS: Record<SectionName, string>
declare const SIGN_IN_SCRIPT: string
declare const REST_OF_STYLES: string
declare const WORD_ADDRESSES: Record<string, string>

const PRISONS = `/pulih.enrollment.v1.ProgrammeService/ListPrisons?connect=v1&encoding=json&message=${encodeURIComponent('{"pageSize":200}')}`

function fetchEarly(href: string | undefined, as: 'script' | 'fetch' | 'style'): void {
  const link = document.createElement('link')
  link.rel = as === 'script' ? 'modulepreload' : 'preload'
  if (as === 'fetch') Object.assign(link, { as, crossOrigin: '' })
  if (as === 'style') link.as = as
  link.href = href!
  document.head.append(link)
}

function open(): void {
  let language = 'id'
  try { language = localStorage.getItem('language') === 'en' ? 'en' : 'id' } catch { /* a browser that keeps nothing */ }
  fetchEarly(WORD_ADDRESSES[`common-${language}`], 'fetch')

  const answer = fetch('/session', { cache: 'no-store' })
  const asked: Window['opening'] = { session: answer }
  window.opening = asked
  void answer.then(async (reply) => {
    const { person } = (await reply.clone().json()) as { person?: PersonJson }
    if (person) asked.prisons = fetch(PRISONS, { headers: { 'Connect-Protocol-Version': '1' } })
    const sections = sectionsOf(person?.roles)
    if (sections.join() !== 'officer') fetchEarly(REST_OF_STYLES, 'style')
    if (!person) fetchEarly(SIGN_IN_SCRIPT, 'script')
    for (const name of sections) {
      fetchEarly(SECTION_SCRIPTS[name], 'script')
      for (const set of SECTION_ROLES[name].words) fetchEarly(WORD_ADDRESSES[`${set}-${language}`], 'fetch')
    }
  }).catch(() => { /* No line: session.ts asks again, and tells. */ })
}

// It waits for nothing, but may still come behind the page's own script, which then asks by itself.
if (!window.opening) open()
