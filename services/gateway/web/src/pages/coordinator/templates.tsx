// The words of notices: both languages side by side with what they come to, and what each said before.
import type { TemplateJson } from '@contracts/notifications/v1/templates_pb'
import { zonedText } from '../../ago'
import { call } from '../../api'
import { ChangedMeanwhile, useEdit, type Edit } from '../../components/edit'
import { TextField } from '../../components/fields'
import { Form } from '../../components/form'
import { Loaded, useCall, useLoading } from '../../components/loaded'
import { usePaged } from '../../components/paged'
import { Page, Table } from '../../components/page'
import { Link } from '../../router'
import { say } from '../../words'
import { Preview } from './rule_preview'
import { templateName } from './rules'

const LIST = '/coordinator/notices?tab=templates'
const LANGUAGES = [['indonesian', 'id'], ['english', 'en']] as const

export function Templates() {
  const templates = useCall('notifications.v1.TemplatesService/ListTemplates', {})
  return (
    <Loaded of={templates}>
      {({ templates: rows = [] }) => (
        <Table caption={say('notices.templates')} hideCaption head={[{ text: say('template.title') }, { text: say('template.subject') }, { text: say('template.changed') }]}
          rows={rows.map((one) => [
            <Link to={`/coordinator/notices/templates/${one.key}`}>{templateName(one)}</Link>, one.indonesian?.subject, changedText(one),
          ])} />
      )}
    </Loaded>
  )
}

const changedText = ({ version = 1, changedAt, changedByName }: TemplateJson) =>
  (version === 1 ? say('template.as_first') : `${zonedText(changedAt)}, ${changedByName || say('state.unknown')}`)

const readTemplate = async (key: string) => (await call('notifications.v1.TemplatesService/ListTemplates', {})).templates?.find((one) => one.key === key)

export function TemplatePage({ template: key = '' }: Record<string, string>) {
  const read = useLoading(`template ${key}`, async () => ({ template: await readTemplate(key) }))
  return <Loaded of={read}>{({ template }) => (template ? <TemplateEdit template={template} /> : <p class="govuk-body">{say('missing.text')}</p>)}</Loaded>
}

// Called as the server calls them when it refuses one.
interface Values {
  'indonesian.subject': string
  'indonesian.body': string
  'english.subject': string
  'english.body': string
}

function TemplateEdit({ template }: { template: TemplateJson }) {
  const key = template.key!
  const edit = useEdit<TemplateJson, Values>({
    read: template, again: async () => (await readTemplate(key)) ?? template,
    valuesOf: ({ indonesian = {}, english = {} }) => ({
      'indonesian.subject': indonesian.subject ?? '', 'indonesian.body': indonesian.body ?? '', 'english.subject': english.subject ?? '', 'english.body': english.body ?? '' }),
    save: async (values, version, go) => {
      await call('notifications.v1.TemplatesService/UpdateTemplate', { key, version,
        indonesian: { subject: values['indonesian.subject'], body: values['indonesian.body'] }, english: { subject: values['english.subject'], body: values['english.body'] } })
      go(LIST, 'replace')
    },
  })
  return (
    <Page title={say('template.title')} heading={templateName(template)} caption={say('template.title')} back={LIST} wide>
      <ChangedMeanwhile edit={edit} labels={{ 'indonesian.subject': 'Bahasa Indonesia', 'english.subject': 'English' }} />
      <p class="govuk-body">{say('template.about')}</p>
      <Fields example={template.example ?? '{}'} />
      <Form form={edit}>
        {LANGUAGES.map(([language, code]) => <LanguageEdit template={template} edit={edit} language={language} code={code} key={code} />)}
      </Form>
      <Versions templateKey={key} />
    </Page>
  )
}

interface LanguageEditProps {
  template: TemplateJson
  edit: Edit<Values>
  language: 'indonesian' | 'english'
  code: 'id' | 'en'
}
const LanguageEdit = ({ template, edit, language, code }: LanguageEditProps) => (
  <div class="rule-columns">
    <fieldset class="govuk-fieldset">
      <legend class="govuk-fieldset__legend govuk-fieldset__legend--m">{code === 'id' ? 'Bahasa Indonesia' : 'English'}</legend>
      <TextField form={edit} name={`${language}.subject`} label={say('template.subject')} />
      <TextField form={edit} name={`${language}.body`} label={say('template.body')} rows={14} />
    </fieldset>
    <Preview request={{ occasion: template.occasion!, template: template.key!, language: code, subject: edit.values[`${language}.subject`], body: edit.values[`${language}.body`] }} />
  </div>
)

type Example = string | number | boolean | { [name: string]: Example } | Example[]
/** Which fields there are, as they are written, and what each looks like. */
function Fields({ example }: { example: string }) {
  const rows: [string, string][] = []
  const walk = (value: Record<string, Example>, depth: string) => {
    for (const [name, one] of Object.entries(value)) {
      if (Array.isArray(one)) {
        rows.push([`${depth}{{#${name}}} … {{/${name}}}`, say('template.list')])
        if (typeof one[0] === 'object' && !Array.isArray(one[0])) walk(one[0], `${depth}  `)
      } else if (typeof one === 'boolean') rows.push([`${depth}{{#${name}}} … {{/${name}}}`, say('template.yes_no')])
      else if (typeof one !== 'object') rows.push([`${depth}{{${name}}}`, String(one)])
    }
  }
  walk(JSON.parse(example) as Record<string, Example>, '')
  return (
    <details class="govuk-details">
      <summary class="govuk-details__summary"><span class="govuk-details__summary-text">{say('template.fields')}</span></summary>
      <div class="govuk-details__text">
        <Table caption={say('template.fields')} hideCaption head={[{ text: say('template.field') }, { text: say('template.looks') }]}
          rows={rows.map(([field, looks]) => [<code>{field}</code>, looks])} />
      </div>
    </details>
  )
}

function Versions({ templateKey }: { templateKey: string }) {
  const list = usePaged('notifications.v1.TemplatesService/ListTemplateVersions', { key: templateKey, pageSize: 10 })
  return (
    <details class="govuk-details">
      <summary class="govuk-details__summary"><span class="govuk-details__summary-text">{say('template.versions')}</span></summary>
      <div class="govuk-details__text">
        <Loaded of={list}>
          {({ versions = [] }) => versions.map((one) => (
            <section key={one.version}>
              <h3 class="govuk-heading-s">{one.version} · {changedText(one)}</h3>
              {LANGUAGES.map(([language, code]) => (
                <p class="govuk-body notice__body" lang={code} key={code}><strong>{one[language]?.subject}</strong>{`\n${one[language]?.body?.trim() ?? ''}`}</p>
              ))}
            </section>
          ))}
        </Loaded>
        {list.paging}
      </div>
    </details>
  )
}
