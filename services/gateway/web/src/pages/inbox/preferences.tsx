// How one wants to be told: in which language, by which ways, and when not.
import type { PreferencesJson } from '@contracts/notifications/v1/preferences_pb'
import type { PersonJson } from '@contracts/identity/v1/identity_pb'
import { call } from '../../api'
import { ChangedMeanwhile, useEdit, type Edit } from '../../components/edit'
import { DayField, noDay, Radios, readDay, Select, TextField, typedDay, type TypedDay } from '../../components/fields'
import { Form, type Wrong } from '../../components/form'
import { Loaded, useLoading } from '../../components/loaded'
import { Page } from '../../components/page'
import { clockText, dateOf, dayOf, readTime, zoneName } from '../../time'
import { say, type Key } from '../../words'

const CHANNELS = ['EMAIL', 'WHATSAPP', 'SMS'] as const
const ZONES = ['Asia/Jakarta', 'Asia/Makassar', 'Asia/Jayapura']
const NONE = ''

type Mine = PreferencesJson & { person: PersonJson }

const readMine = async (): Promise<Mine> => {
  const [preferences, person] = await Promise.all([
    call('notifications.v1.PreferencesService/GetMyPreferences', {}), call('identity.v1.IdentityService/GetMyself', {}),
  ])
  return { ...preferences, person }
}

// Fields that the server refuses by name are called as it calls them.
interface Values {
  language: 'id' | 'en'
  channels: string
  second: string
  third: string
  fallbackWaitMinutes: string
  quietHours: string
  'quietHours.from': string
  'quietHours.until': string
  digest: string
  digestAt: string
  away: string
  'away.from': TypedDay
  'away.until': TypedDay
  timeZone: string
}

const channelAt = ({ channels = [] }: PreferencesJson, place: number) => channels[place]?.slice('CHANNEL_'.length) ?? NONE
const valuesOf = (mine: Mine): Values => ({
  language: mine.person.language === 'en' ? 'en' : 'id',
  channels: channelAt(mine, 0), second: channelAt(mine, 1), third: channelAt(mine, 2), fallbackWaitMinutes: `${mine.fallbackWaitMinutes ?? 30}`,
  quietHours: mine.quietHours ? 'yes' : 'no', 'quietHours.from': clockText(mine.quietHours?.from ?? '21:00'), 'quietHours.until': clockText(mine.quietHours?.until ?? '06:00'),
  digest: mine.digestAt ? 'yes' : 'no', digestAt: clockText(mine.digestAt || '06:30'),
  away: mine.away ? 'yes' : 'no', 'away.from': mine.away ? typedDay(dayOf(mine.away.from)) : noDay, 'away.until': mine.away ? typedDay(dayOf(mine.away.until)) : noDay,
  timeZone: mine.timeZone || 'Asia/Jakarta',
})

const chosen = (values: Values) => [values.channels, ...(values.second ? [values.second, values.third] : [])].filter((channel) => channel !== NONE)

function check(values: Values): Wrong[] {
  const wrong: Wrong[] = []
  const timeIn = (field: 'quietHours.from' | 'quietHours.until' | 'digestAt') => { if (!readTime(values[field])) wrong.push({ field, text: say('preferences.time_wrong') }) }
  if (new Set(chosen(values)).size < chosen(values).length) wrong.push({ field: 'second', text: say('preferences.channel_twice') })
  if (values.second && !/^\d{1,4}$/.test(values.fallbackWaitMinutes.trim())) wrong.push({ field: 'fallbackWaitMinutes', text: say('error.number', { what: say('preferences.wait').toLowerCase() }) })
  if (values.quietHours === 'yes') { timeIn('quietHours.from'); timeIn('quietHours.until') }
  if (values.digest === 'yes') timeIn('digestAt')
  if (values.away === 'yes') {
    for (const field of ['away.from', 'away.until'] as const) if (!readDay(values[field])) wrong.push({ field, text: say('error.date') })
  }
  return wrong
}

async function save(values: Values, version: number, person: PersonJson) {
  if (values.language !== person.language) await call('identity.v1.MyselfService/SetMyLanguage', { language: values.language })
  await call('notifications.v1.PreferencesService/UpdateMyPreferences', {
    version, timeZone: values.timeZone, channels: chosen(values).map((channel) => `CHANNEL_${channel}` as 'CHANNEL_EMAIL'),
    fallbackWaitMinutes: Number(values.fallbackWaitMinutes), digestAt: values.digest === 'yes' ? readTime(values.digestAt)! : '',
    ...(values.quietHours === 'yes' ? { quietHours: { from: readTime(values['quietHours.from'])!, until: readTime(values['quietHours.until'])! } } : {}),
    ...(values.away === 'yes' ? { away: { from: dateOf(readDay(values['away.from'])!), until: dateOf(readDay(values['away.until'])!) } } : {}),
  })
}

export const Preferences = () => <Loaded of={useLoading('preferences', readMine)}>{(mine) => <PreferencesForm mine={mine} />}</Loaded>

function PreferencesForm({ mine }: { mine: Mine }) {
  const edit = useEdit<Mine, Values>({
    read: mine, again: readMine, valuesOf, check,
    save: async (values, version, go) => {
      await save(values, version, mine.person)
      go('/notices?done=preferences', 'replace')
    },
  })
  const shown = (value: string) => (value === 'yes' || value === 'no' ? say(`state.${value}`) : CHANNELS.includes(value as 'SMS') ? say(`channel.${value}` as Key) : value)
  return (
    <Page title={say('preferences.title')} back="/notices">
      <ChangedMeanwhile edit={edit} show={shown} labels={{
        channels: say('preferences.first'), second: say('preferences.second'), third: say('preferences.third'), quietHours: say('preferences.quiet'),
        'quietHours.from': say('preferences.from'), 'quietHours.until': say('preferences.until'), digest: say('preferences.digest'), digestAt: say('preferences.digest_at'),
        away: say('preferences.away'), timeZone: say('preferences.zone') }} />
      <p class="govuk-body">{say('preferences.about')}</p>
      <Form form={edit}>
        <Radios form={edit} name="language" label={say('preferences.language')} inline choices={(['id', 'en'] as const).map((value) => ({ value, label: say(`language.${value}`) }))} />
        <Ways edit={edit} phone={mine.person.phone} />
        <Times edit={edit} />
      </Form>
    </Page>
  )
}

function Ways({ edit, phone }: { edit: Edit<Values>; phone: string | undefined }) {
  const none = { value: NONE, label: say('preferences.none') }
  const others = CHANNELS.map((value) => ({ value, label: say(`channel.${value}`) }))
  return (
    <>
      <h2 class="govuk-heading-m">{say('preferences.ways')}</h2>
      <p class="govuk-hint">{phone ? say('preferences.phone', { phone }) : say('preferences.no_phone')}</p>
      <Select form={edit} name="channels" label={say('preferences.first')} choices={others} />
      <Select form={edit} name="second" label={say('preferences.second')} choices={[none, ...others]} />
      {edit.values.second && (
        <>
          <Select form={edit} name="third" label={say('preferences.third')} choices={[none, ...others]} />
          <TextField form={edit} name="fallbackWaitMinutes" label={say('preferences.wait')} hint={say('preferences.wait_hint')} width={5} inputMode="numeric" />
        </>
      )}
    </>
  )
}

function Times({ edit }: { edit: Edit<Values> }) {
  const no = { value: 'no', label: say('state.no') }
  return (
    <>
      <h2 class="govuk-heading-m">{say('preferences.times')}</h2>
      <Radios form={edit} name="quietHours" label={say('preferences.quiet')} hint={say('preferences.quiet_hint')} choices={[no, { value: 'yes', label: say('state.yes'), more: (
        <>
          <TextField form={edit} name="quietHours.from" label={say('preferences.from')} width={5} />
          <TextField form={edit} name="quietHours.until" label={say('preferences.until')} width={5} />
        </>
      ) }]} />
      <Radios form={edit} name="digest" label={say('preferences.digest')} hint={say('preferences.digest_hint')} choices={[no, { value: 'yes', label: say('state.yes'), more:
        <TextField form={edit} name="digestAt" label={say('preferences.digest_at')} width={5} /> }]} />
      <Radios form={edit} name="away" label={say('preferences.away')} hint={say('preferences.away_hint')} choices={[no, { value: 'yes', label: say('state.yes'), more: (
        <>
          <DayField form={edit} name="away.from" label={say('preferences.away_from')} />
          <DayField form={edit} name="away.until" label={say('preferences.away_until')} />
        </>
      ) }]} />
      <Select form={edit} name="timeZone" label={say('preferences.zone')} choices={ZONES.map((zone) => ({ value: zone, label: zoneName(zone) }))} />
    </>
  )
}
