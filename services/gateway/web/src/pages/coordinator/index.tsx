// The coordinator's pages. What the day begins with comes first, the rest when it is visited.
import '../../shared'
import { later } from '../../components/later'
import { useCorrectionCount } from '../joint/corrections'
import type { Section } from '../sections'
import { Agreements } from './agreements'
import { Board } from './board'
import { CaseContact, CasePage } from './case'
import { Cases } from './cases'
import { Overview } from './overview'
import { PrisonPage } from './prison'

const rest = <Name extends keyof typeof import('./rest')>(name: Name) => later(async () => (await import('./rest'))[name])

export const section: Section = {
  start: '/coordinator',
  navigation: [
    { to: '/coordinator', text: 'overview.title', useWaiting: useCorrectionCount },
    { to: '/coordinator/cases', text: 'cases.title' },
    { to: '/coordinator/agreements', text: 'agreements.title' },
    { to: '/coordinator/board', text: 'board.title' },
    { to: '/coordinator/reports', text: 'reports.title' },
    { to: '/coordinator/notices', text: 'notices.title' },
  ],
  routes: [
    { path: '/coordinator', page: Overview },
    { path: '/coordinator/prisons/:prison', page: PrisonPage },
    { path: '/coordinator/prisons/:prison/rooms/:room', page: rest('RoomPage') },
    { path: '/coordinator/prisons/:prison/hours/new', page: rest('ClosedHoursNew') },
    { path: '/coordinator/prisons/:prison/hours/:hours', page: rest('ClosedHoursEnd') },
    { path: '/coordinator/prisons/:prison/cohorts/new', page: rest('CohortNew') },
    { path: '/coordinator/cohorts', page: rest('Cohorts') },
    { path: '/coordinator/cohorts/:cohort', page: rest('CohortPage') },
    { path: '/coordinator/cohorts/:cohort/edit', page: rest('CohortEdit') },
    { path: '/coordinator/cohorts/:cohort/:how', page: rest('CohortMembers') },
    { path: '/coordinator/cases', page: Cases },
    { path: '/coordinator/cases/:case', page: CasePage },
    { path: '/coordinator/cases/:case/contact', page: CaseContact },
    { path: '/coordinator/cases/:case/cohort', page: rest('CaseCohort') },
    { path: '/coordinator/cases/:case/:move', page: rest('CaseMove') },
    { path: '/coordinator/cases/:case/release/:person', page: rest('Release') },
    { path: '/coordinator/cases/:case/transfer/:person', page: rest('Transfer') },
    { path: '/coordinator/cases/:case/consents/:person', page: rest('Consents') },
    { path: '/coordinator/cases/:case/consents/:person/:purpose', page: rest('Consent') },
    { path: '/coordinator/corrections', page: rest('Corrections') },
    { path: '/coordinator/board/missed', page: rest('Missed') },
    { path: '/coordinator/agreements', page: Agreements },
    { path: '/coordinator/agreements/new', page: rest('AgreementNew') },
    { path: '/coordinator/agreements/:agreement', page: rest('AgreementPage') },
    { path: '/coordinator/agreements/:agreement/sign', page: rest('AgreementSign') },
    { path: '/coordinator/agreements/:agreement/renew', page: rest('AgreementRenew') },
    { path: '/coordinator/agreements/:agreement/end', page: rest('AgreementEnd') },
    { path: '/coordinator/board', page: Board },
    { path: '/coordinator/series/new', page: rest('SeriesNew') },
    { path: '/coordinator/series/:series', page: rest('SeriesPage') },
    { path: '/coordinator/series/:series/end', page: rest('SeriesEnd') },
    { path: '/coordinator/sessions/new', page: rest('SessionNew') },
    { path: '/coordinator/sessions/:session', page: rest('SessionPage') },
    { path: '/coordinator/sessions/:session/move', page: rest('SessionMove') },
    { path: '/coordinator/sessions/:session/cancel', page: rest('SessionCancel') },
    { path: '/coordinator/reports', page: rest('Reports') },
    { path: '/coordinator/reports/:prison', page: rest('Report') },
    { path: '/coordinator/notices', page: rest('Notices') },
    { path: '/coordinator/notices/deliveries/:delivery', page: rest('DeliveryPage') },
    { path: '/coordinator/notices/rules/new', page: rest('RuleNew') },
    { path: '/coordinator/notices/rules/:rule', page: rest('RulePage') },
    { path: '/coordinator/notices/templates/:template', page: rest('TemplatePage') },
  ],
}
