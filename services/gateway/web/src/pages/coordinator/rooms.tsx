// The rooms of a place: added, changed, no longer used.
import type { RoomJson } from '@contracts/scheduling/v1/calendar_pb'
import { useState } from 'preact/hooks'
import { call, callAll } from '../../api'
import { ChangedMeanwhile, useEdit } from '../../components/edit'
import { Radios, TextField } from '../../components/fields'
import { Form, type Wrong } from '../../components/form'
import { Loaded, useLoading } from '../../components/loaded'
import { ButtonLink, Page, Table } from '../../components/page'
import { prisonOf } from '../../prisons'
import { Link } from '../../router'
import { newId } from '../../uuid'
import { say } from '../../words'
import { Missing } from '../missing'

const readRooms = (prisonId: string) => callAll('scheduling.v1.CalendarService/ListRooms', { prisonId }, 'rooms')

export function Rooms({ prisonId }: { prisonId: string }) {
  const rooms = useLoading(`rooms ${prisonId}`, () => readRooms(prisonId))
  return (
    <>
      <Loaded of={rooms}>
        {(rows) => (rows.length === 0
          ? <><h2 class="govuk-heading-m">{say('rooms.title')}</h2><p class="govuk-body">{say('rooms.none')}</p></>
          : (
            <Table caption={say('rooms.title')} head={[{ text: say('board.room') }, { text: say('rooms.capacity'), numeric: true }, { text: say('rooms.use') }]}
              rows={rows.map((room) => [
                <Link to={`/coordinator/prisons/${prisonId}/rooms/${room.id}`}>{room.name}</Link>, room.capacity || '–', say(room.active ? 'rooms.used' : 'rooms.unused'),
              ])} />
          ))}
      </Loaded>
      <ButtonLink kind="secondary" to={`/coordinator/prisons/${prisonId}/rooms/new`}>{say('rooms.add')}</ButtonLink>
    </>
  )
}

interface Values { name: string; capacity: string; active: string }

const check = ({ name, capacity }: Values): Wrong[] => [
  ...(name.trim() ? [] : [{ field: 'name', text: say('error.required', { what: say('rooms.name').toLowerCase() }) }]),
  ...(/^\d{0,4}$/.test(capacity.trim()) && Number(capacity) <= 1000 ? [] : [{ field: 'capacity', text: say('rooms.capacity_wrong') }]),
]

/** A new room, or one that is there. */
export function RoomPage({ prison: prisonId = '', room: roomId = '' }: Record<string, string>) {
  const isNew = roomId === 'new'
  const again = async (): Promise<RoomJson | null> => (isNew ? {} : (await readRooms(prisonId)).find(({ id }) => id === roomId) ?? null)
  const room = useLoading(`room ${roomId}`, again)
  return <Loaded of={room}>{(read) => (read ? <RoomForm prisonId={prisonId} isNew={isNew} read={read} again={async () => (await again()) ?? read} /> : <Missing />)}</Loaded>
}

function RoomForm({ prisonId, isNew, read, again }: { prisonId: string; isNew: boolean; read: RoomJson; again: () => Promise<RoomJson> }) {
  const [id] = useState(() => read.id ?? newId())
  const back = `/coordinator/prisons/${prisonId}`
  const edit = useEdit<RoomJson, Values>({
    read, again, check,
    valuesOf: (room) => ({ name: room.name ?? '', capacity: room.capacity ? `${room.capacity}` : '', active: isNew || room.active ? 'yes' : 'no' }),
    save: async (values, version, go) => {
      const room = { name: values.name.trim(), capacity: Number(values.capacity) }
      await (isNew ? call('scheduling.v1.CalendarService/CreateRoom', { ...room, id, prisonId })
        : call('scheduling.v1.CalendarService/UpdateRoom', { ...room, roomId: id, version, active: values.active === 'yes' }))
      go(back, 'replace')
    },
  })
  return (
    <Page title={say(isNew ? 'rooms.add' : 'rooms.edit')} caption={prisonOf(prisonId)?.name} back={back}>
      <ChangedMeanwhile edit={edit} labels={{ name: say('rooms.name'), capacity: say('rooms.capacity'), active: say('rooms.use') }} show={(value) => (value === 'yes' || value === 'no' ? say(`state.${value}`) : value)} />
      <Form form={edit} submit={say(isNew ? 'rooms.add' : 'action.save')}>
        <TextField form={edit} name="name" label={say('rooms.name')} hint={say('rooms.name_hint')} width={20} />
        <TextField form={edit} name="capacity" label={`${say('rooms.capacity')} ${say('state.optional')}`} width={5} inputMode="numeric" />
        {!isNew && <Radios form={edit} name="active" label={say('rooms.still_used')} hint={say('rooms.still_used_hint')} inline choices={(['yes', 'no'] as const).map((value) => ({ value, label: say(`state.${value}`) }))} />}
      </Form>
    </Page>
  )
}
