// The officer's pages; the head of the prison reads them. What the day needs comes first, the rest when it is visited.
import '../../shared'
import { later } from '../../components/later'
import { hasRole } from '../../session'
import { loadWords } from '../../words'
import type { Section } from '../sections'
import { Today, Unmarked } from './today'

const CallSheet = later(async () => (await import('./call_sheet')).CallSheet)
const OwnReport = later(async () => (await Promise.all([import('../coordinator/report'), loadWords('coordinator')]))[0].OwnReport)
// A person, and what the coordinator has of them too.
const people = async () => (await Promise.all([import('./people'), loadWords('joint')]))[0]
const PersonForm = later(async () => (await import('./person_form')).PersonForm)

export const section: Section = {
  start: '/officer/today',
  navigation: [
    { to: '/officer/today', text: 'officer.today' },
    { to: '/officer/call-sheet', text: 'officer.sheet' },
    { to: '/officer/sessions', text: 'officer.roll' },
    { to: '/officer/referrals', text: 'officer.referral' },
    { to: '/officer/changes', text: 'officer.changes' },
    { to: '/officer/people', text: 'officer.people' },
    // An officer hands nothing in; their head signs what the month was.
    ...(hasRole('ROLE_PRISON_HEAD') ? [{ to: '/officer/report', text: 'officer.report' } as const] : []),
  ],
  routes: [
    { path: '/officer/today', page: Today },
    { path: '/officer/days/:day', page: Today },
    { path: '/officer/call-sheet', page: CallSheet },
    { path: '/officer/call-sheet/:day', page: CallSheet },
    { path: '/officer/sessions', page: Unmarked },
    { path: '/officer/sessions/:session', page: later(async () => (await import('./roll')).Roll) },
    { path: '/officer/sessions/:session/correct/:person', page: later(async () => (await import('./correct')).Correct), only: 'ROLE_OFFICER' },
    { path: '/officer/referrals', page: later(async () => (await import('./referral')).Referrals) },
    { path: '/officer/referrals/:person', page: later(async () => (await import('./referral')).Referral), only: 'ROLE_OFFICER' },
    { path: '/officer/referrals/:person/papers/:kind', page: later(async () => (await import('./referral')).Document), only: 'ROLE_OFFICER' },
    { path: '/officer/referrals/:person/consent', page: later(async () => (await import('./referral')).Consent), only: 'ROLE_OFFICER' },
    { path: '/officer/referrals/:person/check', page: later(async () => (await import('./referral')).Check), only: 'ROLE_OFFICER' },
    { path: '/officer/changes', page: later(async () => (await import('./changes')).Changes) },
    { path: '/officer/changes/close', page: later(async () => (await import('./changes')).CloseDay) },
    { path: '/officer/changes/open/:closure', page: later(async () => (await import('./changes')).OpenAgain) },
    { path: '/officer/report', page: OwnReport, only: 'ROLE_PRISON_HEAD' },
    { path: '/officer/people', page: later(async () => (await people()).People) },
    { path: '/officer/people/new', page: PersonForm, only: 'ROLE_OFFICER' },
    { path: '/officer/people/:person', page: later(async () => (await people()).Person) },
    { path: '/officer/people/:person/release', page: later(async () => (await people()).Release), only: 'ROLE_OFFICER' },
    { path: '/officer/people/:person/consents', page: later(async () => (await people()).Consents) },
    { path: '/officer/people/:person/consents/:purpose', page: later(async () => (await people()).Consent), only: 'ROLE_OFFICER' },
    { path: '/officer/people/:person/edit', page: PersonForm, only: 'ROLE_OFFICER' },
  ],
}
