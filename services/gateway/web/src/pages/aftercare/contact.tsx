// How a released person can be reached, as far as they agree. For the coordinator and for the counsellor, each in their own section.
import type { AftercareContactJson } from '@contracts/enrollment/v1/aftercare_pb'
import { useState } from 'preact/hooks'
import { call } from '../../api'
import { ChangedMeanwhile, useEdit } from '../../components/edit'
import { Checkboxes, Radios, Select, TextField } from '../../components/fields'
import { Form, useForm, type Wrong } from '../../components/form'
import { Loaded, useCall } from '../../components/loaded'
import { ButtonLink, Inset, Page, SummaryList, Warning } from '../../components/page'
import { session } from '../../session'
import { newId } from '../../uuid'
import { language, say, type Key } from '../../words'

const CHANNELS = ['EMAIL', 'WHATSAPP', 'SMS'] as const
const NONE = ''
const channelName = (channel: string) => say(`channel.${channel.replace('CONTACT_CHANNEL_', '')}` as Key)

const useContact = (participantId: string) =>
  useCall('enrollment.v1.AftercareService/GetAftercareContact', { participantId }, { live: ['enrollment.aftercare', 'enrollment.consent'] })

/** What stands there, with a way to change it at `edit`. */
export function Contact({ participantId, edit }: { participantId: string; edit: string }) {
  return (
    <>
      <h2 class="govuk-heading-m">{say('contact.title')}</h2>
      <Loaded of={useContact(participantId)}>
        {({ email, phone, channels = [], agreed, version }) => (
          <>
            {!version && <p class="govuk-body">{say('contact.none')}</p>}
            {Boolean(version) && !agreed && <Warning>{say('contact.not_agreed')}</Warning>}
            {Boolean(version) && (
              <SummaryList rows={[
                ...(email ? [{ key: say('contact.email'), value: email }] : []), ...(phone ? [{ key: say('contact.phone'), value: phone }] : []),
                { key: say('contact.first'), value: channels.map(channelName).join(', ') },
              ]} />
            )}
            <ButtonLink kind="secondary" to={edit}>{say('contact.edit')}</ButtonLink>
          </>
        )}
      </Loaded>
    </>
  )
}

/** Asks for consent first where there is none; then how to reach the person. */
export function ContactForm({ participantId, back }: { participantId: string; back: string }) {
  const contact = useContact(participantId)
  return (
    <Page title={say('contact.title')} back={back}>
      <Loaded of={contact}>
        {(read) => (read.agreed ? <Ways read={read} back={back} /> : <Consent participantId={participantId} given={contact.reload} />)}
      </Loaded>
    </Page>
  )
}

function Consent({ participantId, given }: { participantId: string; given: () => Promise<void> }) {
  const [id] = useState(newId)
  const texts = useCall('enrollment.v1.ParticipantService/ListConsentTexts', {})
  const words = texts.data?.texts?.find(({ purpose }) => purpose === 'CONSENT_PURPOSE_CONTACT_FAMILY')
  const form = useForm({ agrees: [] as string[], witness: session.get()?.person.name ?? '' }, {
    check: ({ agrees, witness }) => [
      ...(agrees.length > 0 ? [] : [{ field: 'agrees', text: say('contact.agrees_missing') }]),
      ...(witness.trim() ? [] : [{ field: 'witness', text: say('error.required', { what: say('contact.witness').toLowerCase() }) }]),
    ],
    send: async ({ witness }) => {
      await call('enrollment.v1.ParticipantService/GiveConsent', { id, participantId, purpose: 'CONSENT_PURPOSE_CONTACT_FAMILY',
        textVersion: words?.textVersion ?? 0, witness: witness.trim() })
      await given()
    },
  })
  return (
    <Loaded of={texts}>
      {() => (
        <>
          <p class="govuk-body">{say('contact.consent')}</p>
          <Inset>{language.get() === 'en' && <p class="govuk-body">{words?.english}</p>}<p class="govuk-body" lang="id">{words?.indonesian}</p></Inset>
          <Form form={form} submit={say('contact.consent_save')}>
            <Checkboxes form={form} name="agrees" label={say('contact.agrees')} choices={[{ value: 'yes', label: say('contact.agrees_yes') }]} />
            <TextField form={form} name="witness" label={say('contact.witness')} />
          </Form>
        </>
      )}
    </Loaded>
  )
}

interface Values {
  email: string
  phone: string
  channels: string
  second: string
  third: string
  language: string
}

const channelAt = ({ channels = [] }: AftercareContactJson, place: number): string => channels[place]?.slice('CONTACT_CHANNEL_'.length) ?? NONE
const valuesOf = (read: AftercareContactJson): Values => ({
  email: read.email ?? '', phone: read.phone ?? '', channels: channelAt(read, 0) || 'WHATSAPP', second: channelAt(read, 1), third: channelAt(read, 2),
  language: read.language || 'id',
})
const chosen = (values: Values) => [values.channels, ...(values.second ? [values.second, values.third] : [])].filter((channel) => channel !== NONE)

function check(values: Values): Wrong[] {
  const ways = chosen(values)
  const wrong: Wrong[] = []
  if (ways.some((way) => way !== 'EMAIL') && !values.phone.trim()) wrong.push({ field: 'phone', text: say('contact.needs_phone') })
  if (ways.includes('EMAIL') && !values.email.trim()) wrong.push({ field: 'email', text: say('contact.needs_email') })
  if (new Set(ways).size < ways.length) wrong.push({ field: 'second', text: say('contact.twice') })
  return wrong
}

function Ways({ read, back }: { read: AftercareContactJson; back: string }) {
  const participantId = read.participantId!
  const edit = useEdit<AftercareContactJson, Values>({
    read, again: () => call('enrollment.v1.AftercareService/GetAftercareContact', { participantId }), valuesOf, check,
    save: async (values, version, go) => {
      await call('enrollment.v1.AftercareService/UpdateAftercareContact', {
        participantId, version, email: values.email.trim(), phone: values.phone.trim(), language: values.language,
        channels: chosen(values).map((channel) => `CONTACT_CHANNEL_${channel}` as 'CONTACT_CHANNEL_SMS'),
      })
      go(back, 'replace')
    },
  })
  const ways = CHANNELS.map((value) => ({ value, label: channelName(value) }))
  const none = { value: NONE, label: say('contact.no_other') }
  return (
    <>
      <ChangedMeanwhile edit={edit} labels={{ email: say('contact.email'), phone: say('contact.phone'), channels: say('contact.first'), second: say('contact.second') }}
        show={(value) => (CHANNELS.includes(value as 'SMS') ? channelName(value) : value)} />
      <p class="govuk-body">{say('contact.about')}</p>
      <Form form={edit}>
        <TextField form={edit} name="phone" label={say('contact.phone')} hint={say('contact.phone_hint')} type="tel" width={20} />
        <TextField form={edit} name="email" label={say('contact.email')} type="email" />
        <Select form={edit} name="channels" label={say('contact.first')} choices={ways} />
        <Select form={edit} name="second" label={say('contact.second')} choices={[none, ...ways]} />
        {edit.values.second && <Select form={edit} name="third" label={say('contact.third')} choices={[none, ...ways]} />}
        <Radios form={edit} name="language" label={say('contact.language')} inline choices={[{ value: 'id', label: 'Bahasa Indonesia' }, { value: 'en', label: 'English' }]} />
      </Form>
    </>
  )
}
