// Jadwal silang: rooms or counsellors of all prisons beside each other, over a day or a week.
import type { BoardSessionJson } from '@contracts/scheduling/v1/board_pb'
import { ownZone } from '../../ago'
import { callAll } from '../../api'
import { Loaded, useLoading } from '../../components/loaded'
import { FilterPick, Tabs, useFilter } from '../../components/paged'
import { Banner, ButtonLink, Page, Table } from '../../components/page'
import { cancelName, sessionNames } from '../../names'
import { prisons, zoneOf } from '../../prisons'
import { Link } from '../../router'
import { useStore } from '../../store'
import { addDays, clock, dayAt, dayExists, dayText, instantOf, zoneName, type Day } from '../../time'
import { say } from '../../words'

// Of the timeline of a day; what lies outside stands at its edge.
const FIRST_HOUR = 7
const LAST_HOUR = 18
const HOURS = Array.from({ length: LAST_HOUR - FIRST_HOUR }, (_, index) => FIRST_HOUR + index)

interface Lane {
  key: string
  name: string
  place: string
  sessions: BoardSessionJson[]
}

/** A lane for each room, or each counsellor; a session with two counsellors stands in both of theirs. */
function lanesOf(sessions: BoardSessionJson[], by: 'rooms' | 'counsellors'): Lane[] {
  const lanes = new Map<string, Lane>()
  const add = (key: string, name: string, place: string, session: BoardSessionJson) => {
    const lane = lanes.get(key) ?? { key, name, place, sessions: [] }
    lane.sessions.push(session)
    lanes.set(key, lane)
  }
  for (const session of sessions) {
    if (by === 'rooms') add(session.roomId!, session.roomName!, session.prisonName!, session)
    else session.counsellorIds?.forEach((id, index) => add(id, session.counsellorNames?.[index] ?? '', '', session))
  }
  return [...lanes.values()].sort((one, other) => one.place.localeCompare(other.place) || one.name.localeCompare(other.name))
}

const mondayOf = (day: Day): Day => addDays(day, -((new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7))
const hourOf = (instant: string, zone: string) => { const [hour, minute] = clock(instant, zone).split(/[.:]/).map(Number); return hour! + minute! / 60 }
const within = (hour: number) => Math.min(Math.max((hour - FIRST_HOUR) / (LAST_HOUR - FIRST_HOUR), 0), 1) * 100

function Session({ session, by }: { session: BoardSessionJson; by: 'rooms' | 'counsellors' }) {
  const cancelled = session.status === 'SESSION_STATUS_CANCELLED'
  const zone = session.timeZone!
  const [name, ...kind] = sessionNames(session)
  return (
    <Link to={`/coordinator/sessions/${session.sessionId}`} class={`page-slot${cancelled ? ' page-slot--cancelled' : ''}`}>
      <span class="page-slot__time">{clock(session.startsAt!, zone)}–{clock(session.endsAt!, zone)} {zoneName(zone)}</span>{' '}
      <span>{name}</span>{' '}
      <span class="page-slot__more">
        {kind.map((text) => `${text} · `)}{by === 'rooms' ? session.counsellorNames?.join(', ') : `${session.roomName}, ${session.prisonName}`} · {say('board.people', { count: session.participantCount ?? 0 })}
      </span>
      {cancelled && <strong> {say('board.cancelled', { why: cancelName(session.cancelReason) })}</strong>}
    </Link>
  )
}

/** Sessions that overlap in one lane get rows of their own. */
function rowsOf(sessions: BoardSessionJson[]): number[] {
  const ends: string[] = []
  return sessions.map((session) => {
    let row = ends.findIndex((end) => end <= session.startsAt!)
    if (row < 0) row = ends.length
    ends[row] = session.endsAt!
    return row
  })
}

function DayBoard({ lanes, zone, by }: { lanes: Lane[]; zone: string; by: 'rooms' | 'counsellors' }) {
  return (
    <div class="page-board">
      <div class="page-board__hours" aria-hidden="true">
        {HOURS.map((hour) => <span key={hour} style={{ left: `${within(hour)}%` }}>{String(hour).padStart(2, '0')}</span>)}
      </div>
      {lanes.map((lane) => {
        const rows = rowsOf(lane.sessions)
        return (
          <section class="page-lane" key={lane.key} aria-label={`${lane.name} ${lane.place}`}>
            <h2 class="page-lane__name">{lane.name}{lane.place && <span class="page-small">{lane.place}</span>}</h2>
            <ul class="page-lane__track" style={{ '--rows': Math.max(...rows) + 1 }}>
              {lane.sessions.map((session, index) => {
                const left = within(hourOf(session.startsAt!, zone))
                return (
                  <li key={session.sessionId} style={{ '--left': `${left}%`, '--width': `${Math.max(within(hourOf(session.endsAt!, zone)) - left, 8)}%`, '--row': rows[index] }}>
                    <Session session={session} by={by} />
                  </li>
                )
              })}
            </ul>
          </section>
        )
      })}
    </div>
  )
}

function WeekBoard({ lanes, monday, by }: { lanes: Lane[]; monday: Day; by: 'rooms' | 'counsellors' }) {
  const week = Array.from({ length: 7 }, (_, index) => addDays(monday, index))
    .filter((day, index) => index < 5 || lanes.some(({ sessions }) => sessions.some((session) => dayAt(session.startsAt!, session.timeZone!) === day)))
  return (
    <Table caption={say('board.title')} hideCaption head={[{ text: say(`board.by.${by}`) }, ...week.map((day) => ({ text: dayText(day, 'short') }))]}
      rows={lanes.map((lane) => [
        <>{lane.name}{lane.place && <span class="page-small">{lane.place}</span>}</>,
        ...week.map((day) => {
          const sessions = lane.sessions.filter((session) => dayAt(session.startsAt!, session.timeZone!) === day)
          return sessions.length === 0 ? '–' : <ul class="page-slots">{sessions.map((session) => <li key={session.sessionId}><Session session={session} by={by} /></li>)}</ul>
        }),
      ])} />
  )
}

export function Board() {
  const [filter, having] = useFilter()
  const places = useStore(prisons)
  const prisonId = filter.get('prison') ?? ''
  const zone = prisonId ? zoneOf(prisonId) : ownZone()
  const by = filter.get('by') === 'counsellors' ? 'counsellors' : 'rooms'
  const view = filter.get('view') === 'week' ? 'week' : 'day'
  const asked = filter.get('day') ?? ''
  const today = dayAt(Date.now(), zone)
  const day = dayExists(asked) ? asked : today
  const first = view === 'week' ? mondayOf(day) : day
  const length = view === 'week' ? 7 : 1
  const sessions = useLoading(`board ${prisonId} ${first} ${length}`, () => callAll('scheduling.v1.BoardService/ListBoard',
    { prisonId, fromTime: instantOf(first, zone), untilTime: instantOf(addDays(first, length), zone) }, 'sessions'), { live: ['scheduling.session'] })
  return (
    <Page title={say('board.title')} caption={view === 'week' ? `${dayText(first, 'short')} – ${dayText(addDays(first, 6), 'short')}` : dayText(day)} wide>
      <Tabs label={say('board.by')} tabs={(['rooms', 'counsellors'] as const).map((name) => ({ to: having('by', name), text: say(`board.by.${name}`), current: name === by }))} />
      <div class="page-filters">
        <FilterPick name="prison" label={say('prison.title')} all={say('filter.all')} options={places.map(({ id, name }) => [id!, name!])} />
        <nav class="page-days" aria-label={say('board.days')}>
          <Link to={having('day', addDays(first, -length))}>‹ {say(view === 'week' ? 'board.week_before' : 'board.day_before')}</Link>
          <Link to={having('day', '')}>{say('action.today')}</Link>
          <Link to={having('day', addDays(first, length))}>{say(view === 'week' ? 'board.week_after' : 'board.day_after')} ›</Link>
          <Link to={having('view', view === 'week' ? 'day' : 'week')}>{say(view === 'week' ? 'board.view.day' : 'board.view.week')}</Link>
        </nav>
        <ButtonLink to={`/coordinator/series/new?day=${day}${prisonId && `&prison=${prisonId}`}`}>{say('series.new')}</ButtonLink>
        <ButtonLink kind="secondary" to={`/coordinator/sessions/new?day=${day}${prisonId && `&prison=${prisonId}`}`}>{say('single.title')}</ButtonLink>
        <Link to={`/coordinator/board/missed${prisonId && `?prison=${prisonId}`}`}>{say('missed.title')}</Link>
      </div>
      <Loaded of={sessions}>
        {(rows) => {
          const lanes = lanesOf(rows, by)
          const clashes = rows.filter((session) => session.cancelReason === 'CANCEL_REASON_CONFLICT')
          return (
            <>
              {clashes.length > 0 && (
                <Banner heading={say('board.conflicts', { count: clashes.length })}>
                  <ul class="govuk-list">{clashes.map((session) => <li key={session.sessionId}><Session session={session} by="rooms" /></li>)}</ul>
                </Banner>
              )}
              {lanes.length === 0
                ? <p class="govuk-body">{say('board.none')}</p>
                : view === 'week' ? <div class="page-week"><WeekBoard lanes={lanes} monday={first} by={by} /></div> : <DayBoard lanes={lanes} zone={zone} by={by} />}
              <p class="govuk-body-s">{say('board.zone', { zone: zoneName(zone) })}</p>
            </>
          )
        }}
      </Loaded>
    </Page>
  )
}
