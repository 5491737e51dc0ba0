// Angkatan: who goes through a programme together, what is planned for them, and who isn't in it although they should be.
import type { CohortJson } from '@contracts/enrollment/v1/cohort_pb'
import type { EnrollmentRowJson } from '@contracts/enrollment/v1/enrollment_pb'
import type { SeriesJson } from '@contracts/scheduling/v1/scheduling_pb'
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { zonedText } from '../../ago'
import { call, callAll } from '../../api'
import { Action } from '../../components/action'
import { ChangedMeanwhile, useEdit } from '../../components/edit'
import { Checkboxes, DayField, noDay, Radios, readDay, Select, TextField, typedDay, type TypedDay } from '../../components/fields'
import { Form, useForm, type Wrong } from '../../components/form'
import { Loaded, useLoading } from '../../components/loaded'
import { Banner, Button, ButtonLink, LinkButton, Page, StickyBar, SummaryList, Table } from '../../components/page'
import { FilterPick, Tabs, useFilter, usePaged } from '../../components/paged'
import { componentName, statusName } from '../../names'
import { prisonOf, prisons, prisonsOnly, zoneNameOf, zoneOf } from '../../prisons'
import { address, Link, searchOf } from '../../router'
import { useStore } from '../../store'
import { clockText, dateOf, dateText, dayOf, dayText } from '../../time'
import { newId } from '../../uuid'
import { say } from '../../words'
import { readProgrammes } from './agreement_form'
import { readCase, type WholeCase } from './case'
import { StatusTag } from './cases'
import { CohortTable, daysOf, isOver } from './cohorts'
import { dayName, fromRule } from './series_form'

const LIVE = ['enrollment.cohort', 'enrollment.case', 'scheduling.']
const readCohort = (id: string) => call('enrollment.v1.CohortService/GetCohort', { id })

/** Of all prisons, or of one. */
export function Cohorts() {
  const [filter, having] = useFilter()
  const places = prisonsOnly(useStore(prisons))
  const prisonId = filter.get('prison') ?? ''
  const all = filter.has('all')
  const list = usePaged('enrollment.v1.CohortService/ListCohorts', { prisonId, currentOnly: !all }, LIVE.slice(0, 2))
  return (
    <Page title={say('cohorts.title')} back={prisonId ? `/coordinator/prisons/${prisonId}` : '/coordinator/cases'} wide>
      <p class="govuk-body">{say('cohorts.about')}</p>
      <Tabs label={say('cohorts.title')} tabs={[
        { to: having('all', ''), text: say('cohorts.current'), current: !all }, { to: having('all', '1'), text: say('cohorts.all'), current: all }]} />
      <FilterPick name="prison" label={say('prison.title')} all={say('filter.all')} options={places.map(({ id, name }) => [id!, name!])} />
      <Loaded of={list}>
        {({ cohorts = [] }) => (cohorts.length === 0 ? <p class="govuk-body">{say(all ? 'cohorts.none' : 'cohorts.none_current')}</p> : <CohortTable cohorts={cohorts} withPrison />)}
      </Loaded>
      {list.paging}
      {prisonId && <ButtonLink kind="secondary" to={`/coordinator/prisons/${prisonId}/cohorts/new`}>{say('cohorts.add')}</ButtonLink>}
    </Page>
  )
}

interface Values { name: string; programmeId: string; startsOn: TypedDay; endsOn: TypedDay }

function check({ name, programmeId, startsOn, endsOn }: Values): Wrong[] {
  const [first, last] = [readDay(startsOn), readDay(endsOn)]
  const wrong: Wrong[] = []
  if (!programmeId) wrong.push({ field: 'programmeId', text: say('error.required', { what: say('case.programme').toLowerCase() }) })
  if (!name.trim()) wrong.push({ field: 'name', text: say('error.required', { what: say('cohort.name').toLowerCase() }) })
  if (!first) wrong.push({ field: 'startsOn', text: say('error.date') })
  if (!last) wrong.push({ field: 'endsOn', text: say('error.date') })
  if (first && last && last < first) wrong.push({ field: 'endsOn', text: say('cohort.day_order') })
  return wrong
}

export function CohortNew({ prison: prisonId = '' }: Record<string, string>) {
  const programmes = useLoading('published programmes', readProgrammes)
  return (
    <Loaded of={programmes}>
      {(list) => (
        <CohortForm read={{ prisonId, programmeId: list.length === 1 ? list[0]!.id! : '' }}
          programme={(form) => (
            <Select form={form} name="programmeId" label={say('case.programme')} choices={[{ value: '', label: say('case.choose') }, ...list.map(({ id, name }) => ({ value: id!, label: name! }))]} />
          )} />
      )}
    </Loaded>
  )
}

export function CohortEdit({ cohort: id = '' }: Record<string, string>) {
  const cohort = useLoading(`cohort ${id}`, () => readCohort(id))
  return <Loaded of={cohort}>{(read) => <CohortForm read={read} />}</Loaded>
}

interface CohortFormProps {
  // Without an id: a new one.
  read: CohortJson
  programme?: (form: ReturnType<typeof useEdit<CohortJson, Values>>) => ComponentChildren
}
function CohortForm({ read, programme }: CohortFormProps) {
  const isNew = !read.id
  const [id] = useState(() => read.id ?? newId())
  const typed = (date: CohortJson['startsOn']) => (date ? typedDay(dayOf(date)) : noDay)
  const edit = useEdit<CohortJson, Values>({
    read, check,
    again: () => readCohort(id),
    valuesOf: ({ name = '', programmeId = '', startsOn, endsOn }) => ({ name, programmeId, startsOn: typed(startsOn), endsOn: typed(endsOn) }),
    save: async ({ name, programmeId, startsOn, endsOn }, version, go) => {
      const cohort = { id, name: name.trim(), startsOn: dateOf(readDay(startsOn) || ''), endsOn: dateOf(readDay(endsOn) || '') }
      await (isNew ? call('enrollment.v1.CohortService/CreateCohort', { ...cohort, prisonId: read.prisonId!, programmeId })
        : call('enrollment.v1.CohortService/UpdateCohort', { ...cohort, version }))
      go(`/coordinator/cohorts/${id}${isNew ? '?done=made' : ''}`, 'replace')
    },
  })
  return (
    <Page title={say(isNew ? 'cohorts.add' : 'cohort.edit')} caption={prisonOf(read.prisonId)?.name} back={isNew ? `/coordinator/prisons/${read.prisonId}` : `/coordinator/cohorts/${id}`}>
      <ChangedMeanwhile edit={edit} labels={{ name: say('cohort.name'), startsOn: say('cohort.starts'), endsOn: say('cohort.ends') }} />
      <Form form={edit} submit={say(isNew ? 'cohorts.add' : 'action.save')}>
        {programme?.(edit)}
        <TextField form={edit} name="name" label={say('cohort.name')} hint={say('cohort.name_hint')} width={20} />
        <DayField form={edit} name="startsOn" label={say('cohort.starts')} />
        <DayField form={edit} name="endsOn" label={say('cohort.ends')} />
      </Form>
    </Page>
  )
}

const readWhole = async (id: string) => {
  const [cohort, members, series] = await Promise.all([
    readCohort(id), callAll('enrollment.v1.CohortService/ListCohortMembers', { cohortId: id }, 'rows'),
    callAll('scheduling.v1.SchedulingService/ListSeries', { cohortId: id }, 'series')])
  return { cohort, members, series }
}

export function CohortPage({ cohort: id = '' }: Record<string, string>) {
  const whole = useLoading(`whole cohort ${id}`, () => readWhole(id), { live: LIVE })
  const asked = searchOf(useStore(address))
  // How often somebody could be put into a session, once that was tried.
  const [closed, setClosed] = useState<number>()
  const done = closed === undefined && asked.get('done')
  return (
    <Loaded of={whole}>
      {({ cohort, members, series }) => (
        <Page title={say('cohort.title')} heading={cohort.name} caption={`${say('cohort.title')} · ${cohort.prisonName}`} back={`/coordinator/prisons/${cohort.prisonId}`} wide>
          {(done === 'made' || done === 'add' || done === 'remove') && <Banner kind="success" heading={say(`cohort.done.${done}`, { count: asked.get('count') ?? '' })} />}
          <SummaryList rows={[
            { key: say('cohort.name'), value: cohort.name, change: { to: `/coordinator/cohorts/${id}/edit`, what: say('cohort.name') } },
            { key: say('cohort.days'), value: daysOf(cohort), change: { to: `/coordinator/cohorts/${id}/edit`, what: say('cohort.days') } },
            { key: say('case.programme'), value: cohort.programmeName },
            { key: say('cohort.members'), value: say('cohort.counts', { count: cohort.memberCount ?? 0, active: cohort.activeCount ?? 0 }) },
          ]} />
          <Members members={members} />
          <div class="govuk-button-group">
            <ButtonLink to={`/coordinator/cohorts/${id}/add`}>{say('cohort.add')}</ButtonLink>
            {members.length > 0 && <ButtonLink kind="secondary" to={`/coordinator/cohorts/${id}/remove`}>{say('cohort.remove')}</ButtonLink>}
          </div>
          <Series cohort={cohort} series={series} />
          {!isOver(cohort) && <ButtonLink kind="secondary" to={`/coordinator/series/new?prison=${cohort.prisonId}&cohort=${id}`}>{say('series.new')}</ButtonLink>}
          {series.length > 0 && <Gaps cohort={cohort} closed={closed} onClosed={setClosed} />}
        </Page>
      )}
    </Loaded>
  )
}

const Members = ({ members }: { members: EnrollmentRowJson[] }) => (members.length === 0
  ? <><h2 class="govuk-heading-m">{say('cohort.members')}</h2><p class="govuk-body">{say('cohort.nobody')}</p></>
  : (
    <Table caption={say('cohort.members')} head={[{ text: say('case.person') }, { text: say('case.status') }, { text: say('case.counsellor') }]}
      rows={members.map((row) => [
        <><Link to={`/coordinator/cases/${row.enrollment!.id}`}>{row.participantName}</Link><span class="page-small">{[row.registerNumber, row.block].filter(Boolean).join(' · ')}</span></>,
        <StatusTag status={row.enrollment!.status} />, row.counsellorName || say('case.nobody'),
      ])} />
  ))

function seriesText({ rrule = '', startDay, lastDay }: SeriesJson): string {
  const { weeks, weekdays } = fromRule(rrule)
  if (!weeks) return dayText(dayOf(startDay))
  const days = weeks === 'other' ? say('series.title') : `${say(`series.weeks.${weeks as '1' | '2'}`)}: ${weekdays.map(dayName).join(', ')}`
  return lastDay ? `${days}, ${say('cohort.until', { day: dateText(dayOf(lastDay)) })}` : days
}

const Series = ({ cohort, series }: { cohort: CohortJson; series: SeriesJson[] }) => (series.length === 0
  ? <><h2 class="govuk-heading-m">{say('cohort.series')}</h2><p class="govuk-body">{say('cohort.no_series')}</p></>
  : (
    <Table caption={say('cohort.series')} head={[{ text: say('board.what') }, { text: say('board.when') }]}
      rows={series.map((one) => [
        <Link to={`/coordinator/series/${one.id}`}>{componentName(one.component)}</Link>,
        <>{seriesText(one)}<span class="page-small">{clockText(one.startTime!)} {zoneNameOf(cohort.prisonId)}</span></>,
      ])} />
  ))

function Gaps({ cohort, closed, onClosed }: { cohort: CohortJson; closed: number | undefined; onClosed: (count: number) => void }) {
  const cohortId = cohort.id!
  const gaps = useLoading(`gaps ${cohortId}`, () => callAll('scheduling.v1.SchedulingService/ListCohortGaps', { cohortId }, 'gaps'), { live: LIVE })
  return (
    <Loaded of={gaps}>
      {(rows) => (
        <>
          {closed !== undefined && <Banner {...(closed > 0 ? { kind: 'success' as const } : {})} heading={say(closed > 0 ? 'cohort.gaps_closed' : 'cohort.gaps_stay', { count: closed })} />}
          {rows.length === 0
            ? <><h2 class="govuk-heading-m">{say('cohort.gaps')}</h2><p class="govuk-body">{say('cohort.gaps_none')}</p></>
            : (
              <>
                <Table caption={say('cohort.gaps')} head={[{ text: say('case.person') }, { text: say('session.title') }]}
                  rows={rows.map((gap) => [
                    <><Link to={`/coordinator/cases/${gap.enrollmentId}`}>{gap.name}</Link><span class="page-small">{gap.registerNumber}</span></>,
                    <><Link to={`/coordinator/sessions/${gap.sessionId}`}>{zonedText(gap.startsAt, zoneOf(cohort.prisonId))}</Link><span class="page-small">{componentName(gap.component)} · {gap.roomName}</span></>,
                  ])} />
                <p class="govuk-body">{say('cohort.gaps_about')}</p>
                <Action kind="secondary" text={say('cohort.gaps_close')} act={async () => {
                  const { closedCount = 0 } = await call('scheduling.v1.SchedulingService/CloseCohortGaps', { cohortId })
                  await gaps.reload()
                  onClosed(closedCount)
                }} />
              </>
            )}
        </>
      )}
    </Loaded>
  )
}

/** Puts people in or takes them out, many at once. */
export function CohortMembers({ cohort: id = '', how = '' }: Record<string, string>) {
  const read = useLoading(`cohort ${id} people`, async () => {
    const cohort = await readCohort(id)
    const open = await callAll('enrollment.v1.EnrollmentService/ListEnrollments', { prisonId: cohort.prisonId!, group: 'ENROLLMENT_GROUP_OPEN' }, 'rows')
    return { cohort, open: open.filter(({ enrollment }) => enrollment!.programmeId === cohort.programmeId) }
  })
  return <Loaded of={read}>{({ cohort, open }) => <MembersForm key={how} cohort={cohort} open={open} how={how === 'remove' ? 'remove' : 'add'} />}</Loaded>
}

const byName = (one: EnrollmentRowJson, other: EnrollmentRowJson) => one.participantName!.localeCompare(other.participantName!)

function MembersForm({ cohort, open, how }: { cohort: CohortJson; open: EnrollmentRowJson[]; how: 'add' | 'remove' }) {
  const back = `/coordinator/cohorts/${cohort.id}`
  const [free, elsewhere] = [open.filter(({ cohortId }) => !cohortId), open.filter(({ cohortId }) => cohortId && cohortId !== cohort.id)]
  const choices = how === 'add' ? [...free.sort(byName), ...elsewhere.sort(byName)] : open.filter(({ cohortId }) => cohortId === cohort.id).sort(byName)
  const form = useForm({ enrollmentIds: [] as string[] }, {
    check: ({ enrollmentIds }) => (enrollmentIds.length > 0 ? [] : [{ field: 'enrollmentIds', text: say('cohort.choose') }]),
    send: async ({ enrollmentIds }, go) => {
      const { changedCount = 0 } = await call('enrollment.v1.CohortService/AssignCohort', { enrollmentIds, cohortId: how === 'add' ? cohort.id! : '' })
      go(`${back}?done=${how}&count=${changedCount}`, 'replace')
    },
  })
  return (
    <Page title={say(`cohort.${how}`)} caption={`${cohort.name} · ${cohort.prisonName}`} back={back}>
      {choices.length === 0 ? <p class="govuk-body">{say(`cohort.${how}_none`)}</p> : (
        <>
          <p class="govuk-body">{say(`cohort.${how}_about`)}</p>
          <Form form={form} actions={(
            <StickyBar>
              <span role="status"><strong>{say('cohort.chosen', { count: form.values.enrollmentIds.length })}</strong></span>
              <Button busy={form.busy}>{say(`cohort.${how}`)}</Button>
            </StickyBar>
          )}>
            {how === 'add' && free.length > 1 && (
              <p class="govuk-body"><LinkButton onClick={() => form.set('enrollmentIds', free.map(({ enrollment }) => enrollment!.id!))}>{say('cohort.choose_all')}</LinkButton></p>
            )}
            <Checkboxes form={form} name="enrollmentIds" label={say('cohort.who')} choices={choices.map((row) => ({
              value: row.enrollment!.id!, label: row.participantName!,
              hint: [row.registerNumber, row.block, statusName(row.enrollment!.status), how === 'add' && row.cohortName].filter(Boolean).join(' · '),
            }))} />
          </Form>
        </>
      )}
    </Page>
  )
}

/** Which cohort a case is in. */
export function CaseCohort({ case: id = '' }: Record<string, string>) {
  const read = useLoading(`case ${id} cohorts`, async () => {
    const whole = await readCase(id)
    const { prisonId, programmeId } = whole.row.enrollment!
    const cohorts = await callAll('enrollment.v1.CohortService/ListCohorts', { prisonId: prisonId! }, 'cohorts')
    return { whole, cohorts: cohorts.filter((cohort) => cohort.id === whole.row.cohortId || (cohort.programmeId === programmeId && !isOver(cohort))) }
  })
  return <Loaded of={read}>{(both) => <CaseCohortForm {...both} />}</Loaded>
}

function CaseCohortForm({ whole: { row }, cohorts }: { whole: WholeCase; cohorts: CohortJson[] }) {
  const back = `/coordinator/cases/${row.enrollment!.id}`
  const form = useForm({ cohortId: row.cohortId ?? '' }, {
    send: async ({ cohortId }, go) => {
      await call('enrollment.v1.CohortService/AssignCohort', { enrollmentIds: [row.enrollment!.id!], cohortId })
      go(`${back}?done=cohort`, 'replace')
    },
  })
  return (
    <Page title={say('cohort.assign')} caption={row.participantName} back={back}>
      {cohorts.length === 0 ? <p class="govuk-body">{say('cohort.assign_none')}</p> : (
        <Form form={form}>
          <Radios form={form} name="cohortId" label={say('cohort.title')} choices={[
            ...cohorts.map((cohort) => ({ value: cohort.id!, label: cohort.name, hint: daysOf(cohort) })), { value: '', label: say('cohort.in_none') }]} />
        </Form>
      )}
    </Page>
  )
}
