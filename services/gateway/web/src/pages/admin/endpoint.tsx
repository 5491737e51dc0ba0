// A gateway that takes messages to WhatsApp or SMS: where it is, whether it works, and the secret that both sides sign with.
import type { ChannelJson } from '@contracts/notifications/v1/notifications_pb'
import type { EndpointJson } from '@contracts/notifications/v1/endpoints_pb'
import { useState } from 'preact/hooks'
import { zonedText } from '../../ago'
import { call } from '../../api'
import { ChangedMeanwhile, useEdit } from '../../components/edit'
import { Radios, TextField } from '../../components/fields'
import { Form, useForm, type FormState, type Wrong } from '../../components/form'
import { Loaded, useCall, useLoading, type Loading } from '../../components/loaded'
import { Banner, Inset, Page, Table, Tag } from '../../components/page'
import { Link } from '../../router'
import { newId } from '../../uuid'
import { say } from '../../words'
import { channelName } from '../coordinator/rules'
import { Test } from './channel'

const CHANNELS: ChannelJson[] = ['CHANNEL_WHATSAPP', 'CHANNEL_SMS']
const addressOf = (channel: ChannelJson) => `/admin/channel/${channel.slice('CHANNEL_'.length).toLowerCase()}`

const EndpointState = ({ endpoint }: { endpoint: EndpointJson | undefined }) =>
  <Tag tone={endpoint?.enabled ? 'green' : 'grey'}>{say(endpoint?.enabled ? 'endpoint.on' : endpoint ? 'endpoint.off' : 'endpoint.none')}</Tag>

/** Every channel that needs a gateway, and whether it has one. */
export function Endpoints() {
  const list = useCall('notifications.v1.EndpointsService/ListEndpoints', {})
  return (
    <Loaded of={list}>
      {({ endpoints = [] }) => (
        <Table caption={say('endpoint.title')} hideCaption head={[{ text: say('endpoint.channel') }, { text: say('endpoint.url') }, { text: say('notices.state') }]}
          rows={CHANNELS.map((channel) => {
            const endpoint = endpoints.find((one) => one.channel === channel)
            return [
              <Link to={addressOf(channel)}>{channelName(channel)}</Link>, endpoint?.url ?? '–',
              <><EndpointState endpoint={endpoint} />{endpoint?.disabledAnswer && <span class="page-small">{say('endpoint.gone', { answer: endpoint.disabledAnswer })}</span>}</>,
            ]
          })} />
      )}
    </Loaded>
  )
}

const readEndpoint = async (channel: ChannelJson) => (await call('notifications.v1.EndpointsService/ListEndpoints', {})).endpoints?.find((one) => one.channel === channel)

export function EndpointPage({ channel: name = '' }: Record<string, string>) {
  const channel = CHANNELS.find((one) => addressOf(one).endsWith(`/${name}`))
  const read = useLoading(channel ? `endpoint ${channel}` : null, async () => ({ endpoint: await readEndpoint(channel!) }))
  // Shown once, and gone with the page.
  const [secret, setSecret] = useState('')
  const [saved, setSaved] = useState(0)
  if (!channel) return <Page title={say('missing.title')} back="/admin/channel"><p class="govuk-body">{say('missing.text')}</p></Page>
  return (
    <Page title={say('endpoint.title')} heading={channelName(channel)} caption={say('endpoint.title')} back="/admin/channel">
      {saved > 0 && <Banner kind="success" heading={say('people.saved')} key={saved} />}
      {secret && <Banner kind="success" key={secret} heading={say('endpoint.secret')}><p class="govuk-body page-secret">{secret}</p><p class="govuk-body">{say('endpoint.secret_about')}</p></Banner>}
      <Loaded of={read}>
        {({ endpoint }) => (endpoint
          ? <EndpointEdit endpoint={endpoint} channel={channel} read={read} tell={setSecret} saved={() => setSaved(saved + 1)} key={endpoint.version} />
          : <EndpointNew channel={channel} read={read} tell={setSecret} />)}
      </Loaded>
    </Page>
  )
}

interface PartProps {
  channel: ChannelJson
  read: Loading<unknown>
  tell: (secret: string) => void
}

const checkUrl = ({ url }: { url: string }): Wrong[] => (/^https?:\/\/[^/\s]/.test(url.trim()) ? [] : [{ field: 'url', text: say('endpoint.url_wrong') }])

function EndpointNew({ channel, read, tell }: PartProps) {
  const [id] = useState(newId)
  const form = useForm({ url: '' }, {
    check: checkUrl,
    send: async ({ url }) => {
      tell((await call('notifications.v1.EndpointsService/CreateEndpoint', { id, channel, url: url.trim() })).secret ?? '')
      await read.reload()
    },
  })
  return (
    <>
      <p class="govuk-body">{say('endpoint.about')}</p>
      <Form form={form} submit={say('endpoint.create')}><TextField form={form} name="url" label={say('endpoint.url')} hint={say('endpoint.url_hint')} /></Form>
    </>
  )
}

function EndpointEdit({ endpoint, channel, read, tell, saved }: PartProps & { endpoint: EndpointJson; saved: () => void }) {
  const id = endpoint.id!
  const edit = useEdit({
    read: endpoint, again: async () => (await readEndpoint(channel)) ?? endpoint, check: checkUrl,
    valuesOf: (now: EndpointJson) => ({ url: now.url ?? '', enabled: now.enabled ? 'on' : 'off' }),
    save: async ({ url, enabled }, version) => {
      await call('notifications.v1.EndpointsService/UpdateEndpoint', { id, version, url: url.trim(), enabled: enabled === 'on' })
      saved()
      await read.reload()
    },
  })
  const rotate = useForm({ hours: '24' }, {
    send: async ({ hours }) => {
      const { secret = '' } = await call('notifications.v1.EndpointsService/RotateEndpointSecret', { id, version: endpoint.version!, formerHours: Number(hours) })
      tell(secret)
      await read.reload()
    },
  })
  // Both change one version, so one waits for the other.
  const busy = edit.busy || rotate.busy
  return (
    <>
      <p class="govuk-body"><EndpointState endpoint={endpoint} /></p>
      {endpoint.disabledAnswer && <Inset>{say('endpoint.gone', { answer: endpoint.disabledAnswer })}</Inset>}
      <ChangedMeanwhile edit={edit} labels={{ url: say('endpoint.url'), enabled: say('notices.state') }} />
      <Form form={{ ...edit, busy }}>
        <TextField form={edit} name="url" label={say('endpoint.url')} hint={say('endpoint.url_hint')} />
        <Radios form={edit} name="enabled" label={say('notices.state')} inline choices={[{ value: 'on', label: say('endpoint.on') }, { value: 'off', label: say('endpoint.off') }]} />
      </Form>
      <h2 class="govuk-heading-m">{say('endpoint.try')}</h2>
      <Test about={say('endpoint.test_about')} text={say('endpoint.test')} send={() => call('notifications.v1.EndpointsService/SendTestMessage', { id: newId(), channel })} />
      <Rotate endpoint={endpoint} form={{ ...rotate, busy }} />
    </>
  )
}

function Rotate({ endpoint, form }: { endpoint: EndpointJson; form: FormState<{ hours: string }> }) {
  return (
    <>
      <h2 class="govuk-heading-m">{say('endpoint.rotate')}</h2>
      <p class="govuk-body">{endpoint.formerSecretUntil ? say('endpoint.former', { when: zonedText(endpoint.formerSecretUntil) }) : say('endpoint.rotate_about')}</p>
      <Form form={form} submit={say('endpoint.rotate_do')}>
        <Radios form={form} name="hours" label={say('endpoint.hours')} inline choices={(['0', '24', '168'] as const).map((value) => ({ value, label: say(`endpoint.hours.${value}`) }))} />
      </Form>
    </>
  )
}
