// Data diri: a person's data, new or changed.
import '../../shared'
import type { ParticipantJson, SexJson } from '@contracts/enrollment/v1/participant_pb'
import { useState } from 'preact/hooks'
import { call } from '../../api'
import { DayField, noDay, Radios, readDay, TextField, typedDay, type TypedDay } from '../../components/fields'
import { Form, useForm, type Wrong } from '../../components/form'
import { Loaded, useCall } from '../../components/loaded'
import { Page } from '../../components/page'
import { ownPrisonId } from '../../prisons'
import { address, searchOf } from '../../router'
import { dateOf, dayOf } from '../../time'
import { newId } from '../../uuid'
import { say, type Key } from '../../words'

export function PersonForm({ person }: Record<string, string>) {
  const found = useCall('enrollment.v1.ParticipantService/GetParticipant', person ? { id: person } : null)
  return (
    <Page title={say(person ? 'officer.person.edit' : 'officer.person.new')} heading={found.data?.name} caption={found.data && say('officer.person.edit')}
      back={person ? `/officer/people/${person}` : '/officer/people'}>
      {person ? <Loaded of={found}>{(data) => <Fields person={data} />}</Loaded> : <Fields person={{}} />}
    </Page>
  )
}

const DAYS = ['birthDate', 'sentenceStart', 'twoThirdsOn', 'expectedReleaseOn'] as const
const DAY_WORDS: Record<(typeof DAYS)[number], Key> = {
  birthDate: 'officer.person.birth', sentenceStart: 'officer.person.start', twoThirdsOn: 'officer.person.two_thirds', expectedReleaseOn: 'officer.person.release',
}
const dayOr = (date: ParticipantJson['birthDate']): TypedDay => (date ? typedDay(dayOf(date)) : noDay)
const parts = (text: string) => text.split(';').map((part) => part.trim()).filter(Boolean)

function Fields({ person }: { person: ParticipantJson }) {
  const [id] = useState(() => person.id ?? newId())
  const back = searchOf(address.get()).get('back')
  const form = useForm({
    name: person.name ?? '', registerNumber: person.registerNumber ?? '', aliases: person.aliases?.join('; ') ?? '', sex: person.sex ?? '',
    block: person.block ?? '', offenceArticles: person.offenceArticles?.join('; ') ?? '', birthDate: dayOr(person.birthDate),
    sentenceStart: dayOr(person.sentenceStart), twoThirdsOn: dayOr(person.twoThirdsOn), expectedReleaseOn: dayOr(person.expectedReleaseOn),
  }, {
    keptAs: `person:${person.id ?? 'new'}`,
    check: (values) => {
      const wrong: Wrong[] = []
      for (const [field, word] of [['name', 'officer.person.name'], ['registerNumber', 'officer.person.register']] as const) {
        if (!values[field].trim()) wrong.push({ field, text: say('error.required', { what: say(word).toLowerCase() }) })
      }
      for (const field of DAYS) if (readDay(values[field]) === null) wrong.push({ field, text: say('error.date') })
      return wrong
    },
    send: async (values, go) => {
      const day = (typed: TypedDay) => { const read = readDay(typed); return read ? dateOf(read) : undefined }
      const data = {
        id, name: values.name.trim(), registerNumber: values.registerNumber.trim(), aliases: parts(values.aliases),
        sex: (values.sex || 'SEX_UNSPECIFIED') as SexJson, block: values.block.trim(), offenceArticles: parts(values.offenceArticles),
        birthDate: day(values.birthDate), sentenceStart: day(values.sentenceStart), twoThirdsOn: day(values.twoThirdsOn), expectedReleaseOn: day(values.expectedReleaseOn),
      }
      if (person.id) await call('enrollment.v1.ParticipantService/UpdateParticipant', { ...data, version: person.version ?? 0 })
      else await call('enrollment.v1.ParticipantService/CreateParticipant', { ...data, prisonId: ownPrisonId() })
      go(back === 'referral' ? `/officer/referrals/${id}` : `/officer/people/${id}?saved=1`, 'replace')
    },
  })
  return (
    <Form form={form}>
      <TextField form={form} name="name" label={say('officer.person.name')} hint={say('officer.person.name.hint')} />
      <TextField form={form} name="registerNumber" label={say('officer.person.register')} hint={say('officer.person.register.hint')} width={20} />
      <TextField form={form} name="aliases" label={<>{say('officer.person.aliases')} {say('state.optional')}</>} hint={say('officer.person.list.hint')} />
      <DayField form={form} name="birthDate" label={say('officer.person.birth')} />
      <Radios form={form} name="sex" label={say('officer.person.sex')} inline choices={[{ value: 'SEX_MALE', label: say('officer.person.male') }, { value: 'SEX_FEMALE', label: say('officer.person.female') }]} />
      <TextField form={form} name="block" label={say('officer.person.block')} width={10} />
      <TextField form={form} name="offenceArticles" label={say('officer.person.articles')} hint={say('officer.person.list.hint')} />
      {DAYS.slice(1).map((field) => <DayField form={form} name={field} label={say(DAY_WORDS[field])} key={field} />)}
    </Form>
  )
}
