// The pages of who keeps the installation: people, prisons and their keys, the mail channel, import, audit, status.
import '../../shared'
import { hasRole } from '../../session'
import type { Section } from '../sections'
import { Audit } from './audit'
import { ChannelPage } from './channel'
import { EndpointPage } from './endpoint'
import { HubStatus } from './hub_status'
import { Import } from './import'
import { People } from './people'
import { PersonEdit, PersonNew, PersonPage } from './person'
import { KeyNew, PlaceEdit, PlaceNew, PlacePage, Places } from './places'

export const section: Section = {
  start: '/admin/people',
  navigation: [
    { to: '/admin/people', text: 'people.title' },
    { to: '/admin/places', text: 'places.title' },
    { to: '/admin/channel', text: 'channel.title' },
    // An auditor looks and changes nothing.
    ...(hasRole('ROLE_ADMIN') ? [{ to: '/admin/import', text: 'import.title' } as const] : []),
    { to: '/admin/audit', text: 'audit.title' },
    { to: '/admin/status', text: 'hub.title' },
  ],
  routes: [
    { path: '/admin/people', page: People },
    { path: '/admin/people/new', page: PersonNew, only: 'ROLE_ADMIN' },
    { path: '/admin/people/:person', page: PersonPage },
    { path: '/admin/people/:person/edit', page: PersonEdit, only: 'ROLE_ADMIN' },
    { path: '/admin/places', page: Places },
    { path: '/admin/places/new', page: PlaceNew, only: 'ROLE_ADMIN' },
    { path: '/admin/places/:place', page: PlacePage },
    { path: '/admin/places/:place/edit', page: PlaceEdit, only: 'ROLE_ADMIN' },
    { path: '/admin/places/:place/key', page: KeyNew, only: 'ROLE_ADMIN' },
    { path: '/admin/channel', page: ChannelPage },
    { path: '/admin/channel/:channel', page: EndpointPage, only: 'ROLE_ADMIN' },
    { path: '/admin/import', page: Import, only: 'ROLE_ADMIN' },
    { path: '/admin/audit', page: Audit },
    { path: '/admin/status', page: HubStatus },
  ],
}
