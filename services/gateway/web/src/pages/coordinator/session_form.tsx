// A session of its own: once, or to make up for one that somebody missed.
import type { ComponentJson } from '@contracts/enrollment/v1/programme_pb'
import type { SessionJson } from '@contracts/scheduling/v1/scheduling_pb'
import { useState } from 'preact/hooks'
import { zonedText } from '../../ago'
import { call } from '../../api'
import { DayField, noDay, readDay, Select, typedDay, type TypedDay } from '../../components/fields'
import { Form, useForm } from '../../components/form'
import { Loaded, useLoading } from '../../components/loaded'
import { Inset, Page } from '../../components/page'
import { Pick as PickOne } from '../../components/paged'
import { componentName } from '../../names'
import { prisons, zoneOf } from '../../prisons'
import { address, go, searchOf } from '../../router'
import { useStore } from '../../store'
import { instantOf, readTime, type Day } from '../../time'
import { newId } from '../../uuid'
import { say } from '../../words'
import { COMPONENTS, readAround, slotCheck, SlotFields, type Around, type SlotValues } from './series_form'

const MINUTE_MS = 60_000
const minutesOf = ({ startsAt, endsAt }: SessionJson) => Math.round((Date.parse(endsAt!) - Date.parse(startsAt!)) / MINUTE_MS)

export function SessionNew() {
  const asked = searchOf(useStore(address))
  const places = useStore(prisons)
  const [prisonId, day, makesUp, forCase] = ['prison', 'day', 'makes_up', 'case'].map((name) => asked.get(name) ?? '') as [string, Day, string, string]
  const read = useLoading(prisonId ? `session around ${prisonId} ${makesUp}` : null, async () => Promise.all([
    readAround(prisonId), makesUp ? call('scheduling.v1.SchedulingService/GetSession', { sessionId: makesUp }) : undefined]))
  return (
    <Page title={say('single.title')} back={makesUp ? '/coordinator/board/missed' : '/coordinator/board'}>
      {!makesUp && (
        <PickOne id="prison" label={say('prison.title')} value={prisonId} all={say('case.choose')} options={places.map(({ id, name }) => [id!, name!])}
          onPick={(value) => go(`/coordinator/sessions/new?day=${day}&prison=${value}&case=${forCase}`, 'replace')} />
      )}
      {prisonId
        ? <Loaded of={read}>{([around, missed]) => <SessionForm key={prisonId} around={around} day={day} missed={missed} forCase={forCase} />}</Loaded>
        : <p class="govuk-body">{say('series.prison_first')}</p>}
    </Page>
  )
}

interface Values extends SlotValues {
  component: string
  day: TypedDay
}
interface SessionFormProps {
  around: Around
  day: Day
  missed: SessionJson | undefined
  forCase: string
}
function SessionForm({ around, day, missed, forCase }: SessionFormProps) {
  const [id] = useState(newId)
  const zone = zoneOf(around.prisonId)
  const first: Values = {
    component: missed?.component ?? 'COMPONENT_INDIVIDUAL_COUNSELLING', day: day ? typedDay(day) : noDay, startTime: '', minutes: `${missed ? minutesOf(missed) : 60}`,
    roomId: missed?.roomId ?? '', counsellorIds: [...(missed?.counsellorIds ?? [])], enrollmentIds: forCase ? [forCase] : [],
  }
  const form = useForm(first, {
    check: (values) => [...(readDay(values.day) ? [] : [{ field: 'day', text: say('error.date') }]), ...slotCheck(values)],
    keptAs: `session-${around.prisonId}-${missed?.id ?? ''}-${forCase}`,
    send: async (values, go) => {
      const startsAt = instantOf(readDay(values.day)!, zone, readTime(values.startTime))
      await call('scheduling.v1.SchedulingService/CreateSession', {
        id, prisonId: around.prisonId, component: values.component as ComponentJson, roomId: values.roomId, startsAt,
        endsAt: new Date(Date.parse(startsAt) + Number(values.minutes) * MINUTE_MS).toISOString(),
        counsellorIds: values.counsellorIds, enrollmentIds: values.enrollmentIds, makesUpId: missed?.id ?? '',
      })
      go(`/coordinator/sessions/${id}?done=made`, 'replace')
    },
  })
  return (
    <>
      {missed && <Inset>{say('single.make_up', { component: componentName(missed.component), when: zonedText(missed.startsAt, zone) })}</Inset>}
      <Form form={form} submit={say('single.make')}>
        {!missed && <Select form={form} name="component" label={say('board.what')} choices={COMPONENTS.map((one) => ({ value: `COMPONENT_${one}`, label: componentName(`COMPONENT_${one}`) }))} />}
        <DayField form={form} name="day" label={say('field.day')} />
        <SlotFields form={form} around={around} />
      </Form>
    </>
  )
}
