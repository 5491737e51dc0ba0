// The counsellor's and the clinical supervisor's pages.
import '../../shared'
import { hasRole } from '../../session'
import type { Section } from '../sections'
import { Attendance } from './attendance'
import { Absence, Availability, Cannot } from './availability'
import { Calendar } from './calendar'
import { Others } from './glass'
import { CaseNote, Note, SessionNote } from './note'
import { People } from './people'
import { Person, PersonContact } from './person'
import { GlassReview, Review, useReviewCount } from './review'
import { Schedule } from './schedule'
import { Screening } from './screening'
import { Session } from './session'

export const section: Section = {
  // Who supervises alone has no schedule.
  start: hasRole('ROLE_COUNSELLOR') ? '/counsellor/schedule' : '/counsellor/review',
  navigation: [
    { to: '/counsellor/schedule', text: 'counsellor.schedule' },
    { to: '/counsellor/people', text: 'people.title' },
    { to: '/counsellor/availability', text: 'away.title' },
    ...(hasRole('ROLE_CLINICAL_SUPERVISOR') ? [{ to: '/counsellor/review', text: 'review.title', useWaiting: useReviewCount } as const] : []),
  ],
  routes: [
    { path: '/counsellor/schedule', page: Schedule },
    { path: '/counsellor/calendar', page: Calendar },
    { path: '/counsellor/sessions/:session', page: Session },
    { path: '/counsellor/sessions/:session/attendance', page: Attendance },
    { path: '/counsellor/sessions/:session/cannot', page: Cannot },
    { path: '/counsellor/sessions/:session/notes/:enrollment', page: SessionNote },
    { path: '/counsellor/notes/:note', page: Note },
    { path: '/counsellor/people', page: People },
    { path: '/counsellor/people/:person', page: Person },
    { path: '/counsellor/people/:person/contact', page: PersonContact },
    { path: '/counsellor/people/:person/cases/:enrollment/notes/:type', page: CaseNote },
    { path: '/counsellor/people/:person/cases/:enrollment/screening', page: Screening },
    { path: '/counsellor/others', page: Others, only: 'ROLE_COUNSELLOR' },
    { path: '/counsellor/review', page: Review, only: 'ROLE_CLINICAL_SUPERVISOR' },
    { path: '/counsellor/review/:glass', page: GlassReview, only: 'ROLE_CLINICAL_SUPERVISOR' },
    { path: '/counsellor/availability', page: Availability },
    { path: '/counsellor/availability/:absence', page: Absence },
  ],
}
