// Making and changing a rule: when, for whom, in which words, by which ways; and what that comes to, before it is saved.
import type { AudienceJson, ChannelJson, OccasionJson, RuleJson, RuleTimesJson } from '@contracts/notifications/v1/notifications_pb'
import type { TemplateJson } from '@contracts/notifications/v1/templates_pb'
import { useState } from 'preact/hooks'
import { call } from '../../api'
import { Action } from '../../components/action'
import { ChangedMeanwhile, useEdit } from '../../components/edit'
import { Checkboxes, Radios, Select, TextField } from '../../components/fields'
import { Form, useForm, type FormState, type Wrong } from '../../components/form'
import { Loaded, useCall, useLoading } from '../../components/loaded'
import { Page } from '../../components/page'
import { Link } from '../../router'
import { clockText, readTime } from '../../time'
import { newId } from '../../uuid'
import { say } from '../../words'
import { Preview } from './rule_preview'
import { audienceName, occasionName, ruleName, templateName, timesOf, weekdayName, type TimeName } from './rules'

const LIST = '/coordinator/notices?tab=rules'
const OCCASIONS: OccasionJson[] = ['OCCASION_SESSION_UPCOMING', 'OCCASION_SESSION_CHANGED', 'OCCASION_SESSION_CANCELLED', 'OCCASION_DAY_ROSTER',
  'OCCASION_ATTENDANCE_UNMARKED', 'OCCASION_CASES_WAITING', 'OCCASION_AGREEMENT_EXPIRING', 'OCCASION_SESSIONS_MISSED', 'OCCASION_CORRECTION_REQUESTED',
  'OCCASION_CORRECTION_DECIDED', 'OCCASION_WEEK_DIGEST']
const CHANNELS: ChannelJson[] = ['CHANNEL_EMAIL', 'CHANNEL_WHATSAPP', 'CHANNEL_SMS']

/** Whom a notice of this kind can be for. */
function audiencesFor(occasion: OccasionJson | undefined): AudienceJson[] {
  switch (occasion) {
    case 'OCCASION_SESSION_UPCOMING':
    case 'OCCASION_SESSION_CHANGED':
    case 'OCCASION_SESSION_CANCELLED': return ['AUDIENCE_COUNSELLOR', 'AUDIENCE_OFFICER', 'AUDIENCE_PRISON_HEAD', 'AUDIENCE_COORDINATOR', 'AUDIENCE_AFTERCARE']
    case 'OCCASION_SESSIONS_MISSED': return ['AUDIENCE_COUNSELLOR', 'AUDIENCE_COORDINATOR']
    case 'OCCASION_CORRECTION_REQUESTED': return ['AUDIENCE_CLINICAL_SUPERVISOR', 'AUDIENCE_COORDINATOR']
    case 'OCCASION_CORRECTION_DECIDED': return ['AUDIENCE_COUNSELLOR', 'AUDIENCE_OFFICER', 'AUDIENCE_CLINICAL_SUPERVISOR', 'AUDIENCE_COORDINATOR']
    case 'OCCASION_WEEK_DIGEST': return ['AUDIENCE_COORDINATOR']
    case 'OCCASION_TEST':
    case 'OCCASION_SUMMARY': return ['AUDIENCE_COUNSELLOR', 'AUDIENCE_OFFICER', 'AUDIENCE_PRISON_HEAD', 'AUDIENCE_CLINICAL_SUPERVISOR', 'AUDIENCE_COORDINATOR', 'AUDIENCE_ADMIN', 'AUDIENCE_AUDITOR']
    default: return ['AUDIENCE_OFFICER', 'AUDIENCE_PRISON_HEAD', 'AUDIENCE_COORDINATOR']
  }
}

// Fields that the server refuses by name are called as it calls them.
type TimeValues = { [K in TimeName as `times.${K}`]: string }
interface Values extends TimeValues {
  name: string
  enabled: string
  byDay: string
  audiences: AudienceJson[]
  template: string
  channels: ChannelJson[]
  usefulForMinutes: string
  attachCallSheet: string
}

const valuesOf = (rule: RuleJson): Values => ({
  name: rule.name ?? '', enabled: rule.enabled ? 'on' : 'off', byDay: rule.times?.atTime ? 'day' : 'lead',
  audiences: rule.audiences ?? [], template: rule.template ?? '', channels: rule.channels ?? [], usefulForMinutes: `${rule.usefulForMinutes ?? 720}`,
  attachCallSheet: rule.attachCallSheet ? 'yes' : 'no', 'times.atTime': clockText(rule.times?.atTime || '07:00'), 'times.leadMinutes': `${rule.times?.leadMinutes || 120}`,
  'times.daysBefore': `${rule.times?.daysBefore ?? 0}`, 'times.waitingDays': `${rule.times?.waitingDays || 14}`, 'times.weekday': `${rule.times?.weekday || 1}`,
  'times.missedSessions': `${rule.times?.missedSessions || 2}`,
})

const isDigits = (text: string) => /^\d{1,5}$/.test(text.trim())
function check(values: Values, has: TimeName[], own: boolean): Wrong[] {
  const wrong: Wrong[] = has.filter((name) => name !== 'atTime' && !isDigits(values[`times.${name}`]))
    .map((name) => ({ field: `times.${name}`, text: say('error.number', { what: say(`rule.${name}`).toLowerCase() }) }))
  if (own && !values.name.trim()) wrong.push({ field: 'name', text: say('error.required', { what: say('rule.name').toLowerCase() }) })
  if (has.includes('atTime') && !readTime(values['times.atTime'])) wrong.push({ field: 'times.atTime', text: say('rule.time_wrong') })
  if (values.audiences.length === 0) wrong.push({ field: 'audiences', text: say('rule.choose_audience') })
  if (!isDigits(values.usefulForMinutes)) wrong.push({ field: 'usefulForMinutes', text: say('error.number', { what: say('rule.useful').toLowerCase() }) })
  return wrong
}

/** What CreateRule and UpdateRuleDetails have in common. */
const detailsOf = (values: Values, has: TimeName[]) => ({
  name: values.name.trim(), audiences: values.audiences, template: values.template, channels: values.channels, usefulForMinutes: Number(values.usefulForMinutes),
  attachCallSheet: values.attachCallSheet === 'yes',
  times: Object.fromEntries(has.map((name) => [name, name === 'atTime' ? readTime(values['times.atTime'])! : Number(values[`times.${name}`])])) as RuleTimesJson,
})

const readRule = async (key: string): Promise<RuleJson | undefined> =>
  (await call('notifications.v1.NotificationsService/ListRules', {})).rules?.find((rule) => rule.key === key)
const readTemplates = async (): Promise<TemplateJson[]> => (await call('notifications.v1.TemplatesService/ListTemplates', {})).templates ?? []

export function RulePage({ rule: key = '' }: Record<string, string>) {
  const read = useLoading(`rule ${key}`, async () => ({ rule: await readRule(key), templates: await readTemplates() }))
  return <Loaded of={read}>{({ rule, templates }) => (rule ? <RuleEdit rule={rule} templates={templates} /> : <p class="govuk-body">{say('missing.text')}</p>)}</Loaded>
}

function RuleEdit({ rule, templates }: { rule: RuleJson; templates: TemplateJson[] }) {
  const key = rule.key!
  const own = Boolean(rule.name)
  const hasOf = ({ byDay }: Values) => timesOf(rule.occasion, byDay === 'day')
  const edit = useEdit<RuleJson, Values>({
    read: rule, again: async () => (await readRule(key)) ?? rule, valuesOf, check: (values) => check(values, hasOf(values), own),
    save: async (values, version, go) => {
      await call('notifications.v1.RulesService/UpdateRuleDetails', { key, version, enabled: values.enabled === 'on', ...detailsOf(values, hasOf(values)) })
      go(LIST, 'replace')
    },
  })
  const has = hasOf(edit.values)
  return (
    <Page title={say('rule.title')} heading={ruleName(rule)} caption={occasionName(rule.occasion)} back={LIST} wide>
      <ChangedMeanwhile edit={edit} show={shown} labels={{
        name: say('rule.name'), enabled: say('notices.state'), ...Object.fromEntries(has.map((name) => [`times.${name}`, say(`rule.${name}`)])),
        audiences: say('rule.audience'), template: say('rule.template'), channels: say('rule.channels'), usefulForMinutes: say('rule.useful') }} />
      <p class="govuk-body">{say('rule.about')} <Link to={`/coordinator/notices?tab=all&rule=${key}`}>{say('rule.sent')}</Link></p>
      <div class="rule-columns">
        <Form form={edit}>
          {own && <TextField form={edit} name="name" label={say('rule.name')} />}
          <Radios form={edit} name="enabled" label={say('notices.state')} inline choices={[{ value: 'on', label: say('rule.on') }, { value: 'off', label: say('rule.off') }]} />
          <RuleFields form={edit} occasion={rule.occasion} templates={templates} />
        </Form>
        <RulePreview values={edit.values} occasion={rule.occasion} />
      </div>
      {own && <DeleteRule ruleKey={key} />}
    </Page>
  )
}

const shown = (value: string): string => (value === 'on' ? say('rule.on') : value === 'off' ? say('rule.off') : value.startsWith('AUDIENCE_') ? audienceName(value as AudienceJson) : value)

function DeleteRule({ ruleKey }: { ruleKey: string }) {
  const [asked, setAsked] = useState(false)
  return asked
    ? (
      <>
        <p class="govuk-body">{say('rule.delete_about')}</p>
        <Action kind="warning" text={say('rule.delete_yes')} act={(go) => call('notifications.v1.RulesService/DeleteRule', { key: ruleKey }).then(() => go(LIST, 'replace'))} />
      </>
    )
    : <Action kind="secondary" text={say('rule.delete')} act={async () => setAsked(true)} />
}

export function RuleNew() {
  const templates = useCall('notifications.v1.TemplatesService/ListTemplates', {})
  const [occasion, setOccasion] = useState<OccasionJson>('OCCASION_SESSION_UPCOMING')
  return (
    <Page title={say('rule.new')} back={LIST} wide>
      <div class="govuk-form-group">
        <label class="govuk-label" for="occasion">{say('rule.occasion')}</label>
        <select class="govuk-select" id="occasion" value={occasion} onChange={(event) => setOccasion(event.currentTarget.value as OccasionJson)}>
          {OCCASIONS.map((one) => <option value={one} key={one}>{occasionName(one)}</option>)}
        </select>
      </div>
      <Loaded of={templates}>{({ templates: rows = [] }) => <NewForm occasion={occasion} templates={rows} key={occasion} />}</Loaded>
    </Page>
  )
}

function NewForm({ occasion, templates }: { occasion: OccasionJson; templates: TemplateJson[] }) {
  const [id] = useState(newId)
  const hasOf = ({ byDay }: Values) => timesOf(occasion, byDay === 'day')
  const first = valuesOf({ template: templates.find((one) => one.occasion === occasion && !one.key!.startsWith('AFTERCARE_'))?.key ?? '', audiences: audiencesFor(occasion).slice(0, 1) })
  const form = useForm<Values>(first, {
    check: (values) => check(values, hasOf(values), true),
    send: async (values, go) => {
      await call('notifications.v1.RulesService/CreateRule', { id, occasion, ...detailsOf(values, hasOf(values)) })
      go(LIST, 'replace')
    },
  })
  return (
    <div class="rule-columns">
      <Form form={form} submit={say('rule.create')}>
        <TextField form={form} name="name" label={say('rule.name')} hint={say('rule.name_hint')} />
        <RuleFields form={form} occasion={occasion} templates={templates} />
      </Form>
      <RulePreview values={form.values} occasion={occasion} />
    </div>
  )
}

function RuleFields({ form, occasion, templates }: { form: FormState<Values>; occasion: OccasionJson | undefined; templates: TemplateJson[] }) {
  const has = timesOf(occasion, form.values.byDay === 'day')
  const number = (name: Exclude<TimeName, 'atTime' | 'weekday'>) =>
    has.includes(name) && <TextField form={form} name={`times.${name}`} label={say(`rule.${name}`)} width={5} inputMode="numeric" />
  return (
    <>
      {occasion === 'OCCASION_SESSION_UPCOMING' && <Radios form={form} name="byDay" label={say('rule.when')} inline choices={[
        { value: 'lead', label: say('rule.by_lead') }, { value: 'day', label: say('rule.by_day') }]} />}
      {number('leadMinutes')}{number('daysBefore')}{number('waitingDays')}{number('missedSessions')}
      {has.includes('weekday') && <Select form={form} name="times.weekday" label={say('rule.weekday')} choices={[1, 2, 3, 4, 5, 6, 7].map((day) => ({ value: `${day}`, label: weekdayName(day) }))} />}
      {has.includes('atTime') && <TextField form={form} name="times.atTime" label={say('rule.atTime')} hint={say('series.time_hint')} width={5} />}
      <Checkboxes form={form} name="audiences" label={say('rule.audience')} choices={audiencesFor(occasion).map((value) => ({ value, label: audienceName(value) }))} />
      <Select form={form} name="template" label={say('rule.template')} choices={templates.filter((one) => one.occasion === occasion).map((one) => ({ value: one.key!, label: templateName(one) }))} />
      <p class="govuk-body"><Link to={`/coordinator/notices/templates/${form.values.template}`}>{say('rule.template_open')}</Link></p>
      <Checkboxes form={form} name="channels" label={say('rule.channels')} hint={say('rule.channels_hint')}
        choices={CHANNELS.map((value) => ({ value, label: say(`channel.${value.slice('CHANNEL_'.length) as 'EMAIL' | 'WHATSAPP' | 'SMS'}`) }))} />
      <TextField form={form} name="usefulForMinutes" label={say('rule.useful')} hint={say('rule.useful_hint')} width={5} inputMode="numeric" />
      {occasion === 'OCCASION_DAY_ROSTER' && <Radios form={form} name="attachCallSheet" label={say('rule.call_sheet')} hint={say('rule.call_sheet_hint')} inline choices={[
        { value: 'yes', label: say('state.yes') }, { value: 'no', label: say('state.no') }]} />}
    </>
  )
}

const RulePreview = ({ values, occasion }: { values: Values; occasion: OccasionJson | undefined }) => (
  <Preview recipients request={{
    occasion: occasion ?? 'OCCASION_UNSPECIFIED', audiences: values.audiences, channels: values.channels, template: values.template,
    ...(occasion === 'OCCASION_CASES_WAITING' && isDigits(values['times.waitingDays']) ? { waitingDays: Number(values['times.waitingDays']) } : {}),
    ...(occasion === 'OCCASION_SESSIONS_MISSED' && isDigits(values['times.missedSessions']) ? { missedSessions: Number(values['times.missedSessions']) } : {}),
  }} />
)
