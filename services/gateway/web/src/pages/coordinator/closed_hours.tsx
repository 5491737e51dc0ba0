// The hours of the week in which a place has no activities: listed, added, ended.
import type { ClosedHoursJson } from '@contracts/scheduling/v1/closed_hours_pb'
import { useState } from 'preact/hooks'
import { call, callAll } from '../../api'
import { Checkboxes, DayField, noDay, readDay, TextField, typedDay } from '../../components/fields'
import { Form, useForm, type Wrong } from '../../components/form'
import { Loaded, useLoading } from '../../components/loaded'
import { Banner, ButtonLink, Page, SummaryList, Table } from '../../components/page'
import { daysText, timesText, weekdaysText } from '../../hours'
import { prisonOf, zoneNameOf, zoneOf } from '../../prisons'
import { Link } from '../../router'
import { dateOf, dateText, dayAt, dayOf, readTime, weekdayText } from '../../time'
import { newId } from '../../uuid'
import { say } from '../../words'

const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7]

const readHours = (prisonId: string) => callAll('scheduling.v1.ClosedHoursService/ListClosedHours', { prisonId }, 'closedHours')

export function ClosedHours({ prisonId }: { prisonId: string }) {
  const hours = useLoading(`hours ${prisonId}`, () => readHours(prisonId))
  return (
    <>
      <Loaded of={hours}>
        {(rows) => (rows.length === 0
          ? <><h2 class="govuk-heading-m">{say('hours.title')}</h2><p class="govuk-body">{say('hours.none')}</p></>
          : (
            <Table caption={say('hours.title')} head={[{ text: say('hours.name') }, { text: say('hours.when') }, { text: say('hours.days') }]}
              rows={rows.map((row) => [
                <Link to={`/coordinator/prisons/${prisonId}/hours/${row.id}`}>{row.name}</Link>, <>{weekdaysText(row)}<span class="page-small">{timesText(row)}</span></>, daysText(row),
              ])} />
          ))}
      </Loaded>
      <ButtonLink kind="secondary" to={`/coordinator/prisons/${prisonId}/hours/new`}>{say('hours.add')}</ButtonLink>
    </>
  )
}

// The day's end is no time that a session can start at.
const readEnd = (text: string) => (/^24([.:]00)?$/.test(text.trim()) ? '24:00' : readTime(text))

export function ClosedHoursNew({ prison: prisonId = '' }: Record<string, string>) {
  const [id] = useState(newId)
  const back = `/coordinator/prisons/${prisonId}`
  const form = useForm({ name: '', weekdays: [] as string[], fromTime: '', untilTime: '', firstDay: typedDay(dayAt(Date.now(), zoneOf(prisonId))), lastDay: noDay }, {
    check: ({ name, weekdays, ...typed }) => {
      const wrong: Wrong[] = []
      const [from, until, first, last] = [readTime(typed.fromTime), readEnd(typed.untilTime), readDay(typed.firstDay), readDay(typed.lastDay)]
      if (!name.trim()) wrong.push({ field: 'name', text: say('error.required', { what: say('hours.name').toLowerCase() }) })
      if (weekdays.length === 0) wrong.push({ field: 'weekdays', text: say('series.choose_day') })
      if (!from) wrong.push({ field: 'fromTime', text: say('series.time_wrong') })
      if (!until) wrong.push({ field: 'untilTime', text: say('series.time_wrong') })
      if (from && until && until <= from) wrong.push({ field: 'untilTime', text: say('hours.order') })
      if (!first) wrong.push({ field: 'firstDay', text: say('error.date') })
      if (last === null) wrong.push({ field: 'lastDay', text: say('error.date') })
      if (first && last && last < first) wrong.push({ field: 'lastDay', text: say('hours.day_order') })
      return wrong
    },
    send: async ({ name, weekdays, fromTime, untilTime, firstDay, lastDay }, go) => {
      const last = readDay(lastDay)
      await call('scheduling.v1.ClosedHoursService/CreateClosedHours', {
        id, prisonId, name: name.trim(), weekdays: WEEKDAYS.filter((weekday) => weekdays.includes(`${weekday}`)), fromTime: readTime(fromTime)!,
        untilTime: readEnd(untilTime)!, firstDay: dateOf(readDay(firstDay)!), ...(last ? { lastDay: dateOf(last) } : {}),
      })
      go(back, 'replace')
    },
  })
  return (
    <Page title={say('hours.add')} caption={prisonOf(prisonId)?.name} back={back}>
      <p class="govuk-body">{say('hours.text')}</p>
      <p class="govuk-hint">{say('hours.examples')}</p>
      <Form form={form} submit={say('hours.add')}>
        <TextField form={form} name="name" label={say('hours.name')} hint={say('hours.name_hint')} width={20} />
        <Checkboxes form={form} name="weekdays" label={say('series.weekdays')} choices={WEEKDAYS.map((weekday) => ({ value: `${weekday}`, label: weekdayText(weekday) }))} />
        <TextField form={form} name="fromTime" label={`${say('hours.from')} (${zoneNameOf(prisonId)})`} width={5} />
        <TextField form={form} name="untilTime" label={`${say('hours.until')} (${zoneNameOf(prisonId)})`} hint={say('hours.until_hint')} width={5} />
        <DayField form={form} name="firstDay" label={say('series.first_day')} />
        <DayField form={form} name="lastDay" label={`${say('series.last_day')} ${say('state.optional')}`} hint={say('hours.last_day_hint')} />
      </Form>
    </Page>
  )
}

export function ClosedHoursEnd({ prison: prisonId = '', hours: id = '' }: Record<string, string>) {
  const hours = useLoading(`hours ${prisonId}`, () => readHours(prisonId))
  return <Loaded of={hours}>{(rows) => <EndForm prisonId={prisonId} hours={rows.find((row) => row.id === id)} />}</Loaded>
}

function EndForm({ prisonId, hours }: { prisonId: string; hours: ClosedHoursJson | undefined }) {
  const [outcome, setOutcome] = useState<{ restored: number; kept: number }>()
  const back = `/coordinator/prisons/${prisonId}`
  const form = useForm({ lastDay: typedDay(dayAt(Date.now(), zoneOf(prisonId))) }, {
    check: ({ lastDay }) => {
      const [day, last] = [readDay(lastDay), dayOf(hours?.lastDay)]
      if (!day) return [{ field: 'lastDay', text: say('error.date') }]
      return last && day >= last ? [{ field: 'lastDay', text: say('hours.over_by_then', { day: dateText(last) }) }] : []
    },
    send: async ({ lastDay }) => {
      const { restoredCount = 0, keptCount = 0 } = await call('scheduling.v1.ClosedHoursService/EndClosedHours', { closedHoursId: hours!.id!, lastDay: dateOf(readDay(lastDay)!) })
      setOutcome({ restored: restoredCount, kept: keptCount })
    },
  })
  if (outcome) {
    return (
      <Page title={say('hours.end')} key="done">
        <Banner kind="success" heading={say('hours.ended', { count: outcome.restored })}>
          {outcome.kept > 0 && <p class="govuk-body">{say('hours.kept', { count: outcome.kept })}</p>}
        </Banner>
        <p class="govuk-body"><Link to={back}>{prisonOf(prisonId)?.name}</Link></p>
      </Page>
    )
  }
  return (
    <Page title={say('hours.end')} caption={prisonOf(prisonId)?.name} back={back}>
      {hours ? (
        <>
          <SummaryList rows={[{ key: say('hours.name'), value: hours.name }, { key: say('hours.when'), value: `${weekdaysText(hours)}, ${timesText(hours)} ${zoneNameOf(prisonId)}` },
            { key: say('hours.days'), value: daysText(hours) }]} />
          <p class="govuk-body">{say('hours.end_text')}</p>
          <Form form={form} submit={say('hours.end')}><DayField form={form} name="lastDay" label={say('series.last_day')} hint={say('hours.end_hint')} /></Form>
        </>
      ) : <p class="govuk-body">{say('hours.gone')}</p>}
    </Page>
  )
}
