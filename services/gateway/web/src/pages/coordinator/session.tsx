// One session: who, where, when, and moving, cancelling or giving it to somebody else.
import type { SessionJson } from '@contracts/scheduling/v1/scheduling_pb'
import { zonedText } from '../../ago'
import { call, callAll } from '../../api'
import { ChangedMeanwhile, useEdit } from '../../components/edit'
import { Checkboxes, DayField, readDay, Select, TextField, typedDay } from '../../components/fields'
import { Form, useForm } from '../../components/form'
import { Loaded, useCall, useLoading } from '../../components/loaded'
import { Banner, ButtonLink, Page, SummaryList, Table, Tag } from '../../components/page'
import { cancelName, markName, sessionNames } from '../../names'
import { prisonOf, zoneOf } from '../../prisons'
import { address, Link, searchOf } from '../../router'
import { useStore } from '../../store'
import { clock, dayAt, instantOf, readTime, zoneName } from '../../time'
import { say } from '../../words'
import { SubjectDeliveries } from './delivery'
import { timeCheck } from './series_form'

const useSession = (id: string) => useCall('scheduling.v1.SchedulingService/GetSession', { sessionId: id }, { live: ['scheduling.'] })
export const readCounsellors = () =>
  callAll('identity.v1.IdentityService/ListPeople', { role: 'ROLE_COUNSELLOR', status: 'PERSON_STATUS_ACTIVE' }, 'people')
export const readRooms = async (prisonId: string) =>
  (await callAll('scheduling.v1.CalendarService/ListRooms', { prisonId }, 'rooms')).filter(({ active }) => active)

export function SessionPage({ session: id = '' }: Record<string, string>) {
  const session = useSession(id)
  const people = useLoading('counsellors', readCounsellors)
  const done = searchOf(useStore(address)).get('done')
  return (
    <Loaded of={session}>
      {(one) => {
        const zone = zoneOf(one.prisonId)
        const cancelled = one.status === 'SESSION_STATUS_CANCELLED'
        const ahead = !cancelled && Date.parse(one.startsAt!) > Date.now()
        const [name, ...kind] = sessionNames(one)
        const names = new Map(people.data?.map((person) => [person.id, person.name]))
        return (
          <Page title={say('session.title')} heading={name} caption={`${prisonOf(one.prisonId)?.name} · ${zonedText(one.startsAt, zone)}`} back="/coordinator/board" wide>
            {done && <Banner kind="success" heading={say(done === 'made' ? 'single.made' : 'session.done')} />}
            {cancelled && <Banner heading={say('board.cancelled', { why: cancelName(one.cancelReason) })}>{one.cancelNote && <p class="govuk-body">{one.cancelNote}</p>}</Banner>}
            <SummaryList rows={[
              ...kind.map((value) => ({ key: say('board.what'), value })),
              { key: say('board.when'), value: `${zonedText(one.startsAt, zone)} – ${clock(one.endsAt!, zone)} ${zoneName(zone)}` },
              { key: say('board.room'), value: one.roomName },
              { key: say('case.counsellor'), value: one.counsellorIds?.map((person) => names.get(person) ?? '…').join(', ') },
              ...(one.seriesId ? [{ key: say('series.title'), value: <Link to={`/coordinator/series/${one.seriesId}?day=${dayAt(one.startsAt!, zone)}`}>{say('series.edit')}</Link> }] : []),
            ]} />
            {ahead && (
              <div class="govuk-button-group">
                <ButtonLink kind="secondary" to={`/coordinator/sessions/${id}/move`}>{say('session.move')}</ButtonLink>
                <ButtonLink kind="secondary" to={`/coordinator/sessions/${id}/cancel`}>{say('session.cancel')}</ButtonLink>
                {one.seriesId && <ButtonLink kind="secondary" to={`/coordinator/series/${one.seriesId}/end`}>{say('series.end')}</ButtonLink>}
              </div>
            )}
            <Participants session={one} />
            <SubjectDeliveries subjectId={id} />
          </Page>
        )
      }}
    </Loaded>
  )
}

const Participants = ({ session: { participants = [] } }: { session: SessionJson }) => (participants.length === 0
  ? <p class="govuk-body">{say('session.nobody')}</p>
  : (
    <Table caption={say('session.people')} head={[{ text: say('case.person') }, { text: say('session.mark') }]}
      rows={participants.map((one) => [
        <><Link to={`/coordinator/cases/${one.enrollmentId}`}>{one.name}</Link><span class="page-small">{one.registerNumber}</span></>,
        one.mark ? markName(one.mark) : <Tag tone="grey">{markName(undefined)}</Tag>,
      ])} />
  ))

export const SessionCancel = ({ session: id = '' }: Record<string, string>) => <Loaded of={useSession(id)}>{(session) => <CancelForm session={session} />}</Loaded>

function CancelForm({ session }: { session: SessionJson }) {
  const form = useForm({ reason: 'CANCEL_REASON_OTHER' as 'CANCEL_REASON_OTHER' | 'CANCEL_REASON_CLOSURE' | 'CANCEL_REASON_COUNSELLOR_ABSENT', note: '' }, {
    send: async ({ reason, note }, go) => {
      await call('scheduling.v1.SchedulingService/CancelSession', { sessionId: session.id!, reason, note: note.trim() })
      go(`/coordinator/sessions/${session.id}?done=cancel`, 'replace')
    },
  })
  return (
    <Page title={say('session.cancel')} caption={`${sessionNames(session).join(' · ')} · ${zonedText(session.startsAt, zoneOf(session.prisonId))}`} back={`/coordinator/sessions/${session.id}`}>
      <p class="govuk-body">{say('session.cancel_about', { count: session.participants?.length ?? 0 })}</p>
      <Form form={form} submit={say('session.cancel')}>
        <Select form={form} name="reason" label={say('case.reason')} choices={(['CANCEL_REASON_OTHER', 'CANCEL_REASON_CLOSURE', 'CANCEL_REASON_COUNSELLOR_ABSENT'] as const)
          .map((reason) => ({ value: reason, label: cancelName(reason) }))} />
        <TextField form={form} name="note" label={`${say('case.comment')} ${say('state.optional')}`} hint={say('session.no_names')} rows={3} />
      </Form>
    </Page>
  )
}

export function SessionMove({ session: id = '' }: Record<string, string>) {
  const all = useLoading(`move session ${id}`, async () => {
    const session = await call('scheduling.v1.SchedulingService/GetSession', { sessionId: id })
    return { session, rooms: await readRooms(session.prisonId!), people: await readCounsellors() }
  })
  return <Loaded of={all}>{(read) => <MoveForm {...read} />}</Loaded>
}

interface MoveFormProps {
  session: SessionJson
  rooms: Awaited<ReturnType<typeof readRooms>>
  people: Awaited<ReturnType<typeof readCounsellors>>
}
function MoveForm({ session, rooms, people }: MoveFormProps) {
  const zone = zoneOf(session.prisonId)
  const sessionId = session.id!
  const edit = useEdit({
    read: session,
    again: () => call('scheduling.v1.SchedulingService/GetSession', { sessionId }),
    valuesOf: (read: SessionJson) => ({
      day: typedDay(dayAt(read.startsAt!, zone)), startTime: clock(read.startsAt!, zone).replace('.', ':'),
      minutes: `${Math.round((Date.parse(read.endsAt!) - Date.parse(read.startsAt!)) / 60_000)}`, roomId: read.roomId!, counsellorIds: [...(read.counsellorIds ?? [])],
    }),
    check: (values) => [
      ...(readDay(values.day) ? [] : [{ field: 'day', text: say('error.date') }]), ...timeCheck(values.startTime, values.minutes),
      ...(values.counsellorIds.length > 0 ? [] : [{ field: 'counsellorIds', text: say('series.choose_counsellor') }]),
    ],
    save: async (values, version, go) => {
      const startsAt = instantOf(readDay(values.day)!, zone, readTime(values.startTime))
      await call('scheduling.v1.SchedulingService/UpdateSession', {
        sessionId, version, startsAt, endsAt: new Date(Date.parse(startsAt) + Number(values.minutes) * 60_000).toISOString(),
        roomId: values.roomId, counsellorIds: values.counsellorIds,
      })
      go(`/coordinator/sessions/${sessionId}?done=move`, 'replace')
    },
  })
  const known = new Map([...rooms, ...people].map(({ id, name }) => [id!, name!]))
  return (
    <Page title={say('session.move')} caption={`${sessionNames(session).join(' · ')} · ${prisonOf(session.prisonId)?.name}`} back={`/coordinator/sessions/${sessionId}`}>
      <ChangedMeanwhile edit={edit} show={(value) => known.get(value) ?? value} labels={{
        day: say('field.day'), startTime: say('series.start_time'), minutes: say('series.minutes'), roomId: say('board.room'), counsellorIds: say('case.counsellor') }} />
      <p class="govuk-body">{say('session.move_about')}</p>
      <Form form={edit}>
        <DayField form={edit} name="day" label={say('field.day')} />
        <TextField form={edit} name="startTime" label={`${say('series.start_time')} (${zoneName(zone)})`} hint={say('series.time_hint')} width={5} />
        <TextField form={edit} name="minutes" label={say('series.minutes')} width={5} inputMode="numeric" />
        <Select form={edit} name="roomId" label={say('board.room')} choices={rooms.map((room) => ({ value: room.id!, label: room.name! }))} />
        <Checkboxes form={edit} name="counsellorIds" label={say('case.counsellor')} choices={people.map((person) => ({ value: person.id!, label: person.name! }))} />
      </Form>
    </Page>
  )
}
