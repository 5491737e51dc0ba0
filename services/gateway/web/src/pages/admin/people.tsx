// Pengguna & peran: who works here, what they may be.
import type { PersonJson } from '@contracts/identity/v1/identity_pb'
import type { RoleJson } from '@contracts/options_pb'
import { useState } from 'preact/hooks'
import { Loaded } from '../../components/loaded'
import { FilterPick, Search, useFilter, usePaged } from '../../components/paged'
import { ButtonLink, Page, Table, Tag } from '../../components/page'
import { prisonOf, prisons, prisonsOnly } from '../../prisons'
import { Link } from '../../router'
import { hasRole } from '../../session'
import { useStore } from '../../store'
import { say, type Key } from '../../words'

export const PRISON_ROLES: RoleJson[] = ['ROLE_OFFICER', 'ROLE_PRISON_HEAD']
export const ROLES: RoleJson[] = [...PRISON_ROLES, 'ROLE_COUNSELLOR', 'ROLE_CLINICAL_SUPERVISOR', 'ROLE_COORDINATOR', 'ROLE_ADMIN', 'ROLE_AUDITOR']
export const roleName = (role: RoleJson): string => say(`role.${role.slice('ROLE_'.length)}` as Key)
export const placeOf = (person: PersonJson): string => (person.prisonId ? prisonOf(person.prisonId)?.name ?? '…' : say('people.foundation'))

export function People() {
  const [filter] = useFilter()
  const [text, setText] = useState('')
  const role = ROLES.find((name) => name === filter.get('role'))
  const prisonId = filter.get('prison') ?? ''
  const list = usePaged('identity.v1.IdentityService/ListPeople', { prisonId, ...(role ? { role } : {}), ...(text ? { text } : {}) }, ['identity.person'])
  const places = prisonsOnly(useStore(prisons))
  return (
    <Page title={say('people.title')} wide>
      <div class="page-filters">
        <FilterPick name="role" label={say('people.role')} all={say('filter.all')} options={ROLES.map((name) => [name, roleName(name)])} />
        <FilterPick name="prison" label={say('people.place')} all={say('filter.all')} options={places.map(({ id, name }) => [id!, name!])} />
        <Search label={say('people.search')} onSearch={setText} />
        {hasRole('ROLE_ADMIN') && <ButtonLink to="/admin/people/new">{say('people.add')}</ButtonLink>}
      </div>
      <Loaded of={list}>
        {({ people = [] }) => (people.length === 0 ? <p class="govuk-body">{say('people.none')}</p> : (
          <Table caption={say('people.title')} hideCaption head={[{ text: say('people.name') }, { text: say('people.role') }, { text: say('people.place') }, { text: say('people.status') }]}
            rows={people.map((person) => [
              <><Link to={`/admin/people/${person.id}`}>{person.name}</Link><span class="page-small">{person.email}</span></>,
              person.roles?.map(roleName).join(', ') || '–', placeOf(person), <PersonTag person={person} />,
            ])} />
        ))}
      </Loaded>
      {list.paging}
    </Page>
  )
}

export const PersonTag = ({ person }: { person: PersonJson }) => (person.status === 'PERSON_STATUS_DISABLED'
  ? <Tag tone="red">{say('people.disabled')}</Tag> : <Tag tone="green">{say('people.active')}</Tag>)
