// Lokasi & kunci: the prisons, and the keys with which their sites connect.
import type { PrisonJson } from '@contracts/enrollment/v1/programme_pb'
import type { KeyJson } from '@contracts/identity/v1/keys_pb'
import { useState } from 'preact/hooks'
import { agoText, zonedText } from '../../ago'
import { call, callAll } from '../../api'
import { Action } from '../../components/action'
import { ChangedMeanwhile, useEdit } from '../../components/edit'
import { Radios, Select, TextField } from '../../components/fields'
import { Form, useForm, type FormState, type Wrong } from '../../components/form'
import { Loaded, useLoading } from '../../components/loaded'
import { Banner, ButtonLink, Page, SummaryList, Table, Tag } from '../../components/page'
import { loadPrisons } from '../../prisons'
import { address, Link, searchOf } from '../../router'
import { hasRole } from '../../session'
import { useStore } from '../../store'
import { zoneName } from '../../time'
import { newId } from '../../uuid'
import { say } from '../../words'

const ZONES = ['Asia/Jakarta', 'Asia/Makassar', 'Asia/Jayapura']
const isValid = (key: KeyJson) => !key.revoked && (!key.validUntil || Date.parse(key.validUntil) > Date.now())

export function Places() {
  const all = useLoading('places', () => Promise.all([
    callAll('enrollment.v1.ReportService/ListPrisonOverviews', { days: 30 }, 'overviews'),
    callAll('identity.v1.IdentityService/ListSiteKeys', { kind: 'KEY_KIND_SITE' }, 'keys'),
    callAll('enrollment.v1.ProgrammeService/ListPrisons', {}, 'prisons'),
  ]), { live: ['identity.access'] })
  return (
    <Page title={say('places.title')} wide>
      {hasRole('ROLE_ADMIN') && <ButtonLink to="/admin/places/new">{say('places.add')}</ButtonLink>}
      <Loaded of={all}>
        {([overviews, keys, rows]) => (rows.length === 0 ? <p class="govuk-body">{say('places.none')}</p> : (
          <Table caption={say('places.title')} hideCaption head={[{ text: say('places.name') }, { text: say('places.code') }, { text: say('places.zone') }, { text: say('places.contact') }, { text: say('places.keys'), numeric: true }]}
            rows={rows.map((row) => [
              <><Link to={`/admin/places/${row.id}`}>{row.name}</Link>{row.aftercare && <span class="page-small">{say('places.aftercare')}</span>}</>, row.code, zoneName(row.timeZone!),
              row.aftercare ? '–' : agoText(overviews.find(({ prisonId }) => prisonId === row.id)?.lastContactAt),
              row.aftercare ? '–' : keys.filter((key) => key.prisonId === row.id && isValid(key)).length,
            ])} />
        ))}
      </Loaded>
    </Page>
  )
}

export function PlacePage({ place: id = '' }: Record<string, string>) {
  const both = useLoading(`place ${id}`, () => Promise.all([
    call('enrollment.v1.ProgrammeService/GetPrison', { id }), callAll('identity.v1.IdentityService/ListSiteKeys', { prisonId: id }, 'keys'),
  ]), { live: ['identity.access'] })
  const done = searchOf(useStore(address)).get('done')
  const [revoked, setRevoked] = useState(0)
  const revoke = async (keyId: string) => {
    await call('identity.v1.IdentityService/RevokeKey', { keyId })
    setRevoked(revoked + 1)
    await both.reload()
  }
  return (
    <Loaded of={both}>
      {([prison, keys]) => (
        <Page title={say(prison.aftercare ? 'places.aftercare' : 'places.one')} heading={prison.name} caption={prison.code} back="/admin/places" wide>
          {revoked > 0
            ? <Banner kind="success" heading={say('places.key_revoked')} key={revoked} />
            : done && <Banner kind="success" heading={say(done === 'key' ? 'places.key_added' : 'places.saved')} />}
          <SummaryList rows={[
            { key: say('places.zone'), value: `${zoneName(prison.timeZone!)} (${prison.timeZone})` },
            { key: say('places.address'), value: prison.address || '–' },
          ]} />
          {hasRole('ROLE_ADMIN') && (
            <div class="govuk-button-group">
              <ButtonLink kind="secondary" to={`/admin/places/${id}/edit`}>{say('action.change')}</ButtonLink>
              {!prison.aftercare && <ButtonLink kind="secondary" to={`/admin/places/${id}/key`}>{say('places.add_key')}</ButtonLink>}
            </div>
          )}
          <p class="govuk-body">{say(prison.aftercare ? 'places.aftercare_about' : 'places.keys_about')}</p>
          {keys.length === 0 ? !prison.aftercare && <p class="govuk-body">{say('places.no_keys')}</p> : (
            <Table caption={say('places.keys')} head={[{ text: say('places.key_name') }, { text: say('places.public_key') }, { text: say('places.until') }, { text: say('people.status') }]}
              rows={keys.map((key) => [
                key.name, <span class="page-secret page-key">{key.publicKey}</span>, zonedText(key.validUntil, prison.timeZone) || say('places.no_end'),
                isValid(key)
                  ? <><Tag tone="green">{say('places.valid')}</Tag>{hasRole('ROLE_ADMIN') && (
                    <Action kind="warning" key={key.id} text={say('places.revoke')} act={() => revoke(key.id!)} />)}</>
                  : <Tag tone="red">{say(key.revoked ? 'places.revoked' : 'places.expired')}</Tag>,
              ])} />
          )}
        </Page>
      )}
    </Loaded>
  )
}

interface Values { name: string; timeZone: string; address: string }
const needName = (values: Values): Wrong[] => (values.name.trim() ? [] : [{ field: 'name', text: say('error.required', { what: say('places.name').toLowerCase() }) }])

function Fields<V extends Values>({ form: given }: { form: FormState<V> }) {
  const form = given as unknown as FormState<Values>
  return (
    <>
      <TextField form={form} name="name" label={say('places.name')} hint={say('places.name_hint')} />
      <Select form={form} name="timeZone" label={say('places.zone')} choices={ZONES.map((zone) => ({ value: zone, label: `${zoneName(zone)} (${zone})` }))} />
      <TextField form={form} name="address" label={`${say('places.address')} ${say('state.optional')}`} rows={3} />
    </>
  )
}

export function PlaceNew() {
  const [id] = useState(newId)
  const form = useForm({ kind: 'prison', code: '', name: '', timeZone: ZONES[0]!, address: '' }, {
    check: (values) => [...(/^[A-Z0-9][A-Z0-9-]{1,19}$/.test(values.code.trim().toUpperCase()) ? [] : [{ field: 'code', text: say('places.code_wrong') }]), ...needName(values)],
    send: async ({ kind, ...values }, go) => {
      await call('enrollment.v1.ProgrammeService/CreatePrison', { ...values, id, aftercare: kind === 'aftercare', code: values.code.trim().toUpperCase(), name: values.name.trim(), address: values.address.trim() })
      await loadPrisons()
      go(`/admin/places/${id}?done=new`, 'replace')
    },
  })
  return (
    <Page title={say('places.add')} back="/admin/places">
      <Form form={form} submit={say('places.add')}>
        <Radios form={form} name="kind" label={say('places.kind')} choices={[
          { value: 'prison', label: say('places.one') }, { value: 'aftercare', label: say('places.aftercare'), hint: say('places.aftercare_about') },
        ]} />
        <TextField form={form} name="code" label={say('places.code')} hint={say('places.code_hint')} width={20} />
        <Fields form={form} />
      </Form>
    </Page>
  )
}

export function PlaceEdit({ place: id = '' }: Record<string, string>) {
  const prison = useLoading(`prison ${id}`, () => call('enrollment.v1.ProgrammeService/GetPrison', { id }))
  return <Loaded of={prison}>{(one) => <EditForm prison={one} />}</Loaded>
}

function EditForm({ prison }: { prison: PrisonJson }) {
  const id = prison.id!
  const edit = useEdit({
    read: prison,
    again: () => call('enrollment.v1.ProgrammeService/GetPrison', { id }),
    valuesOf: (read: PrisonJson) => ({ name: read.name!, timeZone: read.timeZone!, address: read.address ?? '' }),
    check: needName,
    save: async (values, version, go) => {
      await call('enrollment.v1.ProgrammeService/UpdatePrison', { ...values, id, version, name: values.name.trim(), address: values.address.trim() })
      await loadPrisons()
      go(`/admin/places/${id}?done=edit`, 'replace')
    },
  })
  return (
    <Page title={say('places.edit')} caption={prison.code} back={`/admin/places/${id}`}>
      <ChangedMeanwhile edit={edit} labels={{ name: say('places.name'), timeZone: say('places.zone'), address: say('places.address') }} />
      <Form form={edit}><Fields form={edit} /></Form>
    </Page>
  )
}

export function KeyNew({ place: prisonId = '' }: Record<string, string>) {
  const [id] = useState(newId)
  const form = useForm({ name: '', publicKey: '' }, {
    check: ({ name, publicKey }) => [
      ...(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name.trim()) ? [] : [{ field: 'name', text: say('places.key_name_wrong') }]),
      ...(publicKey.trim().length === 40 ? [] : [{ field: 'publicKey', text: say('places.public_key_wrong') }]),
    ],
    send: async ({ name, publicKey }, go) => {
      await call('identity.v1.IdentityService/AddKey', { id, name: name.trim(), publicKey: publicKey.trim(), kind: 'KEY_KIND_SITE', prisonId })
      go(`/admin/places/${prisonId}?done=key`, 'replace')
    },
  })
  return (
    <Page title={say('places.add_key')} back={`/admin/places/${prisonId}`}>
      <p class="govuk-body">{say('places.add_key_about')}</p>
      <Form form={form} submit={say('places.add_key')}>
        <TextField form={form} name="name" label={say('places.key_name')} hint={say('places.key_name_hint')} width={20} />
        <TextField form={form} name="publicKey" label={say('places.public_key')} hint={say('places.public_key_hint')} />
      </Form>
    </Page>
  )
}
