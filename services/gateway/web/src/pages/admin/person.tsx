// One person: what is known, their roles, how they get in, and how they are kept out.
import type { PersonJson } from '@contracts/identity/v1/identity_pb'
import { useState } from 'preact/hooks'
import { zonedText } from '../../ago'
import { call } from '../../api'
import { Action } from '../../components/action'
import { ChangedMeanwhile, useEdit } from '../../components/edit'
import { Checkboxes, Radios, Select, TextField } from '../../components/fields'
import { Form, useForm, type Wrong } from '../../components/form'
import { Loaded, useCall, useLoading } from '../../components/loaded'
import { Banner, Page, SummaryList, Table } from '../../components/page'
import { prisons, prisonsOnly } from '../../prisons'
import { address, searchOf } from '../../router'
import { hasRole, session } from '../../session'
import { useStore } from '../../store'
import { newId } from '../../uuid'
import { language, say, type Key } from '../../words'
import { kindName } from './audit'
import { PersonTag, placeOf, PRISON_ROLES, roleName, ROLES } from './people'

const usePerson = (id: string) => useCall('identity.v1.IdentityService/GetPerson', { personId: id }, { live: ['identity.person'] })

export function PersonPage({ person: id = '' }: Record<string, string>) {
  const person = usePerson(id)
  const done = searchOf(useStore(address)).get('done')
  const [rolesSaved, setRolesSaved] = useState(0)
  const saved = () => { setRolesSaved(rolesSaved + 1); return person.reload() }
  return (
    <Loaded of={person}>
      {(one) => (
        <Page title={say('people.one')} heading={one.name} caption={placeOf(one)} back="/admin/people" wide>
          {rolesSaved > 0
            ? <Banner kind="success" heading={say('people.saved')} key={rolesSaved} />
            : done && <Banner kind="success" heading={say(done === 'new' ? 'people.added' : 'people.saved')} >{done === 'new' && <p class="govuk-body">{say('people.added_next')}</p>}</Banner>}
          <SummaryList rows={[
            { key: say('people.status'), value: <PersonTag person={one} /> },
            { key: say('people.email'), value: one.email, ...change(id, 'people.email') },
            { key: say('people.phone'), value: one.phone || '–', ...change(id, 'people.phone') },
            { key: say('app.language'), value: say(`people.language.${one.language === 'en' ? 'en' : 'id'}`), ...change(id, 'app.language') },
            { key: say('people.place'), value: placeOf(one), ...change(id, 'people.place') },
            { key: say('people.role'), value: one.roles?.map(roleName).join(', ') || '–' },
            { key: say('people.since'), value: zonedText(one.createdAt) },
          ]} />
          {hasRole('ROLE_ADMIN') && <><Roles key={one.roles?.join()} person={one} saved={saved} /><Access person={one} reload={person.reload} /></>}
          <Entries personId={id} />
        </Page>
      )}
    </Loaded>
  )
}

const change = (id: string, what: Key) => (hasRole('ROLE_ADMIN') ? { change: { to: `/admin/people/${id}/edit`, what: say(what).toLowerCase() } } : {})

/** Roles are given and taken one by one; what failed says so, and what was done stays. */
function Roles({ person, saved }: { person: PersonJson; saved: () => Promise<void> }) {
  const before = person.roles ?? []
  const form = useForm({ roles: [...before] as string[] }, {
    send: async ({ roles }) => {
      const personId = person.id!
      for (const role of ROLES) {
        if (roles.includes(role) && !before.includes(role)) await call('identity.v1.IdentityService/GrantRole', { personId, role })
        if (!roles.includes(role) && before.includes(role)) await call('identity.v1.IdentityService/RevokeRole', { personId, role })
      }
      await saved()
    },
  })
  const fitting = ROLES.filter((role) => before.includes(role) || PRISON_ROLES.includes(role) === Boolean(person.prisonId))
  return (
    <section>
      <h2 class="govuk-heading-m">{say('people.roles')}</h2>
      <Form form={form} submit={say('people.save_roles')}>
        <Checkboxes form={form} name="roles" label={<span class="govuk-visually-hidden">{say('people.roles')}</span>}
          choices={fitting.map((role) => ({ value: role, label: roleName(role), hint: say(`people.may.${role.slice('ROLE_'.length)}` as Key) }))} />
      </Form>
    </section>
  )
}

function Access({ person, reload }: { person: PersonJson; reload: () => void }) {
  const personId = person.id!
  const [code, setCode] = useState('')
  const [told, setTold] = useState('')
  const disabled = person.status === 'PERSON_STATUS_DISABLED'
  const self = personId === session.get()?.person.id
  return (
    <section>
      <h2 class="govuk-heading-m">{say('people.access')}</h2>
      {told && <Banner kind="success" heading={told} key={told} />}
      {code && (
        <Banner kind="success" heading={say('people.code_made')} key={code}>
          <p class="page-secret page-code">{code}</p>
          <p class="govuk-body">{say('people.code_tell', { name: person.name! })}</p>
        </Banner>
      )}
      <div class="govuk-button-group">
        {!disabled && <Action text={say('people.code')} kind="secondary" act={async () => {
          setCode((await call('identity.v1.SignInService/ResetPassword', { personId })).oneTimePassword ?? '')
        }} />}
        {!disabled && <Action text={say('people.reset_factor')} kind="secondary" act={async () => {
          await call('identity.v1.SignInService/ResetTotp', { personId })
          setTold(say('people.factor_reset'))
        }} />}
        {!self && <Action text={say('people.sign_out')} kind="secondary" act={async () => {
          const { ended = 0 } = await call('identity.v1.IdentityService/SignOutEverywhere', { personId })
          setTold(say('people.signed_out', { count: ended }))
        }} />}
        {!self && (disabled
          ? <Action text={say('people.enable')} act={() => call('identity.v1.IdentityService/EnablePerson', { personId }).then(reload)} />
          : <Action text={say('people.disable')} kind="warning" act={() => call('identity.v1.IdentityService/DisablePerson', { personId }).then(reload)} />)}
      </div>
      <p class="govuk-body-s">{say('people.access_about')}</p>
    </section>
  )
}

function Entries({ personId }: { personId: string }) {
  const entries = useCall('identity.v1.IdentityService/ListAccessEntries', { personId, pageSize: 10 }, { live: ['identity.access'] })
  return (
    <Loaded of={entries}>
      {({ entries: rows = [] }) => (
        <Table caption={say('people.lately')} head={[{ text: say('audit.when') }, { text: say('audit.what') }, { text: say('audit.by') }]}
          rows={rows.map((row) => [zonedText(row.occurredAt), kindName(row.kind), row.actorName || '–'])} />
      )}
    </Loaded>
  )
}

interface Values { name: string; email: string; phone: string; language: string; prisonId: string }
function check(values: Values): Wrong[] {
  const wrong: Wrong[] = []
  if (!values.name.trim()) wrong.push({ field: 'name', text: say('error.required', { what: say('people.name').toLowerCase() }) })
  if (!/^\S+@\S+$/.test(values.email.trim())) wrong.push({ field: 'email', text: say('people.email_wrong') })
  return wrong
}

function Fields<V extends Values>({ form: given }: { form: ReturnType<typeof useForm<V>> }) {
  const form = given as unknown as ReturnType<typeof useForm<Values>>
  const places = prisonsOnly(useStore(prisons))
  return (
    <>
      <TextField form={form} name="name" label={say('people.name')} />
      <TextField form={form} name="email" type="email" label={say('people.email')} hint={say('people.email_hint')} />
      <TextField form={form} name="phone" type="tel" label={`${say('people.phone')} ${say('state.optional')}`} width={20} />
      <Radios form={form} name="language" label={say('app.language')} inline choices={(['id', 'en'] as const).map((code) => ({ value: code, label: say(`people.language.${code}`) }))} />
      <Select form={form} name="prisonId" label={say('people.place')} hint={say('people.place_hint')} choices={[
        { value: '', label: say('people.foundation') }, ...places.map(({ id, name }) => ({ value: id!, label: name! })),
      ]} />
    </>
  )
}

export function PersonNew() {
  const [id] = useState(newId)
  const form = useForm({ name: '', email: '', phone: '', language: language.get() as string, prisonId: '', roles: [] as string[] }, {
    check,
    keptAs: 'person',
    send: async ({ roles, ...values }, go) => {
      const fitting = ROLES.filter((role) => roles.includes(role) && PRISON_ROLES.includes(role) === Boolean(values.prisonId))
      await call('identity.v1.IdentityService/CreatePerson', { ...values, id, name: values.name.trim(), email: values.email.trim(), phone: values.phone.trim(), roles: fitting })
      go(`/admin/people/${id}?done=new`, 'replace')
    },
  })
  return (
    <Page title={say('people.add')} back="/admin/people">
      <Form form={form} submit={say('people.add')}>
        <Fields form={form} />
        <Checkboxes form={form} name="roles" label={say('people.roles')} choices={ROLES.filter((role) => PRISON_ROLES.includes(role) === Boolean(form.values.prisonId))
          .map((role) => ({ value: role, label: roleName(role), hint: say(`people.may.${role.slice('ROLE_'.length)}` as Key) }))} />
      </Form>
    </Page>
  )
}

export function PersonEdit({ person: id = '' }: Record<string, string>) {
  const person = useLoading(`person ${id}`, () => call('identity.v1.IdentityService/GetPerson', { personId: id }))
  return <Loaded of={person}>{(one) => <EditForm person={one} />}</Loaded>
}

function EditForm({ person }: { person: PersonJson }) {
  const personId = person.id!
  const edit = useEdit({
    read: person,
    again: () => call('identity.v1.IdentityService/GetPerson', { personId }),
    valuesOf: (read: PersonJson) => ({ name: read.name!, email: read.email!, phone: read.phone ?? '', language: read.language ?? 'id', prisonId: read.prisonId ?? '' }),
    check,
    save: async (values, version, go) => {
      await call('identity.v1.IdentityService/UpdatePerson', { ...values, personId, version, name: values.name.trim(), email: values.email.trim(), phone: values.phone.trim() })
      go(`/admin/people/${personId}?done=edit`, 'replace')
    },
  })
  const places = useStore(prisons)
  return (
    <Page title={say('people.edit')} caption={person.name} back={`/admin/people/${personId}`}>
      <ChangedMeanwhile edit={edit} show={(value) => places.find(({ id }) => id === value)?.name ?? value} labels={{
        name: say('people.name'), email: say('people.email'), phone: say('people.phone'), language: say('app.language'), prisonId: say('people.place') }} />
      <Form form={edit}><Fields form={edit} /></Form>
    </Page>
  )
}
