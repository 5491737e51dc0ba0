// Jadwal saya: the days to come in every prison, each session in its prison's time, with the way between; first what is
// left of days past.
import type { MySessionJson } from '@contracts/notes/v1/counsellor_pb'
import { Loaded, useCall } from '../../components/loaded'
import { ButtonLink, Page } from '../../components/page'
import { sessionNames } from '../../names'
import { address, Link, searchOf } from '../../router'
import { useStore } from '../../store'
import { addDays, dayAt, dayText, instantOf, type Day } from '../../time'
import { say } from '../../words'
import { SessionTags, SessionTime } from './parts'

// Days begin first in the east and end last in the west; what is of another day there is left out below.
const EAST = 'Asia/Jayapura'
const WEST = 'Asia/Jakarta'
const WEEK = 7

const localDay = (session: MySessionJson) => dayAt(session.startsAt!, session.timeZone!)

function dayName(day: Day): string {
  const today = dayAt(Date.now(), WEST)
  const near = day === today ? say('action.today') : day === addDays(today, 1) ? say('counsellor.tomorrow') : ''
  return near ? `${near} · ${dayText(day, 'short')}` : dayText(day)
}

function SessionCard({ session }: { session: MySessionJson }) {
  const cancelled = session.status === 'SESSION_STATUS_CANCELLED'
  const path = `/counsellor/sessions/${session.sessionId}`
  const [name, ...kind] = sessionNames(session)
  const what = session.registerNumber
    ? say('counsellor.one', { number: session.registerNumber })
    : say('counsellor.people', { count: session.participantCount ?? 0 })
  return (
    <li class={`counsellor-card${cancelled ? ' counsellor-card--cancelled' : ''}`}>
      {(session.travelMinutes ?? 0) > 0 && (
        <p class="counsellor-way">{say('counsellor.way', { minutes: session.travelMinutes!, prison: session.travelFrom! })}</p>
      )}
      <h3 class="counsellor-card__head">
        <SessionTime session={session} />
        <Link to={path}>{name}</Link>
      </h3>
      <p class="counsellor-card__place">{[...kind, session.prisonName, session.roomName, what].join(' · ')}</p>
      <SessionTags session={session} />
      {!cancelled && Date.parse(session.startsAt!) > Date.now() && (
        <p class="counsellor-card__more">
          <Link to={`${path}/cannot`}>
            {say('counsellor.cannot')}<span class="govuk-visually-hidden"> {name} {dayText(localDay(session), 'short')}</span>
          </Link>
        </p>
      )}
    </li>
  )
}

/** Sessions that are over and not finished. */
function Unfinished() {
  const today = dayAt(Date.now(), EAST)
  const waiting = useCall('notes.v1.CounsellorService/ListMySessions',
    { waitingOnly: true, fromTime: instantOf(addDays(today, -60), EAST), untilTime: instantOf(addDays(today, 1), WEST), pageSize: 100 },
    { live: ['scheduling.', 'notes.'] })
  const sessions = waiting.data?.sessions ?? []
  if (sessions.length === 0) return null
  return (
    <section class="counsellor-todo" aria-labelledby="todo">
      <h2 class="govuk-heading-m" id="todo">{say('counsellor.todo', { count: sessions.length })}</h2>
      <ul class="govuk-list">
        {[...sessions].reverse().slice(0, 5).map((session) => (
          <li key={session.sessionId}>
            <Link to={`/counsellor/sessions/${session.sessionId}`}>{dayText(localDay(session), 'short')}, {sessionNames(session)[0]}</Link>
            <SessionTags session={session} />
          </li>
        ))}
      </ul>
      {sessions.length > 5 && <p class="govuk-body-s">{say('counsellor.todo.more', { count: sessions.length - 5 })}</p>}
    </section>
  )
}

export function Schedule() {
  const week = Number(searchOf(useStore(address)).get('week') ?? 0) || 0
  const first = addDays(dayAt(Date.now(), WEST), week * WEEK)
  const last = addDays(first, WEEK)
  const loading = useCall('notes.v1.CounsellorService/ListMySessions',
    { fromTime: instantOf(first, EAST), untilTime: instantOf(last, WEST), pageSize: 200 }, { live: ['scheduling.', 'notes.'], keep: true })
  const to = (other: number) => `/counsellor/schedule${other === 0 ? '' : `?week=${other}`}`
  return (
    <Page title={say('counsellor.schedule')}>
      {week === 0 && <Unfinished />}
      <Loaded of={loading}>
        {({ sessions = [] }) => {
          const days = new Map<Day, MySessionJson[]>()
          for (const session of sessions) {
            const day = localDay(session)
            if (day >= first && day < last) days.set(day, [...(days.get(day) ?? []), session])
          }
          return (
            <>
              {days.size === 0 && <p class="govuk-body">{say('counsellor.schedule.none', { from: dayText(first, 'short'), until: dayText(addDays(last, -1), 'short') })}</p>}
              {[...days].map(([day, own]) => (
                <section key={day} aria-labelledby={`day-${day}`}>
                  <h2 class="govuk-heading-m counsellor-day" id={`day-${day}`}>{dayName(day)}</h2>
                  <ul class="counsellor-cards">{own.map((session) => <SessionCard session={session} key={session.sessionId} />)}</ul>
                </section>
              ))}
            </>
          )
        }}
      </Loaded>
      <nav class="counsellor-weeks" aria-label={say('counsellor.weeks')}>
        {week > -52 && <Link to={to(week - 1)}>{say('counsellor.week.before')}</Link>}
        {week !== 0 && <Link to={to(0)}>{say('action.today')}</Link>}
        {week < 8 && <Link to={to(week + 1)}>{say('counsellor.week.after')}</Link>}
      </nav>
      <ButtonLink kind="secondary" to="/counsellor/calendar">{say('counsellor.calendar.link')}</ButtonLink>
    </Page>
  )
}

