// A series, of a cohort or of people chosen one by one: made, changed from a day on or altogether, ended. What clashes is told with who, where and when.
import type { CohortJson } from '@contracts/enrollment/v1/cohort_pb'
import type { EnrollmentRowJson } from '@contracts/enrollment/v1/enrollment_pb'
import type { SeriesJson } from '@contracts/scheduling/v1/scheduling_pb'
import type { ComponentChildren } from 'preact'
import { useRef } from 'preact/hooks'
import { call, callAll } from '../../api'
import { ChangedMeanwhile, useEdit } from '../../components/edit'
import { Checkboxes, DayField, noDay, Radios, readDay, Select, TextField, typedDay, type TypedDay } from '../../components/fields'
import { Form, useForm, type FormState, type Wrong } from '../../components/form'
import { Loaded, useLoading } from '../../components/loaded'
import { Inset, Page } from '../../components/page'
import { Pick as PickOne } from '../../components/paged'
import { componentName, sessionNames } from '../../names'
import { prisonOf, prisons, zoneNameOf, zoneOf } from '../../prisons'
import { address, go, Link, searchOf } from '../../router'
import { useStore } from '../../store'
import { addDays, dateOf, dayAt, dayOf, dayText, readTime, type Day } from '../../time'
import { newId } from '../../uuid'
import { say } from '../../words'
import { readCounsellors, readRooms } from './session'

export const COMPONENTS = ['INDIVIDUAL_COUNSELLING', 'GROUP_COUNSELLING', 'VOCATIONAL', 'MENTAL', 'SPIRITUAL', 'FAMILY'] as const
const WEEKDAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU']
// A Monday, for the names of the days.
const MONDAY = '2026-01-05'

export function timeCheck(startTime: string, minutes: string): Wrong[] {
  const wrong: Wrong[] = []
  if (!readTime(startTime)) wrong.push({ field: 'startTime', text: say('series.time_wrong') })
  if (!/^\d{1,3}$/.test(minutes.trim()) || Number(minutes) < 5 || Number(minutes) > 720) wrong.push({ field: 'minutes', text: say('series.minutes_wrong') })
  return wrong
}

// What a series and a single session have in common.
export interface SlotValues {
  roomId: string
  startTime: string
  minutes: string
  counsellorIds: string[]
  enrollmentIds: string[]
}
interface Values extends SlotValues {
  // "", "1" or "2": once, each week, each second week; "other": a rule that this page can't say, left alone.
  weeks: string
  weekdays: string[]
  holidayPolicy: string
}

const ruleOf = ({ weeks, weekdays }: Values): string =>
  (weeks ? `FREQ=WEEKLY${weeks === '2' ? ';INTERVAL=2' : ''};BYDAY=${WEEKDAYS.filter((day) => weekdays.includes(day)).join(',')}` : '')

export function fromRule(rule: string): Pick<Values, 'weeks' | 'weekdays'> {
  if (!rule) return { weeks: '', weekdays: [] }
  const [, interval, days] = /^FREQ=WEEKLY(?:;INTERVAL=([12]))?;BYDAY=([A-Z,]+)$/.exec(rule) ?? []
  return days ? { weeks: interval ?? '1', weekdays: days.split(',') } : { weeks: 'other', weekdays: [] }
}

/** In the order of the fields; `between` is what a form has wrong between the slot and who is in it. */
export function slotCheck(values: SlotValues, between: Wrong[] = []): Wrong[] {
  const wrong = timeCheck(values.startTime, values.minutes)
  if (!values.roomId) wrong.push({ field: 'roomId', text: say('error.required', { what: say('board.room').toLowerCase() }) })
  wrong.push(...between)
  if (values.counsellorIds.length === 0) wrong.push({ field: 'counsellorIds', text: say('series.choose_counsellor') })
  return wrong
}
const check = (values: Values): Wrong[] =>
  slotCheck(values, ['1', '2'].includes(values.weeks) && values.weekdays.length === 0 ? [{ field: 'weekdays', text: say('series.choose_day') }] : [])

export interface Around {
  prisonId: string
  rooms: Awaited<ReturnType<typeof readRooms>>
  people: Awaited<ReturnType<typeof readCounsellors>>
  cases: EnrollmentRowJson[]
  // Those that aren't over; an aftercare place has none.
  cohorts: CohortJson[]
}
export const readAround = async (prisonId: string): Promise<Around> => {
  // Whoever is in aftercare is met at such a place, wherever they were released.
  const cases = prisonOf(prisonId)?.aftercare ? { status: 'ENROLLMENT_STATUS_AFTERCARE' as const } : { prisonId, status: 'ENROLLMENT_STATUS_ACTIVE' as const }
  const [rooms, people, rows, cohorts] = await Promise.all([readRooms(prisonId), readCounsellors(), callAll('enrollment.v1.EnrollmentService/ListEnrollments', cases, 'rows'),
    callAll('enrollment.v1.CohortService/ListCohorts', { prisonId, currentOnly: true }, 'cohorts')])
  return { prisonId, rooms, people, cases: rows, cohorts }
}

export const dayName = (weekday: string) => dayText(addDays(MONDAY, WEEKDAYS.indexOf(weekday))).split(',')[0]!

interface FieldsProps<V> {
  form: FormState<V>
  around: Around
}
const People = ({ form, around }: FieldsProps<SlotValues>) => (around.cases.length === 0 ? null : (
  <Checkboxes form={form} name="enrollmentIds" label={say('series.people')} hint={say('series.people_hint')}
    choices={around.cases.map((row) => ({ value: row.enrollment!.id!, label: row.participantName!, hint: [row.registerNumber, row.block].filter(Boolean).join(' · ') }))} />
))

// `whom` stands where people are chosen, if not one by one.
export function SlotFields<V extends SlotValues>({ form, around, whom, children }: FieldsProps<V> & { whom?: ComponentChildren; children?: ComponentChildren }) {
  // The compiler can't see that V's own fields are SlotValues'.
  const own = form as unknown as FormState<SlotValues>
  return (
    <>
      <TextField form={own} name="startTime" label={`${say('series.start_time')} (${zoneNameOf(around.prisonId)})`} hint={say('series.time_hint')} width={5} />
      <TextField form={own} name="minutes" label={say('series.minutes')} width={5} inputMode="numeric" />
      <Select form={own} name="roomId" label={say('board.room')} choices={[{ value: '', label: say('case.choose') }, ...around.rooms.map((room) => ({ value: room.id!, label: room.name! }))]} />
      {children}
      <Checkboxes form={own} name="counsellorIds" label={say('case.counsellor')} choices={around.people.map((person) => ({ value: person.id!, label: person.name! }))} />
      {whom ?? <People form={own} around={around} />}
    </>
  )
}

function Fields<V extends Values>({ form, around, whom }: FieldsProps<V> & { whom?: ComponentChildren }) {
  const own = form as unknown as FormState<Values>
  return (
    <SlotFields form={own} around={around} whom={whom}>
      {own.values.weeks !== 'other' && (
        <Radios form={own} name="weeks" label={say('series.repeats')} choices={(['1', '2', 'once'] as const).map((weeks) => ({ value: weeks === 'once' ? '' : weeks, label: say(`series.weeks.${weeks}`) }))} />
      )}
      {['1', '2'].includes(own.values.weeks) && (
        <Checkboxes form={own} name="weekdays" label={say('series.weekdays')} choices={WEEKDAYS.map((weekday) => ({ value: weekday, label: dayName(weekday) }))} />
      )}
      <Select form={own} name="holidayPolicy" label={say('series.holidays')} choices={(['CANCEL', 'MOVE', 'KEEP'] as const).map((policy) => ({ value: `HOLIDAY_POLICY_${policy}`, label: say(`series.holiday.${policy}`) }))} />
    </SlotFields>
  )
}

export function SeriesNew() {
  const asked = searchOf(useStore(address))
  const places = useStore(prisons)
  const [prisonId, day, cohortId] = ['prison', 'day', 'cohort'].map((name) => asked.get(name) ?? '') as [string, Day, string]
  const around = useLoading(prisonId ? `around ${prisonId}` : null, () => readAround(prisonId))
  return (
    <Page title={say('series.new')} back="/coordinator/board">
      <PickOne id="prison" label={say('prison.title')} value={prisonId} all={say('case.choose')} options={places.map(({ id, name }) => [id!, name!])}
        onPick={(value) => go(`/coordinator/series/new?day=${day}&prison=${value}`, 'replace')} />
      {prisonId ? <Loaded of={around}>{(read) => <NewForm key={prisonId} around={read} day={day} forCohort={cohortId} />}</Loaded> : <p class="govuk-body">{say('series.prison_first')}</p>}
    </Page>
  )
}

interface NewValues extends Values {
  component: string
  // "": for people chosen one by one.
  cohortId: string
  startDay: TypedDay
  lastDay: TypedDay
}
const isForOne = ({ component }: NewValues) => component === 'COMPONENT_INDIVIDUAL_COUNSELLING'

/** Individual counselling is for nobody else than whom one chooses. */
const Whom = ({ form, around }: FieldsProps<NewValues>) => {
  const people = <People form={form as unknown as FormState<SlotValues>} around={around} />
  return around.cohorts.length === 0 || isForOne(form.values) ? people : (
    <Radios form={form} name="cohortId" label={say('series.whom')} choices={[
      ...around.cohorts.map(({ id, name, programmeName }) => ({ value: id!, label: say('series.whom_cohort', { name: name! }), hint: programmeName })),
      { value: '', label: say('series.whom_people'), more: people },
    ]} />
  )
}

function NewForm({ around, day, forCohort }: { around: Around; day: Day; forCohort: string }) {
  const id = useRef(newId())
  const { cohorts } = around
  const begun = cohorts.find(({ startsOn }) => dayOf(startsOn) <= dayAt(Date.now(), zoneOf(around.prisonId)))
  const first: NewValues = {
    component: 'COMPONENT_GROUP_COUNSELLING', cohortId: (cohorts.find((cohort) => cohort.id === forCohort) ?? begun ?? cohorts[0])?.id ?? '', startDay: day ? typedDay(day) : noDay, lastDay: noDay, startTime: '', minutes: '60', roomId: '', weeks: '1',
    weekdays: day ? [WEEKDAYS[(new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7]!] : [], holidayPolicy: 'HOLIDAY_POLICY_CANCEL', counsellorIds: [], enrollmentIds: [],
  }
  const form = useForm(first, {
    check: (values) => [
      ...(readDay(values.startDay) ? [] : [{ field: 'startDay', text: say('error.date') }]),
      ...(readDay(values.lastDay) === null ? [{ field: 'lastDay', text: say('error.date') }] : []), ...check(values),
    ],
    keptAs: `series-${around.prisonId}-${forCohort}`,
    send: async (values, go) => {
      const last = readDay(values.lastDay)
      const cohortId = isForOne(values) ? '' : values.cohortId
      await call('scheduling.v1.SchedulingService/CreateSeries', {
        id: id.current, prisonId: around.prisonId, component: values.component as `COMPONENT_${(typeof COMPONENTS)[number]}`, roomId: values.roomId,
        startDay: dateOf(readDay(values.startDay)!), startTime: readTime(values.startTime)!, durationMinutes: Number(values.minutes), rrule: ruleOf(values),
        holidayPolicy: values.holidayPolicy as 'HOLIDAY_POLICY_CANCEL', counsellorIds: values.counsellorIds, cohortId, enrollmentIds: cohortId ? [] : values.enrollmentIds,
        ...(last ? { lastDay: dateOf(last) } : {}),
      })
      go(`/coordinator/series/${id.current}?done=made`, 'replace')
    },
  })
  return (
    <Form form={form} submit={say('series.make')}>
      <Select form={form} name="component" label={say('board.what')} choices={COMPONENTS.map((one) => ({ value: `COMPONENT_${one}`, label: componentName(`COMPONENT_${one}`) }))} />
      <DayField form={form} name="startDay" label={say('series.first_day')} />
      <Fields form={form} around={around} whom={<Whom form={form} around={around} />} />
      <DayField form={form} name="lastDay" label={`${say('series.last_day')} ${say('state.optional')}`} hint={say('series.last_day_hint')} />
    </Form>
  )
}

export function SeriesPage({ series: id = '' }: Record<string, string>) {
  const asked = searchOf(useStore(address))
  const all = useLoading(`series ${id}`, async () => {
    const series = await call('scheduling.v1.SchedulingService/GetSeries', { seriesId: id })
    return { series, around: await readAround(series.prisonId!) }
  })
  return <Loaded of={all}>{(read) => <EditForm key={id} {...read} day={asked.get('day') ?? ''} done={asked.get('done') ?? ''} />}</Loaded>
}

function valuesOf(series: SeriesJson): Values {
  return {
    roomId: series.roomId!, startTime: series.startTime!, minutes: `${series.durationMinutes}`, ...fromRule(series.rrule ?? ''),
    holidayPolicy: series.holidayPolicy ?? 'HOLIDAY_POLICY_CANCEL', counsellorIds: [...(series.counsellorIds ?? [])], enrollmentIds: [...(series.enrollmentIds ?? [])],
  }
}

function EditForm({ series, around, day, done }: { series: SeriesJson; around: Around; day: Day; done: string }) {
  const seriesId = series.id!
  const next = useRef(newId())
  const edit = useEdit({
    read: series,
    again: () => call('scheduling.v1.SchedulingService/GetSeries', { seriesId }),
    valuesOf: (read: SeriesJson) => ({ ...valuesOf(read), scope: 'SERIES_SCOPE_ALL' as string, fromDay: typedDay(day || dayAt(Date.now(), zoneOf(series.prisonId))) }),
    check: (values) => [
      ...(values.scope === 'SERIES_SCOPE_THIS_AND_FOLLOWING' && !readDay(values.fromDay) ? [{ field: 'fromDay', text: say('error.date') }] : []), ...check(values)],
    save: async (values, version, go) => {
      const following = values.scope === 'SERIES_SCOPE_THIS_AND_FOLLOWING'
      const goes = await call('scheduling.v1.SchedulingService/UpdateSeries', {
        seriesId, version, scope: values.scope as 'SERIES_SCOPE_ALL',
        ...(following ? { fromDay: dateOf(readDay(values.fromDay)!), newSeriesId: next.current } : {}),
        roomId: values.roomId, startTime: readTime(values.startTime)!, durationMinutes: Number(values.minutes),
        ...(values.weeks === 'other' ? {} : { rrule: ruleOf(values) }), holidayPolicy: values.holidayPolicy as 'HOLIDAY_POLICY_CANCEL',
        counsellorIds: values.counsellorIds, ...(series.cohortId ? {} : { enrollments: { enrollmentIds: values.enrollmentIds } }),
      })
      go(`/coordinator/board?view=week&prison=${goes.prisonId}&day=${day || dayOf(goes.firstDay)}`)
    },
  })
  const known = new Map([...around.rooms, ...around.people].map(({ id, name }) => [id!, name!]))
  for (const row of around.cases) known.set(row.enrollment!.id!, row.participantName!)
  return (
    <Page title={say('series.title')} heading={sessionNames(series)[0]} caption={[say('series.title'), ...sessionNames(series).slice(1), prisonOf(series.prisonId)?.name].join(' · ')} back="/coordinator/board">
      {done && <Inset>{say('series.made', { until: dayText(dayOf(series.materialisedUntil)) })}</Inset>}
      <ChangedMeanwhile edit={edit} show={(value) => known.get(value) ?? (WEEKDAYS.includes(value) ? dayName(value) : value)} labels={{
        startTime: say('series.start_time'), minutes: say('series.minutes'), roomId: say('board.room'), weekdays: say('series.weekdays'),
        counsellorIds: say('case.counsellor'), ...(series.cohortId ? {} : { enrollmentIds: say('series.people') }) }} />
      <Form form={edit}>
        <Radios form={edit} name="scope" label={say('series.scope')} choices={[
          { value: 'SERIES_SCOPE_ALL', label: say('series.scope.all') },
          { value: 'SERIES_SCOPE_THIS_AND_FOLLOWING', label: say('series.scope.following'), more: <DayField form={edit} name="fromDay" label={say('series.from_day')} /> },
        ]} />
        <Fields form={edit} around={around} whom={series.cohortId && (
          <><h2 class="govuk-heading-s">{say('series.whom')}</h2><p class="govuk-body"><Link to={`/coordinator/cohorts/${series.cohortId}`}>{say('series.whom_cohort', { name: series.cohortName! })}</Link></p></>
        )} />
      </Form>
      <p class="govuk-body"><a class="govuk-link" href={`/coordinator/series/${seriesId}/end`} onClick={(event) => { event.preventDefault(); go(`/coordinator/series/${seriesId}/end`) }}>{say('series.end')}</a></p>
    </Page>
  )
}

export function SeriesEnd({ series: id = '' }: Record<string, string>) {
  const read = useLoading(`series ${id}`, () => call('scheduling.v1.SchedulingService/GetSeries', { seriesId: id }))
  return <Loaded of={read}>{(series) => <EndForm series={series} />}</Loaded>
}

function EndForm({ series }: { series: SeriesJson }) {
  const form = useForm({ lastDay: typedDay(dayAt(Date.now(), zoneOf(series.prisonId))) }, {
    check: ({ lastDay }) => (readDay(lastDay) ? [] : [{ field: 'lastDay', text: say('error.date') }]),
    send: async ({ lastDay }, go) => {
      await call('scheduling.v1.SchedulingService/EndSeries', { seriesId: series.id!, lastDay: dateOf(readDay(lastDay)!) })
      go(`/coordinator/board?view=week&prison=${series.prisonId}`)
    },
  })
  return (
    <Page title={say('series.end')} caption={`${sessionNames(series).join(' · ')} · ${prisonOf(series.prisonId)?.name}`} back={`/coordinator/series/${series.id}`}>
      <p class="govuk-body">{say('series.end_about')}</p>
      <Form form={form} submit={say('series.end')}><DayField form={form} name="lastDay" label={say('series.last_day')} /></Form>
    </Page>
  )
}
