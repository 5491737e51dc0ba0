// The coordinator's pages.
import '../../shared'
import { Consent, Consents } from '../joint/consents'
import { Corrections } from '../joint/corrections'
import { Release } from '../joint/release'
import type { Section } from '../sections'
import { AgreementEnd, AgreementPage, AgreementSign } from './agreement'
import { AgreementNew, AgreementRenew } from './agreement_form'
import { Agreements } from './agreements'
import { Board } from './board'
import { CaseContact, CasePage } from './case'
import { CaseMove } from './case_move'
import { Cases } from './cases'
import { ClosedHoursEnd, ClosedHoursNew } from './closed_hours'
import { DeliveryPage } from './delivery'
import { Missed } from './missed'
import { Notices } from './notices'
import { Overview } from './overview'
import { PrisonPage } from './prison'
import { Report, Reports } from './report'
import { RoomPage } from './rooms'
import { RuleNew, RulePage } from './rule_form'
import { SeriesEnd, SeriesNew, SeriesPage } from './series_form'
import { SessionCancel, SessionMove, SessionPage } from './session'
import { SessionNew } from './session_form'
import { TemplatePage } from './templates'
import { Transfer } from './transfer'

export const section: Section = {
  start: '/coordinator',
  navigation: [
    { to: '/coordinator', text: 'overview.title' },
    { to: '/coordinator/cases', text: 'cases.title' },
    { to: '/coordinator/agreements', text: 'agreements.title' },
    { to: '/coordinator/board', text: 'board.title' },
    { to: '/coordinator/reports', text: 'reports.title' },
    { to: '/coordinator/notices', text: 'notices.title' },
  ],
  routes: [
    { path: '/coordinator', page: Overview },
    { path: '/coordinator/prisons/:prison', page: PrisonPage },
    { path: '/coordinator/prisons/:prison/rooms/:room', page: RoomPage },
    { path: '/coordinator/prisons/:prison/hours/new', page: ClosedHoursNew },
    { path: '/coordinator/prisons/:prison/hours/:hours', page: ClosedHoursEnd },
    { path: '/coordinator/cases', page: Cases },
    { path: '/coordinator/cases/:case', page: CasePage },
    { path: '/coordinator/cases/:case/contact', page: CaseContact },
    { path: '/coordinator/cases/:case/:move', page: CaseMove },
    { path: '/coordinator/cases/:case/release/:person', page: Release },
    { path: '/coordinator/cases/:case/transfer/:person', page: Transfer },
    { path: '/coordinator/cases/:case/consents/:person', page: Consents },
    { path: '/coordinator/cases/:case/consents/:person/:purpose', page: Consent },
    { path: '/coordinator/corrections', page: Corrections },
    { path: '/coordinator/board/missed', page: Missed },
    { path: '/coordinator/agreements', page: Agreements },
    { path: '/coordinator/agreements/new', page: AgreementNew },
    { path: '/coordinator/agreements/:agreement', page: AgreementPage },
    { path: '/coordinator/agreements/:agreement/sign', page: AgreementSign },
    { path: '/coordinator/agreements/:agreement/renew', page: AgreementRenew },
    { path: '/coordinator/agreements/:agreement/end', page: AgreementEnd },
    { path: '/coordinator/board', page: Board },
    { path: '/coordinator/series/new', page: SeriesNew },
    { path: '/coordinator/series/:series', page: SeriesPage },
    { path: '/coordinator/series/:series/end', page: SeriesEnd },
    { path: '/coordinator/sessions/new', page: SessionNew },
    { path: '/coordinator/sessions/:session', page: SessionPage },
    { path: '/coordinator/sessions/:session/move', page: SessionMove },
    { path: '/coordinator/sessions/:session/cancel', page: SessionCancel },
    { path: '/coordinator/reports', page: Reports },
    { path: '/coordinator/reports/:prison', page: Report },
    { path: '/coordinator/notices', page: Notices },
    { path: '/coordinator/notices/deliveries/:delivery', page: DeliveryPage },
    { path: '/coordinator/notices/rules/new', page: RuleNew },
    { path: '/coordinator/notices/rules/:rule', page: RulePage },
    { path: '/coordinator/notices/templates/:template', page: TemplatePage },
  ],
}
