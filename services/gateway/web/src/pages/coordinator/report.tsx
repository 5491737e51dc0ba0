// Laporan: a prison's month. Page, paper and file say the same: all three are made of the same sections.
import type { MonthReportJson } from '@contracts/enrollment/v1/report_pb'
import type { AttendanceMarkJson } from '@contracts/scheduling/v1/scheduling_pb'
import type { ComponentChildren } from 'preact'
import { zonedText } from '../../ago'
import { Loaded, useCall } from '../../components/loaded'
import { FilterPick, useFilter } from '../../components/paged'
import { Button, Page, Table, Warning } from '../../components/page'
import { componentName, markName, statusName } from '../../names'
import { ownPrisonId, prisons, prisonsOnly } from '../../prisons'
import { Link } from '../../router'
import { installation, session } from '../../session'
import { useStore } from '../../store'
import { dateOf, dateText, dayAt, dayOf } from '../../time'
import { language, say } from '../../words'
import { csvText, download } from './csv'
import { reasonText, shareText } from './texts'

interface Section {
  title: string
  head: string[]
  rows: (string | number)[][]
}

export const monthText = (day: string): string =>
  new Intl.DateTimeFormat(language.get() === 'id' ? 'id-ID' : 'en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(new Date(`${day}T00:00:00Z`))
const hours = (minutes = 0): string => (minutes / 60).toLocaleString(language.get() === 'id' ? 'id-ID' : 'en-GB', { maximumFractionDigits: 1 })
const figure = ({ count, hidden }: { count?: number; hidden?: boolean }) => (hidden ? say('figure.hidden') : count ?? 0)

function sectionsOf(report: MonthReportJson, reasons: Map<string | undefined, string>): Section[] {
  const value = [say('report.figure'), say('report.value')]
  return [
    { title: say('report.sessions'), head: value, rows: [
      [say('report.held'), report.sessionCount ?? 0], [say('report.cancelled'), report.cancelledCount ?? 0],
      [say('report.visit_days'), report.visitDays ?? 0], [say('report.agreed_visits'), report.agreedVisits ?? 0],
    ] },
    { title: say('report.attendance'), head: value, rows: [
      [say('report.expected'), report.expectedCount ?? 0], [say('report.unmarked'), report.unmarkedCount ?? 0],
      [say('report.attended'), shareText(report.attended)], ...(report.marks ?? []).map((one) => [markName(`ATTENDANCE_MARK_${one.mark}` as AttendanceMarkJson), figure(one)]),
    ] },
    { title: say('report.dose'), head: [say('board.what'), say('report.held'), say('report.people'), say('report.planned_hours'), say('report.delivered_hours')],
      rows: (report.components ?? []).map((one) => [componentName(one.component), one.sessionCount ?? 0, figure({ count: one.peopleCount ?? 0, hidden: one.hidden ?? false }),
        hours(one.plannedMinutes), one.hidden ? say('figure.hidden') : hours(one.deliveredMinutes)]) },
    { title: say(report.running ? 'report.statuses_now' : 'report.statuses'), head: [say('case.status'), say('report.cases')],
      rows: (report.statuses ?? []).map((one) => [statusName(one.status), figure(one)]) },
    { title: say('report.moves'), head: [say('report.moved_to'), say('case.reason'), say('report.cases')],
      rows: (report.moves ?? []).map((one) => [statusName(one.toStatus), reasons.get(one.reason) || one.reason || '–', figure(one)]) },
    { title: say('report.outcome'), head: value, rows: [[say('report.completed'), shareText(report.completed)]] },
    { title: say('agreement.title'), head: value, rows: [
      [say('agreement.number'), report.agreementNumbers?.join(', ') || say('overview.no_agreement')],
      [say('agreement.until'), dateText(dayOf(report.agreementUntil)) || '–'], [say('overview.seats'), report.seats ?? 0],
    ] },
  ]
}

/** The last twelve months, the one that runs first. */
function months(): [string, string][] {
  const [year, month] = dayAt(Date.now(), 'Asia/Jakarta').split('-').map(Number)
  return Array.from({ length: 12 }, (_, back) => {
    const at = year! * 12 + month! - 1 - back
    const day = `${Math.floor(at / 12)}-${String((at % 12) + 1).padStart(2, '0')}-01`
    return [day, monthText(day)]
  })
}

export function Reports() {
  const places = prisonsOnly(useStore(prisons))
  return (
    <Page title={say('reports.title')}>
      <p class="govuk-body">{say('reports.about')}</p>
      <ul class="govuk-list">{places.map(({ id, name }) => <li key={id}><Link to={`/coordinator/reports/${id}`}>{name}</Link></li>)}</ul>
    </Page>
  )
}

export const Report = ({ prison = '' }: Record<string, string>) => <MonthOf prisonId={prison} back="/coordinator/reports" />
/** Of the prison that one heads. */
export const OwnReport = () => <MonthOf prisonId={ownPrisonId()} />

function MonthOf({ prisonId, back }: { prisonId: string; back?: string }) {
  const [filter] = useFilter()
  const options = months()
  const month = options.find(([day]) => day === filter.get('month'))?.[0] ?? options[0]![0]
  const report = useCall('enrollment.v1.ReportService/GetMonthReport', { prisonId, month: dateOf(month) }, { live: ['scheduling.attendance', 'enrollment.case'] })
  const reasons = useCall('enrollment.v1.EnrollmentService/ListMoveReasons', {})
  const known = new Map(reasons.data?.reasons?.map((reason) => [reason.code, reasonText(reason)]))
  return (
    <Loaded of={report}>
      {(read) => {
        const sections = sectionsOf(read, known)
        const save = () => download(`pulih-${read.prisonCode}-${month.slice(0, 7)}.csv`, csvText([
          [say('report.title'), read.prisonName!, monthText(month)], [say('state.as_of', { when: zonedText(read.asOf, read.timeZone) })],
          ...(installation.get().training ? [[say('app.training')]] : []),
          ...sections.flatMap(({ title, head, rows }) => [[], [title], head, ...rows]), [], [say('figure.note')],
        ]))
        return (
          <Page title={say('report.title')} heading={`${say('report.title')}: ${monthText(month)}`} caption={read.prisonName} {...(back ? { back } : {})}>
            <div class="page-filters page-screen-only">
              <FilterPick name="month" label={say('field.month')} all={options[0]![1]} options={options.slice(1)} />
              <Button kind="secondary" onClick={() => print()}>{say('report.print')}</Button>
              <Button kind="secondary" onClick={save}>{say('report.csv')}</Button>
            </div>
            <p class="govuk-body-s">
              {say('state.as_of', { when: zonedText(read.asOf, read.timeZone) })}. {read.running && say('report.running')} {say('figure.note')}
            </p>
            {read.unrecordedSessionCount ? <Warning>{say('report.unrecorded', { sessions: read.unrecordedSessionCount, places: read.unmarkedCount ?? 0 })}</Warning> : null}
            {sections.map((section) => <ReportSection key={section.title} {...section} />)}
            <p class="page-print-only">{say('report.title')}: {monthText(month)}, {read.prisonName}. {say('app.printed', { when: zonedText(new Date().toISOString(), read.timeZone), name: session.get()?.person.name ?? '' })}</p>
            <p class="page-print-only page-signature">{say('report.signature')}</p>
          </Page>
        )
      }}
    </Loaded>
  )
}

function ReportSection({ title, head, rows }: Section) {
  if (rows.length === 0) return <><h2 class="govuk-heading-m">{title}</h2><p class="govuk-body">{say('report.nothing')}</p></>
  return <Table caption={title} head={head.map((text, index) => ({ text, numeric: index > 0 && text !== say('case.reason') }))}
    rows={rows as ComponentChildren[][]} />
}
