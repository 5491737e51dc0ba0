// Hari ini: what is held, who came, what waits. Catat hadir begins with the list of what lacks a mark.
import type { DaySessionJson } from '@contracts/scheduling/v1/day_pb'
import { DayLinks } from '../../components/day_links'
import { Loaded, useCall } from '../../components/loaded'
import { ButtonLink, Page, Tag } from '../../components/page'
import { cancelName, sessionNames } from '../../names'
import { ownPrisonId, zoneNameOf, zoneOf } from '../../prisons'
import { Link } from '../../router'
import { clock, dateOf, dayAt, dayText } from '../../time'
import { say } from '../../words'

export function Today({ day: asked }: Record<string, string>) {
  const prison = ownPrisonId()
  const zone = zoneOf(prison)
  const today = dayAt(Date.now(), zone)
  const day = asked ?? today
  const sessions = useCall('scheduling.v1.DayService/GetDay', { prisonId: prison, day: dateOf(day) }, { live: ['scheduling.'], keep: true })
  return (
    <Page title={say(day === today ? 'officer.today' : 'officer.day')} caption={`${dayText(day)} · ${zoneNameOf(prison)}`} wide>
      <DayLinks path="/officer/days" day={day} />
      {day === today && <OpenWork prison={prison} />}
      <Loaded of={sessions}>
        {({ sessions: rows = [] }) => (rows.length === 0
          ? <p class="govuk-body">{say('officer.day.none')}</p>
          : (
            <>
              <ol class="session-list">{rows.map((row) => <SessionRow row={row} zone={zone} key={row.sessionId} />)}</ol>
              <ButtonLink kind="secondary" to={`/officer/call-sheet/${day}`}>{say('officer.sheet.open')}</ButtonLink>
            </>
          ))}
      </Loaded>
    </Page>
  )
}

function OpenWork({ prison }: { prison: string }) {
  const work = useCall('scheduling.v1.DayService/GetOpenWork', { prisonId: prison }, { live: ['scheduling.', 'enrollment.participant'], keep: true })
  return (
    <Loaded of={work}>
      {({ unmarkedCount = 0, conflictCount = 0, movedCount = 0 }) => (
        <section class="open-work" aria-labelledby="open-work">
          <h2 class="govuk-heading-s" id="open-work">{say('officer.work')}</h2>
          {unmarkedCount + conflictCount + movedCount === 0
            ? <p class="govuk-body-s">{say('officer.work.none')}</p>
            : (
              <ul class="govuk-list">
                {unmarkedCount > 0 && <li><Link to="/officer/sessions">{say('officer.work.unmarked', { count: unmarkedCount })}</Link></li>}
                {conflictCount > 0 && <li><Link to="/officer/changes">{say('officer.work.conflicts', { count: conflictCount })}</Link></li>}
                {movedCount > 0 && <li><Link to="/officer/changes">{say('officer.work.moved', { count: movedCount })}</Link></li>}
              </ul>
            )}
        </section>
      )}
    </Loaded>
  )
}

export function SessionRow({ row, zone, withDay }: { row: DaySessionJson; zone: string; withDay?: boolean }) {
  const { expectedCount: expected = 0, presentCount: present = 0, unmarkedCount: unmarked = 0 } = row
  const cancelled = row.status === 'SESSION_STATUS_CANCELLED'
  const begun = Date.parse(row.startsAt!) <= Date.now()
  const [name, ...kind] = sessionNames(row)
  return (
    <li class={`session-list__row${cancelled ? ' session-list__row--cancelled' : ''}`}>
      <span class="session-list__time">
        {withDay && <span class="page-small">{dayText(dayAt(row.startsAt!, zone), 'short')}</span>}
        {clock(row.startsAt!, zone)}–{clock(row.endsAt!, zone)}
      </span>
      <span class="session-list__what">
        {cancelled ? <s>{name}</s> : <strong>{name}</strong>}
        <span class="page-small">{[...kind, row.roomName, ...(row.counsellorNames ?? [])].join(' · ')}</span>
        {cancelled && <span class="page-small">{cancelName(row.cancelReason)}{row.cancelNote ? `: ${row.cancelNote}` : ''}</span>}
      </span>
      <span class="session-list__count">
        {cancelled
          ? <Tag tone="grey">{say('officer.cancelled')}</Tag>
          : begun
            ? (
              <>
                {unmarked < expected && <strong>{say('officer.count.present', { present, expected })}</strong>}
                {unmarked > 0 && <span class={unmarked < expected ? 'page-small' : undefined}>{say('officer.count.unmarked', { count: unmarked })}</span>}
              </>
            )
            : say('officer.count.expected', { count: expected })}
      </span>
      <span class="session-list__act">
        {!cancelled && (
          <Link to={`/officer/sessions/${row.sessionId}`}>
            {say(!begun ? 'officer.roll.people' : unmarked > 0 ? 'officer.roll.record' : 'officer.roll.see')}
            <span class="govuk-visually-hidden"> {name} {clock(row.startsAt!, zone)}</span>
          </Link>
        )}
      </span>
    </li>
  )
}

export function Unmarked() {
  const prison = ownPrisonId()
  const zone = zoneOf(prison)
  const today = dayAt(Date.now(), zone)
  const day = useCall('scheduling.v1.DayService/GetDay', { prisonId: prison, day: dateOf(today) }, { live: ['scheduling.'], keep: true })
  const unmarked = useCall('scheduling.v1.DayService/ListUnmarkedSessions', { prisonId: prison, pageSize: 100 }, { live: ['scheduling.'], keep: true })
  return (
    <Page title={say('officer.roll')} caption={`${dayText(today)} · ${zoneNameOf(prison)}`} wide>
      <Loaded of={unmarked}>
        {({ sessions = [] }) => (
          <>
            <h2 class="govuk-heading-m">{say('officer.unmarked')}</h2>
            {sessions.length === 0
              ? <p class="govuk-body">{say('officer.unmarked.none')}</p>
              : <ol class="session-list">{sessions.map((row) => <SessionRow row={row} zone={zone} withDay key={row.sessionId} />)}</ol>}
          </>
        )}
      </Loaded>
      <h2 class="govuk-heading-m">{say('officer.today')}</h2>
      <Loaded of={day}>
        {({ sessions = [] }) => (sessions.length === 0
          ? <p class="govuk-body">{say('officer.day.none')}</p>
          : <ol class="session-list">{sessions.map((row) => <SessionRow row={row} zone={zone} key={row.sessionId} />)}</ol>)}
      </Loaded>
    </Page>
  )
}
